"""What happens without anybody asking: mails go out, the audit chain is checkpointed, clocks run out."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from server.audit import service as audit
from server.consultation import duties as consultation_duties
from server.core.database import Database
from server.core.tasks import Tasks
from server.core.unit import Unit
from server.files.desk import store_at
from server.files.vault import Vault
from server.meeting.recordings import showings
from server.meeting.recordings.carpenter import Carpenter
from server.meeting.recordings.studio import Studio
from server.outgoing import Carrier, carry_due
from server.settings import Settings
from server.teaching import duties as teaching_duties

log = structlog.get_logger()
SPREAD = 1.0  # seconds between the first rounds of the duties: who comes back after a start goes first


def start(tasks: Tasks, database: Database, settings: Settings) -> None:
    """Starts every recurring duty under `tasks`."""
    carrier = Carrier(settings)
    tasks.start(every(2, lambda: carry_due(database, carrier), "outbox"), "outbox")
    tasks.start(every(30, lambda: checkpoint(database, settings), "checkpoint", first=SPREAD), "checkpoint")
    vault = Vault(store_at(settings.data / "files", settings.s3_url), database.keys)
    studio = Studio(database, vault, settings.recordings)
    carpenter = Carpenter(database, vault, settings.recordings)
    tasks.start(every(10, studio.work, "recordings", first=SPREAD), "recordings")
    tasks.start(every(10, carpenter.work, "ladders", first=2 * SPREAD), "ladders")
    duties = (*consultation_duties.DUTIES, *teaching_duties.DUTIES, showings.forget_showings)
    for place, duty in enumerate(duties, start=1):
        rounds = every(60, partial(in_a_unit, database, duty), duty.__name__, first=place * SPREAD)
        tasks.start(rounds, duty.__name__)


async def every(seconds: float, duty: Callable[[], Awaitable[object]], name: str, *, first: float = 0) -> None:
    """Does a duty again and again, the first time after `first` s; one failure is logged and does not end it."""
    await asyncio.sleep(first)
    while True:
        try:
            await duty()
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("duty failed", duty=name)
        await asyncio.sleep(seconds)


async def in_a_unit(database: Database, duty: Callable[[Unit], Awaitable[int]]) -> None:
    async with database.unit() as unit:
        await duty(unit)


async def checkpoint(database: Database, settings: Settings) -> None:
    """The signed end of the audit chain, outside the database; it does not move over a chain that was tampered with."""
    async with database.unit(writes=False) as unit:
        await audit.move_checkpoint(unit, settings.checkpoint)
