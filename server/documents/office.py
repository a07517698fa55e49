"""What issuing a document needs besides the transaction; put together once, in the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
    timestamps: Any = None
    """A pyHanko TimeStamper (`signing.web_timestamps(url)`), None when no authority is contracted."""

    @property
    def verify_page(self) -> str:
        return f"{self.address.rstrip('/')}/verify"


OFFICE = web.AppKey("office", Office)
