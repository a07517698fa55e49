"""What is shown when, and where something is missing. Pure."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.meeting.recordings.films import Film

MISSED = 0.1
"""Seconds from which on a hole where a film was cut off counts as a gap: a word is lost in less than one."""
CUT_OFF = frozenset({"", "lost"})
"""How a film ends that somebody would have gone on with."""
SHORT = 5.0
"""A source that was there for less is not worth a track of its own."""
_RANKS = {"screen": 0, "face": 2}
"""Whoever shows something is shown; then what is no face (a field camera, an endoscope), then faces."""


@dataclass(frozen=True, slots=True)
class Cut:
    """From `start` to `stop` (seconds since 1970) this film is seen."""

    film: Film
    start: float
    stop: float


def whole(films: Iterable[Film]) -> list[Cut]:
    """What one would have looked at: one source at a time, the foremost that is there."""
    seen = [film for film in films if not film.sounds]
    turns = sorted({moment for film in seen for moment in (film.start, film.stop)})
    cuts: list[Cut] = []
    for start, stop in itertools.pairwise(turns):
        there = [film for film in seen if film.start <= start and film.stop >= stop]
        if not there:
            continue
        film = min(there, key=_rank)
        if cuts and cuts[-1].film is film:
            cuts[-1] = Cut(film, cuts[-1].start, stop)
        else:
            cuts.append(Cut(film, start, stop))
    return cuts


def _rank(film: Film) -> tuple[int, float]:
    return _RANKS.get(film.role, 1), film.start


def of_source(films: Iterable[Film], source: str) -> list[Cut]:
    return [Cut(film, film.start, film.stop) for film in films if film.source == source]


def sources(films: Sequence[Film]) -> list[str]:
    """Those with pictures worth looking at by themselves, in the order in which they came."""
    shown = dict.fromkeys(film.source for film in films if not film.sounds)
    long = [one for one in shown if sum(cut.stop - cut.start for cut in of_source(films, one)) >= SHORT]
    return long if len(shown) > 1 else []


def gaps(films: Sequence[Film]) -> list[tuple[float, float]]:
    """Where a source was cut off and came back later: what lies between was not recorded."""
    found: list[tuple[float, float]] = []
    for source in {film.source for film in films}:
        own = [film for film in films if film.source == source]
        for film, following in itertools.pairwise(own):
            if film.ended in CUT_OFF and following.start - film.stop >= MISSED:
                found.append((film.stop, following.start))
    return _together(found)


def _together(stretches: list[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for start, stop in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged
