"""`lianzhen doctor`: everything a site stands on, looked at in a few seconds, with what to do where it fails."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from server.operations import halls, machine, relay, services
from server.operations.checks import reasons_to_refuse
from server.operations.findings import Finding, Level, bad, good, note
from server.operations.repository import Repository
from server.operations.services import Examination, within
from server.operations.site import Site

STALE_BACKUP_HOURS = 24
Credentials = Callable[[], tuple[str, str]]
"""Username and password for TURN, as the platform gives them out."""


async def examine(
    site: Site, *, now: datetime, turn_credentials: Credentials, backups: Path | None = None, demo_loaded: bool = False
) -> list[Finding]:
    """Every finding, in the order in which one would look: the machine, the services, what `serve` would refuse.

    `backups` is the folder that `lianzhen backup` writes to, where the site has one.
    """
    here = [
        *machine.versions(),
        *machine.data_folder(site),
        *machine.disk(site),
        await machine.port(site),
        machine.clock(),
        *machine.camera_address(site),
        *machine.certificate(site.data / "tls" / "site.crt", now),
        *(newest_backup(backups, now) if backups else []),
    ]
    asked = [within(*service) for service in _services(site, turn_credentials)]
    leaned_on = [finding for found in await asyncio.gather(*asked) for finding in found]
    return [*here, *leaned_on, *_left_out(site), *reasons_to_refuse(site, demo_loaded=demo_loaded)]


def healthy(findings: list[Finding]) -> bool:
    return all(finding.level is not Level.BAD for finding in findings)


def _services(site: Site, credentials: Credentials) -> list[tuple[str, str, Examination]]:
    asked: list[tuple[str, str, Examination]] = [
        ("database", "PostgreSQL" if site.database_url else "SQLite", lambda: services.database(site))
    ]
    if site.redis_url:
        asked.append(("redis", "Redis", lambda: services.redis(site.redis_url)))
    if site.smtp_url:
        asked.append(("mail", "SMTP", lambda: services.mail(site.smtp_url)))
    if site.s3_url:
        asked.append(("objects", "S3", lambda: services.objects(site)))
    if (speech := site.speech) is not None:
        asked.append(("speech", speech.url, lambda: services.speech(speech)))
    secret = site.janus_secret.get_secret_value()
    for url in site.janus_urls:
        asked.append(("janus", url, lambda url=url: halls.janus(url, secret)))  # type: ignore[misc]
    for url in site.turn_urls:
        asked.append(("turn", url, lambda url=url: relay.turn(url, *credentials())))  # type: ignore[misc]
    return asked


def _left_out(site: Site) -> list[Finding]:
    """Services that the site does without, and what that means."""
    left = []
    if not site.redis_url:
        left.append(note("no_redis", "没有设置 Redis：只能由一个进程提供服务"))
    if not site.smtp_url:
        left.append(note("no_mail", "没有设置邮件服务器：邮件写进数据文件夹的 outbox/", "LIANZHEN_SMTP_URL"))
    if not site.turn_urls:
        says = "没有设置中继服务器：两端都在防火墙后面时视频连不通"
        left.append(note("no_turn", says, "deploy/coturn/turnserver.conf"))
    return left


def newest_backup(folder: Path, now: datetime) -> list[Finding]:
    taken = Repository(folder).newest() if folder.exists() else None
    if taken is None:
        return [bad("backup_none", "还没有备份", "lianzhen backup")]
    hours = (now - taken).total_seconds() / 3600
    if hours > STALE_BACKUP_HOURS:
        return [bad("backup_old", "最近一次备份在 %(hours)s 小时前", "lianzhen backup", hours=round(hours))]
    return [good("backup", "最近一次备份在 %(hours)s 小时前", hours=round(hours, 1))]
