"""What operations need to know of the site's settings; `server.settings.Settings` is one."""

import ipaddress
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from signaling.media.ports import SpeechService

BACKUP = "backup"
"""The object of kind "site" under which the audit record keeps that a backup was taken."""


class Site(Protocol):
    @property
    def data(self) -> Path: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def public_url(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def origins(self) -> list[str]: ...
    @property
    def behind_proxy(self) -> bool: ...
    @property
    def tls(self) -> bool: ...
    @property
    def demo(self) -> bool: ...
    @property
    def debug(self) -> bool: ...
    @property
    def database_url(self) -> str: ...
    @property
    def store_url(self) -> str: ...
    @property
    def redis_url(self) -> str: ...
    @property
    def key_file(self) -> Path: ...
    @property
    def smtp_url(self) -> str: ...
    @property
    def turn_urls(self) -> list[str]: ...
    @property
    def turn_secret(self) -> SecretStr: ...
    @property
    def janus_urls(self) -> list[str]: ...
    @property
    def janus_secret(self) -> SecretStr: ...
    @property
    def speech(self) -> SpeechService | None: ...
    @property
    def s3_url(self) -> str: ...
    @property
    def metrics_token(self) -> SecretStr: ...


def is_here(host: str | None) -> bool:
    """Whether a host name means this machine and no other can reach it."""
    if not host or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def address_of(url: str) -> SplitResult:
    return urlsplit(url)
