"""The parent's side of the sandbox: starts a child, serves it ranges of the file, believes nothing it says."""

import asyncio
import json
import os
import signal
import struct
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from server.core.children import child_process
from server.files.album import Album
from server.files.facts import Box, Dicom, Ecg, Frame, Pdf, Photo, Rewritten, Sheet, Surveyed, Words

WALL_SECONDS = 15
COPY_WALL_SECONDS = 180
RUN_SECONDS = 6
"""A run over a long series ends after so many by itself; the next goes on where it was."""
AT_ONCE = 2
MOST_RUNS = 60
STARVED_TRIES = 4
MOST_FRAMES = 6000
MOST_SHEETS = 6000
MOST_DERIVED = 2 * 1024 * 1024 * 1024
LARGEST = 1024 * 1024
HEAD = struct.Struct(">cI")
RANGE = struct.Struct(">QI")
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "LANG": "C.UTF-8", "TZ": "UTC"}
DERIVATIVES = frozenset({"preview", "thumbnail", "document", "frames", "samples", "sheets", "copy"})

Outcome = Photo | Pdf | Ecg | Dicom
OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Annotated[Outcome, Field(discriminator="kind")])
SURVEYED: TypeAdapter[Surveyed] = TypeAdapter(Surveyed)
REWRITTEN: TypeAdapter[Rewritten] = TypeAdapter(Rewritten)
Told = TypeVar("Told")


