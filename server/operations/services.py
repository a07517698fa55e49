"""The examination of what the site leans on: database, Redis, mail, object storage. Each within seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from server.operations.findings import Finding, bad, good, note
from server.operations.site import Site, address_of
from signaling.media.ports import SpeechService

PATIENCE = 5.0
"""Seconds that one service is given."""
WORST_SKEW = 2.0
"""Seconds that two clocks may differ."""

Examination = Callable[[], Awaitable[list[Finding]]]


async def within(code: str, name: str, examination: Examination) -> list[Finding]:
    """What the examination found; a service that fails or keeps silent is one finding, not the end of all."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await examination()
    except TimeoutError:
        return [bad(code, "%(name)s %(seconds)s 秒内没有回答", name=name, seconds=round(PATIENCE))]
    except Exception as error:
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        return [bad(code, "%(name)s 用不了：%(why)s", name=name, why=why)]


async def database(site: Site) -> list[Finding]:
    """It answers, its schema is of this version, its clock is ours, and SQLite's file is whole."""
    from sqlalchemy import text

    from server.core.database import make_engine

    file = site.data / "lianzhen.sqlite"
    if not site.database_url and not file.exists():
        return [note("database_new", "数据库还没有建立，首次启动时会建立")]
    engine = make_engine(site.store_url)
    try:
        async with engine.connect() as connection:
            name = engine.dialect.name
            asked = "version()" if name == "postgresql" else "'SQLite ' || sqlite_version()"
            version = (await connection.scalar(text(f"SELECT {asked}"))).split(" on ")[0]
            found = [good("database", "数据库 %(version)s 正常", version=version), await _schema(connection)]
            if name == "postgresql":
                found += _skew("PostgreSQL", await connection.scalar(text("SELECT clock_timestamp()")))
            elif (broken := await connection.scalar(text("PRAGMA quick_check(1)"))) != "ok":
                found.append(bad("database_broken", "数据库文件损坏：%(why)s", "lianzhen restore", why=broken))
            return found
    finally:
        await engine.dispose()


async def _schema(connection: Any) -> Finding:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from server.migrations import configuration

    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    current = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    if current == newest:
        return good("schema", "数据库结构是最新的（%(revision)s）", revision=newest)
    says = "数据库结构是 %(current)s，本版本是 %(newest)s"
    return note("schema_old", says, "lianzhen migrate", current=current or "0", newest=newest)


def _skew(name: str, there: datetime) -> list[Finding]:
    seconds = abs((datetime.now(UTC) - there).total_seconds())
    if seconds <= WORST_SKEW:
        return []
    says = "%(name)s 的时钟与本机相差 %(seconds)s 秒"
    return [bad("skew", says, "apt-get install -y chrony", name=name, seconds=round(seconds))]


async def redis(url: str) -> list[Finding]:
    from redis.asyncio import Redis

    async with Redis.from_url(url, socket_timeout=PATIENCE) as client:
        about = await client.info("server")
        seconds, micros = await client.time()
    there = datetime.fromtimestamp(seconds + micros / 1e6, UTC)
    return [good("redis", "Redis %(version)s 正常", version=about["redis_version"]), *_skew("Redis", there)]


async def mail(url: str) -> list[Finding]:
    """Greets, encrypts where it can, signs in; sends nothing."""
    import aiosmtplib

    server = address_of(url)
    port = server.port or (465 if server.scheme == "smtps" else 25)
    client = aiosmtplib.SMTP(hostname=server.hostname, port=port, use_tls=server.scheme == "smtps", timeout=PATIENCE)
    async with client:
        if server.username and server.password:
            await client.login(unquote(server.username), unquote(server.password))
        return [good("mail", "邮件服务器 %(host)s 正常", host=server.hostname)]


async def speech(service: SpeechService) -> list[Finding]:
    """It writes a second of silence down, as it would what is said in a hall."""
    import numpy as np

    from signaling.media.listener.cutting import RATE
    from signaling.media.listener.service import SiteModel

    model = SiteModel(service)
    try:
        await model.text_of(np.zeros(RATE, np.int16))
    finally:
        await model.close()
    return [good("speech", "语音模型服务 %(url)s 正常", url=service.url)]


async def objects(site: Site) -> list[Finding]:
    from server.files.desk import store_at

    await store_at(site.data / "files", site.s3_url).size("examined")
    return [good("objects", "对象存储正常")]
