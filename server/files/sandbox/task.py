"""What one run of the child is asked to do, and how long it may go on."""

import json
import time
from typing import Any, BinaryIO

from server.files.sandbox.identity import Expected
from server.files.sandbox.pipe import Pipe, opened, refuse

Facts = dict[str, Any]


class Task:
    """One run over one file of `size` bytes, from `start`: the place of an object in the file, and a frame in it."""

    def __init__(self, pipe: Pipe) -> None:
        asked = json.loads(pipe.receive())
        self.pipe = pipe
        self.size: int = asked["size"]
        self.start: tuple[int, int] = tuple(asked["start"])
        self.expected = Expected(tuple(asked["names"]), asked["birth_date"], asked["sex"])
        self.enough: float = asked["enough"]
        """Seconds after which this run ends by itself and leaves the rest to the next one."""
        self.begun = time.monotonic()

    def file(self) -> BinaryIO:
        return opened(self.pipe, 0, self.size)

    def whole(self, most: int) -> bytes:
        if self.size > most:
            refuse("too_large_inside")
        return self.file().read()

    def spent(self) -> bool:
        return max(time.process_time(), time.monotonic() - self.begun) > self.enough
