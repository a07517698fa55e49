"""Who can sign: the site's authority, doctors' keys, a change of secret, a reset, a withdrawal."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from sqlalchemy.exc import IntegrityError

from server.core.errors import Refusal
from server.core.unit import Unit
from server.documents import pki, queries
from server.documents.keybox import Cost, WrongSecret, lock, unlock
from server.documents.model import SigningKey, SiteAuthority
from server.documents.pki import Authority, PrivateKey, Withdrawn
from server.documents.press import pressed
from server.documents.signing import SigningKeyHandle

__all__ = ["NotEnrolled", "NotYourKey", "WrongSecret"]

UNNAMED_SITE = "联诊平台"  # not words: a name in certificates
COST = Cost()
"""At which keys are locked from now on; each opens at the cost it was locked at."""


class NotEnrolled(Refusal):
    code = "documents.not_enrolled"
    status = 409
    says = "您还没有可用的签名证书，请先设置签名口令"


class NotYourKey(Refusal):
    code = "documents.not_your_key"
    status = 403
    says = "只能用本人的签名证书签名"


async def found_authority(unit: Unit, *, site: str) -> SiteAuthority:
    """The site's authority, made at set-up (or with the first signer); the one there is when it was made before."""
    existing = await queries.authority(unit)
    if existing is not None:
        return existing
    return await install_authority(unit, authority=pki.found_authority(site=site, serial=_serial(unit), now=unit.now))


async def install_authority(unit: Unit, *, authority: Authority) -> SiteAuthority:
    """A new authority (the site's own, from `adopting.adopt_authority`) signs from now on; old signatures stay valid.

    Doctors' certificates by the one before end now; each has a new one made at their next signature.
    """
    for key in await queries.keys_in_use(unit):
        await _revoke(unit, key)
    row = SiteAuthority(id=unit.new_id(), founded_at=unit.now, certificate=pki.der(authority.certificate))
    row.name = authority.certificate.subject.rfc4514_string()[:120]
    row.sealed_key = unit.keys.seal(pki.key_bytes(authority.key), _about(row))
    unit.session.add(row)
    unit.record("authority.install", kind="authority", id=row.id)
    await unit.session.flush()
    return row


async def enrol_signer(unit: Unit, *, person_id: str, name: str, secret: str, institution: str = "") -> SigningKey:
    """A key and a certificate for a doctor, unlockable only with `secret`; the usable one there is stays as it is."""
    existing = await queries.signing_key(unit, person_id)
    if existing is not None and existing.usable(unit.now):
        return existing
    if existing is not None:
        await _revoke(unit, existing)
    return await _enrol(unit, person_id=person_id, name=name, secret=secret, institution=institution)


async def renew_signer(unit: Unit, *, person_id: str, name: str, secret: str, institution: str = "") -> SigningKey:
    """A key that opens with `secret`, which the person has just proved to be theirs (a password changed or reset).

    The one there is, when it opens; else a new one, and the old certificate ends now. Twice at once makes one.
    """
    existing = await queries.signing_key(unit, person_id, locked=True)
    if existing is None:  # none, or it was revoked while we waited for it and has a successor
        existing = await queries.signing_key(unit, person_id)
    if existing is not None and existing.usable(unit.now) and await _opens(unit, existing, secret):
        return existing
    return await reset_signer(unit, person_id=person_id, name=name, secret=secret, institution=institution)


async def reset_signer(unit: Unit, *, person_id: str, name: str, secret: str, institution: str = "") -> SigningKey:
    """A new key in place of one whose secret is lost or known to others; the old certificate ends now."""
    await revoke_signer(unit, person_id=person_id)
    return await _enrol(unit, person_id=person_id, name=name, secret=secret, institution=institution)


async def revoke_signer(unit: Unit, *, person_id: str) -> None:
    """Ends a doctor's certificate as of now; what it signed before stays valid. Nothing happens without one."""
    existing = await queries.signing_key(unit, person_id)
    if existing is not None:
        await _revoke(unit, existing)


async def rewrap(unit: Unit, *, person_id: str, old: str, new: str) -> None:
    """The same key under a new secret. Raises NotEnrolled, WrongSecret."""
    row = await _usable_key(unit, person_id)
    key = await _unlocked(unit, row, old)
    await _locked(unit, row, key, new)
    unit.record("signing_key.rewrap", kind="signing_key", id=row.id)
    await unit.session.flush()


async def can_sign(unit: Unit, *, person_id: str) -> bool:
    """Whether the person has a certificate that may be signed with now."""
    row = await queries.signing_key(unit, person_id)
    return row is not None and row.usable(unit.now)


