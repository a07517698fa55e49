"""One decoded DICOM frame as the browser gets it, and how it is to be looked at."""

import gzip
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut

THUMBNAIL = 320
Pixels = NDArray[Any]


def functional(ds: Dataset, frame: int, macro: str) -> Dataset:
    """The functional group `macro` of a frame of an enhanced object; the data set itself where there is none."""
    per_frame = ds.get("PerFrameFunctionalGroupsSequence") or []
    shared = ds.get("SharedFunctionalGroupsSequence") or []
    for groups in (*per_frame[frame : frame + 1], *shared[:1]):
        if items := groups.get(macro):
            return items[0]  # type: ignore[no-any-return]
    return ds


def numbers(value: Any) -> list[float]:
    values = value if isinstance(value, MultiValue | list | tuple) else [value]
    return [float(number) for number in values if number not in (None, "")]


def words(value: Any) -> list[str]:
    values = value if isinstance(value, MultiValue | list | tuple) else [value]
    return [str(word)[:32] for word in values if word not in (None, "")]


def windows_of(ds: Dataset, frame: int) -> list[dict[str, Any]]:
    """The file's own windows, in modality units."""
    voi = functional(ds, frame, "FrameVOILUTSequence")
    names = words(voi.get("WindowCenterWidthExplanation"))
    shape = str(voi.get("VOILUTFunction") or "LINEAR")
    pairs = zip(numbers(voi.get("WindowCenter")), numbers(voi.get("WindowWidth")), strict=False)
    found = [
        {"name": names[at] if at < len(names) else "", "center": center, "width": width, "shape": shape}
        for at, (center, width) in enumerate(pairs)
        if width > 0
    ]
    return found or [_window_of_table(table) for table in (voi.get("VOILUTSequence") or [])[:4]]


def _window_of_table(table: Dataset) -> dict[str, Any]:
    """A VOI table as the straight window over the same values."""
    entries, first, _ = numbers(table.LUTDescriptor)
    width = entries or 65536
    name = str(table.get("LUTExplanation", ""))[:32]
    return {"name": name, "center": first + width / 2, "width": width, "shape": "LINEAR"}


def prepared(ds: Dataset, pixels: Pixels, frame: int) -> tuple[Pixels, float, float]:
    """Grey stored values of 8 or 16 bits with slope and intercept to modality units, or colours of 8 bits."""
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.ndim == 3:
        return _eight_bits(pixels), 1, 0
    if ds.get("PhotometricInterpretation") == "PALETTE COLOR":
        return _eight_bits(apply_color_lut(pixels, ds)), 1, 0
    if ds.get("ModalityLUTSequence"):
        return _sixteen_bits(apply_modality_lut(pixels, ds), 1, 0)
    values = functional(ds, frame, "PixelValueTransformationSequence")
    slope, intercept = values.get("RescaleSlope"), values.get("RescaleIntercept")
    return _sixteen_bits(pixels, float(slope or 1), float(intercept or 0))


def _eight_bits(pixels: Pixels) -> Pixels:
    return pixels if pixels.dtype == np.uint8 else (pixels >> (8 * (pixels.dtype.itemsize - 1))).astype(np.uint8)


def _sixteen_bits(pixels: Pixels, slope: float, intercept: float) -> tuple[Pixels, float, float]:
    if pixels.dtype in (np.uint8, np.uint16, np.int16):
        return pixels, slope, intercept
    low, high = float(pixels.min()), float(pixels.max())
    step = (high - low) / 65535 or 1.0
    packed = np.round((pixels.astype(np.float64) - low) / step).astype(np.uint16)
    return packed, slope * step, intercept + slope * low


def packed(pixels: Pixels) -> tuple[str, bytes]:
    """Its format for the browser and the bytes.

    `jpeg`: a colour frame. `u8`: gzip of the values. `u16`, `i16`: gzip of two planes, low bytes then high bytes, of
    each value's zigzagged difference to its left neighbour, which is a quarter to a half smaller on radiographs.
    """
    if pixels.ndim == 3:
        return "jpeg", jpeg(Image.fromarray(pixels), 92)
    if pixels.dtype == np.uint8:
        return "u8", gzip.compress(np.ascontiguousarray(pixels).data, compresslevel=4, mtime=0)
    stored = np.ascontiguousarray(pixels).view(np.uint16)
    steps = np.diff(stored, axis=1, prepend=np.zeros((len(stored), 1), np.uint16)).view(np.int16)
    folded = ((steps << 1) ^ (steps >> 15)).view(np.uint16)
    planes = (folded & 255).astype(np.uint8).tobytes() + (folded >> 8).astype(np.uint8).tobytes()
    return "u16" if pixels.dtype == np.uint16 else "i16", gzip.compress(planes, compresslevel=4, mtime=0)


def jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling=0 if quality > 90 else 2)
    return out.getvalue()


def spread(ds: Dataset, pixels: Pixels, slope: float, intercept: float) -> dict[str, Any]:
    """A window over what the frame really holds: all of 8 bits, else between its 1st and 99th percentile."""
    if pixels.dtype == np.uint8 and slope == 1:
        values = float(1 << min(int(ds.BitsStored), 8))
        return {"name": "auto", "center": (values - 1) / 2 + intercept, "width": values, "shape": "LINEAR"}
    padding = ds.get("PixelPaddingValue")
    sample = pixels[::4, ::4] if pixels.size > 65536 else pixels
    kept = sample if padding is None else sample[sample != padding]
    low, high = np.percentile(kept if kept.size else sample, (1, 99)) * slope + intercept
    low, high = min(low, high), max(low, high)
    return {"name": "auto", "center": float(low + high) / 2, "width": max(float(high - low), 1.0), "shape": "LINEAR"}


def thumbnail(pixels: Pixels, look: dict[str, Any]) -> bytes:
    return jpeg(shown(pixels, look, THUMBNAIL), 80)


def shown(pixels: Pixels, look: dict[str, Any], most: int) -> Image.Image:
    """The frame under its first window, no side longer than `most`."""
    step = max(1, max(pixels.shape[:2]) // (2 * most))
    small = pixels[::step, ::step]
    if small.ndim == 2:
        window = look["windows"][0]
        units = small * look["slope"] + look["intercept"]
        grey = np.clip((units - window["center"]) / window["width"] + 0.5, 0, 1)
        small = ((1 - grey if look["photometric"] == "MONOCHROME1" else grey) * 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(small))
    image.thumbnail((most, most))
    return image
