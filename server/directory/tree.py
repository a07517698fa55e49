"""The tree of institutions: in which order a page shows it, and what stays of it when it is narrowed down."""

from collections.abc import Collection, Iterable

from server.directory.model import Institution


def walk(places: Iterable[Institution]) -> list[tuple[Institution, int]]:
    """Depth first, by code; an institution whose parent is not there stands at the top."""
    rows = list(places)
    known = {one.id for one in rows}
    below: dict[str | None, list[Institution]] = {}
    for one in rows:
        below.setdefault(one.parent_id if one.parent_id in known else None, []).append(one)

    def under(parent: str | None, depth: int) -> list[tuple[Institution, int]]:
        return [found for one in below.get(parent, []) for found in [(one, depth), *under(one.id, depth + 1)]]

    return under(None, 0)


def with_those_above(places: Collection[Institution], found: Collection[str]) -> list[Institution]:
    """Those found, and what stands above each, so that one sees where it is."""
    known = {one.id: one for one in places}
    kept: set[str] = set()
    for id in found:
        above: str | None = id
        while above in known and above not in kept:
            kept.add(above)
            above = known[above].parent_id
    return [one for one in places if one.id in kept]
