"""From facts to credit: reckoning the attendance of all, granting, and proving later that it was reckoned right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from server.accounts import queries as accounts
from server.core.errors import Refusal
from server.core.unit import Unit
from server.meeting import queries as meetings
from server.scheduling.intervals import Interval
from server.teaching import attendance, counted, letters, queries, quizzes, steps
from server.teaching.attendance import Fact, Reckoned, Rule, Verdict
from server.teaching.counted import Counted
from server.teaching.kinds import CreditClass, EnrolmentState
from server.teaching.model import Attendance, TeachingSession
from server.teaching.states import SETTLED, Move

if TYPE_CHECKING:
    from server.meeting.model import MeetingEntry


class NothingToGrant(Refusal):
    code = "teaching.nothing_to_grant"
    says = "还没有人达到要求，暂时没有可授的学分"


# ---- raw facts


async def lines_of(unit: Unit, session: TeachingSession, last_seq: int | None = None) -> list[MeetingEntry]:
    """What of the room's log is reckoned with, up to `last_seq` (all of it when None)."""
    if session.meeting_id is None:
        return []
    rows = await meetings.entries_of(unit, session.meeting_id, attendance.FACTS + quizzes.KINDS)
    return [one for one in rows if last_seq is None or one.seq <= last_seq]


def _fact(unit: Unit, row: MeetingEntry) -> Fact:
    if row.kind not in (attendance.CHECK, attendance.ANSWERED):
        return Fact(at=row.at, kind=row.kind, who=row.by or "", ref=row.stay or "")
    body = meetings.opened(unit, row)
    until = row.at + timedelta(seconds=int(str(body["seconds"]))) if "seconds" in body else None
    return Fact(at=row.at, kind=row.kind, who=row.by or "", ref=str(body["check"]), until=until)


def questions_of(unit: Unit, lines: list[MeetingEntry], running: Sequence[Interval]) -> list[quizzes.Question]:
    """The questions with marks that were put in the hall."""
    return quizzes.questions(asked_in(unit, lines), running)


def asked_in(unit: Unit, lines: list[MeetingEntry]) -> list[quizzes.Line]:
    """What the log says about questions, opened."""
    asked = [one for one in lines if one.kind in quizzes.KINDS]
    return [quizzes.Line(at=one.at, kind=one.kind, who=one.by or "", body=meetings.opened(unit, one)) for one in asked]


async def running_of(unit: Unit, session: TeachingSession) -> list[Interval]:
    moves = [(one.at, one.move) for one in await queries.history(unit, session.id)]
    return attendance.running_times(moves, session.ended_at or unit.now)


def rule_of(session: TeachingSession, *, quiz: bool) -> Rule:
    return Rule(
        min_percent=session.min_percent,
        checks_of_three=session.checks_of_three,
        pass_mark=session.pass_mark if quiz else None,
    )


# ---- reckoning


async def process(unit: Unit, *, session: TeachingSession) -> list[Attendance]:
    """Reckons everybody who was enrolled, from the log as it stands; again, until credit is granted.

    Raises IllegalMove.
    """
    await steps.take(unit, session, Move.PROCESS)
    rows = await _reckoned(unit, session, None)
    before = await queries.attendances(unit, session.id)
    for row in rows:
        if old := before.get(row.person_id):
            await unit.session.delete(old)
    await unit.session.flush()
    unit.session.add_all(rows)
    await unit.session.flush()
    return rows


