"""A sheet of people: what each row would change, row by row, and the doing of what is right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import Field, field_validator
from pypinyin import Style, lazy_pinyin

from server.accounts import policy, queries, service, staff
from server.accounts.forms import LOGIN, PersonDetails, checked_login, specialties_in
from server.accounts.model import Person, Post
from server.accounts.roles import Role
from server.core import lines as sheet
from server.core.lines import Vocabulary
from server.core.unit import Unit
from server.directory import queries as directory

COLUMNS = {
    "name": "姓名",
    "login": "账号",
    "institution": "机构编码",
    "department": "科室",
    "role": "岗位",
    "starts": "起始日期",
    "ends": "终止日期",
    "title": "职称",
    "specialties": "专业",
    "email": "邮箱",
    "phone": "电话",
    "credential": "执业类别",
    "certificate": "证书编号",
    "credential_ends": "证书有效期至",
    "independent_since": "独立执业起始",
}
"""Fields of a row → the head of their column (a msgid)."""
NEEDED = ("name", "institution", "role")


class RollRow(PersonDetails):
    login: str = Field("", max_length=60)
    institution: str = Field(min_length=1, max_length=32)
    department: str = Field("", max_length=60)
    role: Role
    starts: date | None = None
    ends: date | None = None

    @field_validator("login")
    @classmethod
    def _login(cls, value: str) -> str:
        return checked_login(value) if value else ""


@dataclass(kw_only=True)
class Line(sheet.Line[RollRow]):
    """What a row about somebody would do."""

    login: str = ""
    person: Person | None = None
    details: dict[str, Any] = field(default_factory=dict)
    post: Post | None = None
    department_id: str | None = None
    institution_id: str = ""
    fresh: bool = False
    """Somebody the site does not know yet, first named in this row."""
    gives_post: bool = False
    ends_post: bool = False

    def __post_init__(self) -> None:
        self.login = self.row.login if self.row else ""

    @property
    def effect(self) -> str:
        if self.fresh:
            return "new"
        return "changed" if self.details or self.gives_post or self.ends_post else "same"

    @property
    def mark(self) -> tuple[Any, ...]:
        return *super().mark, (self.login, *sorted(self.details), str(self.gives_post), str(self.ends_post))


# ---- planning


async def plan(unit: Unit, lines: list[Line], words: Vocabulary) -> list[Line]:
    """Fills in what each right row would do, and what is wrong with the others."""
    right = [line for line in lines if line.row]
    await _find_places(unit, right, words)
    await _find_people(unit, right, words)
    await _find_posts(unit, right, words)
    return lines


async def _find_places(unit: Unit, lines: list[Line], words: Vocabulary) -> None:
    staffed = await staff.places_to_staff(unit)
    places = {one.code: one.id for one in await directory.institutions(unit, staffed)}
    departments = {(one.institution_id, one.name): one.id for one in await directory.departments(unit, staffed)}
    for line in lines:
        line.institution_id = places.get(line.right.institution, "")
        if not line.institution_id:
            line.errors["institution"] = words.say("没有这个机构编码，或不归您管理", None)
        elif line.right.department:
            line.department_id = departments.get((line.institution_id, line.right.department))
            if line.department_id is None:
                line.errors["department"] = words.say("这个机构没有这个科室", None)
        if line.right.role not in policy.may_give(unit.actor.role):
            line.errors["role"] = words.say(staff.RoleNotGivable.says, None)


async def _find_people(unit: Unit, lines: list[Line], words: Vocabulary) -> None:
    staffed = await staff.places_to_staff(unit)
    names = {line.row.name for line in lines if line.row}
    known = await queries.namesakes(unit, names, staffed)
    taken = await queries.logins_taken(unit, {line.login for line in lines if line.login})
    for line in lines:
        if not line.login:
            _match_by_name(unit, line, known, words)
    await _name_logins(unit, [line for line in lines if not line.login and not line.errors])
    own = {one.id for group in known.values() for one in group}
    mine = await queries.within(unit, [one.id for one in taken.values()], staffed)
    first: set[str] = set()
    for line in lines:
        line.person = line.person or taken.get(line.login)
        if line.person and line.person.id not in own | mine:
            line.errors["login"] = words.say("这个账号已被别处的人使用", None)
        elif line.person:
            _compare(unit, line, line.person, words)
        elif line.login not in first:
            line.fresh = True
            first.add(line.login)


def _match_by_name(unit: Unit, line: Line, known: Mapping[str, list[Person]], words: Vocabulary) -> None:
    """Somebody of the same name and mail or telephone is the same; a mere namesake might not be."""
    row = line.right
    same = [
        one
        for one in known.get(row.name, ())
        if (row.email and one.email == row.email) or (row.phone and service.phone_of(unit, one) == row.phone)
    ]
    if len(same) == 1:
        line.person, line.login = same[0], same[0].login
    elif known.get(row.name):
        line.errors["login"] = words.say("已有同名人员，请填写账号来区分", None)


async def _name_logins(unit: Unit, lines: list[Line]) -> None:
    wanted = {line.number: login_for(line.row.name) for line in lines if line.row}
    candidates = {f"{base}{more}" for base in wanted.values() for more in ("", *range(2, 60))}
    taken = set(await queries.logins_taken(unit, candidates))
    for line in lines:
        base = wanted[line.number]
        line.login = next(login for more in ("", *range(2, 10_000)) if (login := f"{base}{more}") not in taken)
        taken.add(line.login)


def login_for(name: str) -> str:
    """王芳 → wangfang."""
    spelled = "".join(lazy_pinyin(name, style=Style.NORMAL, errors="ignore")) or name
    letters = "".join(
        letter for letter in spelled.lower() if letter.isascii() and (letter.isalnum() or letter in "._-")
    )
    return letters[:40] if LOGIN.fullmatch(letters[:40]) else f"user-{letters[:30]}".rstrip("-")


def _compare(unit: Unit, line: Line, person: Person, words: Vocabulary) -> None:
    given = {name: value for name, value in line.right.details().items() if name in line.typed}
    if "specialties" in line.typed:
        given["specialties"] = specialties_in(line.typed["specialties"])
    line.details = staff.differing(unit, person, given)


async def _find_posts(unit: Unit, lines: list[Line], words: Vocabulary) -> None:
    day = service.today(unit.now)
    held = await queries.all_posts_of(unit, {line.person.id for line in lines if line.person})
    roles: dict[str, set[Role]] = {}
    for line in lines:
        if line.errors:
            continue
        posts = [one for one in held.get(line.person.id, ()) if not one.ends or one.ends > day] if line.person else []
        _match_post(line, posts, unit, words)
        standing = roles.setdefault(line.login, {one.role for one in posts})
        if line.gives_post and policy.excluded(standing, line.right.role):
            line.errors["role"] = words.say(service.RolesApart.says, None)
        standing.add(line.right.role)


def _match_post(line: Line, posts: list[Post], unit: Unit, words: Vocabulary) -> None:
    row = line.right
    wanted = (line.institution_id, row.role)
    line.post = next((one for one in posts if (one.institution_id, one.role) == wanted), None)
    line.gives_post = line.post is None
    line.ends_post = bool(line.post and row.ends and line.post.ends != row.ends)
    if line.person and line.person.id == unit.actor.person_id and (line.gives_post or line.ends_post):
        line.errors["role"] = words.say(staff.OwnRights.says, None)
    if row.ends and row.ends <= (row.starts or service.today(unit.now)) and line.gives_post:
        line.errors["ends"] = words.say("结束日期要晚于开始日期", None)


# ---- doing


async def carry_out(unit: Unit, line: Line, people: dict[str, Person]) -> Person:
    """Does what a right row says; `people` are those made by earlier rows. Raises Refusal."""
    row = line.right
    assert line.kind in ("new", "changed")
    person = line.person or people.get(line.login)
    if person is None:
        person = people[line.login] = await service.enrol(unit, login=line.login, **row.details())
    elif line.details:
        await staff.amend(unit, person=person, details=line.details)
    if line.gives_post:
        await staff.give_post(
            unit,
            person=person,
            institution_id=line.institution_id,
            department_id=line.department_id,
            role=row.role,
            starts=row.starts or service.today(unit.now),
            ends=row.ends,
        )
    elif line.ends_post and line.post and row.ends:
        await staff.end_post(unit, person=person, post=line.post, on=row.ends)
    return person
