"""Certificates of learning: typeset, numbered, signed and filed as reports are, verified on the same public page."""

import hashlib
import json
from dataclasses import asdict, replace

from server.core.unit import Unit
from server.documents import queries
from server.documents.kinds import RevocationReason
from server.documents.model import Document, DocumentKind, code_from, masked, series_of
from server.documents.office import Office
from server.documents.papers import Certificate
from server.documents.service import done_or_next, file_away, replaced, signed, words_of
from server.documents.signing import SigningKeyHandle
from server.documents.typeset import beijing, certificate_sheet

TITLE = "远程医学教育学习证书"


async def issue_certificate(
    unit: Unit,
    *,
    office: Office,
    certificate: Certificate,
    signer: SigningKeyHandle,
    subject_kind: str,
    subject_id: str,
    institutions: list[str],
    supersedes: str | None = None,
    key: str,
) -> Document:
    """Signs and files it; asked again with `key`, answers with the same. `supersedes` is the id of a revoked one.

    Raises NotYourKey, KeyReused, NotFound, AlreadySuperseded.
    """
    series = series_of(DocumentKind.CERTIFICATE, certificate.issuer_code, unit.now)
    done, number = await done_or_next(unit, series=series, signer=signer, subject=(subject_kind, subject_id), key=key)
    if done:
        return done
    before = await replaced(unit, supersedes)
    certificate = replace(certificate, number=number, replaces=before.number if before else "", signed_at=unit.now)
    document = _register(unit, certificate, signer, subject_kind, subject_id, key)
    document.edition = before.edition + 1 if before else 1
    say = words_of(office, certificate.locale)
    sheet = certificate_sheet(certificate, say=say, verify_page=office.verify_page, code=document.verification_code)
    pdf = await signed(office, sheet, document, signer)
    await file_away(unit, office, document, pdf, institutions, before)
    unit.record("document.sign", kind="document", id=document.id, reason=document.number)
    return document


async def revoke_certificate(unit: Unit, *, document_id: str, reason: RevocationReason) -> None:
    """From now on whoever verifies it is told that it counts no longer; a second time changes nothing.

    Raises NotFound.
    """
    document = await queries.get(unit, document_id)
    if document.revoked_at is not None:
        return
    document.revoked_at, document.revoked_by, document.revoked_for = unit.now, unit.actor.person_id, reason
    await unit.session.flush()
    unit.record("document.revoke", kind="document", id=document.id, reason=document.number, fields=[reason.value])


def _register(
    unit: Unit, certificate: Certificate, signer: SigningKeyHandle, subject_kind: str, subject_id: str, key: str
) -> Document:
    return Document(
        id=unit.new_id(),
        number=certificate.number,
        verification_code=code_from(hashlib.sha256(unit.new_token().encode()).digest()),
        key=key,
        kind=DocumentKind.CERTIFICATE,
        subject_kind=subject_kind,
        subject_id=subject_id,
        title=TITLE,
        applying_institution=certificate.holder_institution,
        issuing_institution=certificate.issuer,
        patient_masked=masked(certificate.holder),
        particulars=_particulars(certificate),
        content_sha256=_digest(certificate),
        signing_key_id=signer.id,
        signer_id=signer.person_id,
        signer_post_id=unit.actor.post_id or None,
        signer_name=certificate.signer or signer.name,
        signer_title=certificate.signer_title,
        signed_at=unit.now,
    )


def _particulars(certificate: Certificate) -> dict[str, str]:
    shown = {
        "教学题目": certificate.title,
        "举办时间": beijing(certificate.held_at),
        "学分": certificate.credit,
        "项目编号": certificate.project_no,
        "代替证书": certificate.replaces,
    }
    return {word: value for word, value in shown.items() if value}


def _digest(certificate: Certificate) -> str:
    content = json.dumps(asdict(certificate), default=str, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
