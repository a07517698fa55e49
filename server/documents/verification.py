"""Whether a paper or a file is ours and as it was signed: by its code, and by its bytes."""

import asyncio
import base64
import hashlib
import json
import re
import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from server.core.children import child_process
from server.core.errors import NotFound, Refusal
from server.core.unit import Unit
from server.documents import queries
from server.documents.model import PREFIXES, Document, code_as_typed

LARGEST = 20 * 1024 * 1024
SECONDS = 40
MOST_NUMBERS = 20
_NUMBER = re.compile(rb"(?:%s)[0-9A-Za-z-]{12,60}" % "|".join(PREFIXES.values()).encode())


class Standing(StrEnum):
    """What a file turns out to be."""

    INTACT = "intact"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    CHANGED = "changed"
    UNREGISTERED = "unregistered"
    FOREIGN = "foreign"


class NotExamined(Refusal):
    code = "documents.not_examined"
    status = 503
    says = "这次没能完成核验，请稍后再试"


class TooBusy(Refusal):
    code = "documents.too_busy"
    status = 503
    says = "正在核验的文件太多，请稍后再试"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`document` is the one in the register that the file is, or says it is; `successor` what took its place."""

    standing: Standing
    document: Document | None = None
    successor: Document | None = None


class Examiner:
    """Child processes that read strangers' files, two at once and a few waiting."""

    def __init__(self, at_once: int = 2, waiting: int = 8) -> None:
        self._places, self._most = asyncio.Semaphore(at_once), at_once + waiting
        self._here = 0

    async def examine(self, pdf: bytes, *, trusted: Collection[bytes], moment: datetime | None) -> dict[str, Any]:
        """What `examination.examine` says; {} when the child gave up or was stopped. Raises TooBusy."""
        if self._here >= self._most:
            raise TooBusy
        self._here += 1
        try:
            async with self._places:
                return await _ask_child(pdf, trusted, moment)
        finally:
            self._here -= 1


async def look_up(unit: Unit, *, code: str) -> Verdict:
    """What a printed code stands for. Raises NotFound."""
    document = await queries.by_code(unit, code_as_typed(code))
    if document is None:
        raise NotFound
    return await _registered(unit, document)


async def verify_pdf(unit: Unit, *, pdf: bytes, examiner: Examiner) -> Verdict:
    """Whether these bytes are a document of ours. A single changed bit makes it CHANGED (or FOREIGN), never INTACT.

    INTACT needs both: the register knows exactly these bytes, and the signature in them is sound and by a certificate
    of this site. So neither a changed database nor a stolen authority passes alone. Raises TooBusy, NotExamined.
    """
    document = await queries.by_digest(unit, hashlib.sha256(pdf).hexdigest())
    authorities = await queries.authorities(unit)
    said = await examiner.examine(
        pdf, trusted=[each.certificate for each in authorities], moment=document.signed_at if document else None
    )
    if document is not None:
        if "readable" not in said:  # our own file, and no answer about it: the trouble is ours
            raise NotExamined
        sound = await signed_by_ours(unit, document, said)
        return await _registered(unit, document) if sound else Verdict(standing=Standing.UNREGISTERED)
    claimed = await queries.by_numbers(unit, numbers_in(pdf))
    if claimed is not None:
        return Verdict(standing=Standing.CHANGED, document=claimed, successor=await queries.successor(unit, claimed))
    return Verdict(standing=Standing.UNREGISTERED if said.get("trusted") else Standing.FOREIGN)


def numbers_in(pdf: bytes) -> frozenset[str]:
    """Numbers of ours that stand in the clear in a file (title, keywords, reason of signing), whatever befell it."""
    found = (match.group().decode() for match in _NUMBER.finditer(pdf))
    return frozenset(islice(found, MOST_NUMBERS))


async def _registered(unit: Unit, document: Document) -> Verdict:
    successor = await queries.successor(unit, document)
    standing = Standing.SUPERSEDED if successor else Standing.INTACT
    if document.revoked_at is not None:
        standing = Standing.REVOKED
    return Verdict(standing=standing, document=document, successor=successor)


async def signed_by_ours(unit: Unit, document: Document, said: dict[str, Any]) -> bool:
    """Whether what an examination said proves the signature of exactly this document, by the key it was made with."""
    if not (said.get("intact") and said.get("trusted") and said.get("whole")):
        return False
    key = await queries.key_by_serial(unit, str(said.get("serial")))
    if key is None or key.id != document.signing_key_id or said.get("number") != document.number:
        return False
    return key.revoked_at is None or document.signed_at < key.revoked_at


async def _ask_child(pdf: bytes, trusted: Collection[bytes], moment: datetime | None) -> dict[str, Any]:
    command = (sys.executable, "-I", "-m", "server.documents.examination")
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    async with child_process(*command, **pipes, stderr=asyncio.subprocess.DEVNULL) as child:
        try:
            async with asyncio.timeout(SECONDS):
                said, _ = await child.communicate(_task(trusted, moment) + pdf)
        except TimeoutError:
            return {}
    return _understood(said)


def _task(trusted: Collection[bytes], moment: datetime | None) -> bytes:
    roots = [base64.b64encode(each).decode() for each in trusted]
    return json.dumps({"trusted": roots, "moment": moment.isoformat() if moment else ""}).encode() + b"\n"


def _understood(said: bytes) -> dict[str, Any]:
    """The child read a stranger's file: its answer is taken only in the shape we know."""
    with suppress(ValueError):
        answer = json.loads(said[:4096])
        if isinstance(answer, dict):
            return answer
    return {}
