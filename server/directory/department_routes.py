"""Departments of an institution: adding, renaming, removing what nothing refers to."""

from typing import Any

from aiohttp import web

from server.core.errors import Refusal
from server.core.forms import Form
from server.core.http import Routes, read_form, render, say, see_other, unit_of, wrong_fields
from server.directory import queries, routes, service
from server.directory.forms import DepartmentDetails
from server.directory.model import Department

department_routes = Routes("directory")


@department_routes.post("/directory/institutions/{id}/departments", "directory.manage")
async def add(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    place = await queries.institution_for(unit, "directory.manage", request.match_info["id"])
    form = await read_form(request, DepartmentDetails)
    if form.errors:
        return await routes.show(request, place, department_form=form)
    try:
        await service.add_department(unit, institution_id=place.id, **form.value.model_dump())
    except Refusal as refusal:
        form.errors.update(wrong_fields(request, refusal))
        return await routes.show(request, place, department_form=form)
    return _back(place.id, "department")


def _back(institution_id: str, done: str) -> web.Response:
    return see_other(f"/directory/institutions/{institution_id}?done={done}#departments")


async def _department(request: web.Request) -> Department:
    return await queries.department_for(unit_of(request), "directory.manage", request.match_info["id"])


@department_routes.get("/directory/departments/{id}", "directory.manage")
async def edit_page(request: web.Request) -> web.StreamResponse:
    return await _edit(request, await _department(request), None)


async def _edit(
    request: web.Request, department: Department, form: Form[Any] | None, trouble: str = ""
) -> web.Response:
    place = await queries.institution(unit_of(request), department.institution_id)
    shown = {"department": department, "place": place, "form": form, "trouble": trouble}
    return render(request, "directory/department.html", status=422 if form else 409 if trouble else 200, **shown)


@department_routes.post("/directory/departments/{id}", "directory.manage")
async def amend(request: web.Request) -> web.StreamResponse:
    department, form = await _department(request), await read_form(request, DepartmentDetails)
    if form.errors:
        return await _edit(request, department, form)
    try:
        await service.amend_department(unit_of(request), department=department, details=form.value.model_dump())
    except Refusal as refusal:
        form.errors.update(wrong_fields(request, refusal))
        return await _edit(request, department, form)
    return _back(department.institution_id, "department")


@department_routes.post("/directory/departments/{id}/remove", "directory.manage")
async def remove(request: web.Request) -> web.StreamResponse:
    department = await _department(request)
    institution_id = department.institution_id
    try:
        await service.remove_department(unit_of(request), department=department)
    except service.DepartmentInUse as refusal:
        return await _edit(request, department, None, say(request, refusal.says, refusal.facts))
    return _back(institution_id, "removed")
