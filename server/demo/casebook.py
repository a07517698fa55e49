"""The demo's teaching cases, taken through the darkroom as any: one let out with its files, one waiting for review."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from server.accounts.roles import Role
from server.casebook import copies, queries, service
from server.casebook.copy_states import CopyState
from server.casebook.darkroom import DARKROOM
from server.consultation import queries as consultations
from server.core.http import DATABASE
from server.demo import pictures
from server.files import queries as files
from server.files.desk import DESK
from server.teaching import planning, series
from server.teaching import queries as sessions
from server.teaching.kinds import SessionKind

if TYPE_CHECKING:
    from server.casebook.model import TeachingCase
    from server.demo.cases import Teller
    from server.demo.stories import Story

REVIEWER = "caiming"


async def fill(app: web.Application, teller: Teller) -> None:
    """The files of the cases are here, and nobody has looked at them yet."""
    made = [(await _proposed(app, teller, id, story), story) for id, story in teller.taught]
    await app[DARKROOM].catch_up()
    out = [(id, story) for id, story in made if await _may_go(app, id, story)]
    for id, story in out:
        await _masked(app, teller, id, story)
    await app[DARKROOM].catch_up()
    for id, story in out:
        await _released(app, teller, id, story)
    if out:
        await _discussed(app, teller, [id for id, _ in out])
    await app[DARKROOM].catch_up()


async def _proposed(app: web.Application, teller: Teller, consultation_id: str, story: Story) -> str:
    async with app[DATABASE].unit(writes=False) as unit:
        sent = [one.id for one in await files.of_subject(unit, "consultation", consultation_id)]
    await asyncio.gather(*(app[DESK].checking.check(id) for id in sent))
    assert story.taught
    async with app[DATABASE].unit() as teller.unit:
        await teller.act(story.expert, Role.SPECIALIST, teller.present - timedelta(days=story.days_ago - 1))
        consultation = await consultations.by_id(teller.unit, consultation_id)
        case = await service.propose(
            teller.unit, consultation=consultation, title=story.taught.title, points=story.taught.points
        )
        return case.id


async def _may_go(app: web.Application, id: str, story: Story) -> bool:
    """Whether it is to be let out, and the darkroom could copy all of its files; else it waits for its reviewer."""
    if not (story.taught and story.taught.released):
        return False
    async with app[DATABASE].unit(writes=False) as unit:
        return all(one.state is CopyState.OPEN for one in await queries.copies_of(unit, id))


async def _masked(app: web.Application, teller: Teller, id: str, story: Story) -> None:
    async with app[DATABASE].unit() as teller.unit:
        case = await _under_review(teller, id, story)
        for copy in await queries.copies_of(teller.unit, case.id):
            by_hand = {group: [pictures.OF_WHOM] for group in copy.groups} if copy.kind == "photo" else {}
            await copies.confirm(teller.unit, copy=copy, masks={**copy.masks, **by_hand}, seen=copy.groups)


async def _released(app: web.Application, teller: Teller, id: str, story: Story) -> None:
    async with app[DATABASE].unit() as teller.unit:
        case = await _under_review(teller, id, story)
        texts = [text for _, text in service.chapters_of(teller.unit, case)]
        await service.release(
            teller.unit, case=case, title=case.title, points=case.points, texts=texts, checked=service.CHECKS
        )


async def _discussed(app: web.Application, teller: Teller, ids: list[str]) -> None:
    """In the reviewer's next round."""
    async with app[DATABASE].unit() as teller.unit:
        await teller.act(REVIEWER, Role.TEACHER, teller.present)
        own = await sessions.of_person(teller.unit, teller.unit.actor.person_id)
        ahead = next(one for one in own if one.kind is SessionKind.ROUND)
        plan = replace(await series.plan_of(teller.unit, ahead), case_ids=ids)
        await planning.amend(teller.unit, session=ahead, plan=plan)


async def _under_review(teller: Teller, id: str, story: Story) -> TeachingCase:
    await teller.act(REVIEWER, Role.TEACHER, teller.present - timedelta(days=story.days_ago - 2))
    return await queries.get_for(teller.unit, "casebook.review", id)
