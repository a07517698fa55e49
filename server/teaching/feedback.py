"""What learners say of a session afterwards: three marks and a few words, once each."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.core.errors import Refusal
from server.core.unit import Unit
from server.teaching import queries
from server.teaching.kinds import EnrolmentState
from server.teaching.model import Feedback, TeachingSession
from server.teaching.states import OVER


class TooEarly(Refusal):
    code = "teaching.feedback_too_early"
    says = "结束后才能评价，而且只有报名的学员可以评价"


async def give(
    unit: Unit, *, session: TeachingSession, content: int, teaching: int, technique: int, words: str
) -> Feedback:
    """Given again, it replaces what was given before. Raises TooEarly."""
    mine = await queries.enrolment(unit, session.id, unit.actor.person_id)
    if session.state not in OVER or mine is None or mine.state is not EnrolmentState.ENROLLED:
        raise TooEarly
    given = await queries.feedback_of(unit, session.id, unit.actor.person_id)
    if given is None:
        given = Feedback(session_id=session.id, person_id=unit.actor.person_id)
        unit.session.add(given)
    given.content, given.teaching, given.technique = content, teaching, technique
    given.words, given.at = words, unit.now
    await unit.session.flush()
    unit.record("teaching.feedback", kind="teaching", id=session.id)
    return given


@dataclass(frozen=True)
class Summary:
    """Means of one to five, and the words, whose authors stay unnamed."""

    count: int
    content: float
    teaching: float
    technique: float
    words: list[str]


def summary(given: Sequence[Feedback]) -> Summary | None:
    """None when nobody has said anything."""
    if not given:
        return None
    count = len(given)
    return Summary(
        count,
        round(sum(one.content for one in given) / count, 1),
        round(sum(one.teaching for one in given) / count, 1),
        round(sum(one.technique for one in given) / count, 1),
        [one.words for one in given if one.words],
    )
