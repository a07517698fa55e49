"""Institutions, departments and agreements from a sheet and into one."""

from functools import partial
from typing import Any

from aiohttp import web

from server.core import intake, sheets
from server.core.http import Routes, render, say, unit_of
from server.core.intake import Intake
from server.directory import agreement_sheet, department_sheet, institution_sheet, queries

sheet_routes = Routes("directory")

INSTITUTIONS = Intake(
    title="从表格导入机构",
    address="/directory/institutions/import",
    back="/directory",
    columns=institution_sheet.COLUMNS,
    needed=institution_sheet.NEEDED,
    hints=institution_sheet.HINTS,
    model=institution_sheet.InstitutionRow,
    line=institution_sheet.Line,
    words=institution_sheet.WORDS,
    shown=("机构编码", "名称"),
    cells=institution_sheet.cells,
    changes=institution_sheet.changes,
    plan=institution_sheet.plan,
    carry_out=institution_sheet.carry_out,
)
DEPARTMENTS = Intake(
    title="从表格导入科室",
    address="/directory/departments/import",
    back="/directory",
    columns=department_sheet.COLUMNS,
    needed=department_sheet.NEEDED,
    hints=department_sheet.HINTS,
    model=department_sheet.DepartmentRow,
    line=department_sheet.Line,
    shown=("机构编码", "科室名称"),
    cells=department_sheet.cells,
    changes=department_sheet.changes,
    plan=department_sheet.plan,
    carry_out=department_sheet.carry_out,
)
AGREEMENTS = Intake(
    title="从表格导入协议",
    address="/directory/agreements/import",
    back="/directory/agreements",
    columns=agreement_sheet.COLUMNS,
    needed=agreement_sheet.NEEDED,
    hints=agreement_sheet.HINTS,
    model=agreement_sheet.AgreementRow,
    line=agreement_sheet.Line,
    words=agreement_sheet.WORDS,
    lists=("services",),
    shown=("协议编号", "双方", "期限"),
    cells=agreement_sheet.cells,
    changes=agreement_sheet.changes,
    plan=agreement_sheet.plan,
    carry_out=agreement_sheet.carry_out,
)
INTAKES: dict[str, Intake[Any]] = {"institutions": INSTITUTIONS, "departments": DEPARTMENTS, "agreements": AGREEMENTS}
EXAMPLES = {
    "institutions": {"name": "青溪镇卫生院", "level": "乡镇级", "kind": "乡镇卫生院", "is_remote_area": "否"},
    "departments": {"name": "全科"},
    "agreements": {"services": "远程会诊", "fee": "300", "liability": "邀请方对所传资料的质量负责", "state": "草稿"},
}
"""A row of the template that shows how it is meant, in msgids."""
EXPORTS = {
    "institutions": ("机构", institution_sheet.exported),
    "departments": ("科室", department_sheet.exported),
    "agreements": ("合作协议", agreement_sheet.exported),
}


def _noun(request: web.Request) -> str:
    """Of /directory/institutions/import: institutions."""
    return request.path.split("/")[2]


@sheet_routes.get("/directory/institutions/import", "directory.form")
@sheet_routes.get("/directory/departments/import", "directory.manage")
@sheet_routes.get("/directory/agreements/import", "agreement.draft")
async def import_page(request: web.Request) -> web.StreamResponse:
    return intake.choosing(request, INTAKES[_noun(request)])


@sheet_routes.get("/directory/institutions/import/template.xlsx", "directory.form")
@sheet_routes.get("/directory/departments/import/template.xlsx", "directory.manage")
@sheet_routes.get("/directory/agreements/import/template.xlsx", "agreement.draft")
async def template(request: web.Request) -> web.StreamResponse:
    noun, translate, unit = _noun(request), partial(say, request), unit_of(request)
    own = (await queries.institution(unit, unit.actor.institution_id)).code
    codes = {"departments": {"institution": own}, "institutions": {"parent": own}, "agreements": {"inviting_id": own}}
    example = {name: translate(word) for name, word in EXAMPLES[noun].items()} | codes[noun]
    choices = {name: [translate(word) for word in table.values()] for name, table in INTAKES[noun].words.items()}
    choices.pop("services", None)  # several may stand in a cell
    return intake.template(request, INTAKES[noun], f"{noun}-template.xlsx", example, choices)


@sheet_routes.post("/directory/institutions/import", "directory.form")
@sheet_routes.post("/directory/departments/import", "directory.manage")
@sheet_routes.post("/directory/agreements/import", "agreement.draft")
async def preview(request: web.Request) -> web.StreamResponse:
    return await intake.preview(request, INTAKES[_noun(request)])


@sheet_routes.post("/directory/institutions/import/apply", "directory.form")
@sheet_routes.post("/directory/departments/import/apply", "directory.manage")
@sheet_routes.post("/directory/agreements/import/apply", "agreement.draft")
async def apply(request: web.Request) -> web.StreamResponse:
    """Does what the preview showed; when something else has changed meanwhile, shows it anew instead."""
    unit, noun = unit_of(request), _noun(request)
    lines = await intake.confirmed(request, INTAKES[noun])
    if isinstance(lines, web.Response):
        return lines
    outcome = await intake.carry_out(request, INTAKES[noun], lines)
    unit.record("directory.imported", kind=noun, id=unit.actor.institution_id, fields=[str(outcome.done)])
    return render(request, "sheets/done.html", intake=INTAKES[noun], outcome=outcome)


@sheet_routes.get("/directory/institutions/export.xlsx", "directory.export")
@sheet_routes.get("/directory/departments/export.xlsx", "directory.export")
@sheet_routes.get("/directory/agreements/export.xlsx", "directory.export")
async def export(request: web.Request) -> web.StreamResponse:
    """With the heads that an import reads."""
    noun, translate, unit = _noun(request), partial(say, request), unit_of(request)
    title, rows_of = EXPORTS[noun]
    rows = await rows_of(unit, translate)
    unit.record("directory.exported", kind=noun, id=unit.actor.institution_id, fields=[str(len(rows))])
    heads = [translate(head) for head in INTAKES[noun].columns.values()]
    return intake.file_answer(sheets.as_xlsx(translate(title), heads, rows), f"{noun}.xlsx", sheets.XLSX)
