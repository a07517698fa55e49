"""A certificate for the site's own names, from a certificate authority that exists on this machine alone.

Browsers give camera and microphone to secure addresses only. A site without a certificate of the public kind makes
its own authority once; each computer that trusts it reaches the site securely, also by its LAN address.
"""

import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.operations.network import Address

AUTHORITY_LASTS = timedelta(days=3650)
CERTIFICATE_LASTS = timedelta(days=397)
"""The longest that browsers accept."""
RENEW_BEFORE = timedelta(days=30)
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10")

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class LocalTls:
    """The files of the authority and of the site's certificate, all readable by their owner alone."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def authority_key(self) -> Path:
        return self.folder / "ca.key"

    @property
    def certificate(self) -> Path:
        return self.folder / "site.crt"

    @property
    def key(self) -> Path:
        return self.folder / "site.key"

    def fingerprint(self) -> str:
        """SHA-256 of the authority's certificate as browsers show it: 3A:7F:…"""
        digest = _read(self.authority).fingerprint(hashes.SHA256())
        return ":".join(f"{byte:02X}" for byte in digest)

    def names(self) -> list[str]:
        return _names_in(_read(self.certificate))

    def server_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        return context


def local_certificate(folder: Path, names: Sequence[str], *, now: datetime) -> LocalTls:
    """The authority, made when there is none, and a certificate for `names`, made anew when it must be.

    The authority may sign for private addresses and for the names it was made for, and nothing else: whoever steals
    its key cannot pose as another site before those who trust it. A new public name therefore makes a new authority.
    """
    tls = LocalTls(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (tls.authority.exists() and tls.authority_key.exists() and _covers(_read(tls.authority), names, now)):
        _make_authority(tls, names, now)
        tls.certificate.unlink(missing_ok=True)
    if not (tls.certificate.exists() and tls.key.exists() and _serves(_read(tls.certificate), names, now)):
        _make_certificate(tls, names, now)
    return tls


def _make_authority(tls: LocalTls, names: Sequence[str], now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Lianzhen {socket.gethostname()} CA"[:64])])
    builder = _builder(subject, subject, key.public_key(), now, AUTHORITY_LASTS)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(_permitted(names), None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _keep(tls.authority_key, _private(key))
    _keep(tls.authority, certificate.public_bytes(serialization.Encoding.PEM))


def _make_certificate(tls: LocalTls, names: Sequence[str], now: datetime) -> None:
    authority = _read(tls.authority)
    authority_key = serialization.load_pem_private_key(tls.authority_key.read_bytes(), None)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    builder = _builder(subject, authority.subject, key.public_key(), now, CERTIFICATE_LASTS)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([*_general(names)]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _keep(tls.key, _private(key))
    chain = [certificate.public_bytes(serialization.Encoding.PEM), tls.authority.read_bytes()]
    _keep(tls.certificate, b"".join(chain))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    # a day of grace for computers whose clock is slow
    return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + lasts - timedelta(days=1))


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _permitted(names: Sequence[str]) -> list[x509.GeneralName]:
    named: list[x509.GeneralName] = [x509.DNSName(name) for name in names if not _address(name)]
    networks = [ipaddress.ip_network(network) for network in PRIVATE]
    own = [address for name in names if (address := _address(name)) and not _inside(address, networks)]
    ranges = [*networks, *(ipaddress.ip_network(address) for address in own)]
    return named + [x509.IPAddress(network) for network in ranges]


def _inside(address: Address, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    return any(address in network for network in networks)


def _covers(authority: x509.Certificate, names: Sequence[str], now: datetime) -> bool:
    """Whether the authority may sign for all of `names`, and long enough."""
    allowed = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    named = {one.value for one in allowed if isinstance(one, x509.DNSName)}
    networks = [one.value for one in allowed if isinstance(one, x509.IPAddress)]
    ranges = [network for network in networks if isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network)]
    lasts = authority.not_valid_after_utc > now + CERTIFICATE_LASTS
    return lasts and all(_inside(address, ranges) if (address := _address(name)) else name in named for name in names)


def _serves(certificate: x509.Certificate, names: Sequence[str], now: datetime) -> bool:
    """Whether the certificate holds all of `names` and does not end soon."""
    return set(names) <= set(_names_in(certificate)) and certificate.not_valid_after_utc - RENEW_BEFORE > now


def _names_in(certificate: x509.Certificate) -> list[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(one.value) for one in names]


def _general(names: Sequence[str]) -> Iterable[x509.GeneralName]:
    for name in names:
        address = _address(name)
        yield x509.IPAddress(address) if address else x509.DNSName(name)


def _address(name: str) -> Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _private(key: Key) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _keep(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
