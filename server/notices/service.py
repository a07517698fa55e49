"""Leaving notices, marking them read."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update

from server.accounts import queries as accounts
from server.core.i18n import local_time
from server.core.outbox import Attachment
from server.core.unit import Unit
from server.notices.model import Notice

Words = Mapping[str, Any]


class Speech:
    """Turns a msgid into the words of a language; the composition root hands in the translations.

    A moment among the facts is told as that language tells the time. `sender` is the bare address of our mails.
    """

    def __init__(self, say: Any = None, base_url: str = "", sender: str = "") -> None:
        self._say, self.base_url, self.sender = say, base_url, sender

    def __call__(self, locale: str, message: str, facts: Words) -> str:
        told = {name: _in_words(fact, locale) for name, fact in facts.items()}
        if self._say:
            return str(self._say(locale, message, told))
        return message % told if told else message


def _kept(fact: Any) -> Any:
    """As the store keeps it: a moment stays one, to be told to each reader in their way."""
    return {"moment": fact.isoformat()} if isinstance(fact, datetime) else fact


def _in_words(fact: Any, locale: str) -> Any:
    if isinstance(fact, dict):
        fact = datetime.fromisoformat(fact["moment"])
    return local_time(fact, locale) if isinstance(fact, datetime) else fact


speech = Speech()
"""Set once by the composition root; Chinese without it."""


async def tell(
    unit: Unit,
    *,
    person_ids: Iterable[str],
    says: str,
    facts: Words,
    href: str,
    attachments: Iterable[Attachment] = (),
    key: str = "",
    due: datetime | None = None,
) -> None:
    """A line under the bell of each and a mail to those with an address, all in this transaction.

    With `due` only the mail waits until then. `key` makes a mail at most one a person.
    """
    people = await accounts.people(unit, person_ids)
    files = tuple(attachments)
    for person in people.values():
        if due is None:
            _leave(unit, person.id, says, facts, href)
        if person.email:
            text = speech(person.reads, says, facts)
            unit.send(
                "mail",
                to=person.email,
                subject=" ".join(text.split()),
                body=f"{text}\n\n{speech.base_url}{href}\n",
                attachments=files,
                key=f"{key}:{person.id}" if key else None,
                due=due,
            )
    await unit.session.flush()


def _leave(unit: Unit, person_id: str, says: str, facts: Words, href: str) -> None:
    kept = {name: _kept(fact) for name, fact in facts.items()}
    unit.session.add(Notice(id=unit.new_id(), person_id=person_id, at=unit.now, says=says, facts=kept, href=href))
    unit.announce(f"person:{person_id}", "notice")


async def mark_all_read(unit: Unit, *, person_id: str) -> None:
    await unit.session.execute(
        update(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None)).values(read_at=unit.now)
    )
    unit.announce(f"person:{person_id}", "notices_read")
