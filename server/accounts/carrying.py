"""A form on its way through another page and back: sealed, for whoever sent it alone, and for a while."""

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from aiohttp import web

from server.core.crypto import UnreadableSeal
from server.core.unit import Unit

LARGEST = 2_000_000
KEPT = timedelta(minutes=30)
NOT_CARRIED = ("csrf",)
"""Given anew by the page that sends the form on."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    action: str
    fields: list[list[str]]
    """Name and value of each, in their order."""
    back: str
    """The page on which the form was."""


def typed_in(sent: Mapping[str, Any]) -> tuple[list[list[str]], bool]:
    """The fields as they were sent, and whether that is all of it: a file cannot be put into a form again."""
    fields = [[name, value] for name, value in sent.items() if isinstance(value, str) and name not in NOT_CARRIED]
    return fields, not any(isinstance(value, web.FileField) for value in sent.values())


def seal(unit: Unit, sent: Sent) -> str:
    """Nothing when it is too large to travel."""
    plain = orjson.dumps({**asdict(sent), "until": unit.now + KEPT})
    carried = base64.urlsafe_b64encode(unit.keys.seal(zlib.compress(plain), _about(unit))).decode()
    return carried if len(carried) <= LARGEST else ""


def opened(unit: Unit, carried: str) -> Sent | None:
    """None when somebody else sent it, or too long ago."""
    try:
        plain = unit.keys.open(base64.urlsafe_b64decode(carried.encode()), _about(unit))
        kept: dict[str, Any] = orjson.loads(zlib.decompress(plain))
    except (UnreadableSeal, binascii.Error, ValueError, zlib.error):
        return None
    in_time = unit.now < datetime.fromisoformat(kept.pop("until"))
    return Sent(**kept) if in_time else None


def _about(unit: Unit) -> str:
    return f"form sent by {unit.actor.person_id} in post {unit.actor.post_id}"
