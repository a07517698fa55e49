"""People from a sheet and into one: the template, the preview of what would change, the doing, the export."""

import base64
import binascii
import zlib
from functools import partial
from typing import Any

import orjson
from aiohttp import web

from server.accounts import invitations, people_views, queries, roll, service, staff
from server.accounts.forms import PeopleQuery
from server.accounts.model import Person
from server.accounts.people_routes import send_link, sought_in
from server.accounts.roles import ROLE_WORDS, CredentialKind, Role
from server.accounts.roll import COLUMNS, Line, Vocabulary
from server.core import sheets
from server.core.crypto import UnreadableSeal
from server.core.errors import Refusal
from server.core.http import (
    TEMPLATES,
    Routes,
    read_query,
    render,
    say,
    sent_fields,
    unit_of,
)
from server.core.i18n import LOCALES
from server.core.unit import Unit
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


def vocabulary(request: web.Request) -> Vocabulary:
    """Heads and words as they are written in any language of the site, or as their codes."""
    translations = request.app[TEMPLATES].translations

    def every(words: dict[Any, str]) -> dict[str, Any]:
        spoken = {translations.say(locale, word).lower(): code for code, word in words.items() for locale in LOCALES}
        return {**spoken, **{str(code): code for code in words}}

    roles: dict[Role, str] = dict(ROLE_WORDS)
    credentials: dict[CredentialKind, str] = dict(people_views.CREDENTIAL_WORDS)
    return Vocabulary(
        heads=every(COLUMNS),
        roles=every(roles),
        credentials=every(credentials),
        say=lambda text, facts: say(request, text, facts),
    )


@routes.get("/people/import", "accounts.grant")
async def import_page(request: web.Request) -> web.StreamResponse:
    return _import_page(request)


def _import_page(request: web.Request, trouble: str = "") -> web.Response:
    columns = [say(request, head) for head in COLUMNS.values()]
    return render(request, "accounts/roll.html", status=422 if trouble else 200, trouble=trouble, columns=columns)


@routes.get("/people/import/template.xlsx", "accounts.grant")
async def template(request: web.Request) -> web.StreamResponse:
    translate = partial(say, request)
    unit = unit_of(request)
    places = await staff.places_to_staff(unit)
    choices = {
        _column("role"): [word for _, word in people_views.role_choices(unit, translate)],
        _column("credential"): [word for _, word in people_views.credential_choices(translate)],
    }
    code = next((one.code for one in await directory.institutions(unit, places)), "")
    example = {name: translate(word) for name, word in EXAMPLE.items()} | {"institution": code}
    row = [example.get(name, "") for name in COLUMNS]
    heads = [translate(head) for head in COLUMNS.values()]
    content = sheets.as_xlsx(translate("人员"), heads, [row], choices)
    return file_answer(content, "people-template.xlsx", sheets.XLSX)


def _column(name: str) -> int:
    return list(COLUMNS).index(name)


def file_answer(content: bytes, name: str, media_type: str) -> web.Response:
    return web.Response(
        body=content, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


# ---- preview


@routes.post("/people/import", "accounts.grant")
async def preview(request: web.Request) -> web.StreamResponse:
    sent = (await sent_fields(request)).get("sheet")
    if not isinstance(sent, web.FileField):
        return _import_page(request, say(request, "请选择要导入的文件"))
    try:
        table = sheets.read(sent.file.read(sheets.LARGEST + 1))
        lines = roll.rows_of(table, vocabulary(request))
    except Refusal as refusal:
        return _import_page(request, say(request, refusal.says))
    return await _preview(request, table, lines)


async def _preview(request: web.Request, table: list[list[str]], lines: list[Line], trouble: str = "") -> web.Response:
    unit = unit_of(request)
    lines = await roll.plan(unit, lines, vocabulary(request))
    counts = {kind: sum(line.kind == kind for line in lines) for kind in ("new", "changed", "same", "wrong")}
    heads = {name: say(request, head) for name, head in COLUMNS.items()}
    return render(
        request,
        "accounts/roll_preview.html",
        lines=[_shown(request, line) for line in lines],
        counts=counts,
        heads=heads,
        trouble=trouble,
        carried=_carried(unit, table, lines),
    )


def _shown(request: web.Request, line: Line) -> dict[str, Any]:
    changes = [say(request, COLUMNS[name]) for name in line.details]
    if line.gives_post:
        changes.append(say(request, "增加岗位"))
    if line.ends_post:
        changes.append(say(request, "岗位结束日期"))
    return {"line": line, "changes": changes, "kind": line.kind}


def _carried(unit: Unit, table: list[list[str]], lines: list[Line]) -> str:
    """The sheet and what was shown of it, sealed, on its way through the reader's page and back."""
    plain = orjson.dumps({"table": table, "marks": [line.mark for line in lines]})
    sealed = unit.keys.seal(zlib.compress(plain), f"people import:{unit.actor.person_id}")
    return base64.urlsafe_b64encode(sealed).decode()


class PreviewLost(Refusal):
    code = "accounts.preview_lost"
    status = 422
    says = "预览已失效，请重新选择文件"


def _returned(unit: Unit, carried: str) -> dict[str, Any]:
    """Raises PreviewLost."""
    try:
        sealed = base64.urlsafe_b64decode(carried.encode())
        value: dict[str, Any] = orjson.loads(
            zlib.decompress(unit.keys.open(sealed, f"people import:{unit.actor.person_id}"))
        )
    except (UnreadableSeal, binascii.Error, ValueError, zlib.error):
        raise PreviewLost from None
    return value


# ---- doing


@routes.post("/people/import/apply", "accounts.grant")
async def apply(request: web.Request) -> web.StreamResponse:
    """Does what the preview showed; when something else has changed meanwhile, shows it anew instead."""
    unit = unit_of(request)
    try:
        returned = _returned(unit, str((await sent_fields(request)).get("carried", "")))
    except PreviewLost as lost:
        return _import_page(request, say(request, lost.says))
    lines = await roll.plan(unit, roll.rows_of(returned["table"], vocabulary(request)), vocabulary(request))
    if orjson.loads(orjson.dumps([line.mark for line in lines])) != returned["marks"]:
        again = roll.rows_of(returned["table"], vocabulary(request))
        return await _preview(request, returned["table"], again, say(request, "资料在预览后有变动，请再看一遍"))
    return await _carry_out(request, lines)


async def _carry_out(request: web.Request, lines: list[Line]) -> web.Response:
    unit = unit_of(request)
    people: dict[str, Person] = {}
    failed: list[tuple[int, str]] = []
    done = 0
    for line in lines:
        if line.kind not in ("new", "changed"):
            continue
        before = len(unit.acts), len(unit.announcements)
        try:
            async with unit.session.begin_nested():
                await roll.carry_out(unit, line, people)
            done += 1
        except Refusal as refusal:  # a row is done wholly or not at all, and only what is done is on record
            del unit.acts[before[0] :], unit.announcements[before[1] :]
            if line.fresh:
                people.pop(line.login, None)
            failed.append((line.number, say(request, refusal.says, refusal.facts)))
    links = [(person, await send_link(request, person)) for person in people.values()]
    unit.record("accounts.imported", kind="people", id=unit.actor.institution_id, fields=[str(done)])
    return render(
        request, "accounts/roll_done.html", done=done, links=links, failed=failed, stays=invitations.STAYS.days
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
