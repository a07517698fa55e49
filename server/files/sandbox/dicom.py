"""DICOM objects: pictures frame by frame, an ECG or a document inside one, and what must be said beside them."""

import contextlib
import io
import re
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels.utils import get_nr_frames, iter_pixels
from pydicom.uid import JPEGExtended12Bit

from server.files.sandbox import frames
from server.files.sandbox.identity import Expected, matches
from server.files.sandbox.pipe import Refused, refuse

LARGEST_FRAME = 96 * 1024 * 1024
LARGEST_INFLATED = 96 * 1024 * 1024
MOST_FRAMES = 4000
DEFLATED = b"1.2.840.10008.1.2.1.99"
EXPLICIT = b"1.2.840.10008.1.2.1".ljust(len(DEFLATED), b"\0")
ENCAPSULATED_DOCUMENT = 0x00420011


def header(file: BinaryIO) -> Dataset:
    """All but the pixels; large private elements are passed over."""
    return dcmread(file, stop_before_pixels=True, defer_size="1 MB")


def flat(file: BinaryIO) -> BinaryIO:
    """The file itself, or a deflated one inflated as far as LARGEST_INFLATED.

    pydicom would inflate without a bound: 509 KiB became 1,059 MiB.
    """
    head = file.read(2048)
    file.seek(0)
    if DEFLATED not in head:
        return file
    start = 144 + int.from_bytes(head[140:144], "little")
    meta = file.read(start).replace(DEFLATED, EXPLICIT)
    return io.BytesIO(meta + b"".join(_inflated(file)))


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    inflating, total = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while block := inflating.unconsumed_tail or file.read(256 * 1024):
        plain = inflating.decompress(block, 1024 * 1024)
        total += len(plain)
        if total > LARGEST_INFLATED:
            refuse("too_large_inside")
        yield plain


def is_picture(ds: Dataset) -> bool:
    return "Rows" in ds and "Columns" in ds and "SamplesPerPixel" in ds


def is_waveform(ds: Dataset) -> bool:
    return "WaveformSequence" in ds


def document_in(ds: Dataset, file: BinaryIO) -> bytes | None:
    """An encapsulated PDF, as many ECG carts write it."""
    if "EncapsulatedDocument" not in ds:
        return None
    file.seek(0)
    ds = dcmread(file, specific_tags=[ENCAPSULATED_DOCUMENT], stop_before_pixels=True)
    content = ds.get("EncapsulatedDocument")
    return content if isinstance(content, bytes) and content.startswith(b"%PDF-") else None


def pictures(file: BinaryIO, ds: Dataset, start: int) -> Iterator[tuple[dict[str, Any], bytes, frames.Pixels]]:
    """From frame `start`: how the frame is to be looked at, its bytes for the browser, its pixels.

    Raises Refused.
    """
    count = checked_count(ds)
    if start >= count:
        return  # the run before ended with this object's last frame
    same_for_all = _look(ds)
    for number, pixels in enumerate(decoded(file, ds, start, count), start):
        plain, slope, intercept = frames.prepared(ds, pixels, number)
        kind, content = frames.packed(plain)
        yield _framed(same_for_all, ds, number, plain, (slope, intercept), kind), content, plain


def checked_count(ds: Dataset) -> int:
    count = get_nr_frames(ds, warn=False)
    of_one = int(ds.Rows) * int(ds.Columns) * int(ds.SamplesPerPixel) * max(8, int(ds.BitsAllocated)) // 8
    if count > MOST_FRAMES or of_one > LARGEST_FRAME:
        refuse("too_large_inside")
    if not of_one:
        refuse("no_picture")
    return count


def decoded(file: BinaryIO, ds: Dataset, start: int, count: int) -> Iterator[frames.Pixels]:
    file.seek(0)
    # one after the other where there are many: by number, an object without offsets would be read over and over
    numbers = range(start, count) if start or count == 1 else None
    try:
        yield from iter_pixels(file, indices=numbers)
    except NotImplementedError:
        raise Refused("unsupported_codec") from None
    except RuntimeError:
        # all decoders gave up: none here knows 12-bit JPEG, of the others the file itself is to blame
        twelve_bit = ds.file_meta.TransferSyntaxUID == JPEGExtended12Bit
        raise Refused("unsupported_codec" if twelve_bit else "damaged") from None


