"""Which experts may be asked at all: by agreement, post and licence."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from server.accounts import queries as accounts
from server.accounts.roles import Role
from server.accounts.service import today
from server.consultation.model import Consultation
from server.core.errors import Invalid
from server.core.unit import Unit
from server.directory import queries as directory
from server.directory.kinds import Service

if TYPE_CHECKING:
    from server.accounts.model import Person, Post

LEAST_YEARS = 3
"""Years of independent practice an invited physician has (远程医疗服务管理规范 2018)."""


def qualified(person: Person, now: datetime) -> bool:
    on = today(now)
    return person.years_independent(on) >= LEAST_YEARS and person.credential_valid(on)


async def invitable(unit: Unit, case: Consultation) -> list[tuple[Post, Person]]:
    """Qualified specialists of institutions with an agreement in force; whoever asks is none of them."""
    on = today(unit.now)
    places = await directory.invitable_from(unit, inviting_id=case.inviting_id, service=Service.CONSULTATION, on=on)
    found = await accounts.holders(unit, role=Role.SPECIALIST, institution_ids=places, on=on)
    return [
        (post, person)
        for post, person in found
        if qualified(person, unit.now) and person.id != case.applicant_person_id
    ]


async def require_invitable(unit: Unit, case: Consultation, post_id: str) -> None:
    """Raises Invalid at the field of the wish."""
    if post_id not in {post.id for post, _ in await invitable(unit, case)}:
        raise Invalid({"wished_post_id": "这位专家现在不能受邀，请另选，或由会诊中心安排"})
