"""The site's own certificates: one authority made at set-up, one certificate a doctor and key (X.509, EC P-256)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

AUTHORITY_YEARS = 30
DOCTOR_YEARS = 5
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
SHA256 = hashes.SHA256()

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Authority:
    """The site's certification authority with its key in hand; `repr` never shows the key."""

    certificate: x509.Certificate
    key: PrivateKey

    def __repr__(self) -> str:
        return f"Authority({self.certificate.subject.rfc4514_string()})"


@dataclass(frozen=True, kw_only=True)
class Withdrawn:
    """A certificate revoked: what was signed before `at` stays valid."""

    serial: int
    at: datetime


def found_authority(*, site: str, serial: int, now: datetime) -> Authority:
    """A new authority of `site`, self-signed, for 30 years; it may sign doctors' certificates and nothing below."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"{site} 签名证书机构", site)
    builder = _certificate(name, name, key.public_key(), serial, now, AUTHORITY_YEARS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return Authority(builder.sign(key, SHA256), key)


def certify(
    authority: Authority, *, name: str, institution: str, person_id: str, key: PrivateKey, serial: int, now: datetime
) -> x509.Certificate:
    """A doctor's certificate for `key`: digital signature and non-repudiation, for documents only, 5 years."""
    subject = _name(name, institution, person_id)
    builder = _certificate(subject, authority.certificate.subject, key.public_key(), serial, now, DOCTOR_YEARS)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(_public(authority.certificate))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
    builder = builder.add_extension(issuer_key, critical=False)
    return builder.sign(authority.key, SHA256)


def revocations(authority: Authority, withdrawn: Iterable[Withdrawn], *, number: int, now: datetime) -> bytes:
    """The list of revoked certificates as of `now` (DER): it goes into each signed document."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    builder = builder.last_update(now).next_update(now + timedelta(days=366))
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(_public(authority.certificate))
    builder = builder.add_extension(x509.CRLNumber(number), critical=False).add_extension(issuer_key, critical=False)
    for each in withdrawn:
        entry = x509.RevokedCertificateBuilder().serial_number(each.serial).revocation_date(each.at).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(authority.key, SHA256).public_bytes(serialization.Encoding.DER)


def key_bytes(key: PrivateKey) -> bytes:
    """The private key as PKCS #8 DER, in the clear: seal it before it goes anywhere."""
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _name(common: str, organisation: str, person_id: str = "") -> x509.Name:
    """X.520 allows 64 characters in each; a longer name is cut rather than refused."""
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
        x509.NameAttribute(NameOID.COMMON_NAME, common[:64]),
    ]
    if person_id:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, person_id))
    return x509.Name(parts)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: object, serial: int, now: datetime, years: int
) -> x509.CertificateBuilder:
    public = key
    assert isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    # five minutes back: another machine's clock may be a little behind ours
    builder = builder.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=366 * years))
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    return builder.serial_number(serial).add_extension(identifier, critical=False)


def _public(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    public = certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
    return public


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
