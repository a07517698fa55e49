"""What is shown to all in step, page by page, and what is drawn over it."""

from __future__ import annotations

from typing import Any

from signaling.effects import Effect, Record, Spread
from signaling.lesson.tool import Pace, Tool
from signaling.lesson_messages import Draw, Point, Show, Undo, Wipe
from signaling.ports import Entry, Seat
from signaling.refusals import NotAllowed, PageTurned, TooMany

NUMBERS = 16_000  # of all points on one page, x and y: about 80 KiB

Page = tuple[str, int]


class Slides(Tool):
    kinds = frozenset({"slide", "stroke", "unstroke", "wiped"})

    def __init__(self) -> None:
        self._page: Page = ("", 1)
        self._by = ""
        self._strokes: dict[Page, list[dict[str, Any]]] = {}
        self._news: dict[str, Any] = {}

    def fold(self, entry: Entry) -> Pace | None:
        page = str(entry.body["file"]), int(entry.body["page"])
        match entry.kind:
            case "slide":
                self._page, self._by = page, entry.by or ""
                self._news |= self.whole(False)
                return Pace.NOW
            case "stroke":
                stroke = {name: entry.body[name] for name in ("id", "colour", "points")} | {"by": entry.by}
                self._strokes.setdefault(page, []).append(stroke)
                self._news.setdefault("drawn", []).append({"file": page[0], "page": page[1], **stroke})
                return Pace.NOW
            case "unstroke":
                left = [one for one in self._strokes.get(page, ()) if one["id"] != entry.body["stroke"]]
                self._strokes[page] = left
            case "wiped":
                self._strokes[page] = []
        self._news |= {"strokes": self.drawn(page)}
        return Pace.NOW

    def whole(self, host: bool) -> dict[str, Any]:
        file, page = self._page
        return {"slide": {"file": file, "page": page, "by": self._by}, "strokes": self.drawn(self._page)}

    def news(self, host: bool) -> dict[str, Any]:
        return dict(self._news)

    def told(self) -> None:
        self._news = {}

    def drawn(self, page: Page) -> dict[str, Any]:
        """All that is drawn on that page."""
        return {"file": page[0], "page": page[1], "strokes": list(self._strokes.get(page, ()))}

    # ---- rules

    def _show(self, seat: Seat, show: Show, may: frozenset[str]) -> list[Effect]:
        _presents(may)
        if (show.file, show.page) == self._page:
            return []
        body = {"file": show.file, "page": show.page}
        return [Record("slide", seat.who, f"slide:{seat.who}:{show.key}", body, asked=True)]

    def _draw(self, seat: Seat, draw: Draw, may: frozenset[str]) -> list[Effect]:
        _presents(may)
        if not draw.file or (draw.file, draw.page) != self._page:
            raise PageTurned()
        drawn = sum(len(one["points"]) for one in self._strokes.get(self._page, ()))
        if drawn + len(draw.points) > NUMBERS:
            raise TooMany()
        body = {"file": draw.file, "page": draw.page, "id": f"{seat.who}:{draw.key}", "colour": draw.colour}
        key = f"stroke:{seat.who}:{draw.key}"
        return [Record("stroke", seat.who, key, body | {"points": list(draw.points)}, asked=True)]

    def _undo(self, seat: Seat, undo: Undo, may: frozenset[str]) -> list[Effect]:
        _presents(may)
        mine = [one for one in self._strokes.get(self._page, ()) if one["by"] == seat.who]
        if not mine:
            return []
        body = {"file": self._page[0], "page": self._page[1], "stroke": mine[-1]["id"]}
        return [Record("unstroke", seat.who, f"unstroke:{mine[-1]['id']}", body, asked=True)]

    def _wipe(self, seat: Seat, wipe: Wipe, may: frozenset[str]) -> list[Effect]:
        _presents(may)
        if not self._strokes.get(self._page):
            return []
        body = {"file": self._page[0], "page": self._page[1]}
        return [Record("wiped", seat.who, f"wiped:{seat.who}:{wipe.key}", body, asked=True)]

    def _point(self, seat: Seat, point: Point, may: frozenset[str]) -> list[Effect]:
        _presents(may)
        return [Spread("pointed", {"by": seat.who, "x": point.x, "y": point.y, "on": point.on})]

    rules = {Show: _show, Draw: _draw, Undo: _undo, Wipe: _wipe, Point: _point}


def _presents(may: frozenset[str]) -> None:
    if "share" not in may:
        raise NotAllowed(may="share")
