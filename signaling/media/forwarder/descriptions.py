"""Session descriptions: what a publisher offers and is answered, what a watcher is offered and answers.

Read with aiortc's parser; written here, because ours say what its own cannot: lite ICE, layers by RID
(RFC 8853), m-lines that are used again, inband FEC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from signaling.media.forwarder.codecs import LEVEL_ID, OF_KIND, OPUS, SEND_TIME_ID, Codec
from signaling.media.forwarder.internals import SessionDescription
from signaling.media.forwarder.peer import Other
from signaling.media.forwarder.rtp import AUDIO_LEVEL, MID, REPAIRED_RID, RID, SEND_TIME, TRANSPORT_CC

LONGEST = 64 << 10  # characters of a description
MOST_SECTIONS = 64
MOST_ADDRESSES = 8
_TAKEN = {"audio": (MID, AUDIO_LEVEL, TRANSPORT_CC), "video": (MID, RID, REPAIRED_RID, TRANSPORT_CC)}
_LINE_END = "\r\n"


class Unreadable(ValueError):
    """Not a description that a browser would make."""


@dataclass(frozen=True, slots=True)
class Section:
    """One m-line of a publisher. `codec` is None when it carries nothing that can be passed on."""

    kind: str
    mid: str
    sends: bool
    codec: Codec | None = None
    payload: int = 0
    repeat: int | None = None
    extensions: Mapping[str, int] = field(default_factory=dict)
    layers: Sequence[str] = ()
    streams: Mapping[int, int | None] = field(default_factory=dict)  # SSRC → that of its repeats
    profile: str = "UDP/TLS/RTP/SAVPF"


@dataclass(frozen=True, slots=True)
class Offered:
    other: Other
    sections: Sequence[Section]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a watcher takes: by mid, the payload types."""

    other: Other
    taken: Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Ours:
    """Our end of one connection."""

    username: str
    password: str
    fingerprint: str
    candidates: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One m-line towards a watcher. Streams of one `group` are played together."""

    kind: str
    mid: str
    live: bool
    stream: int = 0
    repeat: int = 0
    group: str = ""
    name: str = ""


# ---- reading


def read_offer(text: str) -> Offered:
    """Raises Unreadable."""
    described, lines = _parsed(text)
    sections = [_section(media, own) for media, own in zip(described.media, lines, strict=True)]
    return Offered(_other(described, offer=True), sections)


def read_answer(text: str) -> Answered:
    """Raises Unreadable."""
    described, _ = _parsed(text)
    taken = {media.rtp.muxId: _accepted(media) for media in described.media}
    return Answered(_other(described, offer=False), taken)


def _accepted(media: Any) -> frozenset[int]:
    refused = not media.port or media.direction in ("inactive", "sendonly")
    return frozenset() if refused else frozenset(codec.payloadType for codec in media.rtp.codecs)


def _parsed(text: str) -> tuple[Any, list[list[str]]]:
    if len(text) > LONGEST or not 0 < text.count("m=") <= 4 * MOST_SECTIONS:
        raise Unreadable("too long, or without media")
    try:
        described = SessionDescription.parse(text)
    except Exception as error:  # the parser asserts, indexes and converts as it goes
        raise Unreadable("not a session description") from error
    parts = re.split(r"^m=", text, flags=re.MULTILINE)[1:]
    if not 0 < len(described.media) <= MOST_SECTIONS or len(parts) != len(described.media):
        raise Unreadable("too many sections")
    return described, [part.splitlines() for part in parts]


def _other(described: Any, *, offer: bool) -> Other:
    for media in described.media:
        if media.ice.usernameFragment and media.dtls and media.dtls.fingerprints:
            prints = [(one.algorithm, one.value) for one in media.dtls.fingerprints]
            # an offer leaves the role open (actpass) and we let the browser open the handshake
            active = media.dtls.role != "server" if offer else media.dtls.role == "client"
            found = [(one.ip, one.port) for one in media.ice_candidates if one.protocol.lower() == "udp"]
            return Other(media.ice.usernameFragment, prints, active, media.ice.password or "", found[:MOST_ADDRESSES])
    raise Unreadable("no ICE user name or no fingerprint")


def _section(media: Any, lines: list[str]) -> Section:
    sends = bool(media.port) and media.direction in ("sendonly", "sendrecv")
    if media.kind not in OF_KIND:
        return Section(media.kind, media.rtp.muxId, sends=False, profile=media.profile)
    codec, payload, repeat = _codec(media)
    known = {one.uri: one.id for one in media.rtp.headerExtensions if one.id < 15}
    return Section(
        media.kind,
        media.rtp.muxId,
        sends,
        codec,
        payload,
        repeat,
        {uri: known[uri] for uri in _TAKEN[media.kind] if uri in known},
        _layers(lines) if media.kind == "video" else (),
        _streams(media),
    )


def _codec(media: Any) -> tuple[Codec | None, int, int | None]:
    """The first of the browser's that can be passed on."""
    repeats = {one.parameters.get("apt"): one.payloadType for one in media.rtp.codecs if one.name.lower() == "rtx"}
    for theirs in media.rtp.codecs:
        for codec in OF_KIND[media.kind]:
            if theirs.name.lower() == codec.name and theirs.clockRate == codec.clock and _fits(theirs):
                return codec, theirs.payloadType, repeats.get(theirs.payloadType)
    return None, 0, None


