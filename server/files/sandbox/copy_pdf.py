"""A document for teaching: each page a picture, so that nothing hidden, attached or written beside it survives."""

import io
from collections.abc import Iterator
from typing import Any

import pypdfium2
from PIL import Image
from pypdfium2 import raw

from server.files.kinds import Content
from server.files.sandbox.frames import jpeg
from server.files.sandbox.pipe import refuse
from server.files.sandbox.sheets import MOST_WORDS, Sheet, masked
from server.files.sandbox.task import Box, Wishes

DOTS = 150
POINTS = 72
MOST_PAGES = 300
LONGEST_SIDE = 4000
QUALITY = 85


class PdfCopier:
    content = Content.PDF

    def __init__(self, content: bytes, wishes: Wishes) -> None:
        try:
            self._document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError:
            refuse("damaged")
        if len(self._document) > MOST_PAGES:
            refuse("too_large_inside")
        self._wishes = wishes

    def _pages(self) -> Iterator[tuple[str, Any, Any]]:
        """The group of a page, the page, its picture: without annotations and what stands in forms."""
        for number, page in enumerate(self._document, 1):
            scale = min(DOTS / POINTS, LONGEST_SIDE / max(page.get_size()))
            yield str(number), page, page.render(scale=scale, draw_annots=False, may_draw_forms=False)

    def sheets(self) -> Iterator[Sheet]:
        for group, page, bitmap in self._pages():
            text, places = _words(page, bitmap)
            yield Sheet(group, bitmap.to_pil(), text=text, places=places)

    def written(self) -> Iterator[bytes]:
        copy = pypdfium2.PdfDocument.new()
        for group, page, bitmap in self._pages():
            image = masked(bitmap.to_pil().convert("RGB"), self._wishes.masks.get(group, ()))
            _add(copy, image, page.get_size())
        out = io.BytesIO()
        copy.save(out)
        yield out.getvalue()


def _add(copy: Any, image: Image.Image, size: tuple[float, float]) -> None:
    picture = pypdfium2.PdfImage.new(copy)
    picture.load_jpeg(io.BytesIO(jpeg(image, QUALITY)), inline=True)
    picture.set_matrix(pypdfium2.PdfMatrix().scale(*size))
    page = copy.new_page(*size)
    page.insert_obj(picture)
    page.gen_content()


def _words(page: Any, bitmap: Any) -> tuple[str, list[Box]]:
    """What is written on a page, seen or not, and where each character stands on its picture."""
    words, position = page.get_textpage(), bitmap.get_posconv(page)
    count = min(words.count_chars(), MOST_WORDS)
    signs = "".join(_sign(raw.FPDFText_GetUnicode(words.raw, at)) for at in range(count))
    return signs, [_place(words.get_charbox(at), position, bitmap) for at in range(count)]


def _sign(code: int) -> str:
    """One character, so that places agree."""
    return chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else " "


def _place(corners: tuple[float, float, float, float], position: Any, bitmap: Any) -> Box:
    left, bottom, right, top = corners
    (x1, y1), (x2, y2) = position.to_bitmap(left, bottom), position.to_bitmap(right, top)
    width, height = bitmap.width, bitmap.height
    box = min(x1, x2) / width, min(y1, y2) / height, abs(x1 - x2) / width, abs(y1 - y2) / height
    inside = all(-0.1 <= part <= 1.1 for part in box)
    return box if inside else (0.0, 0.0, 0.0, 0.0)
