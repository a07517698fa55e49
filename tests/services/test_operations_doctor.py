"""The examination of an installation: what is in order, what is not, and what to do about it."""

import socket
import sqlite3
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from aiohttp import web
from aiosmtpd.controller import Controller

from server.operations import doctor, relay
from server.operations.findings import Level, told
from server.operations.repository import Repository, Snapshot
from server.operations.tls import local_certificate
from server.settings import Settings
from tests.conftest import MONDAY_MORNING
from tests.media.janus_node import SECRET, JanusNode, outer_address
from tests.media.speech_service import running
from tests.stores import free_port
from tests.turn import Coturn


@pytest.fixture
def site(tmp_path, sqlite_url):
    """Makes the settings of a site whose database is new."""
    (tmp_path / "lianzhen.sqlite").chmod(0o600)
    tmp_path.chmod(0o700)

    def make(**settings):
        return Settings(_env_file=None, data=tmp_path, **{"port": free_port()} | settings)

    return make


async def examined(site, **options):
    """code → finding."""
    options.setdefault("turn_credentials", lambda: ("nobody", "nothing"))
    return {one.code: one for one in await doctor.examine(site, now=MONDAY_MORNING, **options)}


async def test_a_site_in_order_has_nothing_bad(site):
    found = await examined(site())
    assert [code for code, one in found.items() if one.level is Level.BAD] == []
    assert {"versions", "data", "disk", "port", "database", "schema", "camera_here", "no_redis"} <= set(found)


async def test_everything_found_can_be_told_in_both_languages(site):
    from server.core import places
    from server.core.i18n import Translations

    words = Translations(places.locales())
    settings = site(origins=["*"], host="0.0.0.0", redis_url="redis://127.0.0.1:1", smtp_url="smtp://127.0.0.1:1")
    found = await doctor.examine(settings, now=MONDAY_MORNING, turn_credentials=lambda: ("", ""))
    chinese = list(told(found, lambda text, facts: words.say("zh", text, facts)))
    english = list(told(found, lambda text, facts: words.say("en", text, facts)))
    assert len(chinese) == len(english) > 12
    assert not any("\u4e00" <= letter <= "\u9fff" for line in english for letter in line.replace("联诊", ""))


async def test_a_database_that_is_damaged_or_old_is_told(site, tmp_path):
    path = tmp_path / "lianzhen.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
        connection.commit()
    assert (await examined(site()))["schema_old"].remedy == "lianzhen migrate"
    path.write_bytes(b"not a database at all" * 100)
    assert (await examined(site()))["database"].level is Level.BAD


async def test_postgresql_is_examined_with_its_clock(site, postgres_url):
    found = await examined(site(database_url=postgres_url))
    assert found["database"].facts["version"].startswith("PostgreSQL 18")
    assert "skew" not in found


async def test_a_running_site_is_known_by_its_port(site):
    async def healthy(request):
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_get("/healthz", healthy)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    assert "port_ours" in await examined(site(port=listening.getsockname()[1]))
    await runner.cleanup()


async def test_a_port_that_another_program_holds_is_told(site):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert (await examined(site(port=taken.getsockname()[1])))["port_taken"].level is Level.BAD


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"public_url": "https://hz.example.cn"}, "camera"),
        ({"tls": True, "host": "192.168.1.20"}, "camera"),
        ({}, "camera_here"),
        ({"host": "192.168.1.20"}, "camera_plain"),
    ],
)
async def test_whether_cameras_will_open(site, settings, code):
    assert code in await examined(site(**settings))


async def test_a_certificate_near_its_end_is_told(site, tmp_path):
    local_certificate(tmp_path / "tls", ["localhost"], now=MONDAY_MORNING - timedelta(days=390))
    assert (await examined(site()))["certificate"].level is Level.BAD
    local_certificate(tmp_path / "tls", ["localhost"], now=MONDAY_MORNING)
    assert (await examined(site()))["certificate"].level is Level.GOOD