def _fits(theirs: Any) -> bool:
    """Of H.264 only what every browser shows: baseline, in fragments."""
    if theirs.name.lower() != "h264":
        return True
    profile = str(theirs.parameters.get("profile-level-id", "42e01f")).lower()
    return str(theirs.parameters.get("packetization-mode", "0")) == "1" and profile.startswith("42")


def _layers(lines: list[str]) -> list[str]:
    """The RIDs to be sent, in the order given: pages list the smallest first."""
    for line in lines:
        if found := re.match(r"a=simulcast:\s*(?:recv \S+ )?send (\S+)", line):
            names = [part.split(",")[0].lstrip("~") for part in found.group(1).split(";")]
            return [name for name in names if re.fullmatch(r"[A-Za-z0-9_-]{1,16}", name)][:4]
    return []


def _streams(media: Any) -> dict[int, int | None]:
    pairs = [group.items for group in media.ssrc_group if group.semantic == "FID" and len(group.items) == 2]
    repeats = {repeat for _, repeat in pairs}
    found: dict[int, int | None] = {one.ssrc: None for one in media.ssrc if one.ssrc not in repeats}
    found.update((stream, repeat) for stream, repeat in pairs)
    return found


# ---- writing


def write_answer(ours: Ours, sections: Sequence[Section], *, active: bool, lite: bool = True) -> str:
    """`active`: the browser opens the DTLS handshake. `lite`: it checks the paths as well."""
    kept = [section.mid for section in sections if section.codec]
    setup = "passive" if active else "active"
    return _written(_session(kept, lite=lite), *(_answer(ours, section, setup) for section in sections))


def _answer(ours: Ours, section: Section, setup: str) -> Iterable[str]:
    codec = section.codec
    if codec is None:
        yield f"m={section.kind} 0 {section.profile} {'0' if section.kind in OF_KIND else 'webrtc-datachannel'}"
        yield from ("c=IN IP4 0.0.0.0", f"a=mid:{section.mid}", "a=inactive")
        return
    numbers = [section.payload] + ([section.repeat] if section.repeat is not None else [])
    yield f"m={section.kind} 9 {section.profile} {' '.join(map(str, numbers))}"
    yield from _transport(ours, section.mid, "recvonly" if section.sends else "inactive", setup)
    yield from _codec_lines(codec, section.payload, section.repeat)
    if TRANSPORT_CC in section.extensions:
        yield f"a=rtcp-fb:{section.payload} transport-cc"
    yield from (f"a=extmap:{number} {uri}" for uri, number in section.extensions.items())
    if section.layers and section.sends:
        yield from (f"a=rid:{layer} recv" for layer in section.layers)
        yield f"a=simulcast:recv {';'.join(section.layers)}"


def write_offer(ours: Ours, lines: Sequence[Outgoing]) -> str:
    return _written(_session([line.mid for line in lines]), *(_offer(ours, line) for line in lines))


def _offer(ours: Ours, line: Outgoing) -> Iterable[str]:
    codecs = OF_KIND[line.kind]
    numbers = [number for codec in codecs for number in (codec.payload, codec.repeat) if number]
    yield f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, numbers))}"
    yield from _transport(ours, line.mid, "sendonly" if line.live else "inactive", "actpass")
    for codec in codecs:
        yield from _codec_lines(codec, codec.payload, codec.repeat or None)
    yield f"a=extmap:{LEVEL_ID} {AUDIO_LEVEL}" if line.kind == "audio" else f"a=extmap:{SEND_TIME_ID} {SEND_TIME}"
    if line.live:
        yield f"a=msid:{line.group} {line.name}"
        if line.repeat:
            yield f"a=ssrc-group:FID {line.stream} {line.repeat}"
        yield from (f"a=ssrc:{stream} cname:{line.group}" for stream in (line.stream, line.repeat) if stream)


def _session(bundle: list[str], *, lite: bool = True) -> Iterable[str]:
    yield from ("v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=msid-semantic:WMS *")
    if lite:
        yield "a=ice-lite"
    if bundle:
        yield f"a=group:BUNDLE {' '.join(bundle)}"


def _transport(ours: Ours, mid: str, direction: str, setup: str) -> Iterable[str]:
    yield from ("c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", "a=rtcp-mux", "a=rtcp-rsize", f"a=mid:{mid}")
    yield from (f"a={direction}", f"a=ice-ufrag:{ours.username}", f"a=ice-pwd:{ours.password}")
    yield from (f"a=fingerprint:{ours.fingerprint}", f"a=setup:{setup}")
    yield from (f"a={candidate}" for candidate in ours.candidates)
    yield "a=end-of-candidates"


def _codec_lines(codec: Codec, payload: int, repeat: int | None) -> Iterable[str]:
    yield f"a=rtpmap:{payload} {codec.rtpmap}"
    yield from (f"a=rtcp-fb:{payload} {feedback}" for feedback in codec.feedback)
    if codec.parameters:
        yield f"a=fmtp:{payload} {codec.parameters}"
    if repeat is not None:
        yield from (f"a=rtpmap:{repeat} rtx/{codec.clock}", f"a=fmtp:{repeat} apt={payload}")


def _written(head: Iterable[str], *sections: Iterable[str]) -> str:
    return "".join(line + _LINE_END for part in (head, *sections) for line in part)


assert OPUS.repeat == 0, "a voice is repeated under its own number"
