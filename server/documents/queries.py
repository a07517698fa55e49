"""All that is asked of the store about documents and signing keys."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from server.core.errors import NotFound
from server.core.unit import Unit
from server.documents.model import Document, DocumentCopy, DocumentSeries, SigningKey, SiteAuthority


async def get(unit: Unit, document_id: str) -> Document:
    """A document whose reader another capability has let in. Raises NotFound."""
    document = await unit.session.get(Document, document_id)
    if document is None:
        raise NotFound
    return document


async def of_subject(unit: Unit, subject_kind: str, subject_id: str) -> Sequence[Document]:
    """All editions issued about something, oldest first."""
    asked = select(Document).where(Document.subject_kind == subject_kind, Document.subject_id == subject_id)
    return (await unit.session.scalars(asked.order_by(Document.id))).all()


async def holders(unit: Unit, document_id: str) -> Sequence[str]:
    """The institutions that keep a copy."""
    asked = select(DocumentCopy.institution_id).where(DocumentCopy.document_id == document_id)
    return (await unit.session.scalars(asked)).all()


async def by_key(unit: Unit, key: str) -> Document | None:
    return await unit.session.scalar(select(Document).where(Document.key == key))


async def by_code(unit: Unit, code: str) -> Document | None:
    return await unit.session.scalar(select(Document).where(Document.verification_code == code))


async def by_digest(unit: Unit, sha256: str) -> Document | None:
    return await unit.session.scalar(select(Document).where(Document.sha256 == sha256))


async def by_numbers(unit: Unit, numbers: Collection[str]) -> Document | None:
    """The first document that bears one of `numbers`."""
    asked = select(Document).where(Document.number.in_(numbers)).order_by(Document.id)
    return await unit.session.scalar(asked.limit(1)) if numbers else None


async def valid(unit: Unit, document_ids: Collection[str | None]) -> frozenset[str]:
    """Which of them were not revoked."""
    asked = select(Document.id).where(Document.id.in_(set(document_ids) - {None}), Document.revoked_at.is_(None))
    return frozenset(await unit.session.scalars(asked))


async def successor(unit: Unit, document: Document) -> Document | None:
    """The newest edition that took its place; None when it is still the valid one."""
    newest = None
    while document.superseded_by_id:
        newest = document = await get(unit, document.superseded_by_id)
    return newest


async def page(unit: Unit, after: str, size: int) -> Sequence[Document]:
    """`size` documents in the order of issue, after the id `after`."""
    return (
        await unit.session.scalars(select(Document).where(Document.id > after).order_by(Document.id).limit(size))
    ).all()


async def series(unit: Unit, name: str) -> DocumentSeries | None:
    """The counter, held until the transaction ends: the next number waits for this one."""
    asked = select(DocumentSeries).where(DocumentSeries.series == name).with_for_update()
    return await unit.session.scalar(asked.execution_options(populate_existing=True))


async def authority(unit: Unit) -> SiteAuthority | None:
    """The newest authority: the one that signs."""
    newest = select(SiteAuthority).order_by(SiteAuthority.founded_at.desc(), SiteAuthority.id.desc())
    return await unit.session.scalar(newest.limit(1))


async def authorities(unit: Unit) -> Sequence[SiteAuthority]:
    return (await unit.session.scalars(select(SiteAuthority).order_by(SiteAuthority.id))).all()


async def signing_key(unit: Unit, person_id: str, *, locked: bool = False) -> SigningKey | None:
    """The person's key that was not revoked; `locked` until the transaction ends."""
    asked = select(SigningKey).where(SigningKey.person_id == person_id, SigningKey.revoked_at.is_(None))
    asked = asked.with_for_update() if locked else asked
    return await unit.session.scalar(asked.execution_options(populate_existing=locked))


async def keys_in_use(unit: Unit) -> Sequence[SigningKey]:
    """Everybody's keys that were not revoked."""
    return (await unit.session.scalars(select(SigningKey).where(SigningKey.revoked_at.is_(None)))).all()


async def key_by_serial(unit: Unit, serial: str) -> SigningKey | None:
    return await unit.session.scalar(select(SigningKey).where(SigningKey.serial == serial))


async def revoked_keys(unit: Unit, authority_id: str) -> Sequence[SigningKey]:
    asked = select(SigningKey).where(SigningKey.authority_id == authority_id, SigningKey.revoked_at.is_not(None))
    return (await unit.session.scalars(asked.order_by(SigningKey.id))).all()
