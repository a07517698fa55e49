"""What of the words on a picture must be covered, as boxes. Pure."""

from collections.abc import Iterator, Sequence

from server.casebook.deidentify import spans
from server.casebook.known import Known
from server.files.copying import Survey
from server.files.facts import Box, Words

MARGIN = 0.003
"""Around letters, as a part of the page: glyphs reach beyond their boxes."""


def masks_of(survey: Survey, known: Known, *, year: int) -> dict[str, list[Box]]:
    """By group: what the file itself says may hold a name, and the words on it that name somebody or tell a date."""
    masks: dict[str, list[Box]] = {}
    for place, sheet in enumerate(survey.sheets):
        boxes = masks.setdefault(sheet.group, [])
        boxes += [box for box in sheet.proposed if box not in boxes]
        if place in survey.words:
            boxes += over(survey.words[place], known, year)
    return masks


def over(words: Words, known: Known, year: int) -> Iterator[Box]:
    for start, stop in spans(words.text, known, year=year):
        yield from _lines([place for place in words.places[start:stop] if place[2] > 0 and place[3] > 0])


def _lines(places: Sequence[Box]) -> Iterator[Box]:
    """A box for each line that the characters stand on."""
    line: list[Box] = []
    for place in places:
        if line and not _level(line[-1], place):
            yield _around(line)
            line = []
        line.append(place)
    if line:
        yield _around(line)


def _level(one: Box, other: Box) -> bool:
    return one[1] < other[1] + other[3] and other[1] < one[1] + one[3]


def _around(places: Sequence[Box]) -> Box:
    left, top = min(one[0] for one in places), min(one[1] for one in places)
    right, bottom = max(one[0] + one[2] for one in places), max(one[1] + one[3] for one in places)
    left, top = max(0.0, left - MARGIN), max(0.0, top - MARGIN)
    right, bottom = min(1.0, right + MARGIN), min(1.0, bottom + MARGIN)
    return left, top, right - left, bottom - top
