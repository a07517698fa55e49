"""Issuing: typeset, number, sign, file for both sides; the same request twice gives the same document."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from server.core.errors import Refusal
from server.core.unit import Unit
from server.documents import numbers, queries
from server.documents.archive import ArchiveDamaged
from server.documents.examination import examine
from server.documents.model import (
    Document,
    DocumentCopy,
    DocumentKind,
    SigningKey,
    code_from,
    masked,
    number_in,
    series_of,
)
from server.documents.office import Office
from server.documents.papers import CaseHistory, ConsentRecord
from server.documents.press import press, pressed
from server.documents.report import Report, content_digest
from server.documents.signers import NotYourKey
from server.documents.signing import SigningKeyHandle, load_tools, sign, web_timestamps
from server.documents.typeset import Sheet, consent_sheet, history_sheet, printed, report_sheet
from server.documents.verification import signed_by_ours


class AlreadySuperseded(Refusal):
    code = "documents.already_superseded"
    status = 409
    says = "这份报告已被新版本代替，请在最新版本上修改"


class KeyReused(Refusal):
    code = "documents.key_reused"
    status = 409
    says = "同一个提交编号已用于另一份文书，请刷新页面后重试"


async def get_ready() -> None:
    """Wakes the press (a second, when it rests): before a unit that signs, so that no other writer waits for that."""
    await press.printed(load_tools)


async def preview(report: Report, *, office: Office) -> bytes:
    """The report as it would be printed, unsigned, marked as a draft on every page."""
    return await press.printed(printed, report_sheet(report, say=words_of(office, report.locale), draft=True))


async def consent_record(record: ConsentRecord, *, office: Office) -> bytes:
    """The record of a consent on paper (PDF/A)."""
    return await press.printed(printed, consent_sheet(record, say=words_of(office, record.locale)))


async def case_history(history: CaseHistory, *, office: Office) -> bytes:
    """A whole case on paper (PDF/A)."""
    return await press.printed(printed, history_sheet(history, say=words_of(office, history.locale)))


async def issue(
    unit: Unit,
    *,
    office: Office,
    report: Report,
    signer: SigningKeyHandle,
    subject_kind: str,
    subject_id: str,
    institutions: Collection[str],
    supersedes: str | None = None,
    key: str,
    patient_id: str | None = None,
) -> Document:
    """Signs `report` and files it for `institutions` (ids); `supersedes` is the id of the edition it replaces.

    `key` is the idempotency key: whoever comes second with it gets the document of the first. Numbers of an
    institution's day have no gaps: the next waits until this transaction ends, and a roll-back gives the number back.
    Raises NotYourKey, NotFound, AlreadySuperseded, KeyReused.
    """
    series = series_of(DocumentKind.REPORT, report.invited.institution_code, unit.now)
    done, number = await done_or_next(unit, series=series, signer=signer, subject=(subject_kind, subject_id), key=key)
    if done:
        return done
    before = await replaced(unit, supersedes)
    report = replace(
        report,
        number=number,
        signed_at=unit.now,
        version=before.edition + 1 if before else 1,
        replaces=before.number if before else "",
    )
    document = _register(unit, report, signer, subject_kind, subject_id, key)
    say = words_of(office, report.locale)
    sheet = report_sheet(report, say=say, verify_page=office.verify_page, code=document.verification_code)
    pdf = await signed(office, sheet, document, signer)
    await file_away(unit, office, document, pdf, institutions, before)
    unit.record("document.sign", kind="document", id=document.id, patient=patient_id, reason=document.number)
    return document


async def open_pdf(unit: Unit, *, office: Office, document_id: str, patient_id: str | None = None) -> bytes:
    """The signed bytes for a reader whom the caller has let in; the reading is recorded.

    Raises NotFound; ArchiveDamaged when the archive does not hold what was signed.
    """
    document = await queries.get(unit, document_id)
    pdf = await _from_archive(office, document)
    unit.record("document.read", kind="document", id=document.id, patient=patient_id)
    return pdf


@dataclass(frozen=True, kw_only=True)
class ArchiveReport:
    """A walk over the archive: how many documents, and the numbers of those not as they were signed."""

    documents: int
    damaged: tuple[str, ...]


async def check_archive(unit: Unit, *, office: Office) -> ArchiveReport:
    """Reads every document back, compares its hash with the register and validates its signature (20 ms each).

    For the end of a restore, or by night.
    """
    trusted = [each.certificate for each in await queries.authorities(unit)]
    count, last, damaged = 0, "", []
    while documents := await queries.page(unit, last, 200):
        for document in documents:
            if not await _holds(unit, office, document, trusted):
                damaged.append(document.number)
        count, last = count + len(documents), documents[-1].id
    return ArchiveReport(documents=count, damaged=tuple(damaged))


async def _holds(unit: Unit, office: Office, document: Document, trusted: list[bytes]) -> bool:
    try:
        pdf = await _from_archive(office, document)
        said = await pressed(examine, pdf, trusted=trusted, moment=document.signed_at)
    except Exception:  # whatever a damaged file or archive brings up: this document does not hold
        return False
    return await signed_by_ours(unit, document, said)


async def done_or_next(
    unit: Unit, *, series: str, signer: SigningKeyHandle, subject: tuple[str, str], key: str
) -> tuple[Document | None, str]:
    """The document that was issued with `key` before; else the next number of `series`, held until this unit ends.

    Raises NotYourKey, KeyReused.
    """
    if done := await _issued_before(unit, subject, key):
        return done, done.number
    await _check_signer(unit, signer)
    counter = await numbers.locked_counter(unit, series)
    if done := await _issued_before(unit, subject, key):  # by whoever held the counter before us
        return done, done.number
    counter.last += 1
    return None, number_in(series, counter.last)


async def _issued_before(unit: Unit, subject: tuple[str, str], key: str) -> Document | None:
    document = await queries.by_key(unit, key)
    if document and (document.subject_kind, document.subject_id) != subject:
        raise KeyReused
    return document


async def _check_signer(unit: Unit, signer: SigningKeyHandle) -> None:
    """The key is the actor's own and was not withdrawn while it lay unlocked."""
    row = await unit.session.get(SigningKey, signer.id, populate_existing=True)
    if row is None or not row.usable(unit.now) or row.person_id != unit.actor.person_id:
        raise NotYourKey


