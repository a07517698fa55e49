"""What the directory asks of the capabilities above it; the composition root plugs them in."""

from typing import Protocol

from aiohttp import web

from server.core.unit import Unit


class RunningCases(Protocol):
    """Cases not yet over, which a change of the directory must not break."""

    async def between(self, unit: Unit, inviting_id: str, invited_id: str) -> int: ...

    async def of(self, unit: Unit, institution_id: str) -> int: ...


class Staffing(Protocol):
    async def count(self, unit: Unit, institution_id: str) -> int | None:
        """How many hold a post there; None when that is not the actor's to know."""


RUNNING: web.AppKey[RunningCases] = web.AppKey("directory_running", object)  # type: ignore[arg-type]
STAFFING: web.AppKey[Staffing] = web.AppKey("directory_staffing", object)  # type: ignore[arg-type]
