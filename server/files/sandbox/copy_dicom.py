"""DICOM pictures for teaching: by the profile of PS3.15, decoded, masked and written without compression.

Pixels are decoded and written anew: a compressed frame may carry comments, unused bits may carry an overlay.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset

from server.files.kinds import Content
from server.files.sandbox import archive, dicom, frames
from server.files.sandbox.pipe import refuse
from server.files.sandbox.profile import Profile, signed, written
from server.files.sandbox.sheets import MOST, Sheet, corners
from server.files.sandbox.task import Box, Wishes

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

LARGEST = 256 * 1024 * 1024
STACKS = {"CT", "MR", "PT", "NM"}
"""Modalities whose series are one picture in slices, written on alike."""
BAND = 0.08
LEAST_BAND = 0.01


class Outlet(io.RawIOBase):
    """A file that is only written on, and emptied as it grows."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, block: "ReadableBuffer") -> int:
        self._waiting += block
        return len(memoryview(block))

    def taken(self) -> bytes:
        block = bytes(self._waiting)
        self._waiting.clear()
        return block


class DicomCopier:
    content = Content.DICOM

    def __init__(self, file: BinaryIO, wishes: Wishes) -> None:
        self._file, self._wishes = file, wishes

    def sheets(self) -> Iterator[Sheet]:
        return sheets_of(self._file, Profile(self._wishes))

    def written(self) -> Iterator[bytes]:
        yield rewritten(self._file, Profile(self._wishes))


class FolderCopier:
    """A zip of pictures: the same again, under numbers."""

    content = Content.ZIP

    def __init__(self, folder: zipfile.ZipFile, wishes: Wishes) -> None:
        self._folder, self._profile = folder, Profile(wishes)

    def _pictures(self) -> Iterator[BinaryIO]:
        for _, source in archive.dicom_entries(self._folder, 0):
            file = dicom.flat(source)
            if dicom.is_picture(dicom.header(file)):
                file.seek(0)
                yield file

    def sheets(self) -> Iterator[Sheet]:
        for file in self._pictures():
            yield from sheets_of(file, self._profile)

    def written(self) -> Iterator[bytes]:
        out, number = Outlet(), 0
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
            for number, file in enumerate(self._pictures(), 1):
                copy.writestr(zipfile.ZipInfo(f"{number:05d}.dcm"), rewritten(file, self._profile), compresslevel=3)
                yield out.taken()
        if not number:
            refuse("no_picture")
        yield out.taken()


def sheets_of(file: BinaryIO, profile: Profile) -> Iterator[Sheet]:
    ds = dicom.header(file)
    group, proposed = _group(ds, profile), _proposed(ds)
    for look, _, pixels in dicom.pictures(file, ds, 0):
        yield Sheet(group, frames.shown(pixels, look, MOST), proposed)


def _group(ds: Dataset, profile: Profile) -> str:
    """Slices of a stack share their boxes, as frames of one object do."""
    of = "SeriesInstanceUID" if ds.get("Modality") in STACKS else "SOPInstanceUID"
    return profile.uid(str(ds.get(of, "")))


def _proposed(ds: Dataset) -> list[Box]:
    """Where devices write: outside of the regions that an ultrasound names, else along the upper edge."""
    regions = ds.get("SequenceOfUltrasoundRegions") or []
    if regions:
        top = min(int(region.get("RegionLocationMinY0", 0)) for region in regions) / ds.Rows
        bottom = max(int(region.get("RegionLocationMaxY1", ds.Rows)) for region in regions) / ds.Rows
        bands: list[Box] = [(0, 0, 1, top), (0, bottom, 1, 1 - bottom)]
        return [band for band in bands if LEAST_BAND < band[3] < 1 - LEAST_BAND]
    return [(0, 0, 1, BAND)] if ds.get("Modality") == "US" or ds.get("BurnedInAnnotation") == "YES" else []


def rewritten(file: BinaryIO, profile: Profile) -> bytes:
    file.seek(0)
    ds = dcmread(file, stop_before_pixels=True)
    count = dicom.checked_count(ds)
    if count * ds.Rows * ds.Columns * ds.SamplesPerPixel * max(1, ds.BitsAllocated // 8) > LARGEST:
        refuse("too_large_inside")
    boxes = profile.wishes.masks.get(_group(ds, profile), [])
    pictures = [_masked(ds, pixels, boxes) for pixels in dicom.decoded(file, ds, 0, count)]
    return written(signed(_with_pixels(profile.cleaned(ds), pictures)))


def _masked(ds: Dataset, pixels: frames.Pixels, boxes: list[Box]) -> frames.Pixels:
    """Only the bits that are shown, and black where the boxes are."""
    if not np.issubdtype(pixels.dtype, np.integer):
        refuse("unsupported_codec")
    covered = _stored_bits(ds, pixels.astype(pixels.dtype.newbyteorder("="), copy=True))
    white_first = ds.get("PhotometricInterpretation") == "MONOCHROME1"
    black = covered.max() if white_first else covered.min() if covered.ndim == 2 else 0
    for box in boxes:
        left, top, right, bottom = corners(box, int(ds.Columns), int(ds.Rows))
        covered[top:bottom, left:right] = black
    return covered


def _stored_bits(ds: Dataset, pixels: frames.Pixels) -> frames.Pixels:
    unused = 8 * pixels.dtype.itemsize - int(ds.BitsStored)
    if unused <= 0 or int(ds.BitsAllocated) < 8:
        return pixels
    shown: frames.Pixels = (pixels << unused) >> unused
    return shown


def _with_pixels(kept: Dataset, pictures: list[frames.Pixels]) -> Dataset:
    first = pictures[0]
    bits = 8 * first.dtype.itemsize
    kept.BitsAllocated, kept.BitsStored = bits, min(bits, max(8, int(kept.BitsStored)))
    kept.HighBit = kept.BitsStored - 1
    if first.ndim == 3:
        kept.PhotometricInterpretation, kept.PlanarConfiguration = "RGB", 0
    for name in ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"):
        kept.pop(name, None)
    kept.add_new("PixelData", "OW" if bits > 8 else "OB", _even(b"".join(picture.tobytes() for picture in pictures)))
    return kept


def _even(content: bytes) -> bytes:
    return content + bytes(len(content) % 2)
