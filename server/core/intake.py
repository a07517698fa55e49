"""Taking in a sheet: the template, the preview of what each row would do, and the doing of what was shown."""

import base64
import binascii
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic

import orjson
from aiohttp import web
from pydantic import BaseModel

from server.core import sheets
from server.core.crypto import UnreadableSeal
from server.core.errors import Refusal
from server.core.forms import readable
from server.core.http import TEMPLATES, render, say, sent_fields, unit_of
from server.core.i18n import LOCALES
from server.core.lines import AnyLine, Vocabulary, lines_of
from server.core.unit import Unit

Words = Mapping[Any, str]
"""Code → its word (a msgid)."""

KINDS = {
    "new": ("新增", "active"),
    "changed": ("更新", "wait"),
    "same": ("无变化", "idle"),
    "wrong": ("有错，跳过", "danger"),
}


class NoSheet(Refusal):
    code = "sheets.none_chosen"
    status = 422
    says = "请选择要导入的文件"


class PreviewLost(Refusal):
    code = "sheets.preview_lost"
    status = 422
    says = "预览已失效，请重新选择文件"


@dataclass(frozen=True, kw_only=True)
class Intake(Generic[AnyLine]):
    """One sort of sheet: what is in it, what its rows would do, how that is shown. Texts are msgids."""

    title: str
    address: str
    """Of the page where a file is chosen; `/apply` and `/template.xlsx` lie under it."""
    back: str
    columns: Mapping[str, str]
    """Fields of a row → the head of their column."""
    needed: Sequence[str]
    hints: Sequence[str]
    model: type[BaseModel]
    line: type[AnyLine]
    words: Mapping[str, Words] = field(default_factory=dict)
    lists: Collection[str] = ()
    shown: Sequence[str]
    """Heads of what the preview shows of a line."""
    cells: Callable[[AnyLine], Sequence[tuple[str, str]]]
    """What it shows below them: a text and a quieter one."""
    changes: Callable[[AnyLine, Any], Sequence[str]]
    """What would change, in the reader's words."""
    plan: Callable[[Unit, list[AnyLine], Vocabulary], Awaitable[list[AnyLine]]]
    """Fills in what each right row would do, and what is wrong with the others."""
    carry_out: Callable[[Unit, AnyLine, dict[str, Any]], Awaitable[Any]]
    """Does it; the last are those made by earlier rows. Raises Refusal."""
    new: str = "新增"
    proves: bool = False
    """Whether its addresses want a fresh proof of who one is (decision 0023)."""


@dataclass(kw_only=True)
class Outcome:
    done: int = 0
    made: dict[str, Any] = field(default_factory=dict)
    failed: list[tuple[int, str]] = field(default_factory=list)


def vocabulary(request: web.Request, intake: Intake[Any]) -> Vocabulary:
    """Heads and words as they are written in any language of the site, or as their codes."""
    translations = request.app[TEMPLATES].translations

    def every(words: Words) -> dict[str, Any]:
        spoken = {translations.say(locale, word).lower(): code for locale in LOCALES for code, word in words.items()}
        return {**{say(request, word).lower(): code for code, word in words.items()}, **spoken} | {
            str(code): code for code in words
        }

    return Vocabulary(
        heads=every(intake.columns),
        words={name: every(words) for name, words in intake.words.items()},
        lists=intake.lists,
        say=lambda text, facts=None: say(request, text, facts),
    )


# ---- choosing a file


def choosing(request: web.Request, intake: Intake[Any], trouble: str = "") -> web.Response:
    return render(
        request,
        "sheets/choose.html",
        status=422 if trouble else 200,
        intake=intake,
        title=say(request, intake.title),
        trouble=trouble,
        columns=[say(request, head) for head in intake.columns.values()],
        needed=[say(request, intake.columns[name]) for name in intake.needed],
        hints=[say(request, hint) for hint in intake.hints],
    )


def template(
    request: web.Request,
    intake: Intake[Any],
    name: str,
    example: Mapping[str, str],
    choices: Mapping[str, Sequence[str]],
) -> web.Response:
    """An empty sheet with its heads, a row that shows how it is meant, and drop-downs by field."""
    translate, fields = partial(say, request), list(intake.columns)
    heads = [translate(head) for head in intake.columns.values()]
    row = [example.get(field, "") for field in fields]
    offered = {fields.index(field): words for field, words in choices.items()}
    return file_answer(sheets.as_xlsx(translate(intake.title), heads, [row], offered), name, sheets.XLSX)


