"""People as the pages of administrators show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from server.accounts import policy, queries, service, staff
from server.accounts.model import Person, Post
from server.accounts.roles import ROLE_WORDS, CredentialKind, Role, Standing
from server.core.unit import Unit
from server.directory import queries as directory

EXPIRING = timedelta(days=60)
STANDING_WORDS = {
    Standing.INVITED: ("待设密码", "wait"),
    Standing.ACTIVE: ("在用", "done"),
    Standing.SUSPENDED: ("已暂停", "soon"),
    Standing.DEACTIVATED: ("已停用", "idle"),
}
CREDENTIAL_WORDS = {
    CredentialKind.PHYSICIAN: "执业医师",
    CredentialKind.ASSISTANT: "执业助理医师",
    CredentialKind.VILLAGE_DOCTOR: "乡村医生",
    CredentialKind.NURSE: "护士",
    CredentialKind.TECHNICIAN: "技师",
    CredentialKind.NONE: "无（非卫生技术人员）",
}


@dataclass(frozen=True, kw_only=True)
class PostLine:
    id: str
    role: str
    place: str
    department: str
    starts: date
    ends: date | None
    held: bool
    ours: bool
    """Whether the actor may end it."""


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    id: str
    name: str
    login: str
    title: str
    standing: str
    standing_word: str
    standing_tone: str
    posts: list[PostLine]
    credential_ends: date | None
    credential_tone: str
    """'danger' when over, 'soon' within 60 days, else nothing."""


def credential_tone(person: Person, on: date) -> str:
    ends = person.credential_ends
    if ends is None or person.standing is Standing.DEACTIVATED:
        return ""
    return "danger" if ends <= on else "soon" if ends - on <= EXPIRING else ""


async def rows(unit: Unit, people: list[Person], translate: Any) -> list[PersonRow]:
    posts = await queries.all_posts_of(unit, [one.id for one in people])
    lines = await post_lines(unit, posts, translate)
    return [_row(person, lines[person.id], service.today(unit.now), translate) for person in people]


def _row(person: Person, posts: list[PostLine], on: date, translate: Any) -> PersonRow:
    word, tone = STANDING_WORDS[person.standing]
    return PersonRow(
        id=person.id,
        name=person.name,
        login=person.login,
        title=person.title,
        standing=person.standing.value,
        standing_word=translate(word),
        standing_tone=tone,
        posts=posts,
        credential_ends=person.credential_ends,
        credential_tone=credential_tone(person, on),
    )


async def post_lines(unit: Unit, posts: Mapping[str, Iterable[Post]], translate: Any) -> dict[str, list[PostLine]]:
    """By person, those held first."""
    every = [one for group in posts.values() for one in group]
    names = await directory.short_names(unit, {one.institution_id for one in every})
    departments = {one.id: one.name for one in await directory.departments(unit, names)}
    staffed, givable = await staff.places_to_staff(unit), policy.may_give(unit.actor.role)
    on = service.today(unit.now)

    def line(post: Post) -> PostLine:
        over = post.ends is not None and post.ends <= on
        return PostLine(
            id=post.id,
            role=translate(ROLE_WORDS[post.role]),
            place=names.get(post.institution_id, ""),
            department=departments.get(post.department_id or "", ""),
            starts=post.starts,
            ends=post.ends,
            held=post.held(on),
            ours=not over and post.institution_id in staffed and post.role in givable,
        )

    return {id: sorted(map(line, group), key=lambda one: not one.held) for id, group in posts.items()}


# ---- choices


async def place_choices(unit: Unit) -> list[tuple[str, str]]:
    """Institutions to staff and their departments, for a select."""
    places = await directory.institutions(unit, await staff.places_to_staff(unit))
    departments = await directory.departments(unit, [one.id for one in places])
    choices = []
    for place in places:
        choices.append((place.id, place.short_name))
        inside = [one for one in departments if one.institution_id == place.id]
        choices += [(f"{place.id}:{one.id}", f"{place.short_name} · {one.name}") for one in inside]
    return choices


def role_choices(unit: Unit, translate: Any) -> list[tuple[str, str]]:
    """The roles the actor may give, in the order of the enum."""
    givable = policy.may_give(unit.actor.role)
    return [(role.value, translate(word)) for role, word in ROLE_WORDS.items() if role in givable]


def all_roles(translate: Any) -> list[tuple[str, str]]:
    return [(role.value, translate(word)) for role, word in ROLE_WORDS.items() if role is not Role.PATIENT_GUEST]


def credential_choices(translate: Any) -> list[tuple[str, str]]:
    return [(kind.value, translate(word)) for kind, word in CREDENTIAL_WORDS.items()]


def standing_choices(translate: Any) -> list[tuple[str, str]]:
    return [(standing.value, translate(word)) for standing, (word, _) in STANDING_WORDS.items()]