class Unreadable(Exception):
    """The file is refused; `reason` is a value of model.Reason, or what a broken child claims one to be."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Starved(Unreadable):
    """Time ran out, but the child had hardly any of it: the machine is busy, the file may be fine."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Whom the file should speak of: names as they may be written, birth date YYYYMMDD, sex M or F."""

    names: tuple[str, ...] = ()
    birth_date: str = ""
    sex: str = ""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How a copy differs from its file.

    `shift`: days by which dates move. `key`: whence new UIDs come. `words`: may stand in none of its fields. `masks`:
    boxes by group of pictures.
    """

    shift: int
    key: bytes
    words: frozenset[str] = frozenset()
    masks: Mapping[str, Sequence[Box]] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """For the child."""
        masks = {group: list(boxes) for group, boxes in self.masks.items()}
        return {"shift": self.shift, "key": self.key.hex(), "words": sorted(self.words), "masks": masks}


@dataclass(frozen=True, kw_only=True)
class Upload:
    """The file: its size, and a way to its bytes from one offset to another."""

    size: int
    read: Callable[[int, int], Awaitable[bytes]]


class Keep(Protocol):
    async def add(self, name: str, chunk: bytes) -> None:
        """Bytes of the derivative `name`, after those that came before."""


@dataclass
class Seen:
    """What has come out of a file so far, over all its runs."""

    album: Album = field(default_factory=Album)
    sheets: list[Sheet] = field(default_factory=list)
    words: dict[int, Words] = field(default_factory=dict)
    """By the place of their sheet."""
    derived: int = 0
    matches: list[bool] = field(default_factory=list)


class Sandbox:
    """At most `at_once` children at a time, each alive for `wall_seconds` at most."""

    def __init__(
        self, *, at_once: int = AT_ONCE, wall_seconds: float = WALL_SECONDS, run_seconds: float = RUN_SECONDS
    ) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._wall, self._enough = wall_seconds, run_seconds

    async def read(
        self, upload: Upload, expected: Expected, keep: Keep, *, words: bool = False
    ) -> tuple[Outcome, Album]:
        """What the file is, with its `words` if wanted; its derivatives go to `keep`. Raises Unreadable."""
        seen, start = Seen(), (0, 0)
        for _ in range(MOST_RUNS):
            whom = {"names": expected.names, "birth_date": expected.birth_date, "sex": expected.sex}
            task = {"work": "read", "start": start, "enough": self._enough, "words": words, **whom}
            outcome = await self._patiently(Errand("read", OUTCOME, task), upload, keep, seen)
            if outcome.matches is not None:
                seen.matches.append(outcome.matches)
            following = outcome.next if isinstance(outcome, Dicom) else None
            if following is None:
                together = all(seen.matches) if seen.matches else None
                return outcome.model_copy(update={"matches": together}), seen.album
            if following <= start:
                raise Unreadable("damaged")
            start = following
        raise Unreadable("too_large_inside")

    async def survey(self, upload: Upload, wishes: Wishes, keep: Keep) -> Seen:
        """The pictures that a copy of the file would show go to `keep` as `sheets`. Raises Unreadable."""
        seen = Seen()
        await self._patiently(Errand("copy", SURVEYED, {"work": "survey", "wishes": wishes.told()}), upload, keep, seen)
        return seen

    async def rewrite(self, upload: Upload, wishes: Wishes, keep: Keep) -> Rewritten:
        """The copy goes to `keep` as `copy`. Raises Unreadable."""
        errand = Errand("copy", REWRITTEN, {"work": "rewrite", "wishes": wishes.told()})
        return await self._patiently(errand, upload, keep, Seen())

    async def _patiently(self, errand: "Errand[Told]", upload: Upload, keep: Keep, seen: Seen) -> Told:
        """A run; again when the machine was too busy to let it run. Only before anything came out of it."""
        for tries_left in reversed(range(STARVED_TRIES)):
            before = seen.derived, len(seen.album)
            try:
                async with self._turn:
                    return await self._run(errand, upload, keep, seen)
            except Starved:
                if not tries_left or before != (seen.derived, len(seen.album)):
                    break
        raise Unreadable("too_long")

    async def _run(self, errand: "Errand[Told]", upload: Upload, keep: Keep, seen: Seen) -> Told:
        command = (sys.executable, "-I", "-m", "server.files.sandbox", errand.limits)
        pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
        told = {**pipes, "stderr": asyncio.subprocess.DEVNULL, "cwd": "/", "env": ENVIRONMENT}
        wall = self._wall if errand.limits == "read" else COPY_WALL_SECONDS
        async with child_process(*command, **told) as child:
            try:
                async with asyncio.timeout(wall):
                    return await Dialogue(child, upload, keep, seen).hold(errand)
            except TimeoutError:
                starved = _cpu_seconds(child.pid) < wall / 5
                raise (Starved if starved else Unreadable)("too_long") from None
            except (asyncio.IncompleteReadError, ConnectionError):
                raise Unreadable(await _cause_of_death(child)) from None
            except (ValidationError, ValueError, struct.error):
                raise Unreadable("damaged") from None


@dataclass(frozen=True)
class Errand(Generic[Told]):
    """What a child is sent for: under which limits, what its last word must be, the task in its own terms."""

    limits: Literal["read", "copy"]
    answer: TypeAdapter[Told]
    task: dict[str, Any]


class Dialogue:
    """One run's frames, answered in the order they come."""

    def __init__(self, child: asyncio.subprocess.Process, upload: Upload, keep: Keep, seen: Seen) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._to, self._from = child.stdin, child.stdout
        self._upload, self._keep, self._seen = upload, keep, seen
        self._name = ""

    async def hold(self, errand: Errand[Told]) -> Told:
        await self._say(b"A", json.dumps({"size": self._upload.size, **errand.task}).encode())
        while True:
            tag, payload = await self._hear()
            if tag == b"F":
                return errand.answer.validate_json(payload)
            if tag == b"X":
                raise Unreadable(str(json.loads(payload)["reason"]))
            await self._answer(tag, payload)

    async def _answer(self, tag: bytes, payload: bytes) -> None:
        if tag == b"R":
            await self._hand(*RANGE.unpack(payload))
        elif tag == b"N":
            self._name = json.loads(payload)
        elif tag == b"D" and self._name in DERIVATIVES:
            await self._take(payload)
        elif tag == b"I" and len(self._seen.album) < MOST_FRAMES:
            self._seen.album.add(Frame.model_validate_json(payload))
        elif tag == b"S" and len(self._seen.sheets) < MOST_SHEETS:
            self._seen.sheets.append(Sheet.model_validate_json(payload))
        elif tag == b"T" and self._seen.sheets:
            self._seen.words[len(self._seen.sheets) - 1] = Words.model_validate_json(payload)
        else:
            raise Unreadable("too_large_inside" if tag in (b"I", b"S") else "damaged")

    async def _hand(self, offset: int, length: int) -> None:
        stop = min(offset + min(length, LARGEST), self._upload.size)
        await self._say(b"B", await self._upload.read(offset, stop) if offset < stop else b"")

    async def _take(self, chunk: bytes) -> None:
        self._seen.derived += len(chunk)
        if self._seen.derived > MOST_DERIVED:
            raise Unreadable("too_large_inside")
        await self._keep.add(self._name, chunk)

    async def _say(self, tag: bytes, payload: bytes) -> None:
        self._to.write(HEAD.pack(tag, len(payload)))
        self._to.write(payload)
        await self._to.drain()

    async def _hear(self) -> tuple[bytes, bytes]:
        tag, length = HEAD.unpack(await self._from.readexactly(HEAD.size))
        if length > LARGEST:
            raise Unreadable("damaged")
        return tag, await self._from.readexactly(length)


async def _cause_of_death(child: asyncio.subprocess.Process) -> str:
    """Killed by its own limit of CPU time, or by what it read."""
    code = await child.wait()
    return "too_long" if code in (-signal.SIGKILL, -signal.SIGXCPU) else "damaged"


def _cpu_seconds(pid: int) -> float:
    """User and system time of the child so far; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
