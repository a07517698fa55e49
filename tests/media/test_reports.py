"""Reports as aiortc reads them; one offset keeps the streams of a publisher together."""

from math import floor

from aiortc.rtp import RtcpPacket
from hypothesis import given
from hypothesis import strategies as st

from signaling.media.forwarder.reports import Moment, Offset, Reception, ntp, receiver_report, sender_report


def read(reception, now=0.0):
    (packet,) = RtcpPacket.parse(receiver_report(1, [reception.block(2, now)]))
    return packet.reports[0]


@given(st.integers(0, 0xFFFF), st.sets(st.integers(1, 500)))
def test_the_lost_are_counted_whatever_number_the_stream_begins_with(start, lost):
    reception = Reception(90000)
    for step in [step for step in range(601) if step not in lost]:
        reception.arrived((start + step) & 0xFFFF, 0, 100, 0.0)
    report = read(reception)
    assert (report.ssrc, report.packets_lost) == (2, len(lost))
    assert report.highest_sequence == start + 600
    assert report.fraction_lost == len(lost) * 256 // 601


def test_the_share_is_that_since_the_last_report():
    reception = Reception(8000)
    for sequence in [0, 1, 3]:
        reception.arrived(sequence, 0, 1, 0.0)
    assert read(reception).fraction_lost == 64
    reception.arrived(4, 0, 1, 0.0)
    assert read(reception).fraction_lost == 0


def test_an_even_stream_does_not_jitter_and_an_uneven_one_does():
    even, uneven = Reception(48000), Reception(48000)
    for step in range(200):
        even.arrived(step, step * 960, 1, step * 0.02)
        uneven.arrived(step, step * 960, 1, step * 0.02 + (0.01 if step % 2 else 0))
    assert read(even).jitter <= 1
    assert 400 < read(uneven).jitter < 490  # 480 ticks are 10 ms


def test_the_sender_can_tell_the_round_trip():
    reception = Reception(90000)
    reception.arrived(1, 0, 1, 0.0)
    reception.reported(0x1122334455667788, 10.0)
    report = read(reception, 10.5)
    assert (report.lsr, report.dlsr) == (0x33445566, 0x8000)


def test_a_sender_report_names_its_publisher():
    report, names = RtcpPacket.parse(sender_report(5, "zhao", ntp(0.0), 77, 3, 400))
    info = report.sender_info
    assert (report.ssrc, info.rtp_timestamp, info.packet_count, info.octet_count) == (5, 77, 3, 400)
    assert info.ntp_timestamp >> 32 == 2_208_988_800
    assert [(chunk.ssrc, chunk.items) for chunk in names.chunks] == [(5, [(1, b"zhao")])]


def test_the_fastest_report_says_what_the_clocks_differ_by():
    offset = Offset()
    for late in (30, 10, 20):
        offset.heard(1000, 5000 + late)
    assert offset.value == 4010


@given(st.integers(0, 0xFFFFFFFF), st.floats(-100, 100))
def test_a_moment_is_carried_to_another_time(timestamp, seconds):
    moment = Moment(ntp(1000.0), timestamp)
    there = moment.at(ntp(1000.0 + seconds), 48000)
    assert (there - timestamp - floor(seconds * 48000)) % 2**32 in (0, 1, 2**32 - 1)
