"""One person's attendance put right, before or after credit: facts beside what was reckoned; the last counts."""

from dataclasses import dataclass
from datetime import datetime

from server.accounts import queries as accounts
from server.core.errors import Refusal, Stale
from server.core.unit import Unit
from server.documents.certifying import revoke_certificate
from server.documents.kinds import RevocationReason
from server.scheduling.working_calendar import CHINA
from server.teaching import counted, crediting, letters, queries, reviews, steps
from server.teaching.counted import Counted
from server.teaching.kinds import FINDING_WORDS, Finding
from server.teaching.model import Attendance, Correction, TeachingSession
from server.teaching.views import Say


class NotReckoned(Refusal):
    code = "teaching.not_reckoned"
    says = "这个人在这场教学还没有核算考勤，不能更正"


class HasCredit(Refusal):
    code = "teaching.has_credit"
    says = "已授学分：要取消，请用“撤销学分”"


class HasNoCredit(Refusal):
    code = "teaching.has_no_credit"
    says = "没有可撤销的学分"


class TooManyMinutes(Refusal):
    code = "teaching.too_many_minutes"
    status = 422
    says = "最多补计 %(most)s 分钟"


async def found(unit: Unit, session: TeachingSession, person_id: str) -> Counted:
    """Raises NotReckoned."""
    counts = await counted.of_person(unit, session.id, person_id)
    if counts is None:
        raise NotReckoned
    return counts


async def version(unit: Unit, session: TeachingSession, person_id: str) -> int:
    """Grows with everything that is found, asked or answered about somebody's attendance."""
    asked = await queries.reviews(unit, session.id, person_id)
    answered = sum(one.answered_at is not None for one in asked)
    return len(await queries.corrections(unit, session.id, person_id)) + len(asked) + answered


async def check_version(unit: Unit, session: TeachingSession, person_id: str, seen: int) -> None:
    """`session` is locked. Raises Stale: something was found, asked or answered since the actor looked."""
    if seen != await version(unit, session, person_id):
        raise Stale


def most_minutes(row: Attendance) -> int:
    """What is missing of the session, in whole minutes, the begun one included."""
    return max(0, -(-(row.required_seconds - row.seconds) // 60))


async def correct(
    unit: Unit, *, session: TeachingSession, person_id: str, finding: Finding, minutes: int, reason: str
) -> Counted:
    """Says what counts from now on; where credit was granted already, whoever meets the rule by it gets it now.

    `session` is locked. Raises NotReckoned, OwnAttendance, HasCredit, TooManyMinutes.
    """
    before = await found(unit, session, person_id)
    row = before.attended
    reviews.not_ones_own(unit, person_id)
    if row.credited:
        raise HasCredit
    if finding is Finding.MINUTES and minutes > most_minutes(row):
        raise TooManyMinutes(most=most_minutes(row))
    settled = crediting.settled(session, (await counted.of_session(unit, session.id)).values())
    await _add(unit, session, person_id, finding, minutes, reason)
    after = await found(unit, session, person_id)
    changed = (after.met, after.seconds) != (before.met, before.seconds)
    asked = await reviews.settle(unit, session, person_id, reason, corrected=changed)
    if settled and after.met:
        crediting.give(unit, session, row)
        unit.record("teaching.credit_given", kind="teaching", id=session.id, reason=reason, fields=[person_id])
        await letters.credit_given(unit, session, person_id, reason)
    elif asked:
        answer = letters.review_corrected if changed else letters.review_refused
        await answer(unit, session, person_id, reason)
    await unit.session.flush()
    return after


async def revoke(unit: Unit, *, session: TeachingSession, person_id: str, cause: RevocationReason, reason: str) -> None:
    """Takes the credit and its certificate away. `session` is locked.

    Raises NotReckoned, OwnAttendance, HasNoCredit.
    """
    row = (await found(unit, session, person_id)).attended
    reviews.not_ones_own(unit, person_id)
    if not row.credited:
        raise HasNoCredit
    await _add(unit, session, person_id, Finding.NOT_MET, 0, reason)
    row.revoked_at = unit.now
    if row.document_id:
        await revoke_certificate(unit, document_id=row.document_id, reason=cause)
    what = [person_id, cause.value]
    unit.record("teaching.credit_revoked", kind="teaching", id=session.id, reason=reason, fields=what)
    await reviews.settle(unit, session, person_id, reason, corrected=True)
    await letters.credit_revoked(unit, session, person_id, reason)
    await unit.session.flush()


async def _add(
    unit: Unit, session: TeachingSession, person_id: str, finding: Finding, minutes: int, reason: str
) -> None:
    before = await queries.corrections(unit, session.id, person_id)
    correction = Correction(
        session_id=session.id,
        person_id=person_id,
        number=len(before) + 1,
        finding=finding,
        minutes=minutes if finding is Finding.MINUTES else 0,
        reason=reason,
        at=unit.now,
        by=unit.actor.person_id,
    )
    unit.session.add(correction)
    await unit.session.flush()
    what = [person_id, finding.value, *([str(minutes)] if correction.minutes else [])]
    unit.record("teaching.attendance_corrected", kind="teaching", id=session.id, reason=reason, fields=what)
    steps.announce(unit, session)


# ---- in words


@dataclass(frozen=True, kw_only=True)
class Note:
    """A correction as it is read."""

    person_id: str
    what: str
    reason: str
    by: str
    at: datetime

    @property
    def line(self) -> str:
        """补计分钟 20 · 县医院断网，值班记录可查 · 蔡明 2026-12-08 09:00"""
        return f"{self.what} · {self.reason} · {self.by} {self.at.astimezone(CHINA.zone):%Y-%m-%d %H:%M}"


async def history(unit: Unit, session: TeachingSession, say: Say, person_id: str | None = None) -> list[Note]:
    """The corrections of a session, or of one person in it, the first first."""
    rows = await queries.corrections(unit, session.id, person_id)
    people = await accounts.people(unit, [one.by for one in rows])
    return [
        Note(person_id=one.person_id, what=words(one, say), reason=one.reason, by=people[one.by].name, at=one.at)
        for one in rows
    ]


def words(correction: Correction, say: Say) -> str:
    what = say(FINDING_WORDS[correction.finding])
    return f"{what} {correction.minutes}" if correction.finding is Finding.MINUTES else what
