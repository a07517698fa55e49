"""What issuing a document needs besides the transaction; put together once, in the composition root."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from server.documents.archive import Archive

Translate = Callable[[str, str], str]
"""(locale, Chinese words) → words."""


@dataclass(frozen=True, kw_only=True)
class Office:
    archive: Archive
    address: str
    """Where this site is reached from outside, e.g. https://lianzhen.example.cn: QR codes lead there."""
    translate: Translate
    timestamp_address: str = ""
    """An RFC 3161 time-stamp authority, empty when none is contracted. Nothing else is ever asked of another host."""

    @property
    def verify_page(self) -> str:
        return f"{self.address.rstrip('/')}/verify"


OFFICE = web.AppKey("office", Office)
