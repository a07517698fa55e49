"""Examines one PDF in a child process: python -I -m server.documents.examination.

It is told a line of JSON (the certificates trusted, the moment to judge by) and then the file; it answers a line of
JSON. It is shut in before it sees a byte of the file: no network, nothing to read or write, little memory and time.
"""

import base64
import io
import json
import logging
import sys
from datetime import datetime
from typing import Any, BinaryIO

MEMORY_MEGABYTES, SECONDS = 768, 15


def main() -> None:
    import pyhanko_certvalidator  # noqa: F401 - all that is needed is read before the door closes

    from server.files.sandbox.confine import confine

    logging.disable(logging.CRITICAL)
    confine(MEMORY_MEGABYTES, SECONDS)
    print(json.dumps(_answer(sys.stdin.buffer)))


def _answer(told: BinaryIO) -> dict[str, Any]:
    task = json.loads(told.readline())
    try:
        return examine(told.read(), trusted=_trusted(task), moment=_moment(task))
    except Exception:  # a crafted file may break the reader anywhere: whatever it is, it is no signature of ours
        return {"readable": False}


def _trusted(task: dict[str, Any]) -> list[bytes]:
    return [base64.b64decode(each) for each in task["trusted"]]


def _moment(task: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(task["moment"]) if task["moment"] else None


def examine(pdf: bytes, *, trusted: list[bytes], moment: datetime | None) -> dict[str, Any]:
    """What the file's signature says: readable, signed, whole (covers all), intact, trusted, serial, number.

    `moment` is when it was signed as the register has it; without one, as the file itself claims.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader

    signatures = PdfFileReader(io.BytesIO(pdf), strict=True).embedded_signatures
    if len(signatures) != 1:
        return {"readable": True, "signed": len(signatures)}
    return {"readable": True, "signed": 1} | _judged(signatures[0], trusted, moment)


def _judged(signature: Any, trusted: list[bytes], moment: datetime | None) -> dict[str, Any]:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    status = validate_pdf_signature(signature, _context(trusted, moment or signature.self_reported_timestamp))
    return {
        "whole": status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        "intact": bool(status.intact and status.valid and status.docmdp_ok),
        "trusted": bool(status.trusted),
        "serial": f"{status.signing_cert.serial_number:x}",
        "number": str(signature.sig_object.get("/Reason", "")),
    }


def _context(trusted: list[bytes], moment: datetime | None) -> Any:
    """Judges by the certificates alone, at `moment`; whether one was withdrawn the register knows."""
    from asn1crypto.x509 import Certificate  # type: ignore[import-untyped]
    from pyhanko_certvalidator import ValidationContext

    roots = [Certificate.load(each) for each in trusted]
    return ValidationContext(trust_roots=roots, moment=moment, revocation_mode="soft-fail", allow_fetching=False)


if __name__ == "__main__":
    main()
