"""All that is asked of the store about files."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select

from server.core.errors import NotFound
from server.core.unit import Unit
from server.files import words
from server.files.model import Attachment
from server.files.states import Status
from server.files.subjects import Access, Subjects
from server.files.words import Page

NEEDS: dict[str, Access] = {
    "file.upload": "attach",
    "file.withdraw": "attach",
    "file.read": "read",
    "file.original": "original",
}


async def get_for(unit: Unit, subjects: Subjects, action: str, id: str, *, begun: bool = False) -> Attachment:
    """The one door to a file; a download that was `begun` on a proof asks for no other.

    Raises NotFound alike for "not there", "withdrawn" and "not yours"; then ReauthenticationNeeded.
    """
    found = await unit.session.get(Attachment, id)
    if found is None or found.withdrawn_at is not None:
        raise NotFound
    if action in ("file.upload", "file.withdraw") and found.person_id != unit.actor.person_id:
        raise NotFound
    await require_subject(unit, subjects, action, found.subject_kind, found.subject_id)
    if not begun:
        unit.require_proof(action)
    return found


async def own_withdrawn(unit: Unit, subjects: Subjects, id: str) -> Attachment:
    """A file that the actor has withdrawn, to be put back. Raises NotFound."""
    found = await unit.session.get(Attachment, id)
    if found is None or found.withdrawn_at is None or found.person_id != unit.actor.person_id:
        raise NotFound
    await require_subject(unit, subjects, "file.withdraw", found.subject_kind, found.subject_id)
    return found


async def require_subject(unit: Unit, subjects: Subjects, action: str, kind: str, id: str) -> None:
    """Raises NotFound unless the subject is there and its owner lets the actor do `action` with its files."""
    owner = subjects.get(kind)
    if owner is None or not await owner.may(unit, kind, id, NEEDS[action]):
        raise NotFound


async def get(unit: Unit, id: str) -> Attachment | None:
    """A file for whoever looks at it in the background."""
    return await unit.session.get(Attachment, id)


async def of_subject(unit: Unit, kind: str, id: str) -> Sequence[Attachment]:
    """Those not withdrawn, in the order they came. The caller has asked who may see them."""
    asked = select(Attachment).where(
        Attachment.subject_kind == kind, Attachment.subject_id == id, Attachment.withdrawn_at.is_(None)
    )
    return (await unit.session.scalars(asked.order_by(Attachment.id))).all()


async def words_of(unit: Unit, kind: str, ids: Iterable[str]) -> dict[str, dict[str, list[Page]]]:
    """By subject and file what stands on each page, where it was taken. The caller has asked who may see them."""
    asked = select(Attachment.subject_id, Attachment.id, Attachment.sealed_words).where(
        Attachment.subject_kind == kind,
        Attachment.subject_id.in_(set(ids)),
        Attachment.withdrawn_at.is_(None),
        Attachment.sealed_words.is_not(None),
    )
    found: dict[str, dict[str, list[Page]]] = {}
    for subject_id, id, sealed in (await unit.session.execute(asked)).all():
        found.setdefault(subject_id, {})[id] = words.opened(unit, id, sealed or b"")
    return found


async def withdrawn_of(unit: Unit, kind: str, id: str) -> Sequence[Attachment]:
    """Those that can still be put back, in the order they came. The caller has asked who may see them."""
    asked = select(Attachment).where(
        Attachment.subject_kind == kind, Attachment.subject_id == id, Attachment.withdrawn_at.is_not(None)
    )
    return (await unit.session.scalars(asked.order_by(Attachment.id))).all()


async def bytes_sent(unit: Unit, person_id: str, since: datetime) -> int:
    asked = select(func.coalesce(func.sum(Attachment.size), 0)).where(
        Attachment.person_id == person_id, Attachment.created_at >= since
    )
    return int((await unit.session.scalar(asked)) or 0)


async def waiting_to_be_checked(unit: Unit) -> Sequence[str]:
    return (await unit.session.scalars(select(Attachment.id).where(Attachment.status == Status.CHECKING))).all()


async def left_behind(unit: Unit, *, uploading_before: datetime, withdrawn_before: datetime) -> Sequence[Attachment]:
    """Uploads that nobody went on with, and what was withdrawn long enough ago."""
    stale = (Attachment.status == Status.UPLOADING) & (Attachment.created_at < uploading_before)
    gone = Attachment.withdrawn_at < withdrawn_before
    return (await unit.session.scalars(select(Attachment).where(stale | gone).limit(200))).all()
