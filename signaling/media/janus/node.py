"""One Janus: its WebSocket, our session there, and the handles in it. A node that is gone is noticed within 2 s."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from signaling.media.janus.handle import Handle, Hears, Said
from signaling.media.ports import MediaRefusal
from signaling.tasks import Tasks

log = logging.getLogger(__name__)

PATIENCE = 5.0  # seconds for one answer
PULSE = 0.5  # seconds between two words that keep our session, which Janus ends after 60 without any …
DEAF = 3  # … and if so many had no answer, nor anything else was heard, the node is gone
AGAIN = 0.5  # seconds before a node that is gone is looked for again
PLUGIN = "janus.plugin.videoroom"
LONGEST = 4 << 20  # bytes of one message
_UNREADABLE = {435, 437, 464, 465}  # of the VideoRoom and of Janus: not a description it can take
NO_ROOM, ROOM_EXISTS = 426, 427
OURS = "lianzhen"  # what our rooms are described as


class JanusRefusal(MediaRefusal):
    """Janus's own, by its number."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__("media.unreadable" if number in _UNREADABLE else "media.unavailable", f"{number} {why}")
        self.number = number


class Node:
    """`came` is called with each new session, `lost` when it is gone: all its handles are gone with it."""

    def __init__(self, address: str, secret: str, came: Callable[[Node], None], lost: Callable[[Node], None]) -> None:
        self.address, self._secret, self._came, self._lost = address, secret, came, lost
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._session, self._unanswered, self._trouble = 0, 0, ""
        self._asked: dict[str, asyncio.Future[Said]] = {}
        self._handles: dict[int, Hears] = {}
        self._tasks = Tasks()

    @property
    def host(self) -> str:
        """Where we reach it, and the other nodes do."""
        return urlsplit(self.address).hostname or ""

    @property
    def alone(self) -> bool:
        """Only this machine reaches it."""
        return self.host == "localhost" or self.host.startswith("127.") or self.host == "::1"

    @property
    def alive(self) -> bool:
        return self._session > 0

    @property
    def load(self) -> int:
        """Handles of ours: about as many connections."""
        return len(self._handles)

    # ---- the session

    async def keep(self, http: aiohttp.ClientSession) -> None:
        """Connected as long as this runs; found again whenever it comes back."""
        while True:
            try:
                await self._serve(http)
            except (aiohttp.ClientError, OSError, TimeoutError, MediaRefusal) as error:
                self._complain(str(error))
            await asyncio.sleep(AGAIN)

    def _complain(self, why: str) -> None:
        """Once, not twice a second."""
        if why != self._trouble:
            log.warning("Janus at %s cannot be used: %s", self.address, why)
        self._trouble = why

    async def _serve(self, http: aiohttp.ClientSession) -> None:
        async with http.ws_connect(self.address, protocols=["janus-protocol"], max_msg_size=LONGEST) as self._socket:
            reading = self._tasks.start(self._read(self._socket), "Janus's words")
            keeping = None
            try:
                self._session = (await self.ask("create")).facts["id"]
                self._unanswered, self._trouble = 0, ""
                keeping = self._tasks.every(PULSE, partial(self._stay, self._socket), "Janus's session")
                self._came(self)
                await reading
            finally:
                reading.cancel()
                if keeping:
                    keeping.cancel()
                self._gone()

    async def _stay(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Words, not pings: those are answered even by a node that does nothing any more. They are counted, not timed:
        it may be us who are late."""
        if self._unanswered == DEAF:
            await socket.close()
            return
        self._unanswered += 1
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):  # it is gone, as the reading notices
            await self._say(socket, "keepalive", secrets.token_hex(8), {})

    def _gone(self) -> None:
        was, self._session, self._socket = self.alive, 0, None
        self._handles.clear()
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(MediaRefusal("media.unavailable", f"{self.address} is gone"))
        if was:
            log.warning("Janus at %s is gone", self.address)
            self._lost(self)

    async def stop(self) -> None:
        """Ends the session, and with it all its handles."""
        with contextlib.suppress(MediaRefusal):
            await self.ask("destroy")
        await self._tasks.stop()

    # ---- what is said

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                told = message.json()
                if told["janus"] == "timeout":  # our session was ended over there
                    return
                self._heard(told)

    def _heard(self, told: Mapping[str, Any]) -> None:
        self._unanswered = 0
        if told["janus"] == "ack":
            return
        said = _said(told)
        if hears := self._handles.get(told.get("sender", 0)):
            hears(said)
        waiting = self._asked.pop(told.get("transaction", ""), None)
        if waiting is None or waiting.done():
            self._unwanted(told)
            return
        if "error_code" in said.facts:
            waiting.set_exception(JanusRefusal(said.facts["error_code"], said.facts["error"]))
        else:
            waiting.set_result(said)

    def _unwanted(self, told: Mapping[str, Any]) -> None:
        """Whoever asked for a handle did not wait for it: nobody else would end it."""
        if told["janus"] == "success" and "data" in told:
            number = told["data"]["id"]
            self._handles[number] = lambda said: None
            self._tasks.start(self.detach(number), "a handle that nobody waited for")

    async def ask(self, verb: str, **words: Any) -> Said:
        """Raises MediaRefusal."""
        if self._socket is None or self._socket.closed:
            raise MediaRefusal("media.unavailable", f"{self.address} is not there")
        number = secrets.token_hex(8)
        waiting = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            await self._say(self._socket, verb, number, words)
            return await asyncio.wait_for(waiting, PATIENCE)
        except (TimeoutError, ConnectionError, aiohttp.ClientError) as error:
            raise MediaRefusal("media.unavailable", f"{self.address} does not answer to {verb}") from error
        finally:
            self._asked.pop(number, None)

    async def _say(
        self, socket: aiohttp.ClientWebSocketResponse, verb: str, number: str, words: Mapping[str, Any]
    ) -> None:
        session = {"session_id": self._session} if self._session else {}
        told = {"janus": verb, "transaction": number, "apisecret": self._secret}
        await socket.send_json({**told, **session, **words})

    # ---- rooms

    @contextlib.asynccontextmanager
    async def desk(self) -> AsyncIterator[Handle]:
        """A handle for questions that concern no one room."""
        handle = await self.attach(lambda said: None)
        try:
            yield handle
        finally:
            await handle.leave()

    async def has(self, room: str) -> bool:
        """Whether the room is there already; a node that cannot say has none."""
        with contextlib.suppress(MediaRefusal):
            async with self.desk() as desk:
                return bool((await desk.ask("exists", {"room": room})).facts["exists"])
        return False

    async def end(self, room: str) -> None:
        """Whoever is in it is told that it is over."""
        with contextlib.suppress(MediaRefusal):
            async with self.desk() as desk:
                await desk.ask("destroy", {"room": room})

    async def tidy(self) -> None:
        """Rooms outlive whoever made them: those that a process of ours left when it was killed end here."""
        with contextlib.suppress(MediaRefusal):
            async with self.desk() as desk:
                for room in (await desk.ask("list")).facts["list"]:
                    if room["description"] == OURS:
                        with contextlib.suppress(MediaRefusal):  # it may have ended meanwhile
                            await _end_if_left(desk, room["room"])

    # ---- handles

    async def attach(self, hears: Hears) -> Handle:
        """Raises MediaRefusal."""
        number = (await self.ask("attach", plugin=PLUGIN)).facts["id"]
        self._handles[number] = hears
        return Handle(self, number)

    async def detach(self, number: int) -> None:
        if self._handles.pop(number, None) is not None:
            with contextlib.suppress(MediaRefusal):
                await self.ask("detach", handle_id=number)


async def _end_if_left(desk: Handle, room: str) -> None:
    """Nobody is there but, maybe, what was passed on from another node: that does not end with its room."""
    there = (await desk.ask("listparticipants", {"room": room})).facts["participants"]
    if all(one.get("remote") for one in there):
        for one in there:
            await desk.ask("remove_remote_publisher", {"room": room, "id": one["id"]})
        await desk.ask("destroy", {"room": room})


def _said(told: Mapping[str, Any]) -> Said:
    facts = told.get("plugindata", {}).get("data") or told.get("data") or {}
    if error := told.get("error"):
        facts = {"error_code": error["code"], "error": error["reason"]}
    return Said(told["janus"], facts, told.get("jsep", {}).get("sdp", ""))
