"""What a room refuses only because its people send to each other is done once the server carries its media."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from signaling.carrying import CARRIED
from signaling.means import Means
from signaling.reader import Reader
from signaling.refusals import MediaUnavailable, Uncarried
from signaling.scribe import Scribe

T = TypeVar("T")


class Widening:
    def __init__(self, means: Means, scribe: Scribe, reader: Reader) -> None:
        self._means, self._scribe, self._reader = means, scribe, reader

    async def done(self, attempt: Callable[[], T]) -> T:
        """What the attempt gives. Raises its `Refusal`; what `Uncarried` comes to where no server carries media for
        all nodes, `Unavailable` while it comes up."""
        try:
            return attempt()
        except Uncarried as mesh:
            await self._change_over(mesh)
            return attempt()

    async def _change_over(self, mesh: Uncarried) -> None:
        """The forwarder runs before anybody is told to turn to it."""
        if self._means.mesh_only:
            raise mesh.otherwise()
        try:
            await self._means.halls.ready()
        except MediaUnavailable as nothing:
            raise mesh.otherwise() from nothing
        await self._scribe.write(CARRIED)
        await self._reader.read()
