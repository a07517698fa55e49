"""Reports into PDF/A-2a: typst, our own typeface, no system font, no clock and nothing fetched."""

import io
import json
import re
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from server.core import places
from server.core.i18n import BEIJING
from server.documents.glyphs import font_file, printable
from server.documents.model import grouped
from server.documents.papers import CaseHistory, Certificate, ConsentRecord, Handwriting
from server.documents.report import Report, content_digest

Say = Callable[[str], str]
"""Turns a Chinese word of the template into the report's language."""

STANDARD: Final = "a-2a"
DIGEST_SHOWN = 16
_WORD = re.compile(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)"')
_PATH = re.compile(r"[MLh0-9. ]+")
_COMMENT = re.compile(r"(?<!:)//.*")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What the press needs, and nothing of the house: a template, its words and content, the time it is dated."""

    template: str
    inputs: dict[str, str]
    at: datetime


def printed(sheet: Sheet) -> bytes:
    """The sheet as PDF/A-2a bytes (about 30 ms; the first in a process half a second).

    Raises typst.TypstError when the template itself is wrong; no content can cause that.
    """
    import typst

    compiler = typst.Compiler(
        _source(sheet.template).encode(), root=_folder(), font_paths=_typefaces(), ignore_system_fonts=True
    )
    whole = sheet.at.replace(microsecond=0)  # a PDF's dates know seconds
    made = compiler.compile(format="pdf", pdf_standards=[STANDARD], timestamp=whole, sys_inputs=sheet.inputs)
    assert isinstance(made, bytes)
    return made


def report_sheet(report: Report, *, say: Say, verify_page: str = "", code: str = "", draft: bool = False) -> Sheet:
    """The report; a draft is marked on every page."""
    shown = _settled(asdict(report)) | {
        "digest": content_digest(report)[:DIGEST_SHOWN],
        "verify_page": printable(verify_page),
        "code": grouped(code),
    }
    inputs = _told("report", shown, say, {report.title})
    inputs["draft"] = "yes" if draft else "no"
    inputs["qr"] = "" if draft else qr_of(f"{verify_page}/{code}")
    return Sheet(template="report", inputs=inputs, at=report.signed_at or report.requested_at)


def consent_sheet(record: ConsentRecord, *, say: Say) -> Sheet:
    """The record of a consent with the signature as it was written."""
    inputs = _told("consent", _settled(asdict(record)), say)
    inputs["drawing"] = _drawing(record.handwriting) if record.handwriting else ""
    return Sheet(template="consent", inputs=inputs, at=record.recorded_at)


def history_sheet(history: CaseHistory, *, say: Say) -> Sheet:
    """The history of a case."""
    inputs = _told("history", _settled(asdict(history)), say)
    return Sheet(template="history", inputs=inputs, at=history.printed_at)


def certificate_sheet(certificate: Certificate, *, say: Say, verify_page: str, code: str) -> Sheet:
    """A certificate of learning, one page across."""
    shown = _settled(asdict(certificate)) | {"verify_page": printable(verify_page), "code": grouped(code)}
    inputs = _told("certificate", shown, say)
    inputs["qr"] = qr_of(f"{verify_page}/{code}")
    return Sheet(template="certificate", inputs=inputs, at=certificate.signed_at or certificate.held_at)


def qr_of(address: str) -> str:
    """An SVG of the address, error correction M (15 %): read from a worn photocopy."""
    import segno

    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", border=0, dark="#1c2733", scale=4)
    return drawn.getvalue().decode()


def words_of(template: str) -> frozenset[str]:
    """The Chinese words of a template and of the house's print: every literal with a Chinese character in it."""
    return frozenset(_WORD.findall(_COMMENT.sub("", _source("house") + _source(template))))


def beijing(at: datetime | None) -> str:
    """2026-11-22 14:30, Beijing time; empty for no time."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if at else ""


def _drawing(written: Handwriting) -> str:
    """The strokes as an SVG of their own pad. What is not path data draws nothing."""
    strokes = "".join(f'<path d="{path}"/>' for path in written.paths if _PATH.fullmatch(path))
    style = 'fill="none" stroke="#1c2733" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"'
    box = f'viewBox="0 0 {written.width} {written.height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}><g {style}>{strokes}</g></svg>'


def _told(template: str, given: dict[str, Any], say: Say, further: Collection[str] = ()) -> dict[str, str]:
    """What a template reads: the paper's content and the words of its language."""
    words = {word: say(word) for word in {*further, *words_of(template)}}
    return {"given": json.dumps(given), "words": json.dumps(words), "locale": str(given["locale"])}


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _settled(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_settled(each) for each in value]
    if isinstance(value, datetime) or value is None:
        return beijing(value)
    return printable(value) if isinstance(value, str) else value


@cache
def _typefaces() -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(font_file().parent)])


@cache
def _source(template: str) -> str:
    return (_folder() / f"{template}.typ").read_text()


def _folder() -> Path:
    return places.templates() / "documents"
