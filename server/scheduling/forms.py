"""What the pages of one's own times send, as values."""

from collections.abc import Iterator, Mapping
from datetime import time
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, Field, create_model

from server.core.forms import Day, Moment
from server.scheduling.availability import ExceptionKind, Hours
from server.scheduling.hours import WeeklyStretch

ROWS = 3
"""Stretches a weekday has in the form: morning, afternoon, evening."""


def field_name(weekday: int, row: int, end: str) -> str:
    """The name of an input: weekday 0 is Monday, `end` is "from" or "to"."""
    return f"d{weekday}_{row}_{end}"


def _inputs() -> Iterator[tuple[int, int, str, str]]:
    for weekday in range(7):
        for row in range(ROWS):
            yield weekday, row, field_name(weekday, row, "from"), field_name(weekday, row, "to")


class _HoursHead(BaseModel):
    valid_from: Day
    version: int = 0


_times: Any = {name: (time | None, None) for *_, start, end in _inputs() for name in (start, end)}
HoursForm: type[_HoursHead] = create_model("HoursForm", __base__=_HoursHead, **_times)


class ExceptionForm(BaseModel):
    kind: ExceptionKind
    start: Moment
    end: Moment
    note: str = Field("", max_length=120)


class WeekQuery(BaseModel):
    week: Day | None = None


def stretches_of(form: BaseModel) -> tuple[list[WeeklyStretch], dict[str, str]]:
    """The hours of a valid HoursForm, and what is wrong with them by field (a msgid)."""
    found: list[tuple[WeeklyStretch, str]] = []
    errors: dict[str, str] = {}
    for weekday, _, start_name, end_name in _inputs():
        start, end = getattr(form, start_name), getattr(form, end_name)
        if (start is None) != (end is None):
            errors[end_name if end is None else start_name] = "请填写开始和结束时间，或都不填"
        elif start is not None:
            stretch = WeeklyStretch(weekday, _minute(start), _minute(end) or 1440)
            found.append((stretch, end_name))
            if stretch.end <= stretch.start:
                errors[end_name] = "结束时间须晚于开始时间"
    errors = {**_overlaps(found), **errors}
    return [stretch for stretch, _ in found], errors


def _overlaps(found: list[tuple[WeeklyStretch, str]]) -> dict[str, str]:
    return {
        name: "同一天的时段不能重叠"
        for (earlier, _), (later, name) in pairwise(sorted(found))
        if earlier.weekday == later.weekday and later.start < earlier.end
    }


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def shown_hours(hours: list[Hours]) -> Mapping[str, str]:
    """What the inputs show for hours already set."""
    shown: dict[str, str] = {}
    rows = dict.fromkeys(range(7), 0)
    for each in sorted(hours, key=lambda one: (one.weekday, one.start)):
        row = rows[each.weekday]
        shown[field_name(each.weekday, row, "from")] = _clock(each.start)
        shown[field_name(each.weekday, row, "to")] = _clock(each.end)
        rows[each.weekday] += 1
    return shown


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
