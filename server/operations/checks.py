"""What a site that serves people must not be: `serve` asks before it opens the door, and says every reason at once.

Source: the production refusals of assurance OP-1 and OP-2.
"""

import itertools
import stat
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from server.operations.findings import Finding, bad
from server.operations.site import Site, address_of, is_here

SHORTEST_SECRET = 32
FLOORS = {
    "aiohttp": "3.14.1",
    "python-engineio": "4.13.3",
    "python-socketio": "5.16.3",
    "redis": "4.5.5",
    "pydicom": "3.0.2",
    "jinja2": "3.1.6",
}
"""Below these lie known holes: assurance, "what went wrong at the peers"."""
KNOWN_PASSWORDS = frozenset(
    """
    admin administrator changeme change-me default demo guest lianzhen minioadmin pass passw0rd password postgres
    redis root secret test toor user valkey 123456 12345678 123456789 1234567890
    """.split()  # noqa: SIM905 - a list of words reads better than a list of literals
)
REASONS = {  # code: (what is wrong, what to do)
    "debug": ("调试模式开着", "去掉 LIANZHEN_DEBUG"),
    "demo": ("数据文件夹里是演示数据，演示账号的密码人人知道", "用 LIANZHEN_DATA 换一个空的数据文件夹"),
    "key_readable": ("站点密钥 %(path)s 其他用户也能读", "chmod 700 %(folder)s; chmod 600 %(path)s"),
    "key_weak": ("站点密钥 %(number)s 太弱，不是随机生成的", "删去这一行，首次启动时会自动生成"),
    "data_readable": ("数据 %(path)s 其他用户也能读写", "chmod -R go= %(path)s"),
    "turn_secret": ("中继密钥 LIANZHEN_TURN_SECRET 没有设置或太弱", "openssl rand -hex 32"),
    "janus_secret": ("Janus 密钥 LIANZHEN_JANUS_SECRET 没有设置或太弱", "openssl rand -hex 32"),
    "metrics_token": ("指标口令 LIANZHEN_METRICS_TOKEN 太弱", "openssl rand -hex 32"),
    "secret_twice": ("中继密钥和指标口令相同", "openssl rand -hex 32"),
    "database_password": ("数据库没有密码，或密码人人知道", "换一个随机密码，写进 LIANZHEN_DATABASE_URL"),
    "redis_open": ("Redis 没有密码，或密码人人知道", "在 Redis 里设 requirepass 或 ACL，写进 LIANZHEN_REDIS_URL"),
    "redis_plain": ("到 Redis 的连接没有加密", "LIANZHEN_REDIS_URL 改用 rediss://"),
    "smtp_password": ("邮件服务器的密码人人知道", "换一个随机密码，写进 LIANZHEN_SMTP_URL"),
    "s3_plain": ("到对象存储的连接没有加密", "LIANZHEN_S3_URL 的 endpoint 改用 https"),
    "origin_wild": ("允许的来源 %(origin)s 不是一个确定的网站", "LIANZHEN_ORIGINS 里写成 https://主机名"),
    "origin_plain": ("允许的来源 %(origin)s 没有加密", "LIANZHEN_ORIGINS 里改用 https"),
    "public_plain": ("对外地址 %(url)s 没有加密，摄像头也打不开", "LIANZHEN_PUBLIC_URL 改用 https"),
    "http_open": ("向网络提供不加密的 http", "加 --tls；在反向代理后面时设 LIANZHEN_BEHIND_PROXY=true"),
    "outdated": ("%(package)s %(installed)s 有已知漏洞，至少要 %(floor)s", "make setup"),
    "slow_parser": ("aiohttp 缺少 C 扩展，纯 Python 的解析器不够严格", "make setup"),
}


def reason(code: str, **facts: Any) -> Finding:
    says, remedy = REASONS[code]
    return bad(code, says, remedy, **facts)


def reasons_to_refuse(site: Site, *, demo_loaded: bool = False) -> list[Finding]:
    """Why this site must not serve people as it is; empty when it may."""
    return [
        *_modes(site, demo_loaded),
        *_keys(site),
        *_data(site),
        *_secrets(site),
        *_stores(site),
        *_addresses(site),
        *outdated(),
    ]


def _modes(site: Site, demo_loaded: bool) -> Iterator[Finding]:
    if site.debug:
        yield reason("debug")
    if site.demo or demo_loaded:
        yield reason("demo")


