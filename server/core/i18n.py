"""Words in the reader's language. Chinese is the source; English comes from server/locale/en/*.po, one a capability."""

import gettext
from collections.abc import Mapping
from datetime import date, datetime, time, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po

LOCALES = ("zh", "en")
BEIJING = ZoneInfo("Asia/Shanghai")
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


class Catalogue(gettext.NullTranslations):
    """English words by Chinese msgid; what is missing stays Chinese (and fails a test)."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self.words = words

    def gettext(self, message: str) -> str:
        return self.words.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1)


class Translations:
    """All catalogues. Files named js-*.po hold the words of the browser's side."""

    def __init__(self, folder: Path) -> None:
        pages: dict[str, str] = {}
        browser: dict[str, str] = {}
        for path in sorted((folder / "en").glob("*.po")):
            (browser if path.name.startswith("js-") else pages).update(_words_of(path))
        self.browser: dict[str, dict[str, str]] = {"zh": {}, "en": browser}
        self._catalogues = {"zh": Catalogue({}), "en": Catalogue(pages)}

    def catalogue(self, locale: str) -> Catalogue:
        return self._catalogues[locale]

    def say(self, locale: str, message: str, facts: Mapping[str, Any] | None = None) -> str:
        words = self._catalogues[locale].gettext(message)
        return words % facts if facts else words


@cache  # read once a process: a site under test is built thousands of times
def _words_of(path: Path) -> Mapping[str, str]:
    with path.open("rb") as file:
        catalogue = read_po(file, locale="en")
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string}


def today(now: datetime) -> date:
    """The day it is in China, where posts begin and agreements end."""
    return now.astimezone(BEIJING).date()


def midnight(day: date) -> datetime:
    """When a day begins in China."""
    return datetime.combine(day, time(), BEIJING)


def choose_locale(wished: str | None, accept_language: str) -> str:
    """The reader's choice, else English only for a browser that asks for it before Chinese."""
    if wished in LOCALES:
        return str(wished)
    first = accept_language.strip().lower()
    return "en" if first.startswith("en") else "zh"


def local_time(at: datetime, locale: str, zone: tzinfo = BEIJING) -> str:
    """11月22日 周日 14:30, or Sun 22 Nov 14:30; the year is added when it is not that of the clock's day."""
    there = at.astimezone(zone)
    if locale == "en":
        return there.strftime("%a %-d %b %Y %H:%M")
    return f"{there.year}年{there.month}月{there.day}日 {WEEKDAYS[there.weekday()]} {there:%H:%M}"


def local_date(at: date, locale: str, zone: tzinfo = BEIJING) -> str:
    """22 Nov 2026, of a moment there or of a day as it is."""
    there = at.astimezone(zone) if isinstance(at, datetime) else at
    return there.strftime("%-d %b %Y") if locale == "en" else f"{there.year}年{there.month}月{there.day}日"
