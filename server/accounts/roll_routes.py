"""People from a sheet and into one: what the sheet is, the routes, the export."""

from functools import partial
from typing import Any

from aiohttp import web

from server.accounts import invitations, people_views, queries, roll, service, staff
from server.accounts.forms import PeopleQuery
from server.accounts.model import Person
from server.accounts.people_routes import send_link, sought_in
from server.accounts.roles import ROLE_WORDS
from server.accounts.roll import COLUMNS, NEEDED, Line
from server.core import intake, sheets
from server.core.http import Routes, read_query, render, say, unit_of
from server.core.intake import Intake, file_answer
from server.directory import queries as directory

routes = Routes("accounts")

EXAMPLE = {
    "name": "张三",
    "role": "申请医师",
    "title": "主治医师",
    "specialties": "全科",
    "credential": "执业医师",
}
"""A row of the template that shows how it is meant."""
MOST_EXPORTED = 20_000


def _cells(line: Line) -> list[tuple[str, str]]:
    typed = line.typed
    where = f"{typed.get('institution', '')} {typed.get('department', '')}".strip()
    return [(typed.get("name", ""), ""), (line.login, ""), (typed.get("role", ""), where)]


def _changes(line: Line, translate: Any) -> list[str]:
    changes = [translate(COLUMNS[name]) for name in line.details]
    if line.gives_post:
        changes.append(translate("增加岗位"))
    if line.ends_post:
        changes.append(translate("岗位结束日期"))
    return changes


PEOPLE = Intake(
    title="从表格导入人员",
    address="/people/import",
    back="/people",
    columns=COLUMNS,
    needed=NEEDED,
    hints=("已有账号的人按账号认；没写账号时按姓名加邮箱或电话认，认不出的按新人邀请。空着的格不改原有资料。",),
    model=roll.RollRow,
    line=Line,
    words={"role": ROLE_WORDS, "credential": people_views.CREDENTIAL_WORDS},
    shown=("姓名", "账号", "岗位"),
    cells=_cells,
    changes=_changes,
    plan=roll.plan,
    carry_out=roll.carry_out,
    new="新邀请",
    proves=True,
)


@routes.get("/people/import", "accounts.grant")
async def import_page(request: web.Request) -> web.StreamResponse:
    return intake.choosing(request, PEOPLE)


@routes.get("/people/import/template.xlsx", "accounts.grant")
async def template(request: web.Request) -> web.StreamResponse:
    unit, translate = unit_of(request), partial(say, request)
    places = await directory.institutions(unit, await staff.places_to_staff(unit))
    example = {name: translate(word) for name, word in EXAMPLE.items()}
    example["institution"] = next((one.code for one in places), "")
    choices = {
        "role": [word for _, word in people_views.role_choices(unit, translate)],
        "credential": [word for _, word in people_views.credential_choices(translate)],
    }
    return intake.template(request, PEOPLE, "people-template.xlsx", example, choices)


@routes.post("/people/import", "accounts.grant")
async def preview(request: web.Request) -> web.StreamResponse:
    return await intake.preview(request, PEOPLE)


@routes.post("/people/import/apply", "accounts.grant")
async def apply(request: web.Request) -> web.StreamResponse:
    """Does what the preview showed; when something else has changed meanwhile, shows it anew instead."""
    unit, lines = unit_of(request), await intake.confirmed(request, PEOPLE)
    if isinstance(lines, web.Response):
        return lines
    outcome = await intake.carry_out(request, PEOPLE, lines)
    links = [(person, await send_link(request, person)) for person in outcome.made.values()]
    unit.record("accounts.imported", kind="people", id=unit.actor.institution_id, fields=[str(outcome.done)])
    return render(
        request,
        "accounts/roll_done.html",
        intake=PEOPLE,
        outcome=outcome,
        links=links,
        stays=invitations.STAYS.days,
    )


# ---- export


EXPORTED = ("姓名", "账号", "职称", "专业", "岗位", "执业类别", "证书有效期至", "账号状态")


@routes.get("/people/export.{kind:xlsx|csv}", "accounts.export")
async def export(request: web.Request) -> web.StreamResponse:
    """The list as it is narrowed down; no telephone and no certificate numbers leave this way."""
    unit, translate = unit_of(request), partial(say, request)
    sought = sought_in(request, read_query(request, PeopleQuery))
    on, places = service.today(unit.now), await staff.places_to_staff(unit)
    people = await queries.listed(unit, sought, places=places, on=on, limit=MOST_EXPORTED)
    rows = await people_views.rows(unit, people, translate)
    unit.record("accounts.exported", kind="people", id=unit.actor.institution_id, fields=[str(len(rows))])
    table = [_exported(person, row, translate) for person, row in zip(people, rows, strict=True)]
    heads = [translate(head) for head in EXPORTED]
    if request.match_info["kind"] == "csv":
        return file_answer(sheets.as_csv(heads, table), "people.csv", "text/csv")
    return file_answer(sheets.as_xlsx(translate("人员"), heads, table), "people.xlsx", sheets.XLSX)


def _exported(person: Person, row: people_views.PersonRow, translate: Any) -> list[sheets.Cell]:
    posts = "; ".join(f"{post.role} · {post.place} {post.department}".strip() for post in row.posts if post.held)
    return [
        row.name,
        row.login,
        row.title,
        ", ".join(person.specialties),
        posts,
        translate(people_views.CREDENTIAL_WORDS[person.credential]),
        row.credential_ends,
        row.standing_word,
    ]
