"""Whose page a `/live` socket serves, and which topics are theirs."""

from aiohttp import web

from server.core.access import Actor
from server.core.edge import IDENTIFY
from signaling.ports import Pass


async def feed_door(request: web.Request) -> Pass | None:
    """The signed-in actor's topics; None for a stranger."""
    visit = await request.app[IDENTIFY](request, None)
    return Pass(person=visit.actor.person_id, topics=topics_of(visit.actor)) if visit.actor else None


def topics_of(actor: Actor) -> frozenset[str]:
    own = {f"person:{actor.person_id}", f"post:{actor.post_id}", f"institution:{actor.institution_id}"}
    if actor.role == "coordinator":
        own |= {f"centre:{id}" for id in actor.consortium_ids}
    return frozenset(own)
