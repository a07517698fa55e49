"""Certificates of a session: one for each who was credited, signed by a teacher, a batch at a time."""

from collections.abc import Collection
from functools import partial

from server.accounts import queries as accounts
from server.core.errors import Refusal
from server.core.unit import Unit
from server.directory import queries as directory
from server.documents import queries as documents
from server.documents.certifying import issue_certificate
from server.documents.office import Office
from server.documents.papers import Certificate
from server.documents.signing import SigningKeyHandle
from server.teaching import queries, views
from server.teaching.kinds import KIND_WORDS
from server.teaching.model import Attendance, TeachingSession

SUBJECT = "teaching"
BATCH = 50
"""How many are signed at once: about a tenth of a second each."""


class NotIssued(Refusal):
    code = "teaching.certificate_not_issued"
    says = "这份证书还没有签发"


class NothingToSign(Refusal):
    code = "teaching.nothing_to_sign"
    says = "没有等待签发的证书"


class Revoked(Refusal):
    code = "teaching.certificate_revoked"
    says = "这份证书已撤销，不再有效"


async def valid(unit: Unit, rows: Collection[Attendance]) -> frozenset[str]:
    """The ids of their certificates, but of those that were revoked."""
    return await documents.valid(unit, [one.document_id for one in rows])


async def waiting(unit: Unit, session: TeachingSession) -> list[Attendance]:
    """Who was credited and has none, or one that was revoked before the credit came back."""
    rows = (await queries.attendances(unit, session.id)).values()
    signed = await valid(unit, rows)
    found = (one for one in rows if one.credited and one.document_id not in signed)
    return sorted(found, key=lambda one: one.person_id)


async def sign_batch(unit: Unit, *, session: TeachingSession, office: Office, signer: SigningKeyHandle) -> int:
    """How many still wait after this batch. `session` is locked. Raises NothingToSign, NotYourKey."""
    rows = await waiting(unit, session)
    if not rows:
        raise NothingToSign
    for row in rows[:BATCH]:
        document = await issue_certificate(
            unit,
            office=office,
            certificate=await compose(unit, session, row, office),
            signer=signer,
            subject_kind=SUBJECT,
            subject_id=session.id,
            institutions=list({session.institution_id, row.institution_id}),
            supersedes=row.document_id,
            key=f"certificate:{row.document_id or session.id}:{row.person_id}",
        )
        row.document_id = document.id
    await unit.session.flush()
    return max(0, len(rows) - BATCH)


async def compose(unit: Unit, session: TeachingSession, row: Attendance, office: Office) -> Certificate:
    holder = await accounts.person(unit, row.person_id)
    locale = holder.locale or "zh"  # who never chose reads Chinese
    issuer = await directory.institution(unit, session.institution_id)
    signer = await accounts.person(unit, unit.actor.person_id)
    say = partial(_say, office, locale)
    return Certificate(
        holder=holder.name,
        holder_title=holder.title,
        holder_institution=(await directory.institution(unit, row.institution_id)).name,
        issuer=issuer.name,
        issuer_code=issuer.code,
        title=session.title,
        kind=say(KIND_WORDS[session.kind][0]),
        held_at=session.begun_at or session.starts_at,
        minutes=row.required_seconds // 60,
        credit=views.credit(session, say),
        project_no=session.project_no,
        filing_no=session.filing_no,
        signer=signer.name,
        signer_title=signer.title,
        locale=locale,
    )


def _say(office: Office, locale: str, message: str, facts: dict[str, str] | None = None) -> str:
    words = office.translate(locale, message)
    return words % facts if facts else words
