"""The pictures of a DICOM attachment in the order a reader turns them: series, object, frame."""

from itertools import groupby

import orjson

from server.files.facts import Frame, Look

Place = tuple[Look, int, int, int]
"""How to look at it, its number in its object, where its bytes begin among all frames, how many they are."""


class Album:
    """Frames as they arrive, put in order at the end; equal looks are kept once."""

    def __init__(self) -> None:
        self._looks: dict[Look, Look] = {}
        self._places: list[Place] = []
        self._end = 0

    def __len__(self) -> int:
        return len(self._places)

    def add(self, frame: Frame) -> None:
        look = Look.model_validate(frame.model_dump())
        look = self._looks.setdefault(look, look)
        self._places.append((look, frame.frame, self._end, frame.length))
        self._end += frame.length

    def first(self) -> Look:
        return self._places[0][0]

    def modalities(self) -> list[str]:
        return sorted({look.modality for look in self._looks} - {""})

    def series_count(self) -> int:
        return len({look.series for look in self._looks})

    def written(self) -> bytes:
        """JSON: `looks`, and `series` of frames as [look, frame, offset, length] by their place in `looks`."""
        ranks = {look: rank for rank, look in enumerate(self._looks)}
        ordered = sorted(self._places, key=_order)
        by_series = [list(places) for _, places in groupby(ordered, lambda place: place[0].series)]
        series = [_series([(ranks[look], *rest) for look, *rest in places], places[0][0]) for places in by_series]
        return orjson.dumps({"looks": [look.model_dump() for look in self._looks], "series": series})


def _order(place: Place) -> tuple[int, str, int, str, int]:
    look = place[0]
    return look.series_number, look.series, look.number, look.instance, place[1]


def _series(frames: list[tuple[int, ...]], look: Look) -> dict[str, object]:
    return {
        "uid": look.series,
        "study": look.study,
        "number": look.series_number,
        "modality": look.modality,
        "body_part": look.body_part,
        "frames": frames,
    }
