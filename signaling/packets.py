"""The packets of Socket.IO as our pages send them, and nothing else."""

from __future__ import annotations

from typing import Any

import orjson
from engineio import packet as frames
from socketio import packet


class Json:
    """orjson in the shape both libraries expect."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return orjson.dumps(value).decode()

    loads = staticmethod(orjson.loads)


class BadFrame(ValueError):
    """Not a packet a browser's Socket.IO client would send us."""


class Packet(packet.Packet):  # type: ignore[misc]
    """Text only, and only the four kinds that our pages send."""

    uses_binary_events = False
    json = Json

    def decode(self, encoded_packet: Any) -> int:
        if not isinstance(encoded_packet, str) or encoded_packet[:1] not in ("0", "1", "2", "3"):
            raise BadFrame()
        try:
            attachments: int = super().decode(encoded_packet)
        except (ValueError, TypeError, IndexError, RecursionError):
            raise BadFrame() from None
        if attachments or not self._well_formed():
            raise BadFrame()
        return 0

    def _well_formed(self) -> bool:
        if self.packet_type == packet.EVENT:
            return isinstance(self.data, list) and bool(self.data) and isinstance(self.data[0], str)
        return self.data is None or isinstance(self.data, dict | list | str)


def spoken(namespace: str, event: str, payload: Any) -> Any:
    """An event encoded once, to be put into any number of outboxes."""
    message = Packet(packet.EVENT, namespace=namespace, data=[event, payload])
    return frames.Packet(frames.MESSAGE, message.encode())
