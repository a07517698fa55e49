"""From settings to a listening server: folder, keys, migrations, demo, and a clean end."""

import asyncio
import signal
import sys
from collections.abc import Callable

import uvloop
from aiohttp import web

from server import log
from server.migrations import upgrade
from server.settings import Settings

DRAIN_SECONDS = 20.0


def run(settings: Settings, *, for_people: bool) -> int:
    """Serves until told to stop. Returns the exit status."""
    log.set_up(for_people=for_people)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    uvloop.run(_serve(settings, for_people))
    return 0


async def _serve(settings: Settings, for_people: bool) -> None:
    from server import app as composition

    await upgrade(settings.store_url)
    app = composition.build(settings)
    teller = None
    if settings.demo:
        from server import demo

        teller = await demo.load_once(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS, handle_signals=False)
    await runner.setup()
    site = web.TCPSite(runner, settings.host, settings.port)
    await site.start()
    if teller is not None:
        demo.attach_later(app, teller, app[composition.TASKS])
    if for_people:
        _greet(settings, app)
    await _until_told_to_stop()
    await runner.cleanup()


def _greet(settings: Settings, app: web.Application) -> None:
    from server.accounts.routes import DEMO_SIGN_INS

    print(f"\n  联诊 Lianzhen  →  {settings.base_url}\n", file=sys.stdout)
    for one in app.get(DEMO_SIGN_INS, []):
        print(f"  {one['login']:<14} {one['password']:<22} {one['who']}")
    print(flush=True)


async def _until_told_to_stop() -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    stop: Callable[[], None] = told.set
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await told.wait()