def _keys(site: Site) -> Iterator[Finding]:
    path = site.key_file
    if not path.exists():
        return  # made at the first start, readable by its owner alone
    if open_to_others(path) or open_to_others(path.parent):
        yield reason("key_readable", **_at(path))
    for line in path.read_text().split():
        number, _, key = line.partition(":")
        if is_weak(key, shortest=64):
            yield reason("key_weak", number=number)


def _data(site: Site) -> Iterator[Finding]:
    if not site.data.exists():
        return
    for path in [site.data, *sorted(site.data.iterdir())]:
        if path.lstat().st_mode & (stat.S_IRWXO | stat.S_IWGRP) and not path.is_symlink():
            yield reason("data_readable", path=str(path))


def _secrets(site: Site) -> Iterator[Finding]:
    turn, metrics = site.turn_secret.get_secret_value(), site.metrics_token.get_secret_value()
    if site.turn_urls and is_weak(turn):
        yield reason("turn_secret")
    if site.janus_urls and is_weak(site.janus_secret.get_secret_value()):
        yield reason("janus_secret")
    if metrics and is_weak(metrics):
        yield reason("metrics_token")
    if turn and turn == metrics:
        yield reason("secret_twice")


def _stores(site: Site) -> Iterator[Finding]:
    database = address_of(site.database_url)
    if database.hostname and has_known_password(site.database_url):  # by a local socket, the system says who it is
        yield reason("database_password")
    if site.redis_url:
        yield from _redis(site.redis_url)
    if site.smtp_url and address_of(site.smtp_url).password and has_known_password(site.smtp_url):
        yield reason("smtp_password")
    if site.s3_url:
        endpoint = address_of(parse_qs(address_of(site.s3_url).query).get("endpoint", ["https://"])[0])
        if endpoint.scheme != "https" and not is_here(endpoint.hostname):
            yield reason("s3_plain")


def _redis(url: str) -> Iterator[Finding]:
    redis = address_of(url)
    if redis.scheme == "unix" or (is_here(redis.hostname) and not redis.password):
        return
    if has_known_password(url):
        yield reason("redis_open")
    if redis.scheme != "rediss" and not is_here(redis.hostname):
        yield reason("redis_plain")


def _addresses(site: Site) -> Iterator[Finding]:
    for origin in site.origins:
        parts = address_of(origin)
        if "*" in origin or parts.path or not parts.hostname:
            yield reason("origin_wild", origin=origin)
        elif parts.scheme != "https" and not is_here(parts.hostname):
            yield reason("origin_plain", origin=origin)
    public = address_of(site.public_url)
    if site.public_url and public.scheme != "https" and not is_here(public.hostname):
        yield reason("public_plain", url=site.public_url)
    if not (site.tls or site.behind_proxy or is_here(site.host)):
        yield reason("http_open")


def outdated() -> Iterator[Finding]:
    """Packages below the versions that closed known holes, and an aiohttp without its parser in C."""
    for package, floor in FLOORS.items():
        installed = metadata.version(package)
        if _numbers(installed) < _numbers(floor):
            yield reason(
                "outdated",
                package=package,
                installed=installed,
                floor=floor,
            )
    if not _has_c_parser():
        yield reason("slow_parser")


def _has_c_parser() -> bool:
    from aiohttp import http_parser

    return http_parser.HttpRequestParser is not http_parser.HttpRequestParserPy


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())


# ---- what weak and open mean ----


def is_weak(secret: str, *, shortest: int = SHORTEST_SECRET) -> bool:
    """Too short, of too few different letters to be random, or one that everybody tries first."""
    lowered = secret.lower()
    parts = [lowered[: len(lowered) // count] for count in (1, 2, 3, 4) if len(lowered) % count == 0]
    repeated = any(part * (len(lowered) // len(part)) == lowered for part in parts[1:] if part)
    counting = lowered in "0123456789abcdef" * 8 or _is_counting(lowered)
    return len(secret) < shortest or len(set(lowered)) < 8 or repeated or counting or lowered in KNOWN_PASSWORDS


def _is_counting(key: str) -> bool:
    """00 01 02 03 …: hexadecimal that was typed, not drawn."""
    try:
        raw = bytes.fromhex(key)
    except ValueError:
        return False
    return len({(after - before) % 256 for before, after in itertools.pairwise(raw)}) == 1


def has_known_password(url: str) -> bool:
    parts = address_of(url)
    password = unquote(parts.password or "").lower()
    return len(password) < 8 or password in KNOWN_PASSWORDS or password == unquote(parts.username or "").lower()


def open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _at(path: Path) -> dict[str, str]:
    return {"path": str(path), "folder": str(path.parent)}
