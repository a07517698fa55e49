"""Recording a room or a hall: asked for, agreed to, begun, stopped. Pure, like the rooms themselves.

Nobody is recorded who has not agreed: it begins only when everybody on the stage has (in a room, everybody inside),
whoever comes on it later agrees first, and a word taken back stops it. What the patient agreed to is the house's to
know: its journal refuses the question and the beginning, and writes `consent` when they change their mind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from signaling import speech
from signaling.effects import Effect, Filming, Record, Roster, Silence
from signaling.messages import Agree, Film, Seek
from signaling.ports import Entry, Seat
from signaling.refusals import ConsentMissing, FilmUncarried, NotFilmed

if TYPE_CHECKING:
    from signaling.room import Room

RECORDING = "recording"
QUIET = frozenset({"agreed", "asked"})  # the roster shows what they come to
SHOWN = QUIET | {RECORDING}
BARS = ("recording", "consultation")  # without the patient's consent to these nothing is recorded


def shown(room: Room, viewer: Seat) -> dict[str, bool]:
    """`recording` of the roster."""
    history = room.history
    return {"on": bool(history.recording), "asked": history.asked, "agreed": viewer.who in history.agreed}


def missing(room: Room) -> list[Seat]:
    """Those on the stage who have not agreed."""
    return [seat for seat in room.seating.seats.values() if room.on_stage(seat) and seat.who not in room.history.agreed]


def may_be_seen(room: Room, seat: Seat) -> None:
    """Raises `ConsentMissing`: while it is recorded, nobody comes on the stage or publishes who has not agreed."""
    if room.history.recording and seat.who not in room.history.agreed:
        raise ConsentMissing(who=[_named(seat)], patient=False)


def _film(room: Room, seat: Seat, film: Film) -> list[Effect]:
    speech.hosts_only(seat)
    history = room.history
    if film.on is bool(history.recording):
        return []
    if film.on and not room.films:
        raise NotFilmed()
    if film.on and (patient := not history.withdrawn.isdisjoint(BARS)) | bool(lacking := missing(room)):
        raise ConsentMissing(who=[_named(one) for one in lacking], patient=patient)
    if film.on and not room.carries:
        raise FilmUncarried()
    return [_turned(room, film.on, seat.who, asked=True)]


def _seek(room: Room, seat: Seat, seek: Seek) -> list[Effect]:
    speech.hosts_only(seat)
    if room.history.asked:
        return []
    if not room.films:
        raise NotFilmed()
    return [Record("asked", seat.who, f"asked:{room.history.turned}", {"of": RECORDING}, asked=True)]


def _agree(room: Room, seat: Seat, agree: Agree) -> list[Effect]:
    if agree.on is (seat.who in room.history.agreed):
        return []
    key = f"agreed:{seat.who}:{room.history.seq}"
    body = {"of": RECORDING, "on": agree.on, "name": seat.grant.name}
    return [Record("agreed", seat.who, key, body, asked=True)]


def obeyed(room: Room, entry: Entry) -> list[Effect]:
    """What an entry of the log means for the recording."""
    effects: list[Effect] = [Roster()] if entry.kind in SHOWN else []
    if entry.kind == RECORDING:
        effects.append(Filming(room.history.recording))
        if room.history.recording:  # who came while it was being written
            effects += [Silence(seat.who) for seat in missing(room) if seat.node == room.node]
    elif entry.kind == "ended" and room.history.recording:
        effects.append(Filming(0))
    elif room.history.recording and _taken_back(entry):
        effects.append(_turned(room, False, None, why="withdrawn"))
    return effects


def failed(room: Room, recording: int) -> list[Effect]:
    """The recording of that number could not be made: it must not look as if it were."""
    return [_turned(room, False, None, why="failed")] if room.history.recording == recording else []


def _taken_back(entry: Entry) -> bool:
    about = entry.kind == "agreed" or (entry.kind == "consent" and entry.body.get("of") in BARS)
    return about and entry.body.get("on") is False


def _turned(room: Room, on: bool, by: str | None, *, why: str = "host", asked: bool = False) -> Record:
    """The same key from whichever node or host says it: once begun, ended once."""
    body: dict[str, Any] = {"on": on} if on else {"on": on, "why": why}
    return Record(RECORDING, by, f"recording:{room.history.turned}", body, asked=asked)


def _named(seat: Seat) -> dict[str, str]:
    return {"id": seat.who, "name": seat.grant.name}


SAID: dict[type, Callable[[Room, Seat, Any], list[Effect]]] = {Film: _film, Seek: _seek, Agree: _agree}
