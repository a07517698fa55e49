"""Attendance from raw facts: pure, and the same however the facts came in.

A stay begins with `joined` and ends with the first `left` of the same stay, or with the session. Several stays of one
person (a second device, a reconnection that overlaps the old seat) count once. Time away (the page not looked at) is
taken off the stay it belongs to. Only the session's running time counts: not the lobby, no pause.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.scheduling.intervals import Interval, intersect, merge, subtract
from server.teaching.states import Move

JOINED, LEFT, AWAY, BACK, CHECK, ANSWERED = "joined", "left", "away", "back", "check", "answered"
FACTS = (JOINED, LEFT, AWAY, BACK, CHECK, ANSWERED)
CHECKS = 3


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A line of the log that attendance is reckoned from. `ref` is a stay of `who`, or a check ending at `until`."""

    at: datetime
    kind: str
    who: str = ""
    ref: str = ""
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Reckoned:
    present: tuple[Interval, ...] = ()
    checks_asked: int = 0
    checks_answered: int = 0

    @property
    def seconds(self) -> int:
        return _seconds(self.present)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a session asks of whoever gets its credit; data of the session, not code."""

    min_percent: int = 80
    checks_of_three: int = 2
    pass_mark: int | None = None
    """None: there is no paper."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    met: bool
    short_of: tuple[str, ...]
    """Of "minutes", "checks", "quiz"."""


def running_times(moves: Iterable[tuple[datetime, Move]], until: datetime) -> list[Interval]:
    """When the session ran, from its history; `until` closes what nobody ended."""
    running: list[Interval] = []
    since: datetime | None = None
    for at, move in sorted(moves, key=lambda one: one[0]):
        if move in (Move.BEGIN, Move.RESUME) and since is None:
            since = at
        elif move in (Move.PAUSE, Move.END) and since is not None:
            running.append(Interval(since, at))
            since = None
    if since is not None:
        running.append(Interval(since, until))
    return merge(running)


def reckon(facts: Iterable[Fact], running: Sequence[Interval]) -> dict[str, Reckoned]:
    """The attendance of everybody whom the facts name."""
    known = list(facts)
    end = running[-1].end if running else None
    presences = _presences(known, end) if end else {}
    asked = _asked(known, running)
    answered = _answered(known, asked)
    people = {fact.who for fact in known if fact.who}
    return {
        who: Reckoned(
            present=tuple(intersect(presences.get(who, ()), running)),
            checks_asked=len(asked),
            checks_answered=len(answered.get(who, ())),
        )
        for who in people
    }


def _presences(facts: Sequence[Fact], end: datetime) -> dict[str, list[Interval]]:
    """Two people may have stays of one name: they came in the same millisecond."""
    ends: dict[tuple[str, str], datetime] = {}
    glances: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        stay_of = fact.who, fact.ref
        if fact.kind == LEFT:
            ends[stay_of] = min(fact.at, ends.get(stay_of, fact.at))
        elif fact.kind in (AWAY, BACK):
            glances.setdefault(stay_of, []).append(fact)
    found: dict[str, list[Interval]] = {}
    for fact in facts:
        if fact.kind == JOINED:
            stay_of = fact.who, fact.ref
            stay = Interval(fact.at, ends.get(stay_of, end))
            found.setdefault(fact.who, []).extend(subtract([stay], _away(glances.get(stay_of, ()), stay.end)))
    return {who: merge(stays) for who, stays in found.items()}


def _away(glances: Iterable[Fact], end: datetime) -> list[Interval]:
    """Away before back where both are told at one moment."""
    gone: list[Interval] = []
    since: datetime | None = None
    for fact in sorted(glances, key=lambda one: (one.at, one.kind)):
        if fact.kind == AWAY and since is None:
            since = fact.at
        elif fact.kind == BACK and since is not None:
            gone.append(Interval(since, fact.at))
            since = None
    return [*gone, Interval(since, end)] if since is not None else gone


def asked_in(facts: Iterable[Fact], running: Sequence[Interval]) -> int:
    """How many checks there were."""
    return len(_asked(list(facts), running))


def _asked(facts: Sequence[Fact], running: Sequence[Interval]) -> dict[str, Fact]:
    """The checks that were asked while the session ran."""
    asked = {fact.ref: fact for fact in facts if fact.kind == CHECK}
    return {ref: fact for ref, fact in asked.items() if any(part.start <= fact.at < part.end for part in running)}


def _answered(facts: Sequence[Fact], asked: Mapping[str, Fact]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for fact in facts:
        check = asked.get(fact.ref) if fact.kind == ANSWERED else None
        if check and check.until and check.at <= fact.at < check.until:
            found.setdefault(fact.who, set()).add(fact.ref)
    return found


def checks_needed(asked: int, of_three: int) -> int:
    """Two of three, of however many there were: rounded up."""
    return -(-asked * of_three // CHECKS)


def judge(reckoned: Reckoned, required: int, score: int | None, rule: Rule) -> Verdict:
    """Whether the rule is met; `required` are the seconds the session ran."""
    short: list[str] = []
    if reckoned.seconds * 100 < required * rule.min_percent or required == 0:
        short.append("minutes")
    if reckoned.checks_answered < checks_needed(reckoned.checks_asked, rule.checks_of_three):
        short.append("checks")
    if rule.pass_mark is not None and (score is None or score < rule.pass_mark):
        short.append("quiz")
    return Verdict(met=not short, short_of=tuple(short))


def length(running: Sequence[Interval]) -> int:
    return _seconds(running)


def bar(reckoned: Reckoned, begun: datetime) -> list[list[int]]:
    """The presence as seconds since the session began, for drawing it."""
    return [
        [int((one.start - begun).total_seconds()), int((one.end - begun).total_seconds())] for one in reckoned.present
    ]


def _seconds(parts: Iterable[Interval]) -> int:
    return int(sum((one.length for one in parts), timedelta()).total_seconds())
