"""File names: what people called a file is kept for people's eyes, and never becomes a path or a header by itself."""

import re
import unicodedata
from urllib.parse import quote

LONGEST = 120
UNNAMED = "未命名文件"
_PATH = re.compile(r"[/\\:]")


def cleaned(name: str) -> str:
    """The last part of a path, without control or direction characters, of bearable length; 4-byte characters stay."""
    last = _PATH.split(name)[-1]
    shown = "".join(sign for sign in last if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    tidy = " ".join(shown.split()).strip(". ")
    if len(tidy) > LONGEST:
        stem, dot, ending = tidy.rpartition(".")
        tidy = f"{stem[: LONGEST - len(ending) - 1]}{dot}{ending}" if dot and len(ending) < 10 else tidy[:LONGEST]
    return tidy or UNNAMED


def disposition(name: str) -> str:
    """The value of Content-Disposition for saving under `name` (RFC 6266, 8187)."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
