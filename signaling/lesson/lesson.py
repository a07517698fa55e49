"""The tools of one hall together: which of them answers a message, learns of an entry, and who is told what of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from signaling.effects import Effect, Emit
from signaling.lesson.captions import Captions
from signaling.lesson.chatting import Chatting
from signaling.lesson.checks import Checks
from signaling.lesson.groups import Groups
from signaling.lesson.polls import Polls
from signaling.lesson.questions import Questions
from signaling.lesson.slides import Slides
from signaling.lesson.tool import Pace, Tool
from signaling.lesson_messages import Ask
from signaling.messages import Chat, Message
from signaling.ports import Entry, Seat

TOLD = frozenset({"chat", "unsaid"})  # their entries are told as they are
TOOLS: tuple[type[Tool], ...] = (Checks, Polls, Questions, Chatting, Slides, Groups, Captions)
PAUSE = 1.0  # seconds between two counts
KEPT = frozenset(kind for tool in TOOLS for kind in tool.kinds) - TOLD


class Lesson:
    def __init__(self) -> None:
        self.checks, self.chatting, self.slides, self.groups = Checks(), Chatting(), Slides(), Groups()
        self.captions = Captions()
        named: list[Tool] = [self.checks, self.chatting, self.slides, self.groups, self.captions]
        self._tools: list[Tool] = [*named, Polls(), Questions()]
        self._learns = {kind: tool for tool in self._tools for kind in tool.kinds}
        self._answers = {kind: tool for tool in self._tools for kind in tool.rules}
        self._soon: dict[Tool, Pace] = {}
        self._told_at = float("-inf")

    def said(self, seat: Seat, message: Message, may: frozenset[str]) -> list[Effect] | None:
        """The effects of a message that is a tool's; None when it is none's. Raises a `Refusal`."""
        if isinstance(message, Chat | Ask):
            self.chatting.heed(seat, message)
        tool = self._answers.get(type(message))
        return tool.rules[type(message)](tool, seat, message, may) if tool else None

    def learn(self, entry: Entry, inside: Sequence[Seat]) -> list[Effect]:
        """An entry was written: whoever it is about hears so at once, everybody else at the tool's pace."""
        tool = self._learns.get(entry.kind)
        pace = tool.fold(entry) if tool else None
        if tool is None or pace is None:
            return []
        about = str(entry.body.get("who", entry.by))
        own = [self._own(tool, about)] if any(seat.who == about for seat in inside) and tool.own(about) else []
        if pace is Pace.NOW:
            return [*own, *_told(tool, inside)]
        if self._soon.get(tool) is not Pace.SOON:
            self._soon[tool] = pace
        return own

    def ticked(self, inside: Sequence[Seat], now: float) -> list[Effect]:
        """What was to be told soon, once a second at most."""
        if not self._soon or now - self._told_at < PAUSE:
            return []
        self._told_at = now
        due, self._soon = self._soon, {}
        hosts = [seat for seat in inside if seat.grant.host]
        return [told for tool, pace in due.items() for told in _told(tool, hosts if pace is Pace.HOSTS else inside)]

    def recap(self, seat: Seat) -> dict[str, Any]:
        """All that stands, as that participant may know it."""
        whole: dict[str, Any] = {"whole": True}
        mine: dict[str, Any] = {}
        for tool in self._tools:
            whole |= tool.whole(seat.grant.host)
            mine |= tool.own(seat.who)
        return whole | {"mine": mine}

    @staticmethod
    def _own(tool: Tool, who: str) -> Effect:
        return Emit((who,), "lesson", {"mine": tool.own(who)})


def _told(tool: Tool, inside: Iterable[Seat]) -> list[Effect]:
    """The tool's news, to hosts with what only they may know."""
    to: dict[bool, list[str]] = {True: [], False: []}
    for seat in inside:
        to[seat.grant.host].append(seat.who)
    told: list[Effect] = [Emit(tuple(who), "lesson", tool.news(host)) for host, who in to.items() if who]
    tool.told()
    return told
