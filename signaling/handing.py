"""Handing on what came from another node, once the roster can show whose it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from signaling.codec import Relayed
from signaling.effects import Effect
from signaling.room import Room
from signaling.tasks import Tasks


class HandingOn:
    def __init__(
        self, room: Room, look: Callable[[], Awaitable[Any]], do: Callable[[Iterable[Effect]], None], tasks: Tasks
    ) -> None:
        self._room, self._look, self._do, self._tasks = room, look, do, tasks
        self._held: list[Relayed] = []

    def take(self, said: Relayed) -> None:
        self._held.append(said)
        sender = said.payload.get("page", "")
        if said.event == "signal" and not self._room.knows(said.sender, str(sender)):
            self._tasks.start(self._look_and_hand_on(), "look who speaks")
        elif len(self._held) == 1:
            self._hand_on()

    async def _look_and_hand_on(self) -> None:
        await self._look()
        self._hand_on()

    def _hand_on(self) -> None:
        held, self._held = self._held, []
        for said in held:
            self._do(self._room.relayed(said.to, said.page, said.event, said.payload))
