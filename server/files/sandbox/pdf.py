"""PDF documents: counted, and looked through for what would choke whoever opens them."""

import contextlib
import io
import zlib
from typing import Any, BinaryIO

from pypdf import PdfReader
from pypdf.errors import LimitReachedError, PyPdfError
from pypdf.generic import DictionaryObject, IndirectObject, StreamObject

from server.files.sandbox.pipe import refuse

MOST_PAGES = 2000
LARGEST_INFLATED = 256 * 1024 * 1024
MOST_PIXELS = 120_000_000
MOST_OBJECTS = 200_000


def read(file: BinaryIO) -> dict[str, Any]:
    """Facts of the document; raises Refused."""
    try:
        reader = PdfReader(file)
        if reader.is_encrypted:
            refuse("encrypted")
        pages = len(reader.pages)
        _look_through(reader)
    except LimitReachedError:
        refuse("too_large_inside")
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, AssertionError, OSError):
        refuse("damaged")
    if not pages:
        refuse("no_picture")
    if pages > MOST_PAGES:
        refuse("too_large_inside")
    return {"kind": "pdf", "pages": pages}


def _look_through(reader: PdfReader) -> None:
    """Refuses pictures too large to draw and streams that inflate without end (each browser would try)."""
    left = LARGEST_INFLATED
    numbers = [(generation, number) for generation, table in reader.xref.items() for number in table]
    numbers += [(0, number) for number in reader.xref_objStm]
    if len(numbers) > MOST_OBJECTS:
        refuse("too_large_inside")
    for generation, number in numbers:
        with contextlib.suppress(PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError):
            found = reader.get_object(IndirectObject(number, generation, reader))
            if isinstance(found, StreamObject):
                left -= _inflated_size(found, left)


def _inflated_size(stream: StreamObject, most: int) -> int:
    if _number(stream, "/Width") * _number(stream, "/Height") > MOST_PIXELS:
        refuse("too_large_inside")
    filters = stream.get("/Filter", [])
    names = [filters] if isinstance(filters, str) else list(filters)
    if names.count("/FlateDecode") > 1:
        refuse("too_large_inside")
    if "/FlateDecode" not in names:
        return 0
    inflating, total, source = zlib.decompressobj(), 0, io.BytesIO(stream._data)
    with contextlib.suppress(zlib.error):
        while block := inflating.unconsumed_tail or source.read(64 * 1024):
            total += len(inflating.decompress(block, 1024 * 1024))
            if total > most:
                refuse("too_large_inside")
    return total


def _number(stream: DictionaryObject, name: str) -> int:
    value = stream.get(name, 0)
    return int(value) if isinstance(value, int | float) else 0
