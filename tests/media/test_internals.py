"""The private parts of aiortc, aioice and pylibsrtp that the forwarder leans on. When one of these fails after an
upgrade, signaling/media/forwarder/internals.py is what has to change, and nothing else."""

import inspect
from importlib.metadata import version

import pylibsrtp
import pytest
from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport
from aiortc.rtp import RtcpPacket
from aiortc.sdp import SessionDescription
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from signaling.media.forwarder import internals


@pytest.mark.parametrize("package", internals.VERSIONS)
def test_the_versions_are_those_we_know(package):
    assert version(package) == internals.VERSIONS[package]


def test_the_dtls_transport_asks_its_carrier_for_three_things():
    source = inspect.getsource(RTCDtlsTransport)
    asked = {word for word in ("_recv", "_send", "role", "state", "_connection") if f"self.transport.{word}" in source}
    assert asked == {"_recv", "_send", "role"}
    for name in ("start", "stop", "_set_role"):
        assert callable(getattr(RTCDtlsTransport, name))
    assert "self._rx_srtp = Session(" in source
    assert "self._tx_srtp = Session(" in source


def test_a_session_gives_its_context_and_packets_are_protected_in_place():
    policy = Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND)
    other = Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_INBOUND)
    sender, receiver = Session(policy), Session(other)
    packet = bytes([128, 96, 0, 1]) + bytes(8) + b"payload"
    pointer, seen = internals.memory(1500)
    seen[: len(packet)] = packet
    cell = internals.length_cell()
    cell[0] = len(packet)
    assert internals.protect(internals.context(sender), pointer, cell) == 0
    assert bytes(seen[: cell[0]]) == Session(policy).protect(packet)
    assert internals.unprotect(internals.context(receiver), pointer, cell) == 0
    assert bytes(seen[: cell[0]]) == packet
    assert internals.unprotect(internals.context(receiver), pointer, cell) != 0
    assert internals.address(pointer) > 0


def test_libsrtp_is_reached_through_pylibsrtps_binding():
    shape = "srtp_err_status_t(*)(struct srtp_ctx_t_ *, void *, int *)"
    for function in (lib.srtp_protect, lib.srtp_unprotect, lib.srtp_unprotect_rtcp):
        assert shape in str(ffi.typeof(function))
    assert pylibsrtp.SRTP_MAX_TRAILER_LEN == 144  # what fanout leaves room for


def test_certificates_tell_their_sha_256():
    own = internals.certificate()
    assert isinstance(own, RTCCertificate)
    assert internals.fingerprint(own).startswith("sha-256 ")
    assert internals.fingerprint(own).count(":") == 31


def test_stun_messages_are_checked_and_answered():
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = "ours:theirs"
    request.add_message_integrity(b"password")
    read = stun.parse_message(bytes(request))
    assert read.check_message_integrity(b"password")
    assert not read.check_message_integrity(b"another")
    assert (stun.COOKIE, stun.Class.ERROR, stun.Class.RESPONSE) == (0x2112A442, 0x110, 0x100)


def test_reports_and_descriptions_are_parsed_by_aiortc():
    assert RtcpPacket.parse(bytes([0x81, 206, 0, 2]) + bytes(8))[0].fmt == 1
    media = SessionDescription.parse("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:7\r\na=setup:active\r\n").media[0]
    assert (media.kind, media.rtp.muxId, media.dtls.role, media.port) == ("audio", "7", "client", 9)
