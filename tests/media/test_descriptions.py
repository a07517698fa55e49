"""What is said in descriptions: only what can be kept, and nothing that others could write into them."""

import pytest
from aiortc.sdp import SessionDescription

from signaling.media.forwarder.descriptions import Ours, Outgoing, Unreadable, read_answer, read_offer, write_offer
from signaling.media.forwarder.descriptions import write_answer as written

OURS = Ours("ours", "a-password-of-ours-long-enough", "sha-256 AB:CD", ["candidate:1 1 udp 1 192.0.2.1 5000 typ host"])
HEAD = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n"
ENDS = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 00:11\r\na=setup:actpass\r\n"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
VOICE = (
    "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n"
    + ENDS
    + "a=rtpmap:63 red/48000/2\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtcp-fb:111 transport-cc\r\n"
    f"a=extmap:3 {TRANSPORT_CC}\r\na=extmap:9 urn:something:else\r\na=ssrc:11 cname:x\r\n"
)
FACE = (
    "m=video 9 UDP/TLS/RTP/SAVPF 98 96 97 102\r\na=mid:1\r\na=sendonly\r\na=rtcp-mux\r\n"
    + ENDS
    + "a=rtpmap:98 VP9/90000\r\n"
    "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:102 H264/90000\r\n"
    "a=fmtp:102 packetization-mode=0;profile-level-id=42001f\r\n"
    "a=rid:l send\r\na=rid:h send\r\na=simulcast:send l;~h\r\n"
)
NOTES = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n" + ENDS + "a=sctp-port:5000\r\n"


def lines(text, section):
    return text.split("\r\nm=")[section + 1].split("\r\n")


def test_an_offer_is_read_for_what_can_be_passed_on():
    offered = read_offer(HEAD + VOICE + FACE + NOTES)
    voice, face, notes = offered.sections
    assert (voice.codec.name, voice.payload, voice.repeat, voice.streams) == ("opus", 111, None, {11: None})
    assert (face.codec.name, face.payload, face.repeat, list(face.layers)) == ("vp8", 96, 97, ["l", "h"])
    assert voice.extensions == {TRANSPORT_CC: 3}
    assert (notes.codec, notes.sends) == (None, False)
    assert (offered.other.username, list(offered.other.fingerprints), offered.other.active) == (
        "abcd",
        [("sha-256", "00:11")],
        True,
    )


def test_the_answer_offers_fec_layers_and_feedback_and_refuses_the_rest():
    answer = written(OURS, read_offer(HEAD + VOICE + FACE + NOTES).sections, active=True)
    assert "a=ice-lite" in answer
    assert "a=group:BUNDLE 0 1\r\n" in answer
    voice, face, notes = (lines(answer, section) for section in range(3))
    assert voice[0] == "audio 9 UDP/TLS/RTP/SAVPF 111"
    assert {"a=fmtp:111 minptime=10;useinbandfec=1", "a=rtcp-fb:111 transport-cc", f"a=extmap:3 {TRANSPORT_CC}"} <= set(
        voice
    )
    assert {"a=recvonly", "a=setup:passive", "a=rid:l recv", "a=rid:h recv", "a=simulcast:recv l;h"} <= set(face)
    assert notes[0] == "application 0 UDP/DTLS/SCTP webrtc-datachannel"


def test_a_codec_that_not_every_browser_shows_is_refused():
    only = FACE.replace("a=rtpmap:96 VP8/90000\r\n", "a=rtpmap:96 AV1/90000\r\n")
    assert read_offer(HEAD + only).sections[0].codec is None
    baseline = only.replace("packetization-mode=0", "packetization-mode=1")
    assert read_offer(HEAD + baseline).sections[0].codec.name == "h264"
    high = baseline.replace("42001f", "640c1f")
    assert read_offer(HEAD + high).sections[0].codec is None


def test_what_watchers_are_offered_reads_back():
    text = write_offer(
        OURS, [Outgoing("video", "0", True, 5, 6, "zhao", "zhao:face"), Outgoing("audio", "1", live=False)]
    )
    face, voice = SessionDescription.parse(text).media
    assert (face.direction, face.msid, [one.ssrc for one in face.ssrc]) == ("sendonly", "zhao zhao:face", [5, 6])
    assert {codec.name for codec in face.rtp.codecs} == {"VP8", "H264", "rtx"}
    assert (voice.direction, voice.ssrc, voice.rtp.muxId) == ("inactive", [], "1")
    assert face.ice.iceLite


def test_an_answer_says_what_is_taken():
    taken = FACE.replace("sendonly", "recvonly").replace("actpass", "active")
    refused = VOICE.replace("m=audio 9", "m=audio 0").replace("actpass", "active")
    answer = read_answer(HEAD + taken + refused)
    assert answer.taken == {"1": frozenset({96, 97, 98, 102}), "0": frozenset()}
    assert answer.other.active


@pytest.mark.parametrize(
    "text",
    ["", "rubbish", HEAD, HEAD + VOICE.replace(ENDS, ""), HEAD + VOICE * 65, HEAD + VOICE + "x" * 70_000],
)
def test_what_no_browser_would_say_is_unreadable(text):
    with pytest.raises(Unreadable):
        read_offer(text)
