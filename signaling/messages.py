"""What a browser may say in a room: one frozen value a message, decoded and checked.

Whatever comes in is hostile until it has passed one of these decoders. A decoder either returns
its message or raises `Malformed` naming the field. PROTOCOL.md describes each message; a test
holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from signaling.fields import ID, KEY, PROSE, SDP, SDP_LIMIT, Fields
from signaling.group_messages import GROUP_DECODERS, GroupMessage
from signaling.hall_messages import (
    HALL_DECODERS,
    HALL_EVENTS,
    Agree,
    Answer,
    Arrange,
    Audience,
    Film,
    HallMessage,
    Limit,
    Publish,
    Seek,
    Stage,
    Unpublish,
    Unwatch,
    Watch,
)
from signaling.lesson_messages import LESSON_DECODERS, LESSON_EVENTS, LessonMessage
from signaling.refusals import Malformed, UnknownMessage

__all__ = [
    "Agree",
    "Answer",
    "Arrange",
    "Audience",
    "Film",
    "Limit",
    "Publish",
    "Seek",
    "Stage",
    "Unpublish",
    "Unwatch",
    "Watch",
]

FRAME_LIMIT = 64 * 1024  # bytes of one WebSocket frame
CHAT_LIMIT = 8 * 1024  # bytes of one chat line, as UTF-8
CANDIDATE_LIMIT = 2048  # characters

_PAGE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TICKET = re.compile(r"[A-Za-z0-9_-]{16,128}")
_LINE = re.compile(r"[^\x00-\x1f\x7f]*")


@dataclass(frozen=True, slots=True)
class Media:
    """Own microphone, camera and screen: True is live."""

    mic: bool
    cam: bool
    screen: bool


@dataclass(frozen=True, slots=True)
class Join:
    ticket: str
    page: str
    last: int
    media: Media
    move: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """One step of a negotiation for `to`'s page load `page`. Exactly one of these is set;
    `ends` is the end of candidates (`candidate: null` on the wire), `heard` the end of the connection:
    the server brings the other's sound by now."""

    to: str
    page: str
    description: dict[str, str] | None = None
    candidate: dict[str, Any] | None = None
    ends: bool = False
    heard: bool = False


@dataclass(frozen=True, slots=True)
class Chat:
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Hand:
    up: bool


@dataclass(frozen=True, slots=True)
class Net:
    """Own line: rtt in milliseconds, loss as a fraction of 1, kbps the outgoing estimate (0 unknown)."""

    rtt: float
    loss: float
    kbps: float


@dataclass(frozen=True, slots=True)
class Admit:
    who: str


@dataclass(frozen=True, slots=True)
class Deny:
    who: str


@dataclass(frozen=True, slots=True)
class Remove:
    who: str


@dataclass(frozen=True, slots=True)
class Mute:
    who: str


@dataclass(frozen=True, slots=True)
class Ice:
    pass


@dataclass(frozen=True, slots=True)
class Since:
    last: int


@dataclass(frozen=True, slots=True)
class Leave:
    pass


@dataclass(frozen=True, slots=True)
class End:
    pass


RoomMessage = Join | Signal | Media | Chat | Hand | Net | Admit | Deny | Remove | Mute | Ice | Since | Leave | End
Message = RoomMessage | HallMessage | LessonMessage | GroupMessage


def _media(fields: Fields) -> Media:
    return Media(mic=fields.flag("mic"), cam=fields.flag("cam"), screen=fields.flag("screen"))


def _join(fields: Fields) -> Join:
    return Join(
        ticket=fields.text("ticket", _TICKET),
        page=fields.text("page", _PAGE),
        last=fields.count("last"),
        media=_media(fields.inner("media")),
        move=fields.flag("move", default=False),
    )


def _signal(fields: Fields) -> Signal:
    to, page = fields.text("to", ID), fields.text("page", _PAGE)
    if sum(map(fields.has, ("description", "candidate", "heard"))) != 1:
        raise Malformed(field="description")
    if fields.has("heard"):
        return _heard(Signal(to, page, heard=fields.flag("heard")))
    if fields.has("description"):
        return Signal(to, page, description=_description(fields.inner("description")))
    if fields.get("candidate") is None:
        return Signal(to, page, ends=True)
    return Signal(to, page, candidate=_candidate(fields.inner("candidate")))


def _heard(signal: Signal) -> Signal:
    if not signal.heard:
        raise Malformed(field="heard")
    return signal


def _description(fields: Fields) -> dict[str, str]:
    kind = fields.get("type")
    if kind not in ("offer", "answer"):
        raise Malformed(field="description.type")
    return {"type": kind, "sdp": fields.text("sdp", SDP, SDP_LIMIT)}


def _candidate(fields: Fields) -> dict[str, Any]:
    """RTCIceCandidateInit, its four members and nothing else."""
    line = fields.get("sdpMLineIndex")
    if line is not None and (isinstance(line, bool) or not isinstance(line, int) or not 0 <= line < 256):
        raise Malformed(field="candidate.sdpMLineIndex")
    return {
        "candidate": fields.text("candidate", _LINE, CANDIDATE_LIMIT),
        "sdpMid": None if fields.get("sdpMid") is None else fields.text("sdpMid", _LINE, 64),
        "sdpMLineIndex": line,
        "usernameFragment": (
            None if fields.get("usernameFragment") is None else fields.text("usernameFragment", _LINE)
        ),
    }


def _chat(fields: Fields) -> Chat:
    chat = Chat(key=fields.text("key", KEY), text=fields.text("text", PROSE, CHAT_LIMIT))
    if not chat.text.strip() or len(chat.text.encode()) > CHAT_LIMIT:
        raise Malformed(field="text")
    return chat


def _net(fields: Fields) -> Net:
    return Net(rtt=fields.number("rtt", 600_000), loss=fields.number("loss", 1), kbps=fields.number("kbps", 1e7))


def _naming(message: type[Admit] | type[Deny] | type[Remove] | type[Mute]) -> Callable[[Fields], Message]:
    return lambda fields: message(who=fields.text("who", ID))


# What a client may send in `/room`, and nothing else: the dispatch table.
DECODERS: dict[str, Callable[[Fields], Message]] = {
    "join": _join,
    "signal": _signal,
    "media": _media,
    "chat": _chat,
    "hand": lambda fields: Hand(up=fields.flag("up")),
    "net": _net,
    "admit": _naming(Admit),
    "deny": _naming(Deny),
    "remove": _naming(Remove),
    "mute": _naming(Mute),
    "ice": lambda fields: Ice(),
    "since": lambda fields: Since(last=fields.count("last")),
    "leave": lambda fields: Leave(),
    "end": lambda fields: End(),
    **HALL_DECODERS,
    **LESSON_DECODERS,
    **GROUP_DECODERS,
}

# What the server sends; PROTOCOL.md lists exactly these.
ROOM_EVENTS = ("event", "peers", "signal", "muted", "welcome", "closed", "resync", *HALL_EVENTS, *LESSON_EVENTS)
FEED_EVENTS = ("changed", "resync")


def decode(name: str, arguments: tuple[Any, ...]) -> Message:
    """The message a client means. Raises `UnknownMessage` or `Malformed(field)`."""
    decoder = DECODERS.get(name)
    if decoder is None:
        raise UnknownMessage()
    if len(arguments) > 1:
        raise Malformed(field="")
    return decoder(Fields(arguments[0] if arguments else {}))
