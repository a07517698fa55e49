"""What is missing is asked for until it comes, or given up; the history answers those who ask us."""

import pytest
from aiortc.rtp import RtcpPacket
from hypothesis import given
from hypothesis import strategies as st

from signaling.media.forwarder.history import History, Kept
from signaling.media.forwarder.loss import LONGEST, REACH, SHORTEST, TRIES, Losses, request


def fed(*sequences):
    losses = Losses()
    for sequence in sequences:
        losses.arrived(sequence, 0.0)
    return losses


def test_a_gap_is_asked_for_at_once_and_again_until_it_is_filled():
    losses = fed(65534, 1)
    assert losses.due(1.0) == [65535, 0]
    assert losses.due(1.0 + SHORTEST / 2) == []
    assert losses.due(1.0 + SHORTEST) == [65535, 0]
    assert losses.arrived(65535, 1.1)
    assert losses.due(1.2) == [0]
    assert losses.arrived(0, 1.3)
    assert losses.due(2.0) == []
    assert not losses.gave_up


def test_what_comes_twice_is_of_no_use():
    losses = fed(5, 6)
    assert not losses.arrived(6, 0.0)
    assert not losses.arrived(5, 0.0)


def test_after_ten_requests_a_packet_is_given_up():
    losses = fed(1, 3)
    asked = [losses.due(float(second)) for second in range(TRIES + 5)]
    assert asked == [[2]] * TRIES + [[]] * 5
    assert losses.gave_up


def test_a_leap_is_not_asked_for_but_needs_a_key_frame():
    losses = fed(1, 2 + REACH + 1)
    assert losses.due(0.0) == []
    assert losses.gave_up


def test_far_away_senders_are_given_the_time_of_the_way():
    losses = fed(0)
    now = 0.0
    for sequence in range(2, 200, 2):
        losses.arrived(sequence, now)
        losses.due(now)
        losses.arrived(sequence - 1, now + 0.3)
        now += 1.0
    losses.arrived(201, now)
    assert losses.due(now) == [199, 200]
    assert losses.due(now + 0.3) == []
    assert losses.due(now + LONGEST) == [199, 200]


@given(st.integers(0, 0xFFFF), st.sets(st.integers(0, 200)))
def test_exactly_the_lost_ones_are_asked_for(start, lost):
    losses = fed(start)
    for step in range(1, 202):
        if step - 1 not in lost:
            losses.arrived((start + step) & 0xFFFF, 0.0)
    losses.arrived((start + 202) & 0xFFFF, 0.0)
    assert losses.due(0.0) == [(start + step + 1) & 0xFFFF for step in sorted(lost)]


@given(st.integers(0, 0xFFFF), st.sets(st.integers(0, 300), min_size=1))
def test_the_request_names_them_all(start, steps):
    asked = [(start + step) & 0xFFFF for step in sorted(steps)]
    (packet,) = RtcpPacket.parse(request(7, 9, asked))
    assert (packet.fmt, packet.ssrc, packet.media_ssrc) == (1, 7, 9)
    assert [sequence & 0xFFFF for sequence in packet.lost] == asked


@given(st.integers(0, 0xFFFF), st.integers(1, 600))
def test_the_history_has_the_newest_and_nothing_else(start, count):
    history = History(128)
    for step in range(count):
        history.keep(Kept((start + step) & 0xFFFF, step, 0, b"%d" % step))
    for step in range(count):
        found = history.find((start + step) & 0xFFFF)
        assert (found is not None) == (step >= count - 128)
        assert found is None or found.payload == b"%d" % step
    assert history.find((start + count) & 0xFFFF) is None


def test_a_history_of_a_length_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="divide"):
        History(1000)
