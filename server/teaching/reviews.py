"""Somebody says that their attendance is not right: asked by themselves, answered by a correction or by words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from server.accounts import queries as accounts
from server.core.errors import Refusal
from server.core.unit import Unit
from server.teaching import letters, queries, steps
from server.teaching.model import Review, TeachingSession


class OwnAttendance(Refusal):
    code = "teaching.own_attendance"
    says = "不能更正自己的考勤，请由其他教师或教学管理员处理"


class NothingToReview(Refusal):
    code = "teaching.nothing_to_review"
    says = "您在这场教学还没有考勤，核算后才能申请复核"


class AlreadyAsked(Refusal):
    code = "teaching.review_already_asked"
    says = "您已申请复核，请等待答复"


class NoneOpen(Refusal):
    code = "teaching.no_open_review"
    says = "没有等待答复的复核申请"


@dataclass(frozen=True, kw_only=True)
class Told:
    """A request as it is read, with its answer if there is one."""

    person_id: str
    name: str
    words: str
    asked_at: datetime
    answered_at: datetime | None
    answered_by: str
    corrected: bool
    answer: str


async def told(unit: Unit, session: TeachingSession, person_id: str | None = None) -> list[Told]:
    """What was asked of a session's attendance, or of one person's in it, the first first."""
    rows = await queries.reviews(unit, session.id, person_id)
    people = await accounts.people(unit, {id for one in rows for id in (one.person_id, one.answered_by) if id})
    return [
        Told(
            person_id=one.person_id,
            name=people[one.person_id].name,
            words=one.words,
            asked_at=one.asked_at,
            answered_at=one.answered_at,
            answered_by=people[one.answered_by].name if one.answered_by else "",
            corrected=one.corrected,
            answer=one.answer,
        )
        for one in rows
    ]


def open_one(asked: Iterable[Review]) -> Review | None:
    return next((one for one in asked if one.answered_at is None), None)


def not_ones_own(unit: Unit, person_id: str) -> None:
    """Raises OwnAttendance."""
    if person_id == unit.actor.person_id:
        raise OwnAttendance


async def ask(unit: Unit, *, session: TeachingSession, words: str) -> Review:
    """Of one's own attendance. `session` is locked. Raises NothingToReview, AlreadyAsked."""
    me = unit.actor.person_id
    if await queries.attendance_of(unit, session.id, me) is None:
        raise NothingToReview
    before = await queries.reviews(unit, session.id, me)
    if open_one(before):
        raise AlreadyAsked
    review = Review(session_id=session.id, person_id=me, number=len(before) + 1, words=words, asked_at=unit.now)
    unit.session.add(review)
    await unit.session.flush()
    unit.record("teaching.review_asked", kind="teaching", id=session.id)
    await letters.review_asked(unit, session, words)
    steps.announce(unit, session)
    return review


async def refuse(unit: Unit, *, session: TeachingSession, person_id: str, words: str) -> None:
    """`session` is locked. Raises OwnAttendance, NoneOpen."""
    not_ones_own(unit, person_id)
    review = open_one(await queries.reviews(unit, session.id, person_id))
    if review is None:
        raise NoneOpen
    _answer(unit, review, words, corrected=False)
    await unit.session.flush()
    unit.record("teaching.review_refused", kind="teaching", id=session.id, reason=words, fields=[person_id])
    await letters.review_refused(unit, session, person_id, words)


async def settle(unit: Unit, session: TeachingSession, person_id: str, words: str, *, corrected: bool) -> bool:
    """Answers by a correction what was asked; `corrected` when that changed what counts. Whether anything was."""
    review = open_one(await queries.reviews(unit, session.id, person_id))
    if review is None:
        return False
    _answer(unit, review, words, corrected=corrected)
    await unit.session.flush()
    return True


def _answer(unit: Unit, review: Review, words: str, *, corrected: bool) -> None:
    review.answered_at, review.answered_by = unit.now, unit.actor.person_id
    review.answer, review.corrected = words, corrected
