"""Who may write, and which lines no longer stand. Hosts decide, the server keeps to it."""

from __future__ import annotations

from typing import Any

from signaling.effects import Effect, Record
from signaling.lesson.tool import Pace, Tool
from signaling.lesson_messages import Ask, Chats, Hush, Unsay
from signaling.messages import Chat
from signaling.ports import Entry, Seat
from signaling.refusals import ChatClosed, Hushed, NoSuchThing
from signaling.speech import hosts_only


class Chatting(Tool):
    kinds = frozenset({"chat", "unsaid", "hushed", "unhushed", "chats"})

    def __init__(self) -> None:
        self.unsaid: set[int] = set()
        self._lines: set[int] = set()
        self._hushed: set[str] = set()
        self._open = True
        self._changes = 0

    def fold(self, entry: Entry) -> Pace | None:
        match entry.kind:
            case "chat":
                self._lines.add(entry.seq)
                return None
            case "unsaid":
                self.unsaid.add(int(entry.body["line"]))
                return None
            case "hushed":
                self._hushed.add(str(entry.body["who"]))
            case "unhushed":
                self._hushed.discard(str(entry.body["who"]))
            case "chats":
                self._open = bool(entry.body["open"])
        self._changes += 1
        return Pace.NOW

    def whole(self, host: bool) -> dict[str, Any]:
        chat: dict[str, Any] = {"open": self._open}
        return {"chat": chat | ({"hushed": sorted(self._hushed)} if host else {})}

    def own(self, who: str) -> dict[str, Any]:
        return {"hushed": who in self._hushed}

    def heed(self, seat: Seat, message: Chat | Ask) -> None:
        """Whether this may be written. Raises `Hushed`, `ChatClosed`."""
        if seat.grant.host or "speak" in seat.grant.may:
            return
        if seat.who in self._hushed:
            raise Hushed()
        if isinstance(message, Chat) and not self._open:
            raise ChatClosed()

    # ---- rules

    def _unsay(self, seat: Seat, unsay: Unsay, may: frozenset[str]) -> list[Effect]:
        hosts_only(seat)
        if unsay.seq not in self._lines:
            raise NoSuchThing()
        return [Record("unsaid", seat.who, f"unsaid:{unsay.seq}", {"line": unsay.seq}, asked=True)]

    def _hush(self, seat: Seat, hush: Hush, may: frozenset[str]) -> list[Effect]:
        hosts_only(seat)
        if hush.on is (hush.who in self._hushed):
            return []
        kind = "hushed" if hush.on else "unhushed"
        return [Record(kind, seat.who, f"{kind}:{hush.who}:{self._changes}", {"who": hush.who}, asked=True)]

    def _chats(self, seat: Seat, chats: Chats, may: frozenset[str]) -> list[Effect]:
        hosts_only(seat)
        if chats.open is self._open:
            return []
        return [Record("chats", seat.who, f"chats:{self._changes}", {"open": chats.open}, asked=True)]

    rules = {Unsay: _unsay, Hush: _hush, Chats: _chats}
