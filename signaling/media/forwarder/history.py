"""The last packets of one stream, kept once however many receivers may ask for them again."""

from __future__ import annotations

from typing import NamedTuple

VIDEO, AUDIO = 1024, 128  # about 5 s at 2 Mbit/s; 2.5 s of 20 ms


class Kept(NamedTuple):
    """`marker` is 0x80 or 0, as it stands in the header."""

    sequence: int
    timestamp: int
    marker: int
    payload: bytes


class History:
    """`length` must divide 65,536, so that a number and its successor after the wrap never share a place."""

    def __init__(self, length: int = VIDEO) -> None:
        if 0x10000 % length:
            raise ValueError(f"{length} does not divide 65,536")
        self._ring: list[Kept | None] = [None] * length
        self._mask = length - 1

    def keep(self, packet: Kept) -> None:
        self._ring[packet.sequence & self._mask] = packet

    def find(self, sequence: int) -> Kept | None:
        """None for what was never there or has been overwritten."""
        kept = self._ring[sequence & self._mask]
        return kept if kept is not None and kept.sequence == sequence else None