async def signing_key_for(unit: Unit, *, person_id: str, secret: str) -> SigningKeyHandle:
    """The person's key, unlocked (about 100 ms of one core, off the loop).

    A read-only unit will do: unlock before the unit that writes, so that others need not wait meanwhile.
    Raises NotEnrolled, WrongSecret.
    """
    row = await _usable_key(unit, person_id)
    key = await _unlocked(unit, row, secret)
    authority_row = await unit.session.get(SiteAuthority, row.authority_id)
    assert authority_row is not None
    authority = _authority(unit, authority_row)
    return SigningKeyHandle(
        id=row.id,
        person_id=person_id,
        name=row.name,
        certificate=row.certificate,
        authority=authority_row.certificate,
        revocations=await _revocations(unit, authority_row, authority),
        key=pki.key_bytes(key),
    )


async def _usable_key(unit: Unit, person_id: str) -> SigningKey:
    row = await queries.signing_key(unit, person_id)
    if row is None or not row.usable(unit.now):
        raise NotEnrolled
    return row


async def _enrol(unit: Unit, *, person_id: str, name: str, secret: str, institution: str) -> SigningKey:
    """Adds the key; when another transaction added one at the same moment, that one."""
    authority_row = await found_authority(unit, site=UNNAMED_SITE)
    key = ec.generate_private_key(ec.SECP256R1())
    row = _certified(unit, authority_row, key, person_id=person_id, name=name, institution=institution)
    await _locked(unit, row, key, secret)
    try:
        async with unit.session.begin_nested():
            unit.session.add(row)
    except IntegrityError:
        return await _usable_key(unit, person_id)
    unit.record("signing_key.enrol", kind="signing_key", id=row.id, reason=f"serial {row.serial}")
    return row


def _certified(
    unit: Unit, authority_row: SiteAuthority, key: PrivateKey, *, person_id: str, name: str, institution: str
) -> SigningKey:
    authority, serial = _authority(unit, authority_row), _serial(unit)
    certificate = pki.certify(
        authority,
        name=name,
        institution=institution or authority_row.name,
        person_id=person_id,
        key=key,
        serial=serial,
        now=unit.now,
    )
    return SigningKey(
        id=unit.new_id(),
        person_id=person_id,
        authority_id=authority_row.id,
        name=name,
        serial=f"{serial:x}",
        certificate=pki.der(certificate),
        enrolled_at=unit.now,
        ends_at=certificate.not_valid_after_utc,
    )


async def _locked(unit: Unit, row: SigningKey, key: PrivateKey, secret: str) -> None:
    salt = unit.new_token().encode()[:32]
    row.sealed_key = await pressed(lock, key, secret=secret, salt=salt, about=row.about, keys=unit.keys, cost=COST)
    row.salt, row.cost = salt, COST.written()


async def _unlocked(unit: Unit, row: SigningKey, secret: str) -> PrivateKey:
    cost = Cost.read(row.cost)
    return await pressed(
        unlock, row.sealed_key, secret=secret, salt=row.salt, about=row.about, keys=unit.keys, cost=cost
    )


async def _opens(unit: Unit, row: SigningKey, secret: str) -> bool:
    try:
        await _unlocked(unit, row, secret)
    except WrongSecret:
        return False
    return True


async def _revoke(unit: Unit, row: SigningKey) -> None:
    row.revoked_at = unit.now
    unit.record("signing_key.revoke", kind="signing_key", id=row.id, reason=f"serial {row.serial}")
    await unit.session.flush()


async def _revocations(unit: Unit, authority_row: SiteAuthority, authority: Authority) -> bytes:
    rows = await queries.revoked_keys(unit, authority_row.id)
    withdrawn = [Withdrawn(serial=int(row.serial, 16), at=row.revoked_at) for row in rows if row.revoked_at]
    return pki.revocations(authority, withdrawn, number=int(unit.now.timestamp()), now=unit.now)


def _authority(unit: Unit, row: SiteAuthority) -> Authority:
    key = load_der_private_key(unit.keys.open(row.sealed_key, _about(row)), None)
    assert isinstance(key, PrivateKey)
    return Authority(x509.load_der_x509_certificate(row.certificate), key)


def _about(row: SiteAuthority) -> str:
    return f"site_authorities.sealed_key:{row.id}"


def _serial(unit: Unit) -> int:
    """Positive and below 160 bits (RFC 5280 4.1.2.2), half of it random."""
    return int(unit.new_id(), 16)
