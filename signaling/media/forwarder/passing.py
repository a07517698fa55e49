"""One hall over several processes: what one receives, it passes on to the others, and they serve their watchers.

Over sequenced-packet Unix sockets in a folder that only the house's own user may enter. A process that cannot keep
up loses packets, asks for them again, and slows nobody.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from struct import Struct, pack, unpack

from signaling.media.forwarder.history import Kept
from signaling.media.forwarder.reports import Moment
from signaling.media.forwarder.source import Source, Stream

log = logging.getLogger(__name__)

_PACKET, _AGAIN, _KEY_FRAME, _MOMENT = range(4)
_HEAD = Struct("!BIB")  # kind, handle, layer
_FIELDS = Struct("!HIBh")  # sequence, timestamp, marker, level (its bit for "speech" included; −1: none)
_BUFFER = 4 << 20


class Link:
    """To one other process. `heard` gets every frame; `ended` is called when the other end is gone."""

    def __init__(
        self, link: socket.socket, heard: Callable[[Link, bytes], None], ended: Callable[[Link], None]
    ) -> None:
        link.setblocking(False)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        self._socket, self._heard, self._ended = link, heard, ended
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(link.fileno(), self._readable)
        self.lost = 0

    def _readable(self) -> None:
        for _ in range(64):
            try:
                frame = self._socket.recv(2048)
            except BlockingIOError:
                return None
            except OSError:
                frame = b""
            if not frame:
                return self.close()
            self._heard(self, frame)
        return None

    def send(self, frame: bytes) -> None:
        try:
            self._socket.send(frame)
        except BlockingIOError:
            self.lost += 1
        except OSError:
            self.close()

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            self._ended(self)


class Export:
    """A source of this process, passed on over a link."""

    def __init__(self, handle: int, source: Source, link: Link) -> None:
        self.handle, self.source, self.link = handle, source, link
        self._told: dict[Stream, Moment] = {}
        for stream in source.streams:
            stream.listeners.append(self._pass_on)
            stream.need_key_frame(asyncio.get_running_loop().time())

    def _pass_on(self, stream: Stream, packet: Kept, level: int) -> None:
        if stream.moment is not None and self._told.get(stream) is not stream.moment:
            self._told[stream] = stream.moment
            moment = pack("!QI", stream.moment.ntp & (1 << 64) - 1, stream.moment.timestamp)
            self.link.send(_HEAD.pack(_MOMENT, self.handle, stream.layer) + moment)
        self._send(stream.layer, packet, level)

    def _send(self, layer: int, packet: Kept, level: int) -> None:
        fields = _FIELDS.pack(packet.sequence, packet.timestamp, packet.marker, level)
        self.link.send(_HEAD.pack(_PACKET, self.handle, layer) + fields + packet.payload)

    def asked(self, kind: int, layer: int, rest: bytes, now: float) -> None:
        stream = self.source.streams[layer]
        if kind == _KEY_FRAME:
            stream.need_key_frame(now)
        elif kind == _AGAIN:
            for sequence in unpack(f"!{len(rest) // 2}H", rest):
                if kept := stream.history.find(sequence):
                    self._send(layer, kept, -1)

    def close(self) -> None:
        for stream in self.source.streams:
            if self._pass_on in stream.listeners:
                stream.listeners.remove(self._pass_on)


class Import:
    """A source of another process, as this one's halls see it: the upstream of its streams."""

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.source: Source | None = None
        self.link: Link | None = None  # known from the first packet on

    def ask_again(self, stream: Stream, sequences: list[int]) -> None:
        self._ask(_AGAIN, stream, pack(f"!{len(sequences)}H", *sequences))

    def ask_key_frame(self, stream: Stream) -> None:
        self._ask(_KEY_FRAME, stream, b"")

    def _ask(self, kind: int, stream: Stream, rest: bytes) -> None:
        if self.link is not None:
            self.link.send(_HEAD.pack(kind, self.handle, stream.layer) + rest)

    def came(self, kind: int, layer: int, rest: bytes, now: float) -> None:
        assert self.source is not None
        stream = self.source.streams[layer]
        if kind == _MOMENT:
            stream.moment = Moment(*unpack("!QI", rest))
        elif kind == _PACKET:
            sequence, timestamp, marker, level = _FIELDS.unpack_from(rest)
            stream.take(sequence, timestamp, marker, rest[_FIELDS.size :], level, now)


class Passing:
    """Every link of one process, and what goes over them by handle."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._exports: dict[int, Export] = {}
        self._imports: dict[int, Import] = {}
        self._links: dict[str, Link] = {}
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def open(self) -> None:
        self._listening.bind(str(self._folder / self._name))
        self._listening.listen()
        self._listening.setblocking(False)
        asyncio.get_running_loop().add_reader(self._listening.fileno(), self._accept)

    def _accept(self) -> None:
        link, _ = self._listening.accept()
        Link(link, self._heard, self._ended)

    def export(self, handle: int, source: Source, to: str) -> None:
        """Raises OSError when the other process is not there."""
        if to not in self._links:
            link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            link.connect(str(self._folder / to))
            self._links[to] = Link(link, self._heard, self._ended)
        self._exports[handle] = Export(handle, source, self._links[to])

    def withdraw(self, handle: int) -> None:
        if export := self._exports.pop(handle, None):
            export.close()

    def bring(self, imported: Import) -> None:
        self._imports[imported.handle] = imported

    def take_away(self, handle: int) -> None:
        self._imports.pop(handle, None)

    def _heard(self, link: Link, frame: bytes) -> None:
        kind, handle, layer = _HEAD.unpack_from(frame)
        now, rest = asyncio.get_running_loop().time(), frame[_HEAD.size :]
        if kind in (_AGAIN, _KEY_FRAME):
            if export := self._exports.get(handle):
                export.asked(kind, layer, rest, now)
        elif imported := self._imports.get(handle):
            if imported.link is not link:
                imported.link = link
                for stream in imported.source.streams if imported.source else ():
                    stream.need_key_frame(now)
            imported.came(kind, layer, rest, now)

    def _ended(self, link: Link) -> None:
        for handle, export in list(self._exports.items()):
            if export.link is link:
                self.withdraw(handle)
        for name, known in list(self._links.items()):
            if known is link:
                del self._links[name]
        for imported in self._imports.values():
            if imported.link is link:
                imported.link = None

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listening.fileno())
        self._listening.close()
        for link in list(self._links.values()):
            link.close()