async def _reckoned(unit: Unit, session: TeachingSession, last_seq: int | None) -> list[Attendance]:
    lines, running = await lines_of(unit, session, last_seq), await running_of(unit, session)
    facts = [_fact(unit, one) for one in lines if one.kind in attendance.FACTS]
    people = attendance.reckon(facts, running)
    scores = await _scores(unit, session, questions_of(unit, lines, running))
    rule, required = rule_of(session, quiz=scores is not None), attendance.length(running)
    enrolled = await queries.enrolments(unit, session.id, EnrolmentState.ENROLLED)
    nobody = Reckoned(checks_asked=attendance.asked_in(facts, running))
    rows = []
    for one in enrolled:
        reckoned, score = people.get(one.person_id, nobody), (scores or {}).get(one.person_id)
        row = _row(session, reckoned, score, attendance.judge(reckoned, required, score, rule))
        row.person_id, row.institution_id = one.person_id, one.institution_id
        row.required_seconds, row.last_seq, row.reckoned_at = required, lines[-1].seq if lines else 0, unit.now
        rows.append(row)
    return rows


async def _scores(unit: Unit, session: TeachingSession, asked: Sequence[quizzes.Question]) -> Mapping[str, int] | None:
    """By person, of the session's paper; where there is none, of what was asked in the hall. None: of neither."""
    paper = await queries.quiz_of(unit, session.id)
    if paper is not None:
        return await queries.best_scores(unit, paper.id)
    return quizzes.scores(asked) if asked else None


def _row(session: TeachingSession, reckoned: Reckoned, score: int | None, verdict: Verdict) -> Attendance:
    return Attendance(
        session_id=session.id,
        seconds=reckoned.seconds,
        stays=attendance.bar(reckoned, session.begun_at or session.starts_at),
        checks_asked=reckoned.checks_asked,
        checks_answered=reckoned.checks_answered,
        score=score,
        met=verdict.met,
        short_of=list(verdict.short_of),
        credit_class=CreditClass.NONE,
        credit_tenths=0,
    )


async def differences(unit: Unit, session: TeachingSession) -> list[str]:
    """The names of those whose recorded attendance is not what the raw facts give today, or whose credit is not what
    that and its corrections give. Empty is as it must be: a correction itself is no difference."""
    kept = await queries.attendances(unit, session.id)
    last_seq = max((one.last_seq for one in kept.values()), default=0)
    wrong = {
        one.person_id
        for one in await _reckoned(unit, session, last_seq)
        if one.person_id in kept and _figures(one) != _figures(kept[one.person_id])
    }
    if any(one.granted_at for one in kept.values()):
        counts = await counted.count(unit, kept.values())
        wrong |= {one.attended.person_id for one in counts if one.met != one.attended.credited}
    people = await accounts.people(unit, wrong)
    return sorted(one.name for one in people.values())


def _figures(row: Attendance) -> tuple[object, ...]:
    return row.seconds, row.required_seconds, row.checks_asked, row.checks_answered, row.stays


# ---- granting


async def grant(unit: Unit, *, session: TeachingSession) -> list[Attendance]:
    """Credits whoever met the rule, and tells everybody. Raises NothingToGrant, IllegalMove."""
    counts = (await counted.of_session(unit, session.id)).values()
    met = [one.attended for one in counts if one.met]
    if not met:
        raise NothingToGrant
    await steps.take(unit, session, Move.CREDIT)
    for row in met:
        give(unit, session, row)
    await unit.session.flush()
    if session.credit_class is not CreditClass.NONE:
        await letters.credited(unit, session, [one.person_id for one in met])
    await letters.fell_short(unit, session, [one.attended.person_id for one in counts if not one.met])
    return met


def settled(session: TeachingSession, counts: Collection[Counted]) -> bool:
    """Whether whoever meets the rule has the credit: it was granted, or archived with nobody to grant it to."""
    granted = any(one.attended.granted_at for one in counts)
    return session.state in SETTLED and (granted or not any(one.met for one in counts))


def give(unit: Unit, session: TeachingSession, row: Attendance) -> None:
    """The credit of the session; of who once had it, again: when it was first given stays on record."""
    row.revoked_at = None
    if row.granted_at is None:
        row.credit_class, row.credit_tenths = session.credit_class, session.credit_tenths
        row.granted_at, row.granted_by = unit.now, unit.actor.person_id
