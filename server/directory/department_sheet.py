"""A sheet of departments: found by institution and name."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from server.core import lines as sheet
from server.core.lines import Vocabulary
from server.core.sheets import Cell
from server.core.unit import Unit
from server.directory import queries, service
from server.directory.forms import DepartmentDetails
from server.directory.model import Department

COLUMNS = {"institution": "机构编码", "name": "科室名称", "code": "科室编码", "phone": "科室电话"}
NEEDED = ("institution", "name")
HINTS = ("已有的科室按机构和名称认，空着的格不改原有资料；改名请在科室页面。",)


class DepartmentRow(DepartmentDetails):
    institution: str = Field(min_length=1, max_length=32)


@dataclass(kw_only=True)
class Line(sheet.Line[DepartmentRow]):
    institution_id: str = ""
    department: Department | None = None
    details: dict[str, str] = field(default_factory=dict)

    @property
    def effect(self) -> str:
        if self.department is None:
            return "new"
        return "changed" if self.details else "same"

    @property
    def mark(self) -> tuple[Any, ...]:
        return *super().mark, sorted(self.details)


def cells(line: Line) -> list[tuple[str, str]]:
    return [(line.typed.get("institution", ""), ""), (line.typed.get("name", ""), "")]


def changes(line: Line, translate: Any) -> list[str]:
    if line.department is None:
        return []
    before = {name: getattr(line.department, name) for name in line.details}
    return [f"{translate(COLUMNS[name])} {before[name] or '—'} → {line.details[name]}" for name in before]


async def plan(unit: Unit, lines: list[Line], words: Vocabulary) -> list[Line]:
    mine = await queries.places_for(unit, "directory.manage")
    places = {one.code: one.id for one in await queries.institutions(unit, mine)}
    known = {(one.institution_id, one.name): one for one in await queries.departments(unit, mine)}
    named: set[tuple[str, str]] = set()
    for line in lines:
        if line.row:
            _plan(line, places, known, named, words)
    return lines


def _plan(
    line: Line,
    places: dict[str, str],
    known: dict[tuple[str, str], Department],
    named: set[tuple[str, str]],
    words: Vocabulary,
) -> None:
    row = line.right
    line.institution_id = places.get(row.institution.strip(), "")
    if not line.institution_id:
        line.errors["institution"] = words.say("没有这个机构编码，或不归您管理")
        return
    key = (line.institution_id, row.name)
    if key in named:
        line.errors["name"] = words.say("前面的行已经有这个科室")
        return
    named.add(key)
    line.department = known.get(key)
    given = {name: getattr(row, name) for name in ("code", "phone") if name in line.typed}
    line.details = {name: value for name, value in given.items() if getattr(line.department, name, "") != value}


async def carry_out(unit: Unit, line: Line, made: dict[str, Department]) -> Department:
    """Raises Refusal."""
    if line.department is not None:
        await service.amend_department(unit, department=line.department, details=line.details)
        return line.department
    return await service.add_department(
        unit, institution_id=line.institution_id, name=line.right.name, code=line.right.code, phone=line.right.phone
    )


async def exported(unit: Unit, translate: Any) -> list[list[Cell]]:
    places = await queries.institutions(unit, await queries.places_for(unit, "directory.export"))
    codes = {one.id: one.code for one in places}
    rows = sorted(await queries.departments(unit, codes), key=lambda one: (codes[one.institution_id], one.name))
    return [[codes[one.institution_id], one.name, one.code, one.phone] for one in rows]
