"""What signalling asks of whatever carries a hall's media: the embedded forwarder now, Janus nodes beside it.

A hall is a room's media. People publish sources (a camera, a microphone, an endoscope, a monitor) and watch
views. Each connection is one-way and its sender offers: the browser for what it publishes, the forwarder for
what is watched, by an `Offered` event.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol


class MediaRefusal(Exception):
    """What the forwarder does not do. `code` goes to the page: `media.no_hall`, `media.unreadable` …"""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(f"{code}: {why}" if why else code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reel:
    """Where a recording is written, a folder of its own, and the 32 bytes that seal it."""

    folder: str
    key: bytes


@dataclass(frozen=True, slots=True)
class SpeechService:
    """A site's speech model, where `listener.service` finds it. `language` is ISO 639-1, "" lets the model tell."""

    url: str
    key: str = ""
    model: str = "whisper-1"
    language: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """To be carried to `who`; its page answers with the same `number`. `views` says what each m-line shows,
    by mid. The offer after this one comes when this one is answered."""

    hall: str
    who: str
    number: int
    sdp: str
    views: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SourceCame:
    """A source can be watched. `source` is `who:role`."""

    hall: str
    source: str
    who: str
    role: str
    kind: Literal["audio", "video"]


@dataclass(frozen=True, slots=True)
class SourceLeft:
    hall: str
    source: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A connection carries media now."""

    hall: str
    who: str
    way: Literal["publish", "watch"]


@dataclass(frozen=True, slots=True)
class Lost:
    """A connection is gone (network, closed page, a forwarder that died). Its page should make it anew."""

    hall: str
    who: str
    way: Literal["publish", "watch"]


@dataclass(frozen=True, slots=True)
class Speaking:
    """Who is heard, and how loud: −dBov by source, small is loud. Sent when it changes."""

    hall: str
    levels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said, as the site's speech model wrote it down; `began` in seconds since 1970."""

    hall: str
    who: str
    text: str
    began: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Listening:
    """Whether the speech model keeps up; told when it changes, and at first it does."""

    hall: str
    well: bool


MediaEvent = Offered | SourceCame | SourceLeft | Joined | Lost | Speaking | Said | Listening


class Forwarder(Protocol):
    """Every verb raises MediaRefusal; `media.unavailable` means: try again."""

    async def start(self) -> None:
        """Before anything else. Raises MediaRefusal when it cannot."""

    async def stop(self) -> None:
        """End every hall and let everything go."""

    async def open(self, hall: str) -> None:
        """Make the hall. Opening an open one changes nothing."""

    async def close(self, hall: str) -> None:
        """End the hall and every connection in it. Closing none changes nothing."""

    async def publish(self, hall: str, who: str, sdp: str, roles: Mapping[str, str]) -> str:
        """The answer to a browser's offer. `roles` names what each m-line carries, by mid: "voice", "face",
        "endoscope", "vitals" … An offer of a known connection changes it; a new one takes its place, and who
        watches sees no gap but the key frame's."""

    async def unpublish(self, hall: str, who: str) -> None: ...

    async def watch(self, hall: str, who: str, views: Mapping[str, str] | None = None) -> None:
        """A new connection for what `who` sees. `views` maps names of the page's choice to sources; those with
        the same part before a colon ("stage:face", "stage:voice") are played in step, lips with voice. None is
        every source but their own, under the source's name, as sources come and go."""

    async def arrange(self, hall: str, who: str, views: Mapping[str, str] | None) -> None:
        """Other views. A name that keeps its kind shows its new source without renegotiation."""

    async def answer(self, hall: str, who: str, number: int, sdp: str) -> None:
        """The page's answer to `Offered`; one to an older offer changes nothing."""

    async def limit(self, hall: str, who: str, view: str, layer: int | None) -> None:
        """The largest layer this view needs (0: the smallest; a thumbnail); None for the best there is."""

    async def unwatch(self, hall: str, who: str) -> None: ...

    async def record(self, hall: str, reel: Reel) -> None:
        """Write down every source, the present and the coming ones, until `cease` or `close`. What records asks
        nothing of those who watch: where it is slow or dies, only the recording has a gap."""

    async def cease(self, hall: str) -> None:
        """Record no more. What is not recorded stays so."""

    async def listen(self, hall: str) -> None:
        """Have what is said written down (`Said`), by whoever publishes now or later, until `unlisten` or `close`.
        What listens asks nothing of those who watch: where it is slow or dies, only captions are missing."""

    async def unlisten(self, hall: str) -> None: ...

    async def figures(self, hall: str) -> Mapping[str, Any]:
        """What the hall carries, for the technical page."""

    def events(self) -> AsyncIterator[MediaEvent]:
        """All that happens in every hall from now on. One reader."""
