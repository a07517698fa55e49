"""A photograph for teaching: pixels alone, upright, encoded anew; EXIF, XMP, thumbnail, comments stay behind."""

from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image

from server.files.kinds import Content
from server.files.sandbox import photo
from server.files.sandbox.frames import jpeg
from server.files.sandbox.sheets import Sheet, masked
from server.files.sandbox.task import Wishes

ONLY = "1"
QUALITY = 90


class PhotoCopier:
    content = Content.JPEG

    def __init__(self, file: BinaryIO, wishes: Wishes) -> None:
        self._file, self._wishes = file, wishes

    def _picture(self) -> Image.Image:
        upright = photo.made_upright(photo.opened(self._file))
        upright.info = {}
        return upright

    def sheets(self) -> Iterator[Sheet]:
        yield Sheet(ONLY, self._picture())

    def written(self) -> Iterator[bytes]:
        yield jpeg(masked(self._picture(), self._wishes.masks.get(ONLY, ())), QUALITY)
