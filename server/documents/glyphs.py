"""Which characters our typeface can print. PDF/A forbids a missing glyph, and a rare name must not stop a report."""

import struct
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path

GETA = "〓"
"""The printers' sign for a character they have no type for; its code point is printed with it."""

LONGEST_RUN = 40
# What the CJK face lacks and Libertinus Serif, which comes inside typst, has: 10⁹/L, SpO₂, names of Central Europe.
SECOND_FACE = (
    *((0x104, 0x10F), (0x114, 0x119), (0x11C, 0x127), (0x12C, 0x142), (0x150, 0x151), (0x154, 0x167), (0x16E, 0x17F)),
    *((0x1E00, 0x1E3D), (0x1E40, 0x1E9F)),
    *((0x2070, 0x2071), (0x2075, 0x208E), (0x2090, 0x209C), (0x2153, 0x215F)),
    *((0x2219, 0x2219), (0x22C5, 0x22C5), (0x2300, 0x2300), (0x2714, 0x2714)),
)
SIMPLIFIED_FACE = 2  # the collection's faces: JP, KR, SC, TC, HK


def font_file() -> Path:
    """The CJK typeface that comes as a package: no system font is ever used."""
    return Path(str(files("noto_cjk_sans_otc").joinpath("NotoSansCJK-Regular.ttc")))


def printable(text: str) -> str:
    """`text` with what cannot be printed made visible: 〓(U+1F600), control characters dropped, long runs breakable."""
    shown = "".join(_printed(letter) for letter in text.replace("\r\n", "\n").replace("\r", "\n"))
    return _breakable(shown)


def _printed(letter: str) -> str:
    if letter in _covered() or letter in "\n\u200b":
        return letter
    if letter == "\t" or unicodedata.category(letter) == "Zs":
        return " "
    if letter.isprintable() and not _is_variation_selector(letter):
        return f"{GETA}(U+{ord(letter):04X})"
    return ""


def _is_variation_selector(letter: str) -> bool:
    return "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"


def _breakable(text: str) -> str:
    """A run without a space (a hash, a link) may break every 40 characters instead of leaving the page."""
    shown, run = [], 0
    for letter in text:
        run = run + 1 if letter.isascii() and not letter.isspace() else 0
        shown.append(letter)
        if run and run % LONGEST_RUN == 0:
            shown.append("\u200b")
    return "".join(shown)


@cache
def _covered() -> frozenset[str]:
    """All characters of both faces; those of the simplified one from its cmap table (OpenType, format 12)."""
    with font_file().open("rb") as file:
        font = file.read()
    face = struct.unpack_from(">I", font, 12 + 4 * SIMPLIFIED_FACE)[0]
    cmap = _table(font, face, b"cmap")
    subtable = cmap + _unicode_subtable(font, cmap)
    groups = struct.unpack_from(">I", font, subtable + 12)[0]
    letters: set[str] = set()
    for first, last, glyph in struct.iter_unpack(">III", font[subtable + 16 : subtable + 16 + 12 * groups]):
        letters.update(chr(code) for code in range(first, last + 1) if glyph + code - first)
    return frozenset(letters - _controls()) | _second_face()


def _controls() -> set[str]:
    return {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}


def _second_face() -> set[str]:
    return {chr(code) for first, last in SECOND_FACE for code in range(first, last + 1)}


def _table(font: bytes, face: int, wanted: bytes) -> int:
    tables = struct.unpack_from(">H", font, face + 4)[0]
    for at in range(face + 12, face + 12 + 16 * tables, 16):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, at)
        if tag == wanted:
            return int(offset)
    raise ValueError(f"the typeface has no {wanted.decode()} table")


def _unicode_subtable(font: bytes, cmap: int) -> int:
    count = struct.unpack_from(">H", font, cmap + 2)[0]
    for at in range(cmap + 4, cmap + 4 + 8 * count, 8):
        platform, encoding, offset = struct.unpack_from(">HHI", font, at)
        if (platform, encoding) in {(3, 10), (0, 4), (0, 6)} and struct.unpack_from(">H", font, cmap + offset)[0] == 12:
            return int(offset)
    raise ValueError("the typeface has no table of all Unicode characters")
