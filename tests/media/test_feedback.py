"""Transport-wide feedback, read back by a decoder written from the draft."""

from struct import unpack, unpack_from

from hypothesis import given
from hypothesis import strategies as st

from signaling.media.forwarder.feedback import MOST, REFERENCE, TICK, Feedback, chunks


def symbols_of(data, count):
    """(the symbols, where they end)."""
    found, at = [], 0
    while len(found) < count:
        (word,) = unpack_from("!H", data, at)
        at += 2
        if not word >> 15:
            found += [word >> 13 & 3] * (word & 0x1FFF)
        elif word >> 14 & 1:
            found += [word >> shift & 3 for shift in range(12, -1, -2)]
        else:
            found += [word >> shift & 1 for shift in range(13, -1, -1)]
    return found[:count], at


def decoded(message):
    """(number of the message, first sequence number, arrival in µs or None of each)."""
    first, kind, words = unpack_from("!BBH", message)
    assert (first & 0xDF, kind, (words + 1) * 4) == (0x8F, 205, len(message))
    base, count, reference = unpack("!HHI", message[12:20])
    body = message[20 : len(message) - (message[-1] if first & 0x20 else 0)]
    symbols, at = symbols_of(body, count)
    clock, arrivals = (reference >> 8) * REFERENCE, []
    for symbol in symbols:
        if symbol:
            (delta,) = unpack_from("!B" if symbol == 1 else "!h", body, at)
            at += symbol
            clock += delta * TICK
        arrivals.append(clock if symbol else None)
    assert at == len(body)
    return reference & 0xFF, base, arrivals


@given(st.lists(st.integers(0, 2), min_size=1, max_size=300))
def test_chunks_carry_any_run_of_symbols(symbols):
    data = chunks(symbols)
    assert symbols_of(data, len(symbols)) == (symbols, len(data))


@given(
    start=st.integers(0, 0xFFFF),
    packets=st.lists(st.tuples(st.booleans(), st.integers(0, 200_000)), min_size=1, max_size=100),
)
def test_each_arrival_is_told_to_a_quarter_of_a_millisecond(start, packets):
    feedback, now, told = Feedback(), 10_000_000, {}
    for step, (lost, later) in enumerate(packets):
        now += later
        if not lost:
            feedback.arrived((start + step) & 0xFFFF, now)
            told[step] = now
    message = feedback.build(1, 2)
    if not told:
        assert message is None
        return
    number, base, arrivals = decoded(message)
    first, last = min(told), max(told)
    assert (number, base, len(arrivals)) == (0, (start + first) & 0xFFFF, last - first + 1)
    for step in range(first, last + 1):
        seen = arrivals[step - first]
        assert (seen is None) == (step not in told)
        assert seen is None or 0 <= told[step] - seen < TICK


def test_what_was_lost_between_two_messages_is_told_in_the_second():
    feedback = Feedback()
    feedback.arrived(1, 64_000)
    assert decoded(feedback.build(1, 2)) == (0, 1, [64_000])
    assert feedback.build(1, 2) is None
    feedback.arrived(4, 128_000)
    assert decoded(feedback.build(1, 2)) == (1, 2, [None, None, 128_000])


def test_a_packet_that_comes_late_is_told_with_its_own_time():
    feedback = Feedback()
    feedback.arrived(2, 640_000)
    feedback.arrived(1, 650_000)
    _, base, arrivals = decoded(feedback.build(1, 2))
    assert (base, arrivals) == (1, [650_000, 640_000])


def test_a_leap_does_not_make_an_endless_message():
    feedback = Feedback()
    feedback.arrived(0, 0)
    feedback.build(1, 2)
    feedback.arrived(30_000, 64_000)
    _, base, arrivals = decoded(feedback.build(1, 2))
    assert len(arrivals) == MOST
    assert (base + MOST - 1, arrivals[-1]) == (30_000, 64_000)
