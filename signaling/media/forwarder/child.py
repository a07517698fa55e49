"""The house's end of one forwarder process: started, asked, heard, and missed when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from signaling.media.forwarder import control
from signaling.media.ports import MediaRefusal
from signaling.tasks import Tasks

PATIENCE = 10.0  # seconds for one answer
START = 30.0  # seconds for a process to come up


class Child:
    """`module` is what the process runs; `heard` gets every message that answers nothing; `died` is called when
    the process is gone unasked."""

    def __init__(self, module: str, heard: Callable[[dict[str, Any]], None], died: Callable[[], None]) -> None:
        self._module, self._heard, self._died = module, heard, died
        self._numbers, self._asked = count(1), dict[int, asyncio.Future[Any]]()
        self._tasks = Tasks()
        self._writer: asyncio.StreamWriter | None = None
        self.process: asyncio.subprocess.Process | None = None
        self.alive = False

    async def start(self, words: Mapping[str, Any]) -> None:
        """Raises MediaRefusal when it does not come up. Given up on the way, it leaves no process behind."""
        try:
            await self._start(words)
        except BaseException:
            await self.stop()
            raise

    async def _start(self, words: Mapping[str, Any]) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", self._module, str(theirs.fileno())]
        with theirs:
            self.process = await asyncio.create_subprocess_exec(*command, pass_fds=[theirs.fileno()])
        reader, self._writer = await asyncio.open_connection(sock=ours)
        control.send(self._writer, dict(words))
        ready = await asyncio.wait_for(control.receive(reader), START)
        if ready is None:
            raise MediaRefusal("media.unavailable", "a forwarder process did not start")
        self.alive = True
        self._tasks.start(self._listen(reader), "forwarder process")

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while (message := await control.receive(reader)) is not None:
            if "answers" in message:
                self._answered(message)
            else:
                self._heard(message)
        self.alive = False
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(MediaRefusal("media.unavailable", "the forwarder process died"))
        self._died()

    def _answered(self, message: dict[str, Any]) -> None:
        waiting = self._asked.pop(message["answers"], None)
        if waiting is None or waiting.done():
            return
        if "code" in message:
            waiting.set_exception(MediaRefusal(message["code"], message["why"]))
        else:
            waiting.set_result(message["ok"])

    async def ask(self, verb: str, hall: str, *words: Any) -> Any:
        """Raises MediaRefusal: the process's own, or `media.unavailable`."""
        if not self.alive or self._writer is None:
            raise MediaRefusal("media.unavailable", "the forwarder process is not there")
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        control.send(self._writer, {"number": number, "verb": verb, "hall": hall, "words": words})
        try:
            return await asyncio.wait_for(self._asked[number], PATIENCE)
        except TimeoutError as error:
            raise MediaRefusal("media.unavailable", f"no answer to {verb}") from error
        finally:
            self._asked.pop(number, None)

    async def stop(self) -> None:
        """Hangs up, which ends the process; kills one that does not go."""
        self._died = lambda: None
        self.alive = False
        if self._writer is not None:
            self._writer.close()
        if self.process is not None:
            try:
                await asyncio.wait_for(self.process.wait(), 5)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self.process.kill()
                await self.process.wait()
        await self._tasks.stop()
