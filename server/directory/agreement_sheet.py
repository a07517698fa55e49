"""A sheet of agreements: new ones and drafts still open; what is in force is not changed by a sheet."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from server.core import lines as sheet
from server.core.errors import Invalid
from server.core.lines import Vocabulary
from server.core.sheets import Cell
from server.core.unit import Unit
from server.directory import agreements, policy, queries, views, words
from server.directory.agreements import Terms
from server.directory.forms import AgreementTerms
from server.directory.kinds import AgreementState, Service
from server.directory.model import Agreement

COLUMNS = {
    "number": "协议编号",
    "inviting_id": "邀请方机构编码",
    "invited_id": "受邀方机构编码",
    "services": "服务",
    "starts": "生效日期",
    "ends": "结束日期",
    "fee": "费用（元）",
    "liability": "责任条款",
    "state": "状态",
}
NEEDED = ("number", "inviting_id", "invited_id", "services", "starts", "ends", "liability")
STATES = {state: word for state, (word, _) in words.STATE_WORDS.items()}
WORDS: dict[str, Any] = {"services": words.SERVICE_WORDS, "state": STATES}
HINTS = (
    "按协议编号认：新编号是新协议，草稿会更新，已生效的不能从表格修改。多项服务之间用顿号或逗号。",
    "“状态”写“生效”的在导入时生效（要医联体管理员）；不写就存为草稿。",
)


class AgreementRow(AgreementTerms):
    state: AgreementState | None = None


@dataclass(kw_only=True)
class Line(sheet.Line[AgreementRow]):
    terms: Terms | None = None
    agreement: Agreement | None = None
    details: dict[str, Any] = field(default_factory=dict)
    concludes: bool = False

    @property
    def effect(self) -> str:
        if self.agreement is None:
            return "new"
        return "changed" if self.details or self.concludes else "same"

    @property
    def mark(self) -> tuple[Any, ...]:
        return *super().mark, sorted(self.details), self.concludes


def cells(line: Line) -> list[tuple[str, str]]:
    typed = line.typed
    parties = f"{typed.get('inviting_id', '')} → {typed.get('invited_id', '')}"
    return [(typed.get("number", ""), ""), (parties, ""), (typed.get("starts", ""), typed.get("ends", ""))]


def changes(line: Line, translate: Any) -> list[str]:
    heads = {**COLUMNS, "fee_cents": COLUMNS["fee"]}
    changed = [] if line.agreement is None else [translate(heads[name]) for name in line.details]
    return [*changed, *([translate("导入时生效")] if line.concludes else [])]


# ---- planning


@dataclass
class _Desk:
    """What the rows are held against."""

    unit: Unit
    words: Vocabulary
    near: frozenset[str]
    places: dict[str, str]
    """Code → id, of the institutions of the actor's consortia."""
    known: dict[str, Agreement]
    before: list[Line]
    """The lines above."""


async def plan(unit: Unit, lines: list[Line], words: Vocabulary) -> list[Line]:
    near = await queries.near(unit)
    places = {one.code: one.id for one in await queries.institutions(unit, near)}
    right = [line for line in lines if line.row]
    known = await queries.by_numbers(unit, {line.right.number for line in right})
    desk = _Desk(unit, words, near, places, known, [])
    for line in right:
        await _plan(desk, line)
        desk.before.append(line)
    return lines


async def _plan(desk: _Desk, line: Line) -> None:
    terms = _terms(desk, line)
    if terms is None:
        return
    line.terms, line.agreement = terms, desk.known.get(terms.number)
    if any(other.terms and other.terms.number == terms.number for other in desk.before):
        line.errors["number"] = desk.words.say("前面的行已经有这个编号")
    elif not _may(desk, "agreement.draft", {terms.inviting_id, terms.invited_id}):
        line.errors["inviting_id"] = desk.words.say("其中一方要是您所在的机构")
    elif line.agreement and not _may(desk, "agreement.draft", line.agreement.parties):
        line.errors["number"] = desk.words.say("这个协议编号已经有了")
    else:
        _compare(desk, line, terms)
        if not line.errors and line.kind != "same":
            await _refuse_wrong(desk, line, terms)


