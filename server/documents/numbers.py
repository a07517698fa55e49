"""Numbers of a series that runs per institution and day, without gaps: SQ110108-001 20261122 0001."""

from sqlalchemy.exc import IntegrityError

from server.core.i18n import BEIJING
from server.core.unit import Unit
from server.documents import queries
from server.documents.model import DocumentSeries


async def take(unit: Unit, prefix: str, institution_code: str) -> str:
    """The next number; the next taker waits until this transaction ends, and a roll-back gives it back."""
    series = f"{prefix}{institution_code}{unit.now.astimezone(BEIJING):%Y%m%d}"
    counter = await locked_counter(unit, series)
    counter.last += 1
    await unit.session.flush()
    return f"{series}{counter.last:04d}"


async def locked_counter(unit: Unit, series: str) -> DocumentSeries:
    """The counter's row, locked; two that begin the same series at once meet at its primary key."""
    counter = await queries.series(unit, series)
    if counter is None:
        try:
            async with unit.session.begin_nested():
                unit.session.add(DocumentSeries(series=series, last=0))
        except IntegrityError:
            pass
        counter = await queries.series(unit, series)
    assert counter is not None
    return counter
