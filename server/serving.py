"""From settings to a listening server: folder, keys, refusals, migrations, demo, and a clean end."""

import asyncio
import contextlib
import errno
import gc
import resource
import signal
import ssl
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import structlog
import uvloop
from aiohttp import web

from server import log, upkeep
from server.core.children import child_process
from server.core.errors import Refusal
from server.core.http import DATABASE, LEAVING
from server.core.tasks import Tasks
from server.migrations import upgrade
from server.settings import Settings

DRAIN_SECONDS = 20.0
NEW_OBJECTS = 20_000
"""How many more there are than at the collector's last look before it looks again: a page makes thousands, and nearly
all go by themselves."""
words = structlog.get_logger()


class PortTaken(Refusal):
    code = "serving.port_taken"
    says = "端口 %(port)s 已被占用：用 --port 换一个（make run PORT=…），或先停下占用它的程序"


def run(settings: Settings, *, for_people: bool) -> int:
    """Serves until told to stop. Returns the exit status: 2 when the site is not fit to be served."""
    log.set_up(for_people=for_people, debug=settings.debug)
    _prepare(settings)
    if not for_people and asyncio.run(_refused(settings)):
        return 2
    uvloop.run(_serve(settings, for_people), debug=settings.debug)
    return 0


def work(settings: Settings) -> int:
    """The recurring duties alone, until told to stop. Returns 2 where `run` would: it has the same site in hand."""
    log.set_up(for_people=False)
    _prepare(settings)
    if asyncio.run(_refused(settings)):
        return 2
    uvloop.run(_work(settings))
    return 0


def _prepare(settings: Settings) -> None:
    upkeep.make_folder(settings)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536) if most > 0 else 65536, most))


async def _refused(settings: Settings) -> bool:
    """Says every reason why this must not serve people; whether there is one."""
    from server.operations import findings
    from server.operations.checks import reasons_to_refuse

    await upgrade(settings.store_url)
    reasons = reasons_to_refuse(settings, demo_loaded=await upkeep.demo_loaded(settings))
    for line in findings.told(reasons, upkeep.say_in_terminal_language()):
        print(line, file=sys.stderr)
    return bool(reasons)


async def _serve(settings: Settings, for_people: bool) -> None:
    from server import app as composition

    await upgrade(settings.store_url)
    app = composition.build(settings)
    if settings.demo:
        await _offer_demo(settings, app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS, handle_signals=False)
    await runner.setup()
    try:
        await _listen(runner, settings)
        _collect_soon()
        if for_people:
            _greet(settings, app)
        else:
            words.info("serving", address=settings.base_url, listening=f"{settings.host}:{settings.port}")
        await _until_told_to_stop()
        app[LEAVING].set()
        await asyncio.sleep(settings.leaving_seconds)
    finally:
        await runner.cleanup()


def _collect_soon() -> None:
    """The collector, off since the start began (cli), is on again: a second later, when the first pages are out."""
    asyncio.get_running_loop().call_later(1, _collect_from_now_on)


def _collect_from_now_on() -> None:
    gc.collect()
    gc.freeze()  # what was made at start stays: the collector need not walk it again
    gc.set_threshold(NEW_OBJECTS, 10, 10)
    gc.enable()


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    """Raises PortTaken."""
    site = web.TCPSite(runner, settings.host, settings.port, ssl_context=_tls(settings), backlog=1024)
    try:
        await site.start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTaken(port=settings.port) from None


async def _offer_demo(settings: Settings, app: web.Application) -> None:
    """Loads it, the first time, in a process that ends with it. Raises RuntimeError when that failed."""
    from server import demo
    from server.accounts.routes import DEMO_SIGN_INS

    async with app[DATABASE].unit(writes=False) as unit:
        loaded = await demo.places.exist(unit)
    if not loaded:
        command = (sys.executable, "-m", "server.demo")
        kept = {"turn_secret", "janus_secret", "metrics_token"}  # no secret on the way
        told = settings.model_dump_json(exclude=kept)
        async with child_process(*command, stdin=asyncio.subprocess.PIPE) as loading:
            await loading.communicate(told.encode())
        if loading.returncode:
            raise RuntimeError(f"the demo was not loaded (exit status {loading.returncode})")
    app[DEMO_SIGN_INS] = demo.sign_ins()


async def _work(settings: Settings) -> None:
    from server import app as composition
    from server import worker

    await upgrade(settings.store_url)
    tasks = Tasks()
    async with upkeep.open_database(settings) as database, composition.voice_of_worker(settings, database):
        worker.start(tasks, database, settings)
        _collect_soon()
        words.info("working")
        await _until_told_to_stop()
        await tasks.close()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    """The site's own certificate, made by its own CA, and how to trust it."""
    if not settings.tls:
        return None
    from server.operations.network import own_names
    from server.operations.tls import local_certificate
    from server.operations.trust import how_to_trust

    names = own_names(settings.host)
    tls = local_certificate(settings.data / "tls", names, now=datetime.now(UTC))
    addresses = [f"https://{name}:{settings.port}" for name in names if ":" not in name]
    for line in how_to_trust(tls, addresses, upkeep.say_in_terminal_language()):
        print(line)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tls.certificate, tls.key)
    return context


def _greet(settings: Settings, app: web.Application) -> None:
    from server.accounts.routes import DEMO_SIGN_INS

    print(f"\n  联诊 Lianzhen  →  {settings.base_url}\n")
    for one in app.get(DEMO_SIGN_INS, []):
        print(f"  {one['login']:<14} {one['password']:<22} {one['who']}")
    print(flush=True)


def _until_told_to_stop() -> Coroutine[Any, Any, bool]:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    return told.wait()
