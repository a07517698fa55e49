"""A sheet of institutions: what each row would change, and the doing of it. A parent may stand in an earlier row."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from server.core import lines as sheet
from server.core.errors import Refusal
from server.core.lines import Vocabulary
from server.core.sheets import Cell
from server.core.unit import Unit
from server.directory import consortia, policy, queries, service, views, words
from server.directory.forms import InstitutionDetails
from server.directory.kinds import RANK, Level
from server.directory.model import Consortium, Institution

COLUMNS = {
    "code": "机构编码",
    "name": "名称",
    "short_name": "简称",
    "level": "级别",
    "kind": "类别",
    "ownership": "所有制",
    "parent": "上级机构编码",
    "consortium": "医联体",
    "zone": "片区",
    "is_remote_area": "偏远地区",
    "phone": "电话",
}
NEEDED = ("code", "name", "level", "kind")
WORDS: dict[str, Any] = {
    "level": words.LEVEL_WORDS,
    "kind": words.KIND_WORDS,
    "ownership": words.OWNERSHIP_WORDS,
    "is_remote_area": words.YES_NO,
}
HINTS = (
    "已有的机构按编码认，空着的格不改原有资料；新机构加入“医联体”一列的医联体，只管一个时可以不写。",
    "上级机构写编码，可以是前面行里的新机构。",
)


class InstitutionRow(InstitutionDetails):
    parent: str = Field("", max_length=32)
    consortium: str = Field("", max_length=120)


@dataclass(kw_only=True)
class Line(sheet.Line[InstitutionRow]):
    institution: Institution | None = None
    details: dict[str, Any] = field(default_factory=dict)
    """What would change, or all of somebody new but the parent."""
    parent_code: str = ""
    """Of a parent that an earlier row makes."""
    consortium: Consortium | None = None

    @property
    def effect(self) -> str:
        if self.institution is None:
            return "new"
        return "changed" if self.details or self.parent_code else "same"

    @property
    def mark(self) -> tuple[Any, ...]:
        return *super().mark, sorted(self.details), self.parent_code


def cells(line: Line) -> list[tuple[str, str]]:
    typed = line.typed
    return [(typed.get("code", ""), ""), (typed.get("name", ""), typed.get("level", ""))]


def changes(line: Line, translate: Any) -> list[str]:
    if line.institution is None:
        return [line.consortium.name] if line.consortium else []
    heads = {**COLUMNS, "parent_id": COLUMNS["parent"]}
    shown = [*line.details, *(["parent_id"] if line.parent_code else [])]
    return [_change(line, name, translate(heads[name]), translate) for name in shown]


def _change(line: Line, name: str, head: str, translate: Any) -> str:
    if name == "parent_id":
        return f"{head} → {line.right.parent}"
    before, after = (_word(name, value, translate) for value in (getattr(line.institution, name), line.details[name]))
    return f"{head} {before or '—'} → {after or '—'}"


def _word(name: str, value: Any, translate: Any) -> str:
    if name == "is_remote_area":
        return str(translate(words.YES_NO["yes" if value else "no"]))
    return str(translate(WORDS[name][value]) if name in WORDS else value)


# ---- planning


@dataclass
class _Tree:
    """The institutions as they will stand when the rows before have been done."""

    known: dict[str, Institution]
    """By code: those that are there."""
    ids: dict[str, str]
    """Code → id; of a new one its code."""
    parents: dict[str, str | None]
    levels: dict[str, Level]
    offered: set[str]
    """What the actor may put something below."""


async def plan(unit: Unit, lines: list[Line], words: Vocabulary) -> list[Line]:
    mine = await queries.places_for(unit, "directory.form")
    there = await queries.institutions(unit)
    tree = _Tree(
        known={one.code: one for one in there},
        ids={one.code: one.id for one in there},
        parents={one.id: one.parent_id for one in there},
        levels={one.id: one.level for one in there},
        offered={id for id, _ in await views.parent_choices(unit)},
    )
    own = [one for one in await queries.consortia(unit) if one.id in unit.actor.consortium_ids]
    for line in lines:
        if line.row:
            _plan(line, tree, mine, own, words)
    return lines


def _plan(line: Line, tree: _Tree, mine: frozenset[str], own: list[Consortium], words: Vocabulary) -> None:
    row = line.right
    line.institution = tree.known.get(row.code)
    if line.institution is None and row.code in tree.ids:
        line.errors["code"] = words.say("前面的行已经有这个编码")
    elif line.institution is None:
        line.details = {name: value for name, value in row.details().items() if name != "parent_id"}
        _find_consortium(line, own, words)
    elif line.institution.id not in mine:
        line.errors["code"] = words.say("这个机构编码已经有了，不归您管理")
    else:
        given = {name: value for name, value in row.details().items() if name in line.typed}
        line.details = {name: value for name, value in given.items() if getattr(line.institution, name) != value}
    if not line.errors:
        _place(line, tree, words)


def _find_consortium(line: Line, own: list[Consortium], words: Vocabulary) -> None:
    name = line.right.consortium
    fitting = [one for one in own if one.name == name] if name else own
    if len(fitting) == 1:
        line.consortium = fitting[0]
    else:
        line.errors["consortium"] = words.say("没有这个医联体，或不归您管理" if name else "请写明加入哪个医联体")


def _place(line: Line, tree: _Tree, words: Vocabulary) -> None:
    """Where it stands in the tree, once what stands above it is known."""
    row, place = line.right, line.institution
    id = place.id if place else row.code
    above = tree.parents.get(id)
    if row.parent:
        above = tree.ids.get(row.parent)
        unchanged = place is not None and above == place.parent_id
        if above is None or not (unchanged or above in tree.offered):
            line.errors["parent"] = words.say("没有这个上级机构编码；新机构要排在它的下级前面")
            return
        if id in (above, *policy.above(above, tree.parents)):
            line.errors["parent"] = words.say("上级不能是它自己，也不能是它的下级")
            return
        if not unchanged:
            line.parent_code = row.parent
    level = row.level
    if above and RANK[tree.levels[above]] > RANK[level]:
        line.errors["parent"] = words.say("上级的级别不能比它低")
        return
    tree.ids[row.code], tree.parents[id], tree.levels[id] = id, above, level
    tree.offered.add(id)


# ---- doing


async def carry_out(unit: Unit, line: Line, made: dict[str, Institution]) -> Institution:
    """Raises Refusal."""
    details = dict(line.details)
    if line.parent_code:
        details["parent_id"] = await _id_of(unit, line.parent_code, made)
    if line.institution is not None:
        await service.amend_institution(unit, institution=line.institution, details=details)
        return line.institution
    assert line.consortium is not None
    place = made[line.right.code] = await service.add_institution(unit, **details)
    await consortia.enter(unit, consortium=line.consortium, institution_id=place.id)
    return place


class ParentGone(Refusal):
    code = "directory.parent_gone"
    says = "上级机构没有导入成功"


async def _id_of(unit: Unit, code: str, made: dict[str, Institution]) -> str:
    found = made.get(code) or (await queries.by_codes(unit, [code])).get(code)
    if found is None:
        raise ParentGone
    return found.id


# ---- export


async def exported(unit: Unit, translate: Any) -> list[list[Cell]]:
    places = await queries.institutions(unit, await queries.places_for(unit, "directory.export"))
    above = {one.id: one.code for one in await queries.institutions(unit, {one.parent_id or "" for one in places})}
    names = {one.id: one.name for one in await queries.consortia(unit)}
    memberships = await queries.consortia_by_member(unit, [one.id for one in places])
    return [
        [
            one.code,
            one.name,
            one.short_name,
            translate(words.LEVEL_WORDS[one.level]),
            translate(words.KIND_WORDS[one.kind]),
            translate(words.OWNERSHIP_WORDS[one.ownership]),
            above.get(one.parent_id or "", ""),
            translate("、").join(names[id] for id in memberships.get(one.id, ())),
            one.zone,
            _word("is_remote_area", one.is_remote_area, translate),
            one.phone,
        ]
        for one in places
    ]