async def replaced(unit: Unit, document_id: str | None) -> Document | None:
    """The edition that a new one takes the place of, locked. Raises NotFound, AlreadySuperseded."""
    if document_id is None:
        return None
    document = await queries.get(unit, document_id)
    await unit.session.refresh(document, with_for_update=True)
    if document.superseded:
        raise AlreadySuperseded
    return document


def _register(
    unit: Unit, report: Report, signer: SigningKeyHandle, subject_kind: str, subject_id: str, key: str
) -> Document:
    return Document(
        id=unit.new_id(),
        number=report.number,
        verification_code=code_from(hashlib.sha256(unit.new_token().encode()).digest()),
        key=key,
        kind=DocumentKind.REPORT,
        subject_kind=subject_kind,
        subject_id=subject_id,
        title=report.title,
        applying_institution=report.applying.institution,
        issuing_institution=report.invited.institution,
        patient_masked=masked(report.patient.name),
        content_sha256=content_digest(report),
        signing_key_id=signer.id,
        signer_id=signer.person_id,
        signer_post_id=unit.actor.post_id or None,
        signer_name=report.invited.doctor or signer.name,
        signer_title=report.invited.title,
        signed_at=unit.now,
        edition=report.version,
    )


async def signed(office: Office, sheet: Sheet, document: Document, signer: SigningKeyHandle) -> bytes:
    at = document.signed_at
    return await press.printed(_print_and_sign, sheet, signer, document.number, at, office.timestamp_address)


def _print_and_sign(sheet: Sheet, signer: SigningKeyHandle, number: str, at: datetime, timestamp_address: str) -> bytes:
    timestamps = web_timestamps(timestamp_address) if timestamp_address else None
    return sign(printed(sheet), signer=signer, number=number, at=at, timestamps=timestamps)


async def file_away(
    unit: Unit,
    office: Office,
    document: Document,
    pdf: bytes,
    institutions: Collection[str],
    before: Document | None = None,
) -> None:
    document.sha256, document.size = hashlib.sha256(pdf).hexdigest(), len(pdf)
    document.archive_ref = await office.archive.put(document.id, pdf)
    document.supersedes_id = before.id if before else None
    unit.session.add(document)
    await unit.session.flush()
    if before:
        before.superseded_by_id = document.id
    for institution_id in dict.fromkeys(institutions):
        unit.session.add(DocumentCopy(document_id=document.id, institution_id=institution_id, filed_at=unit.now))
    await unit.session.flush()


async def _from_archive(office: Office, document: Document) -> bytes:
    pdf = await office.archive.get(document.archive_ref)
    if hashlib.sha256(pdf).hexdigest() != document.sha256:
        raise ArchiveDamaged
    return pdf


def words_of(office: Office, locale: str) -> Callable[[str], str]:
    return partial(office.translate, locale)
