"""Reports into PDF/A-2a: typst, our own typeface, no system font, no clock and nothing fetched."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any, Final

from server.core import places
from server.core.i18n import BEIJING
from server.documents.glyphs import font_file, printable
from server.documents.report import Report, content_digest

Say = Callable[[str], str]
"""Turns a Chinese word of the template into the report's language."""

STANDARD: Final = "a-2a"
DIGEST_SHOWN = 16
_WORD = re.compile(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)"')
_COMMENT = re.compile(r"(?<!:)//.*")


def typeset(report: Report, *, say: Say, verify_page: str = "", code: str = "", draft: bool = False) -> bytes:
    """The report as PDF/A-2a bytes (about 30 ms, lets other threads run). A draft is marked on every page.

    Raises typst.TypstError when the template itself is wrong; no content of a report can cause that.
    """
    inputs = {
        "report": json.dumps(_shown(report, verify_page, code)),
        "words": json.dumps({word: say(word) for word in {report.title, *words_of("report")}}),
        "draft": "yes" if draft else "no",
        "qr": "" if draft else qr_of(f"{verify_page}/{code}"),
    }
    return _print("report", inputs, report.signed_at or report.requested_at)


def qr_of(address: str) -> str:
    """An SVG of the address, error correction M (15 %): read from a worn photocopy."""
    import segno

    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", border=0, dark="#1c2733", scale=4)
    return drawn.getvalue().decode()


def words_of(template: str) -> frozenset[str]:
    """The Chinese words of a template: every literal with a Chinese character in it is translated."""
    return frozenset(_WORD.findall(_COMMENT.sub("", _source(template))))


def beijing(at: datetime | None) -> str:
    """2026-11-22 14:30, Beijing time; empty for no time."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if at else ""


def _shown(report: Report, verify_page: str, code: str) -> dict[str, Any]:
    """The report's fields as the template prints them: every text printable, every time Beijing's."""
    shown: dict[str, Any] = _settled(asdict(report))
    shown["digest"] = content_digest(report)[:DIGEST_SHOWN]
    shown["verify_page"], shown["code"] = printable(verify_page), code
    return shown


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _settled(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_settled(each) for each in value]
    if isinstance(value, datetime) or value is None:
        return beijing(value)
    return printable(value) if isinstance(value, str) else value


def _print(template: str, inputs: dict[str, str], at: datetime) -> bytes:
    import typst

    compiler = typst.Compiler(_source(template).encode(), font_paths=_typefaces(), ignore_system_fonts=True)
    made = compiler.compile(format="pdf", pdf_standards=[STANDARD], timestamp=at, sys_inputs=inputs)
    assert isinstance(made, bytes)
    return made


@cache
def _typefaces() -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(font_file().parent)])


@cache
def _source(template: str) -> str:
    return (places.templates() / "documents" / f"{template}.typ").read_text()
