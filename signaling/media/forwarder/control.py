"""Between the house and its forwarder processes: JSON with its length before it, over an inherited socket pair.

Nobody else can open that socket, so nothing on it is authenticated.
"""

from __future__ import annotations

import asyncio
from dataclasses import fields
from typing import Any

import orjson

from signaling.media.ports import Joined, Listening, Lost, MediaEvent, Offered, Said, SourceCame, SourceLeft, Speaking

LONGEST = 4 << 20  # bytes of one message
_EVENTS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Offered, SourceCame, SourceLeft, Joined, Lost, Speaking, Said, Listening)
}


def event_words(event: MediaEvent) -> dict[str, Any]:
    """As it travels."""
    return {"event": type(event).__name__, **{one.name: getattr(event, one.name) for one in fields(event)}}


def event_of(words: dict[str, Any]) -> MediaEvent:
    """What `event_words` wrote."""
    event: MediaEvent = _EVENTS[words["event"]](**{name: value for name, value in words.items() if name != "event"})
    return event


def send(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    """Nothing once the other end is gone: there is nobody to tell."""
    if writer.is_closing():
        return
    body = orjson.dumps(message)
    writer.write(len(body).to_bytes(4, "big") + body)


async def receive(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next message; None when the other end is gone."""
    try:
        length = int.from_bytes(await reader.readexactly(4), "big")
        if length > LONGEST:
            return None
        message: dict[str, Any] = orjson.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return message
