"""Key frames and picture ids, read from payloads that real encoders wrote and from any bytes at all."""

import fractions

import av
import pytest
from aiortc.codecs import get_encoder
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from hypothesis import given
from hypothesis import strategies as st

from signaling.media.forwarder.pictures import Picture, begins_key_frame, picture, renumber


def encoded(mime):
    """The payloads of three pictures, of which the first and the last are key frames."""
    encoder = get_encoder(RTCRtpCodecParameters(mimeType=mime, clockRate=90000, payloadType=96))
    pictures = []
    for number in range(3):
        frame = av.VideoFrame(320, 240, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([number * 40]) * plane.buffer_size)
        frame.pts, frame.time_base = number * 3000, fractions.Fraction(1, 90000)
        pictures.append(encoder.encode(frame, force_keyframe=number == 2)[0])
    return pictures


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_key_frames_of_real_encoders_are_known(codec):
    first, between, last = encoded(f"video/{codec.upper()}")
    assert begins_key_frame(codec, first[0])
    assert not any(begins_key_frame(codec, payload) for payload in [*first[1:], *between])
    assert begins_key_frame(codec, last[0])


@given(
    number=st.none() | st.integers(0, 0x7FFF),
    base=st.none() | st.integers(0, 255),
    first=st.booleans(),
    shift=st.integers(0, 0x7FFF),
    step=st.integers(0, 255),
)
def test_picture_ids_are_renumbered_in_place(number, base, first, shift, step):
    descriptor = VpxPayloadDescriptor(
        partition_start=int(first), partition_id=0, picture_id=number, tl0picidx=base, tid=None, keyidx=None
    )
    payload = bytearray(bytes(descriptor) + b"\x10rest")
    seen = picture(payload)
    assert (seen.number, seen.base) == (number, base)
    renumber(payload, seen, shift, step)
    again, rest = VpxPayloadDescriptor.parse(bytes(payload))
    mask = 0x7FFF if seen.long else 0x7F
    assert again.picture_id == (None if number is None else (number + shift) & mask)
    assert again.tl0picidx == (None if base is None else (base + step) & 255)
    assert rest == b"\x10rest"


@given(st.binary(max_size=8), st.integers(0, 0x7FFF), st.integers(0, 255))
def test_no_payload_is_too_short_to_look_at(payload, shift, step):
    assert begins_key_frame("vp8", payload) in (True, False)
    assert begins_key_frame("h264", payload) in (True, False)
    seen = picture(payload)
    renumber(bytearray(payload), seen, shift, step)
    if len(payload) < 3:
        assert seen == Picture()
