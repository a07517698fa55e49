"""A session while it runs: it keeps its people until it is finished, also past its time."""

from server.core.unit import Unit
from server.scheduling import claims, queries
from server.scheduling.claims import Clash
from server.scheduling.model import Booking


async def begin(unit: Unit, *, booking_id: str) -> list[Clash]:
    """It has started, or goes on after a break. From now on its people stay taken until it is finished.

    Raises NotFound, AlreadyReleased.
    """
    booking = await queries.booking(unit, booking_id)
    booking.begin(unit.now)
    await unit.session.flush()
    return await claims.keep(unit, booking)


async def finish(unit: Unit, *, booking_id: str) -> Booking:
    """It is over: what is left of its time is free. Raises NotFound, AlreadyReleased, NotBegun."""
    booking = await queries.booking(unit, booking_id)
    booking.finish(unit.now)
    await claims.give_back(unit, booking.id, from_now_on=True)
    await unit.session.flush()
    claims.tell(unit, booking, "scheduling.finished")
    return booking


async def keep_overruns(unit: Unit) -> list[Clash]:
    """Keeps the people of every session that runs over its time; to be called every minute.

    Answers with the sessions whose next booking is already due, for somebody to be told.
    """
    return [clash for booking in await queries.overrunning(unit) for clash in await claims.keep(unit, booking)]