def _look(ds: Dataset) -> dict[str, Any]:
    return {
        "study": _uid(ds, "StudyInstanceUID"),
        "series": _uid(ds, "SeriesInstanceUID"),
        "instance": _uid(ds, "SOPInstanceUID"),
        "series_number": _whole(ds.get("SeriesNumber")),
        "number": _whole(ds.get("InstanceNumber")),
        "modality": _code(ds.get("Modality")),
        "body_part": _code(ds.get("BodyPartExamined")),
        "laterality": _code(ds.get("ImageLaterality") or ds.get("Laterality"))[:1],
        "view": _code(ds.get("ViewPosition")),
        "rows": int(ds.Rows),
        "cols": int(ds.Columns),
        "frame_time": _frame_time(ds),
    }


def _framed(
    look: dict[str, Any],
    ds: Dataset,
    number: int,
    pixels: frames.Pixels,
    rescale: tuple[float, float],
    kind: str,
) -> dict[str, Any]:
    """`look` with what may differ from frame to frame."""
    slope, intercept = rescale
    grey = pixels.ndim == 2
    automatic = [frames.spread(ds, pixels, slope, intercept)] if grey else []
    return look | {
        "frame": number,
        "format": kind,
        "photometric": str(ds.PhotometricInterpretation) if grey else "RGB",
        "slope": slope,
        "intercept": intercept,
        "unit": _code(frames.functional(ds, number, "PixelValueTransformationSequence").get("RescaleType")),
        "windows": (frames.windows_of(ds, number)[:8] + automatic) if grey else [],
        "spacing": _spacing(ds, number),
    }


def _spacing(ds: Dataset, number: int) -> list[float] | None:
    """Millimetres between rows and between columns; only their ratio where the object says no more."""
    measures = frames.functional(ds, number, "PixelMeasuresSequence")
    for name in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        pair = frames.numbers(measures.get(name))
        if len(pair) == 2 and min(pair) > 0:
            return pair
    ratio = frames.numbers(ds.get("PixelAspectRatio"))
    return ratio if len(ratio) == 2 and min(ratio) > 0 else None


def _frame_time(ds: Dataset) -> float | None:
    """Milliseconds a frame."""
    if time := ds.get("FrameTime"):
        return float(time) or None
    rate = ds.get("CineRate") or ds.get("RecommendedDisplayFrameRate")
    return 1000 / float(rate) if rate else None


def _uid(ds: Dataset, name: str) -> str:
    uid = str(ds.get(name, ""))
    return uid if re.fullmatch(r"[0-9.]{1,64}", uid) else ""


def _code(value: Any) -> str:
    """A coded word of DICOM; anything else might be typed text, and stays here."""
    first = value[0] if isinstance(value, MultiValue) and value else value
    word = str(first or "").strip().upper()
    return word if re.fullmatch(r"[A-Z0-9_ ]{1,16}", word) else ""


def _whole(value: Any) -> int:
    with contextlib.suppress(ValueError, TypeError):
        return max(0, min(int(value), 2**31 - 1))
    return 0


def acquired(ds: Dataset) -> str | None:
    """When it was taken, ISO 8601; without a zone unless the object names one."""
    stamp = str(ds.get("AcquisitionDateTime") or "")
    for kind in ("Acquisition", "Content", "Series", "Study"):
        if not stamp and ds.get(f"{kind}Date"):
            stamp = str(ds.get(f"{kind}Date")) + str(ds.get(f"{kind}Time") or "")
    if not (found := re.match(r"(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?(?:\.\d+)?([+-]\d{4})?", stamp)):
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    zone = zone or str(ds.get("TimezoneOffsetFromUTC") or "")
    return f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone}"


def speaks_of(ds: Dataset, expected: Expected) -> bool | None:
    return matches(expected, _names(ds), str(ds.get("PatientBirthDate") or ""), str(ds.get("PatientSex") or ""))


def _names(ds: Dataset) -> Iterator[str]:
    if not (name := ds.get("PatientName")):
        return
    yield from (name.alphabetic, name.ideographic, name.phonetic)
    with contextlib.suppress(UnicodeDecodeError):
        # devices that write GBK and do not say so
        yield from name.original_string.decode("gb18030").split("=")
