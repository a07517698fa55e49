"""A PAdES signature (ETSI EN 319 142-1, B-B; B-T with a time-stamp authority) over the whole file.

The certificates and the list of revoked ones are laid into the file before it is signed, so that the signature covers
them and every byte: it is checked offline, years later, and nothing may be appended (certification, no changes).
"""

import io
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.core.i18n import BEIJING

FIELD = "Signature"
RESERVED = 16384
"""Hexadecimal digits kept free for the signature: two certificates and one signature take about 4,000."""


@dataclass(frozen=True, kw_only=True)
class SigningKeyHandle:
    """A doctor's key, unlocked for one signing. Never stored, never shown; dropped when the request ends.

    Certificates, list of revoked ones and key (PKCS #8) are DER: so it goes to the press process as it is.
    """

    id: str
    person_id: str
    name: str
    certificate: bytes
    authority: bytes
    revocations: bytes
    key: bytes = field(repr=False)


def sign(pdf: bytes, *, signer: SigningKeyHandle, number: str, at: datetime, timestamps: Any = None) -> bytes:
    """The signed PDF (about 40 ms). Blocks: call it in a thread, it runs a loop of its own.

    `timestamps` is a pyHanko TimeStamper or None. Raises what it raises when the time-stamp authority fails.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    chain = [_asn1(signer.certificate), _asn1(signer.authority)]
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=chain, crls=[_list(signer.revocations)])
    described = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=number,
        name=signer.name,
        certify=True,
        subfilter=SigSeedSubFilter.PADES,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    reserved = None if timestamps else RESERVED
    out = _dated(described, _hand(signer.key, chain), at, timestamps).sign_pdf(writer, bytes_reserved=reserved)
    signed: bytes = out.getvalue()
    return signed


def _dated(described: Any, hand: Any, at: datetime, timestamps: Any) -> Any:
    """pyHanko's signer, with the time it is told instead of the machine's."""
    from pyhanko.sign import PdfSigner

    class DatedSigner(PdfSigner):
        def init_signing_session(self, *args: Any, **options: Any) -> Any:
            session = super().init_signing_session(*args, **options)
            session.system_time = at.astimezone(BEIJING)
            return session

    return DatedSigner(described, hand, timestamper=timestamps)


def _hand(key: bytes, chain: list[Any]) -> Any:
    from asn1crypto.keys import PrivateKeyInfo  # type: ignore[import-untyped]
    from pyhanko.sign import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    return SimpleSigner(
        signing_cert=chain[0],
        signing_key=PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore.from_certs(chain),  # type: ignore[no-untyped-call]
    )


def _asn1(certificate: bytes) -> Any:
    from asn1crypto.x509 import Certificate  # type: ignore[import-untyped]

    return Certificate.load(certificate)


def _list(revocations: bytes) -> Any:
    from asn1crypto.crl import CertificateList  # type: ignore[import-untyped]

    return CertificateList.load(revocations)


def load_tools() -> None:
    """Imports what typesetting and signing need."""
    import pyhanko.sign.validation.dss  # noqa: F401
    import typst  # noqa: F401


def web_timestamps(address: str, seconds: float = 5) -> Any:
    """A time-stamp authority over HTTP (RFC 3161), as `timestamps` of `sign`. Nothing is asked before it signs."""
    import aiohttp
    from asn1crypto import tsp  # type: ignore[import-untyped]
    from pyhanko.sign.timestamps import TimeStamper

    class WebTimeStamps(TimeStamper):
        async def async_request_tsa_response(self, req: Any) -> Any:
            limit = aiohttp.ClientTimeout(total=seconds)
            headers = {"Content-Type": "application/timestamp-query"}
            async with (
                aiohttp.ClientSession(timeout=limit, raise_for_status=True) as session,
                session.post(address, data=req.dump(), headers=headers) as response,
            ):
                return tsp.TimeStampResp.load(await response.read())

    return WebTimeStamps()  # type: ignore[no-untyped-call]