def file_answer(content: bytes, name: str, media_type: str) -> web.Response:
    return web.Response(
        body=content, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


# ---- preview


async def preview(request: web.Request, intake: Intake[AnyLine]) -> web.Response:
    try:
        table = await _sent(request)
        lines = _lines(request, intake, table)
    except Refusal as refusal:
        return choosing(request, intake, say(request, refusal.says, refusal.facts))
    return await _shown(request, intake, table, lines)


async def _sent(request: web.Request) -> list[list[str]]:
    """Raises NoSheet, and what sheets.read raises."""
    sent = (await sent_fields(request)).get("sheet")
    if not isinstance(sent, web.FileField):
        raise NoSheet
    table: list[list[str]] = readable(sheets.read(sent.file.read(sheets.LARGEST + 1)))
    return table


def _lines(request: web.Request, intake: Intake[AnyLine], table: list[list[str]]) -> list[AnyLine]:
    words = vocabulary(request, intake)
    return lines_of(table, words, needed=intake.needed, model=intake.model, line=intake.line)


async def _shown(
    request: web.Request, intake: Intake[AnyLine], table: list[list[str]], lines: list[AnyLine], trouble: str = ""
) -> web.Response:
    unit, translate = unit_of(request), partial(say, request)
    lines = await intake.plan(unit, lines, vocabulary(request, intake))
    counts = Counter(line.kind for line in lines)
    kinds = {**KINDS, "new": (intake.new, "active")}
    return render(
        request,
        "sheets/preview.html",
        intake=intake,
        title=translate(intake.title),
        shown=[translate(head) for head in intake.shown],
        lines=[{"line": one, "cells": intake.cells(one), "changes": intake.changes(one, translate)} for one in lines],
        kinds={kind: (translate(word), tone, counts[kind]) for kind, (word, tone) in kinds.items()},
        work=counts["new"] + counts["changed"],
        heads={name: translate(head) for name, head in intake.columns.items()},
        trouble=trouble,
        carried=_carried(unit, intake, table, lines),
    )


def _about(unit: Unit, intake: Intake[Any]) -> str:
    return f"intake {intake.address}:{unit.actor.person_id}"


def _carried(unit: Unit, intake: Intake[AnyLine], table: list[list[str]], lines: list[AnyLine]) -> str:
    """The sheet and what was shown of it, sealed, on its way through the reader's page and back."""
    plain = orjson.dumps({"table": table, "marks": [line.mark for line in lines]})
    return base64.urlsafe_b64encode(unit.keys.seal(zlib.compress(plain), _about(unit, intake))).decode()


def _returned(unit: Unit, intake: Intake[Any], carried: str) -> dict[str, Any]:
    """Raises PreviewLost."""
    try:
        sealed = base64.urlsafe_b64decode(carried.encode())
        value: dict[str, Any] = orjson.loads(zlib.decompress(unit.keys.open(sealed, _about(unit, intake))))
    except (UnreadableSeal, binascii.Error, ValueError, zlib.error):
        raise PreviewLost from None
    return value


# ---- doing


async def confirmed(request: web.Request, intake: Intake[AnyLine]) -> list[AnyLine] | web.Response:
    """The lines as they were shown; when something else has changed meanwhile, the preview anew instead."""
    unit = unit_of(request)
    try:
        returned = _returned(unit, intake, str((await sent_fields(request)).get("carried", "")))
    except PreviewLost as lost:
        return choosing(request, intake, say(request, lost.says))
    table = returned["table"]
    lines = await intake.plan(unit, _lines(request, intake, table), vocabulary(request, intake))
    if orjson.loads(orjson.dumps([line.mark for line in lines])) != returned["marks"]:
        trouble = say(request, "资料在预览后有变动，请再看一遍")
        return await _shown(request, intake, table, _lines(request, intake, table), trouble)
    return lines


async def carry_out(request: web.Request, intake: Intake[AnyLine], lines: Sequence[AnyLine]) -> Outcome:
    """Does what is right: a row wholly or not at all, and only what is done is on record."""
    unit, outcome = unit_of(request), Outcome()
    for line in lines:
        if line.kind not in ("new", "changed"):
            continue
        before = len(unit.acts), len(unit.announcements), len(outcome.made)
        try:
            async with unit.session.begin_nested():
                await intake.carry_out(unit, line, outcome.made)
            outcome.done += 1
        except Refusal as refusal:
            del unit.acts[before[0] :], unit.announcements[before[1] :]
            while len(outcome.made) > before[2]:
                outcome.made.popitem()
            outcome.failed.append((line.number, say(request, refusal.says, refusal.facts)))
    return outcome
