"""Carrying the outbox: by SMTP where the site has a server, else into files of the data folder."""

import os
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import structlog
from sqlalchemy import select

from server.core.database import Database
from server.core.outbox import Attachment, Message, OutboxMessage, unpacked
from server.operations.site import is_here
from server.settings import Settings

log = structlog.get_logger()

MOST_ATTEMPTS = 12
BATCH = 20


class Carrier:
    """Sends one mail. Raises what the line raises; the outbox tries again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, id: str, message: Message, at: datetime) -> None:
        mail = composed(message, self._settings.mail_from, id, at)
        if self._settings.smtp_url:
            await self._over_smtp(mail)
        else:
            self._into_file(id, mail)

    async def _over_smtp(self, mail: EmailMessage) -> None:
        import aiosmtplib

        server = urlsplit(self._settings.smtp_url)
        await aiosmtplib.send(
            mail,
            hostname=server.hostname or "localhost",
            port=server.port or 25,
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=server.scheme == "smtps",
            start_tls=_must_encrypt(server),
            timeout=self._settings.smtp_timeout,
        )

    def _into_file(self, id: str, mail: EmailMessage) -> None:
        folder = self._settings.data / "outbox"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / f"{id}.eml", mail.as_bytes(policy=SMTP))


def _must_encrypt(server: SplitResult) -> bool | None:
    """Whether STARTTLS must succeed first: else whoever strips it on the way reads the password. None: if offered."""
    if server.scheme == "smtps":
        return False  # encrypted from the first byte
    return True if server.password and not is_here(server.hostname) else None


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def composed(message: Message, sender: str, id: str, at: datetime) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, message.to, message.subject
    mail["Message-ID"], mail["Date"] = f"<{id}@lianzhen>", format_datetime(at)
    mail.set_content(message.body)
    for file in filter(_invites, message.attachments):  # another way to read the mail: RFC 6047
        mail.add_alternative(file.content, **_typed(file.media_type))
    for file in message.attachments:  # and a file to open, where the program shows no calendar
        media_type = "application/ics" if _invites(file) else file.media_type
        mail.add_attachment(file.content, filename=file.name, **_typed(media_type))
    return mail


def _invites(file: Attachment) -> bool:
    return file.media_type.startswith("text/calendar")


def _typed(media_type: str) -> dict[str, Any]:
    kind, _, parameters = media_type.partition(";")
    maintype, _, subtype = kind.partition("/")
    params = dict(part.strip().split("=", 1) for part in parameters.split(";") if "=" in part)
    return {"maintype": maintype, "subtype": subtype, "params": params}


async def carry_due(database: Database, carrier: Carrier) -> int:
    """Sends what is due, each in a unit of its own; a failure waits longer each time. Returns how many went."""
    async with database.unit(writes=False) as unit:
        query = select(OutboxMessage.id).where(
            OutboxMessage.sent_at.is_(None), OutboxMessage.due_at <= unit.now, OutboxMessage.attempts < MOST_ATTEMPTS
        )
        waiting = list(await unit.session.scalars(query.order_by(OutboxMessage.due_at).limit(BATCH)))
    sent = 0
    for id in waiting:
        sent += await _carry(database, carrier, id)
    return sent


async def _carry(database: Database, carrier: Carrier, id: str) -> bool:
    """Claims the row (two workers never send one mail twice at once), sends, marks."""
    async with database.unit() as unit:
        row = await unit.session.get(OutboxMessage, id, with_for_update={"skip_locked": True})
        if row is None or row.sent_at is not None or row.due_at > unit.now:
            return False
        now = unit.now
        row.attempts += 1
        row.due_at = now + wait_after(row.attempts)
        message = unpacked(unit.keys.open(row.sealed, f"outbox:{row.id}"))
    trouble = ""
    try:
        await carrier.send(id, message, now)
    except Exception as error:
        trouble = type(error).__name__
        log.warning("mail not sent", message=id, trouble=trouble)
    await _mark(database, id, trouble)
    return not trouble


async def _mark(database: Database, id: str, trouble: str) -> None:
    async with database.unit() as unit:
        row = await unit.session.get(OutboxMessage, id)
        assert row is not None
        row.trouble = trouble or None
        sent: datetime | None = None if trouble else unit.now
        row.sent_at = sent


def wait_after(attempts: int) -> timedelta:
    """One minute, two, four … at most four hours."""
    return timedelta(minutes=min(2 ** (attempts - 1), 240))
