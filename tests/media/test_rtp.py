"""Offsets into packets, held against aiortc's own packets; no bytes from outside can break the walk."""

from aiortc.rtp import RtpPacket, pack_header_extensions
from hypothesis import given
from hypothesis import strategies as st

from signaling.media.forwarder import rtp

sequences = st.integers(0, 0xFFFF)


def written(packet, elements=()):
    """As aiortc serializes it, with these header extensions."""
    data = packet.serialize()
    if not elements:
        return data
    profile, value = pack_header_extensions(list(elements))
    block = profile.to_bytes(2, "big") + (len(value) // 4).to_bytes(2, "big") + value
    head = 12 + 4 * len(packet.csrc)
    return bytes([data[0] | 0x10]) + data[1:head] + block + data[head:]


@given(
    payload=st.binary(min_size=1, max_size=50),
    padding=st.integers(0, 20),
    csrc=st.lists(st.integers(0, 2**32 - 1), max_size=3),
    elements=st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=4),
)
def test_payload_and_extensions_are_found(payload, padding, csrc, elements):
    packet = RtpPacket(payload_type=96, payload=payload)
    packet.padding_size, packet.csrc = padding, csrc
    data = written(packet, elements.items())
    found = rtp.parts(data, len(data))
    assert data[found.payload : found.payload_end] == payload
    seen = rtp.extensions(data, found.extensions, found.extensions_end)
    assert {identity: data[at : at + length] for identity, at, length in seen} == elements


@given(st.binary(min_size=12, max_size=60))
def test_nothing_from_outside_leads_out_of_the_packet(data):
    try:
        found = rtp.parts(data, len(data))
    except rtp.Malformed:
        return
    assert 12 <= found.payload <= found.payload_end <= len(data)
    for _, at, length in rtp.extensions(data, found.extensions, found.extensions_end):
        assert at + length <= found.extensions_end


@given(sequences, st.integers(1, 0x7FFF))
def test_newer_is_the_shorter_way_round(sequence, ahead):
    later = (sequence + ahead) & 0xFFFF
    assert rtp.newer(later, sequence)
    assert not rtp.newer(sequence, later)
    assert not rtp.newer(sequence, sequence)


@given(sequences, st.lists(st.integers(-3000, 3000)))
def test_unwrapped_numbers_follow_every_step(start, steps):
    unwrapped = rtp.Unwrapped()
    newest = unwrapped(start)
    for step in steps:
        number = newest + step
        assert unwrapped(number & 0xFFFF) == number
        newest = max(newest, number)
