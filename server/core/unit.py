"""The unit of work: one transaction, with who acts, when, and what is told once it holds."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from server.core import ids
from server.core.access import Actor, Matrix, Relation
from server.core.crypto import Keyring
from server.core.errors import NotFound, ReauthenticationNeeded, SignedOut
from server.core.outbox import Attachment, OutboxMessage, packed


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something done or seen, to be written into the audit chain with the transaction that did it."""

    action: str
    kind: str
    id: str
    patient: str | None = None
    reason: str | None = None
    fields: tuple[str, ...] = ()
    stands: bool = False
    """On record even when its unit is undone: an attempt that was refused."""


@dataclass(frozen=True)
class Announcement:
    """A live hint: something under `topic` changed. Delivered after commit, or never."""

    topic: str
    kind: str
    facts: dict[str, Any]


@dataclass
class Unit:
    session: AsyncSession
    now: datetime
    keys: Keyring
    matrix: Matrix
    signed_in: Actor | None = None
    address: str = ""
    request_id: str = ""
    acts: list[Act] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    ended: list["Unit"] = field(default_factory=list)
    """Units that are over, whose acts go on record with this one's."""
    undone: bool = False

    @property
    def actor(self) -> Actor:
        """Who acts. Raises SignedOut."""
        if self.signed_in is None:
            raise SignedOut
        return self.signed_in

    def undo(self) -> None:
        """Nothing of this unit is kept but acts that stand, though it ends well (with a form to be corrected, say)."""
        self.undone = True

    def new_id(self) -> str:
        return ids.new_id()

    def new_token(self) -> str:
        return ids.new_token()

    def may(self, action: str, relations: Collection[Relation]) -> bool:
        return self.signed_in is not None and self.matrix.allows(self.signed_in, action, relations)

    def require(self, action: str, relations: Collection[Relation]) -> None:
        """Raises NotFound (what is not yours is not there), then ReauthenticationNeeded as `require_proof` does."""
        if not self.may(action, relations):
            raise NotFound
        self.require_proof(action)

    def require_proof(self, action: str) -> None:
        """Of an object that was found to be the actor's. Raises ReauthenticationNeeded (decision 0023)."""
        if action in self.matrix.stepped_up_inside and not self.actor.proved(self.now):
            raise ReauthenticationNeeded

    def record(
        self,
        action: str,
        *,
        kind: str,
        id: str,
        patient: str | None = None,
        reason: str | None = None,
        fields: Iterable[str] = (),
    ) -> None:
        self.acts.append(Act(action=action, kind=kind, id=id, patient=patient, reason=reason, fields=tuple(fields)))

    def record_refused(self, action: str, *, kind: str, id: str) -> None:
        """An attempt that goes on record though its unit is undone."""
        self.acts.append(Act(action=action, kind=kind, id=id, stands=True))

    def announce(self, topic: str, kind: str, **facts: Any) -> None:
        self.announcements.append(Announcement(topic, kind, facts))

    def send(
        self,
        channel: str,
        *,
        to: str,
        subject: str,
        body: str,
        attachments: Iterable[Attachment] = (),
        key: str | None = None,
        due: datetime | None = None,
    ) -> None:
        """Leaves a message for the outside in this transaction; `key` makes it at most one. Sealed until sent."""
        identifier = self.new_id()
        sealed = self.keys.seal(packed(to, subject, body, attachments), f"outbox:{identifier}")
        self.session.add(
            OutboxMessage(
                id=identifier,
                channel=channel,
                key=key or identifier,
                sealed=sealed,
                created_at=self.now,
                due_at=due or self.now,
            )
        )