def _terms(desk: _Desk, line: Line) -> Terms | None:
    row = line.right
    inviting, invited = (desk.places.get(code.strip(), "") for code in (row.inviting_id, row.invited_id))
    for name, id in (("inviting_id", inviting), ("invited_id", invited)):
        if not id:
            line.errors[name] = desk.words.say("没有这个机构编码，或不归您管理")
    return None if line.errors else replace(row.terms(), inviting_id=inviting, invited_id=invited)


def _may(desk: _Desk, action: str, parties: Collection[str]) -> bool:
    return desk.unit.may(action, policy.relations(desk.unit.actor, parties, desk.near))


def _compare(desk: _Desk, line: Line, terms: Terms) -> None:
    """What would change, and whether the state asked for is one a sheet may give."""
    state, found, is_draft = line.right.state, line.agreement, True
    if found is not None:
        is_draft = found.state is AgreementState.DRAFT
        given = {name: value for name, value in terms.kept().items() if name in line.typed}
        given |= {"fee_cents": terms.fee_cents} if "fee" in line.typed else {}
        line.details = {name: value for name, value in given.items() if getattr(found, name) != value}
        if line.details and not is_draft:
            line.errors["number"] = desk.words.say(agreements.NotADraft.says)
    line.concludes = is_draft and state is AgreementState.IN_FORCE
    if line.concludes and not _may(desk, "agreement.conclude", {terms.inviting_id, terms.invited_id}):
        line.errors["state"] = desk.words.say("协议由医联体管理员使其生效")
    elif state and not line.concludes and state is not (found.state if found else AgreementState.DRAFT):
        line.errors["state"] = desk.words.say("从表格只能存为草稿或生效，其他请在协议页面办理")


async def _refuse_wrong(desk: _Desk, line: Line, terms: Terms) -> None:
    try:
        await agreements.refuse_wrong_terms(desk.unit, terms, line.agreement)
    except Invalid as wrong:
        line.errors |= {name: desk.words.say(text, wrong.facts) for name, text in wrong.errors.items()}
    if line.concludes and agreements.over(desk.unit, terms):
        line.errors["ends"] = desk.words.say(agreements.AgreementOver.says)
    for other in desk.before:
        if other.concludes and not other.errors and other.terms and other.terms.clashes(terms):
            line.errors["starts"] = desk.words.say("与第 %(number)s 行的服务和日期重叠", {"number": other.number})


# ---- doing


async def carry_out(unit: Unit, line: Line, made: dict[str, Agreement]) -> Agreement:
    """Raises Refusal."""
    assert line.terms is not None
    agreement = line.agreement
    if agreement is None:
        agreement = await agreements.draft(unit, terms=line.terms)
    elif line.details:
        kept = agreements.terms_of(agreement)
        details = {**line.details, **({"services": line.terms.services} if "services" in line.details else {})}
        await agreements.amend(unit, agreement=agreement, terms=replace(kept, **details))
    if line.concludes:
        await agreements.put_in_force(unit, agreement=agreement)
    return agreement


# ---- export


async def exported(unit: Unit, translate: Any) -> list[list[Cell]]:
    rows = await views.readable_agreements(unit)
    codes = {one.id: one.code for one in await queries.institutions(unit, {id for one in rows for id in one.parties})}
    return [
        [
            one.number,
            codes[one.inviting_id],
            codes[one.invited_id],
            translate("、").join(translate(words.SERVICE_WORDS[Service(service)]) for service in one.services),
            one.starts,
            one.ends,
            views.yuan(one.fee_cents),
            one.liability,
            translate(STATES[one.state]),
        ]
        for one in rows
    ]
