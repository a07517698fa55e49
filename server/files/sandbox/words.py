"""What is written on the pages of a document. A file is never refused for it: what cannot be read is left out."""

import time
from contextlib import closing, suppress
from typing import BinaryIO

import pypdfium2

ENOUGH = 150_000
"""Characters of a document, of which a page gives PAGE at most; the answer must fit into one frame."""
PAGE = 20_000
SECONDS = 3
"""Of CPU: the file has been looked through already, and its time is not without end."""


def of_pages(file: BinaryIO) -> list[str]:
    """From the first page on, as far as it is read in time."""
    begun, left, found = time.process_time(), ENOUGH, list[str]()
    with suppress(pypdfium2.PdfiumError), closing(pypdfium2.PdfDocument(file)) as document:
        for page in document:
            if left <= 0 or time.process_time() - begun > SECONDS:
                break
            found.append(_written(page)[: min(left, PAGE)])
            left -= len(found[-1])
    return found


def _written(page: pypdfium2.PdfPage) -> str:
    text: str = page.get_textpage().get_text_bounded(errors="ignore")
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
