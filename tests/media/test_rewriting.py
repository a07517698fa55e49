"""A receiver sees one stream, whatever is switched behind it."""

from hypothesis import given
from hypothesis import strategies as st

from signaling.media.forwarder.rewriting import Head, Rewriter, Shift

heads = st.builds(
    Head,
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0x7FFF),
    st.integers(0, 255),
)
turns = st.lists(st.tuples(heads, st.integers(0, 300), st.integers(1, 90_000)), min_size=1, max_size=6)


def out(head, shift):
    return Head(
        (head.sequence + shift.sequence) & 0xFFFF,
        (head.timestamp + shift.timestamp) & 0xFFFFFFFF,
        (head.picture + shift.picture) & 0x7FFF,
        (head.base + shift.base) & 255,
    )


def advanced(head, by):
    return Head(
        (head.sequence + by) & 0xFFFF,
        (head.timestamp + 3000 * by) & 0xFFFFFFFF,
        (head.picture + by) & 0x7FFF,
        (head.base + by) & 255,
    )


@given(st.integers(0, 0x7FFF), turns)
def test_every_number_goes_on_where_it_stood(start, turns):
    rewriter, before, last = Rewriter(start), None, None
    for number, (first, length, passed) in enumerate(turns):
        shift = rewriter.switch(number, first, last, passed)
        shown = out(first, shift)
        if before is None:
            assert shown == Head(start, first.timestamp, first.picture, first.base)
        else:
            assert shown == Head(
                (before.sequence + 1) & 0xFFFF,
                (before.timestamp + passed) & 0xFFFFFFFF,
                (before.picture + 1) & 0x7FFF,
                (before.base + 1) & 255,
            )
        last = advanced(first, length)
        before = out(last, shift)


@given(st.integers(0, 0x7FFF), turns)
def test_what_a_receiver_asks_for_again_is_found_across_the_last_switches(start, turns):
    rewriter, last, sent = Rewriter(start), None, {}
    for number, (first, length, passed) in enumerate(turns):
        shift = rewriter.switch(number, first, last, passed)
        for step in range(length + 1):
            sequence = advanced(first, step).sequence
            sent[(sequence + shift.sequence) & 0xFFFF] = (number, sequence, shift)
        last = advanced(first, length)
    for asked, expected in sent.items():
        if expected[0] > len(turns) - 5:
            assert rewriter.origin(asked) == expected


def test_packets_from_before_a_switch_are_told_from_those_after_it():
    rewriter = Rewriter(100)
    rewriter.switch("low", Head(10, 0), None, 0)
    rewriter.switch("high", Head(5000, 0), Head(20, 0), 3000)
    assert rewriter.covers(5000)
    assert rewriter.covers(5001)
    assert not rewriter.covers(4999)
    assert rewriter.origin(99) is None
    assert rewriter.origin(110) == ("low", 20, Shift(90))


def test_streams_without_picture_ids_keep_none():
    rewriter = Rewriter(0)
    rewriter.switch("one", Head(1, 0), None, 0)
    assert rewriter.switch("two", Head(1, 0), Head(9, 0), 1) == Shift(8, 1)
