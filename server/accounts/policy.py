"""Who may look after whose account, who may give which role, and which roles one person never holds together. Pure."""

from collections.abc import Collection

from server.accounts.roles import Role
from server.core.access import Actor, Relation

CLINIC = frozenset(
    {
        Role.APPLICANT,
        Role.DEPT_LEAD,
        Role.SPECIALIST,
        Role.READER,
        Role.TECHNICIAN,
        Role.REFERRAL_OFFICER,
        Role.FAMILY_DOCTOR,
        Role.TEACHER,
        Role.TRAINEE,
        Role.TEACHING_ADMIN,
    }
)
OF_A_CONSORTIUM = frozenset(
    {Role.COORDINATOR, Role.QC_OFFICER, Role.INST_ADMIN, Role.CONS_ADMIN, Role.REGULATOR, Role.AUDITOR}
)
GIVEN_BY = {Role.INST_ADMIN: CLINIC, Role.CONS_ADMIN: CLINIC | OF_A_CONSORTIUM}
"""Which roles an administrator may give. Operators of the platform are made on its command line."""

ALONE = frozenset({Role.PLATFORM_ADMIN, Role.AUDITOR})
"""三员分立: who operates and who audits does nothing else; administrators are neither."""


def relations(actor: Actor, places: Collection[str], near: Collection[str]) -> frozenset[Relation]:
    """How an actor stands to somebody with posts in `places`; `near` are the institutions of the actor's consortia."""
    found = set()
    if actor.institution_id in places:
        found.add(Relation.INSTITUTION)
    if not set(near).isdisjoint(places):
        found.add(Relation.CONSORTIUM)
    return frozenset(found)


def may_give(role: str) -> frozenset[Role]:
    """The roles that somebody acting in `role` may give to others."""
    return GIVEN_BY.get(Role(role), frozenset())


def excluded(held: Collection[Role], new: Role) -> Role | None:
    """The role held that forbids `new`; None when they go together."""
    for role in held:
        if role is not new and (role in ALONE or new in ALONE):
            return role
    return None
