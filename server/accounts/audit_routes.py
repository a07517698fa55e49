"""Reading the audit chain: who did and saw what, where one answers for it, or oneself. Never a patient's name."""

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web
from pydantic import BaseModel, Field, ValidationInfo, field_validator

from server.accounts import queries as accounts
from server.accounts.audit_words import ACTS, AREAS, KINDS, words_of
from server.accounts.roles import ROLE_WORDS, Role
from server.audit import queries
from server.audit.queries import Sought
from server.core import forms, sheets
from server.core.access import Relation
from server.core.forms import Day, Form, WrongField
from server.core.http import SIGNED_IN, Routes, render, say, unit_of
from server.core.i18n import BEIJING
from server.core.intake import file_answer
from server.core.unit import Unit
from server.directory import queries as directory

if TYPE_CHECKING:
    from server.audit.model import AuditRecord

routes = Routes("audit")
PAGE = 50
MOST_EXPORTED = 1_000
"""Rows of one export: whoever needs more says which."""


class Asked(BaseModel):
    before: int | None = Field(None, ge=1, le=2**62)
    who: str = Field("", max_length=60)
    act: str = Field("", max_length=64)
    object: str = Field("", max_length=64)
    patient: str = Field("", max_length=32)
    since: Day | None = None
    until: Day | None = None

    @field_validator("until")
    @classmethod
    def _in_order(cls, until: date | None, read: ValidationInfo) -> date | None:
        since = read.data.get("since")
        if until and since and until < since:
            raise WrongField("结束日期不能早于开始日期")
        return until


def _asked(request: web.Request) -> Form[Asked]:
    return forms.read(Asked, request.query, lambda text, facts: say(request, text, facts))


async def _sought(unit: Unit, asked: Asked) -> Sought:
    return Sought(
        institution_ids=await _answered_for(unit),
        person_ids=await accounts.people_called(unit, asked.who) if asked.who.strip() else None,
        object_id=asked.object.strip(),
        patient_id=asked.patient.strip(),
        **_when_and_what(asked),
    )


def _when_and_what(asked: Asked) -> dict[str, Any]:
    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), BEIJING)

    return {
        "action": asked.act,
        "since": midnight(asked.since) if asked.since else None,
        "until": midnight(asked.until) + timedelta(days=1) if asked.until else None,
    }


@routes.get("/audit", "audit.read")
async def page(request: web.Request) -> web.StreamResponse:
    return await _page(request, _asked(request))


async def _page(request: web.Request, form: Form[Asked]) -> web.Response:
    unit = unit_of(request)
    asked = Asked() if form.errors else form.value
    sought = await _sought(unit, asked)
    rows = [] if form.errors else await queries.latest(unit, sought, before=asked.before, limit=PAGE)
    unit.record("audit.read", kind="audit", id=str(rows[0].seq) if rows else "0", fields=_narrowed(asked))
    return await _list(request, "audit/list.html", "/audit", form, rows)


def _narrowed(asked: Asked) -> list[str]:
    return [f"{name}={value}" for name, value in asked.model_dump(mode="json", exclude_defaults=True).items()]


async def _list(
    request: web.Request, template: str, path: str, form: Form[Asked], rows: "list[AuditRecord]"
) -> web.Response:
    kept = {name: value for name, value in request.query.items() if value and name != "before"}
    older = f"{path}?{urlencode({**kept, 'before': rows[-1].seq})}" if len(rows) == PAGE else ""
    return render(
        request,
        template,
        status=422 if form.errors else 200,
        form=form,
        older=older,
        kept=urlencode(kept),
        narrowed=bool(kept),
        acts=_acts(request),
        most=MOST_EXPORTED,
        lines=await _lines(request, rows),
    )


def _acts(request: web.Request) -> list[tuple[str, str]]:
    """All of a capability, then each of its acts."""
    choices: list[tuple[str, str]] = []
    for area, acts in ACTS.items():
        name = say(request, AREAS[area])
        choices.append((f"{area}.", say(request, "%(area)s：全部", {"area": name})))
        choices += [(f"{area}.{act}", f"{name} · {say(request, words)}") for act, words in acts.items()]
    return choices


async def _lines(request: web.Request, rows: "list[AuditRecord]") -> list[dict[str, Any]]:
    unit, translate = unit_of(request), partial(say, request)
    people = await accounts.people(unit, {row.person_id for row in rows if row.person_id})
    places = await directory.short_names(unit, {row.institution_id for row in rows if row.institution_id})
    return [
        {
            "row": row,
            "act": translate(words_of(row.action)),
            "kind": translate(KINDS[row.kind]) if row.kind in KINDS else row.kind,
            "who": people[row.person_id].name if row.person_id in people else translate("系统"),
            "login": people[row.person_id].login if row.person_id in people else "",
            "role": translate(ROLE_WORDS[Role(row.role)]) if row.role in set(Role) else "",
            "where": places.get(row.institution_id, ""),
        }
        for row in rows
    ]


async def _answered_for(unit: Unit) -> frozenset[str]:
    """The institutions whose records the actor may read."""
    granted = unit.matrix.granted(unit.actor.role, "audit.read")
    if Relation.CONSORTIUM in granted:
        return await directory.members_of(unit, unit.actor.consortium_ids) | {unit.actor.institution_id}
    return frozenset({unit.actor.institution_id})


# ---- export


EXPORTED = (
    *("序号", "时间", "人员", "账号", "岗位", "机构", "网络地址"),
    *("行为", "行为代码", "对象", "对象编号", "患者编号", "内容", "理由"),
)


@routes.get("/audit/export.xlsx", "audit.export")
async def export(request: web.Request) -> web.StreamResponse:
    """The list as it is narrowed down; more than a thousand rows do not leave at once."""
    unit, form = unit_of(request), _asked(request)
    if form.errors:
        return await _page(request, form)
    rows = await queries.latest(unit, await _sought(unit, form.value), limit=MOST_EXPORTED + 1)
    if len(rows) > MOST_EXPORTED:
        sentence = "超过 %(most)s 条，一次导不出；请缩小时间段或多加条件"
        form.errors["since"] = say(request, sentence, {"most": MOST_EXPORTED})
        return await _page(request, form)
    fields = [str(len(rows)), *_narrowed(form.value)]
    unit.record("audit.exported", kind="audit", id=str(rows[0].seq) if rows else "0", fields=fields)
    heads = [say(request, head) for head in EXPORTED]
    table = [_exported(line) for line in await _lines(request, rows)]
    return file_answer(sheets.as_xlsx(say(request, "审计记录"), heads, table), "audit.xlsx", sheets.XLSX)


def _exported(line: dict[str, Any]) -> list[sheets.Cell]:
    row = line["row"]
    at = row.at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    who = [line[name] for name in ("who", "login", "role", "where")]
    what = [line["act"], row.action, line["kind"], row.object_id, row.patient_id, row.fields, row.reason]
    return [str(row.seq), at, *who, row.address, *what]


# ---- one's own


@routes.get("/me/acts", SIGNED_IN)
async def own_acts(request: web.Request) -> web.StreamResponse:
    """What is on record of oneself, wherever one was acting."""
    unit, form = unit_of(request), _asked(request)
    rows: list[AuditRecord] = []
    if not form.errors:
        sought = Sought(person_ids=frozenset({unit.actor.person_id}), **_when_and_what(form.value))
        rows = await queries.latest(unit, sought, before=form.value.before, limit=PAGE)
    return await _list(request, "audit/own.html", "/me/acts", form, rows)
