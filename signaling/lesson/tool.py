"""What the tools of a lesson have in common.

The log is written in full and told to no page: pages are told what stands, each of them no more than is theirs to
know. So whoever comes late sees the same as everybody else, and what is told grows with what is asked, not with how
many answer.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Any, ClassVar

from signaling.effects import Effect
from signaling.ports import Entry, Seat


class Pace(Enum):
    """How soon pages are told of a change."""

    NOW = auto()
    SOON = auto()
    """Within a second, together with whatever else has changed by then."""
    HOSTS = auto()
    """As SOON, and hosts only."""


Rule = Callable[[Any, Seat, Any, frozenset[str]], list[Effect]]


class Tool:
    kinds: ClassVar[frozenset[str]]
    """The entries of the log it is the fold of."""
    rules: ClassVar[dict[type, Rule]] = {}
    """The messages it answers: (tool, seat, message, what that seat may) → effects. A rule raises a `Refusal`."""

    def fold(self, entry: Entry) -> Pace | None:
        """Take the next entry in; how soon pages must hear of it."""
        raise NotImplementedError

    def whole(self, host: bool) -> dict[str, Any]:
        """All that somebody who comes in must know."""
        raise NotImplementedError

    def news(self, host: bool) -> dict[str, Any]:
        """What has changed since pages were last told."""
        return self.whole(host)

    def told(self) -> None:
        """The news were told."""

    def own(self, who: str) -> dict[str, Any]:
        """What only that participant is told, of their own doing."""
        return {}
