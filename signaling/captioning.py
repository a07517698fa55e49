"""Captions of a hall: switched on, written down, switched off. Rules of a hall, pure like the hall itself.

Only what is said on the stage of the hall itself is ever written down: in a group nothing is. What the patient agreed
to is the house's to know: as with a recording its journal refuses the beginning, and writes `consent` when they change
their mind, which ends the captions too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.effects import Captioning, Effect, Record, Roster
from signaling.filming import BARS
from signaling.media.ports import Said
from signaling.ports import Entry, Seat
from signaling.refusals import ConsentMissing
from signaling.speech import hosts_only

if TYPE_CHECKING:
    from signaling.hall import Hall

KIND = "captions"


def shown(hall: Hall) -> dict[str, bool]:
    """`captions` of the roster."""
    return {"on": hall.lesson.captions.on, "paused": hall.captions_paused}


def turn(hall: Hall, seat: Seat, on: bool) -> list[Effect]:
    hosts_only(seat)
    if on is hall.lesson.captions.on:
        return []
    if on and not hall.history.withdrawn.isdisjoint(BARS):
        raise ConsentMissing(who=[], patient=True)
    return [_turned(hall, on, seat.who, asked=True)]


def said(hall: Hall, heard: Said, text: str) -> list[Effect]:
    """Somebody said that, and `text` may be shown of it. Whoever has left is quoted no more."""
    seat = hall.seating.seats.get(heard.who)
    if seat is None or not text or not hall.lesson.captions.on:
        return []
    body = {"name": seat.grant.name, "text": text, "began": heard.began, "seconds": heard.seconds}
    return [Record("caption", heard.who, f"caption:{heard.who}:{round(heard.began * 1000)}", body)]


def fares(hall: Hall, *, well: bool) -> list[Effect]:
    """Whether the speech model keeps up, as far as this node's stage goes."""
    if hall.captions_paused is not well:
        return []
    hall.captions_paused = not well
    return [Roster()]


def obeyed(hall: Hall, entry: Entry) -> list[Effect]:
    """What an entry of the log means for the captions."""
    captions = hall.lesson.captions
    if entry.kind == KIND:
        hall.captions_paused = False
        return [Roster(), Captioning(captions.on)]
    if entry.kind == "ended":
        return [Captioning(False)]
    withdrawn = entry.kind == "consent" and entry.body.get("of") in BARS and entry.body.get("on") is False
    return [_turned(hall, False, None)] if captions.on and withdrawn else []


def _turned(hall: Hall, on: bool, by: str | None, *, asked: bool = False) -> Record:
    """The same key from whichever node or host says it."""
    return Record(KIND, by, f"{KIND}:{hall.lesson.captions.turned}", {"on": on}, asked=asked)
