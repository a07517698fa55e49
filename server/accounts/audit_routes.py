"""Reading the audit chain: who did and saw what, of the institutions one answers for. Never a patient's name."""

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import queries as accounts
from server.accounts.roles import ROLE_WORDS, Role
from server.audit import queries
from server.core.access import Relation
from server.core.http import Routes, read_query, render, say, unit_of
from server.core.unit import Unit
from server.directory import queries as directory

routes = Routes("audit")
PAGE = 50


class Asked(BaseModel):
    before: int | None = None
    login: str = Field("", max_length=60)
    object: str = Field("", max_length=64)


@routes.get("/audit", "audit.read")
async def page(request: web.Request) -> web.StreamResponse:
    unit, asked = unit_of(request), read_query(request, Asked)
    person = await accounts.person_by_login(unit, asked.login) if asked.login else None
    rows = await queries.latest(
        unit,
        institution_ids=await _answered_for(unit),
        person_id=person.id if person else ("nobody" if asked.login else None),
        object_id=asked.object or None,
        before=asked.before,
        limit=PAGE,
    )
    unit.record("audit.read", kind="audit", id=str(rows[0].seq) if rows else "0", fields=[asked.login, asked.object])
    people = await accounts.people(unit, {row.person_id for row in rows if row.person_id})
    places = await directory.short_names(unit, {row.institution_id for row in rows if row.institution_id})
    lines = [
        {
            "row": row,
            "who": people[row.person_id].name if row.person_id in people else say(request, "系统"),
            "role": say(request, ROLE_WORDS[Role(row.role)]) if row.role in set(Role) else "",
            "where": places.get(row.institution_id, ""),
        }
        for row in rows
    ]
    filters = f"&login={asked.login}&object={asked.object}"
    older = f"/audit?before={rows[-1].seq}{filters}" if len(rows) == PAGE else ""
    return render(request, "audit/list.html", lines=lines, older=older, asked=asked)


async def _answered_for(unit: Unit) -> frozenset[str]:
    """The institutions whose records the actor may read."""
    granted = unit.matrix.granted(unit.actor.role, "audit.read")
    if Relation.CONSORTIUM in granted:
        return await directory.members_of(unit, unit.actor.consortium_ids) | {unit.actor.institution_id}
    return frozenset({unit.actor.institution_id})