async def test_redis_answers_or_its_silence_is_one_finding(site, redis_url):
    assert (await examined(site(redis_url=redis_url)))["redis"].level is Level.GOOD
    gone = (await examined(site(redis_url="redis://127.0.0.1:1")))["redis"]
    assert (gone.level, gone.facts["name"]) == (Level.BAD, "Redis")


async def test_the_speech_service_is_given_a_second_of_silence(site):
    async with running() as service:
        assert (await examined(site(speech_url=service.url)))["speech"].level is Level.GOOD
        await service.feels(status=500)
        assert (await examined(site(speech_url=service.url)))["speech"].level is Level.BAD


async def test_mail_is_greeted_and_nothing_sent(site):
    with mail_server() as port:
        assert (await examined(site(smtp_url=f"smtp://127.0.0.1:{port}")))["mail"].level is Level.GOOD
    assert (await examined(site(smtp_url="smtp://127.0.0.1:1")))["mail"].level is Level.BAD


@contextmanager
def mail_server():
    class Nobody:
        async def handle_DATA(self, server, session, envelope):
            raise AssertionError("a mail was sent")

    controller = Controller(Nobody(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_relay_that_reaches_inside_is_told_apart_from_one_that_does_not(tmp_path, transport):
    (tmp_path / "shut").mkdir()
    (tmp_path / "open").mkdir()
    with Coturn(tmp_path / "shut") as shut:
        [finding] = await relay.turn(f"turn:127.0.0.1:{shut.port}?transport={transport}", *shut.credentials())
        assert finding.code == "turn"
    with Coturn(tmp_path / "open", "--allow-loopback-peers", "--allowed-peer-ip=127.0.0.1") as wide:
        [finding] = await relay.turn(f"turn:127.0.0.1:{wide.port}?transport={transport}", *wide.credentials())
        assert (finding.code, finding.facts["inner"]) == ("turn_open", "127.0.0.1")


async def test_a_relay_that_refuses_us_is_told(site, tmp_path):
    with Coturn(tmp_path) as server:
        settings = site(turn_urls=[server.url], turn_secret="8c1f0e5b9d7a46c2b3e4f50617a8d9c0e1b2c3d4f5a69788")
        found = await examined(settings, turn_credentials=lambda: server.credentials(secret="another"))
        assert found["turn"].level is Level.BAD
        assert "401" in found["turn"].facts["why"]
        found = await examined(settings, turn_credentials=server.credentials)
        assert found["turn"].level is Level.GOOD


async def test_every_janus_is_asked_for_its_version_and_whether_strangers_get_in(site):
    node = JanusNode(outer_address()).start()
    try:
        await node.answers()
        urls = [node.url, "ws://127.0.0.1:1"]
        found = await doctor.examine(
            site(janus_urls=urls, janus_secret=SECRET), now=MONDAY_MORNING, turn_credentials=lambda: ("", "")
        )
        there, gone = [one for one in found if one.code == "janus"]
        assert (there.level, there.facts) == (Level.GOOD, {"url": node.url, "version": "1.1.2"})
        assert (gone.level, gone.facts["name"]) == (Level.BAD, "ws://127.0.0.1:1")
        assert "janus_strange" in await examined(site(janus_urls=[node.url], janus_secret="another"))
    finally:
        node.stop()


async def test_a_janus_without_a_secret_is_told(site):
    node = JanusNode(outer_address(), secret="").start()
    try:
        await node.answers()
        assert "janus_open" in await examined(site(janus_urls=[node.url], janus_secret=SECRET))
    finally:
        node.stop()


async def test_a_backup_that_is_late_or_was_never_taken_is_told(site, tmp_path):
    folder = tmp_path / "backups"
    assert "backup_none" in await examined(site(), backups=folder)
    repository = Repository.create(folder, passphrase="x", site_key=bytes(32))
    for hours, code in ((30, "backup_old"), (2, "backup")):
        at = MONDAY_MORNING - timedelta(hours=hours)
        repository.add(Snapshot(at=at, version="1", store="sqlite", revision="0001", entries=()))
        assert code in await examined(site(), backups=folder)


async def test_what_serve_would_refuse_is_told_too(site):
    assert "debug" in await examined(site(debug=True))
