"""Plain counts for the metrics page; whoever owns them reads them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    sockets: int = 0  # open now
    rooms: int = 0  # live on this node now
    joins: int = 0
    resumes: int = 0
    messages: int = 0
    signals: int = 0
    entries: int = 0
    hints: int = 0
    refused: int = 0
    malformed: int = 0  # frames that are no Socket.IO at all
    cut: int = 0  # connections ended for flooding, silence or nonsense
    resyncs: int = 0  # queues dropped because a page read too slowly
    forged: int = 0  # messages between nodes that were not ours
    bus_lost: int = 0  # hints that could not be sent
    errors: int = 0
