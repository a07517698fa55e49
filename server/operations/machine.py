"""The examination of this machine: versions, data folder, disk, port, clock, and whether cameras will open."""

import asyncio
import ctypes
import platform
import shutil
import socket
import sqlite3
import ssl
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

from cryptography import x509

from server.operations.findings import Finding, bad, good, note
from server.operations.network import is_everywhere
from server.operations.site import Site, address_of, is_here

OLDEST_PYTHON = (3, 11)
ENOUGH_DISK = 2 * 1024**3
FULLEST_DISK = 0.9
GIGABYTE = 1024**3
_UNSYNCHRONISED = 5
"""What ntp_adjtime answers when nothing keeps the clock right (TIME_ERROR of timex.h)."""


def versions() -> Iterator[Finding]:
    facts = {
        "lianzhen": metadata.version("lianzhen"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "openssl": ssl.OPENSSL_VERSION.split()[1],
    }
    yield good(
        "versions",
        "版本：联诊 %(lianzhen)s，Python %(python)s，SQLite %(sqlite)s，OpenSSL %(openssl)s",
        **facts,
    )
    if sys.version_info < OLDEST_PYTHON:
        yield bad("python", "Python %(python)s 太旧，至少要 3.11", "apt-get install -y python3", **facts)


def data_folder(site: Site) -> Iterator[Finding]:
    folder = site.data
    if not folder.exists():
        yield note("data_new", "数据文件夹 %(path)s 还不存在，首次启动时会建立", path=str(folder))
        return
    try:
        probe = folder / ".examined"
        probe.touch()
        probe.unlink()
    except OSError as error:
        says = "数据文件夹 %(path)s 不能写入：%(why)s"
        yield bad("data_write", says, "chown -R lianzhen %(path)s", path=str(folder), why=error.strerror)
        return
    yield good("data", "数据文件夹 %(path)s 可以读写", path=str(folder))


def disk(site: Site) -> Iterator[Finding]:
    there = next(path for path in [site.data.resolve(), *site.data.resolve().parents] if path.exists())
    room = shutil.disk_usage(there)
    facts = {"free": f"{room.free / GIGABYTE:.1f}", "used": round(100 * room.used / room.total)}
    if room.free < ENOUGH_DISK or room.used / room.total > FULLEST_DISK:
        says, remedy = "磁盘快满了：还剩 %(free)s GB，已用 %(used)s%%", "清理磁盘，或把数据文件夹移到更大的磁盘"
        yield bad("disk", says, remedy, **facts)
    else:
        yield good("disk", "磁盘还剩 %(free)s GB，已用 %(used)s%%", **facts)


async def port(site: Site) -> Finding:
    """Ours already, free, or somebody else's."""
    facts = {"port": site.port}
    if await _is_ours(site):
        return good("port_ours", "端口 %(port)s：联诊正在运行", **facts)
    with socket.socket(socket.AF_INET6 if ":" in site.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((site.host, site.port))
        except PermissionError:
            says, remedy = "端口 %(port)s 小于 1024，普通用户不能使用", "换一个端口，前面放反向代理"
            return bad("port_low", says, remedy, **facts)
        except OSError as error:
            says = "端口 %(port)s 不能使用：%(why)s"
            return bad("port_taken", says, "lianzhen serve --port 8081", why=error.strerror, **facts)
    return good("port", "端口 %(port)s 空闲", **facts)


async def _is_ours(site: Site) -> bool:
    context = ssl._create_unverified_context() if site.tls else None  # noqa: S323 - who answers, not what
    host = "127.0.0.1" if is_everywhere(site.host) else site.host
    try:
        async with asyncio.timeout(3):
            reader, writer = await asyncio.open_connection(host, site.port, ssl=context)
            try:
                writer.write(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                return b" 200 " in await reader.read(64)
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


def clock() -> Finding:
    """Whether something keeps the machine's clock right; asks the kernel, no foreign host."""
    try:
        libc = ctypes.CDLL(None)
        state = libc.ntp_adjtime(ctypes.create_string_buffer(256))  # an empty struct timex: only look
    except (OSError, AttributeError):
        return note("clock_unknown", "不知道时钟是否校准", "apt-get install -y chrony")
    if state == _UNSYNCHRONISED:
        return note("clock", "没有程序在校准时钟，预约和签名的时间可能不准", "apt-get install -y chrony")
    return good("clock", "时钟由系统校准")


def camera_address(site: Site) -> Iterator[Finding]:
    """Browsers open cameras on https, and on this machine itself; nowhere else."""
    address = address_of(site.base_url)
    facts = {"url": site.base_url}
    if address.scheme == "https":
        yield good("camera", "%(url)s 是安全地址，摄像头可以打开", **facts)
    elif is_here(address.hostname):
        yield note("camera_here", "%(url)s 只有在本机上才能打开摄像头", "lianzhen serve --tls", **facts)
    else:
        yield bad("camera_plain", "%(url)s 不是安全地址，浏览器不会打开摄像头", "lianzhen serve --tls", **facts)


def certificate(path: Path, now: datetime) -> Iterator[Finding]:
    """The end of the site's own certificate, where it has one."""
    if not path.exists():
        return
    ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    facts = {"day": ends.date().isoformat()}
    if ends < now + timedelta(days=14):
        yield bad("certificate", "网站证书 %(day)s 到期", "重新启动 lianzhen serve --tls 会自动换新", **facts)
    else:
        yield good("certificate", "网站证书 %(day)s 到期", **facts)
