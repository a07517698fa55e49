"""The site's own certification authority, read from the files it lies in: fit to certify doctors, or refused."""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from server.core.errors import Refusal
from server.documents.pki import Authority, PrivateKey


class Unreadable(Refusal):
    code = "documents.authority_unreadable"
    says = "读不出证书或私钥：要 PEM 格式，EC 或 RSA 私钥；私钥有口令的，口令要对"


class NotItsKey(Refusal):
    code = "documents.not_its_key"
    says = "私钥不是这张证书的"


class NoAuthority(Refusal):
    code = "documents.no_authority"
    says = "这不是 CA 证书，不能签发医生的签名证书"


class NotInForce(Refusal):
    code = "documents.authority_not_in_force"
    says = "证书不在有效期内：%(since)s 至 %(until)s"


def adopt_authority(certificate_pem: bytes, key_pem: bytes, *, now: datetime, password: bytes | None) -> Authority:
    """The site's own authority. Raises Unreadable, NotItsKey, NoAuthority, NotInForce."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        key = serialization.load_pem_private_key(key_pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise Unreadable from wrong
    if not isinstance(key, PrivateKey):
        raise Unreadable
    if key.public_key() != certificate.public_key():
        raise NotItsKey
    if not _may_certify(certificate):
        raise NoAuthority
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not since <= now < until:
        raise NotInForce(since=since.date(), until=until.date())
    return Authority(certificate, key)


def _may_certify(certificate: x509.Certificate) -> bool:
    try:
        extensions = certificate.extensions
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca and usage.key_cert_sign
    except (ValueError, x509.ExtensionNotFound):
        return False
