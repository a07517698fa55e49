"""What a browser may say in a hall besides sound and picture: checks, polls, questions, moderation, slides."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from signaling.fields import ID, KEY, PROSE, Fields
from signaling.refusals import Malformed

QUESTION_LIMIT = 300  # characters of a poll's or a listener's question
OPTION_LIMIT = 200
CAPTION_LIMIT = 500
OPTIONS = 8
MARKS = 100
PAGES = 2000
POINTS = 256  # of one stroke
SCALE = 10_000  # a page is so wide and so high, whatever its shape
COLOURS = ("red", "blue", "black", "yellow")

_FILE = re.compile(r"(?:[A-Za-z0-9_-]{1,64})?")
_HOW = ("open", "answered", "hidden")


@dataclass(frozen=True, slots=True)
class Check:
    """A host asks everybody who listens whether they are there, for so long."""

    key: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Here:
    check: str


@dataclass(frozen=True, slots=True)
class Look:
    """The page is no longer looked at, or is again."""

    key: str
    away: bool


@dataclass(frozen=True, slots=True)
class Poll:
    """A host puts a question. With `right` options it is a quiz and worth `marks`; without, an opinion is asked."""

    key: str
    text: str
    options: tuple[str, ...]
    many: bool
    right: tuple[int, ...]
    marks: int


@dataclass(frozen=True, slots=True)
class Choose:
    poll: str
    choice: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reveal:
    """A host ends the answering and shows the result to all."""

    poll: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A listener's question, for others to support."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Support:
    question: int


@dataclass(frozen=True, slots=True)
class Settle:
    question: int
    how: Literal["open", "answered", "hidden"]


@dataclass(frozen=True, slots=True)
class Unsay:
    """A host takes the chat line of that number back."""

    seq: int


@dataclass(frozen=True, slots=True)
class Hush:
    who: str
    on: bool


@dataclass(frozen=True, slots=True)
class Chats:
    """Whether listeners may write."""

    open: bool


@dataclass(frozen=True, slots=True)
class Show:
    """This page of this file is before all; "" for none."""

    key: str
    file: str
    page: int


@dataclass(frozen=True, slots=True)
class Draw:
    """A line over the page that is shown: x, y, x, y … in ten-thousandths of its width and height."""

    key: str
    file: str
    page: int
    colour: str
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Undo:
    """One's own last line goes."""


@dataclass(frozen=True, slots=True)
class Wipe:
    """All lines of the shown page go."""

    key: str


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int
    on: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn on a page that somebody looks at by themselves?"""

    file: str
    page: int


@dataclass(frozen=True, slots=True)
class Captions:
    """A host has what is said on the stage written down by the site's speech model, or no longer."""

    on: bool


@dataclass(frozen=True, slots=True)
class Correct:
    """A host puts a caption right; "" takes it away."""

    line: int
    text: str


LessonMessage = (
    Check | Here | Look | Poll | Choose | Reveal | Ask | Support | Settle | Unsay | Hush | Chats
    | Show | Draw | Undo | Wipe | Point | Drawn | Captions | Correct
)  # fmt: skip


def _check(fields: Fields) -> Check:
    seconds = fields.count("seconds")
    if not 10 <= seconds <= 600:
        raise Malformed(field="seconds")
    return Check(key=fields.text("key", KEY), seconds=seconds)


def _poll(fields: Fields) -> Poll:
    options = _options(fields)
    right, many, marks = _choice(fields, "right", len(options)), fields.flag("many"), fields.count("marks")
    if len(right) > 1 and not many:
        raise Malformed(field="right")
    if marks > MARKS or bool(marks) is not bool(right):
        raise Malformed(field="marks")
    return Poll(fields.text("key", KEY), _prose(fields, "text", QUESTION_LIMIT), options, many, right, marks)


def _options(fields: Fields) -> tuple[str, ...]:
    found = fields.get("options")
    if not isinstance(found, list) or not 2 <= len(found) <= OPTIONS:
        raise Malformed(field="options")
    each = [Fields({"options": one}) for one in found]
    return tuple(_prose(one, "options", OPTION_LIMIT) for one in each)


def _choice(fields: Fields, name: str, below: int) -> tuple[int, ...]:
    """Some of `below` options, in order, none of them twice."""
    found = _counts(fields, name, OPTIONS, below - 1)
    if len(set(found)) < len(found):
        raise Malformed(field=name)
    return tuple(sorted(found))


def _counts(fields: Fields, name: str, most: int, high: int) -> tuple[int, ...]:
    found: Any = fields.get(name)
    if not isinstance(found, list) or len(found) > most:
        raise Malformed(field=name)
    if not all(type(one) is int and 0 <= one <= high for one in found):
        raise Malformed(field=name)
    return tuple(found)


def _prose(fields: Fields, name: str, limit: int) -> str:
    text = fields.text(name, PROSE, limit)
    if not text.strip():
        raise Malformed(field=name)
    return text


def _settle(fields: Fields) -> Settle:
    how = fields.get("how")
    if how not in _HOW:
        raise Malformed(field="how")
    return Settle(question=fields.count("question"), how=how)


def _page(fields: Fields) -> int:
    page = fields.count("page")
    if not 1 <= page <= PAGES:
        raise Malformed(field="page")
    return page


def _draw(fields: Fields) -> Draw:
    points, colour = _counts(fields, "points", 2 * POINTS, SCALE), fields.get("colour")
    if len(points) < 4 or len(points) % 2:
        raise Malformed(field="points")
    if colour not in COLOURS:
        raise Malformed(field="colour")
    return Draw(fields.text("key", KEY), fields.text("file", _FILE), _page(fields), colour, points)


def _point(fields: Fields) -> Point:
    x, y = fields.count("x"), fields.count("y")
    for name, value in (("x", x), ("y", y)):
        if value > SCALE:
            raise Malformed(field=name)
    return Point(x=x, y=y, on=fields.flag("on"))


def _correct(fields: Fields) -> Correct:
    text = fields.text("text", PROSE, CAPTION_LIMIT).strip() if fields.get("text") != "" else ""
    return Correct(line=fields.count("line"), text=text)


LESSON_DECODERS: dict[str, Callable[[Fields], LessonMessage]] = {
    "check": _check,
    "here": lambda fields: Here(check=fields.text("check", ID)),
    "look": lambda fields: Look(key=fields.text("key", KEY), away=fields.flag("away")),
    "poll": _poll,
    "choose": lambda fields: Choose(poll=fields.text("poll", ID), choice=_choice(fields, "choice", OPTIONS)),
    "reveal": lambda fields: Reveal(poll=fields.text("poll", ID)),
    "ask": lambda fields: Ask(key=fields.text("key", KEY), text=_prose(fields, "text", QUESTION_LIMIT)),
    "support": lambda fields: Support(question=fields.count("question")),
    "settle": _settle,
    "unsay": lambda fields: Unsay(seq=fields.count("seq")),
    "hush": lambda fields: Hush(who=fields.text("who", ID), on=fields.flag("on")),
    "chats": lambda fields: Chats(open=fields.flag("open")),
    "show": lambda fields: Show(fields.text("key", KEY), fields.text("file", _FILE), _page(fields)),
    "draw": _draw,
    "undo": lambda fields: Undo(),
    "wipe": lambda fields: Wipe(key=fields.text("key", KEY)),
    "point": _point,
    "drawn": lambda fields: Drawn(fields.text("file", _FILE), _page(fields)),
    "captions": lambda fields: Captions(on=fields.flag("on")),
    "correct": _correct,
}

LESSON_EVENTS = ("lesson", "pointed")
