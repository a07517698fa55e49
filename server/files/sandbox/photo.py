"""Photographs: made upright, without what the camera knew of place and time, small enough to send."""

import contextlib
import io
from datetime import datetime
from typing import Any, BinaryIO

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from server.files.sandbox.pipe import Pipe, refuse

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 40_000_000
MOST_JPEG_PIXELS = 220_000_000
"""A JPEG is decoded at an eighth if need be; the others come whole."""
PREVIEW, THUMBNAIL = 3200, 320
TAKEN_AT = 0x9003
EXIF = 0x8769


def read(file: BinaryIO, pipe: Pipe) -> dict[str, Any]:
    """Facts of the picture; raises Refused."""
    image = opened(file)
    width, height = image.size
    taken = _taken(image)
    upright = made_upright(image)
    pipe.derive("preview", _jpeg(upright, PREVIEW, 88))
    pipe.derive("thumbnail", _jpeg(upright, THUMBNAIL, 80))
    turned = (upright.width > upright.height) != (width > height)
    return {"kind": "photo", "width": height if turned else width, "height": width if turned else height} | taken


def opened(file: BinaryIO) -> Image.Image:
    """Not decoded yet. Raises Refused."""
    Image.MAX_IMAGE_PIXELS = None  # we say it ourselves, in a sentence
    try:
        image = Image.open(file, formats=FORMATS)
    except (UnidentifiedImageError, SyntaxError, OSError, ValueError):
        refuse("damaged")
    if image.width * image.height > (MOST_JPEG_PIXELS if image.format == "JPEG" else MOST_PIXELS):
        refuse("too_large_inside")
    return image


def made_upright(image: Image.Image) -> Image.Image:
    """Its pixels alone, in sRGB; a JPEG far beyond PREVIEW comes smaller. Raises Refused."""
    try:
        image.draft("RGB", (PREVIEW, PREVIEW))
        return _upright(image)
    except (OSError, SyntaxError, ValueError, EOFError):
        refuse("damaged")


def _upright(image: Image.Image) -> Image.Image:
    turned = ImageOps.exif_transpose(image)
    assert turned is not None
    with contextlib.suppress(ImageCms.PyCMSError, OSError):
        if profile := image.info.get("icc_profile"):
            camera, screen = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            turned = ImageCms.profileToProfile(turned, camera, screen, outputMode="RGB") or turned
    if turned.mode in ("RGBA", "LA", "PA", "P"):
        turned = turned.convert("RGBA")
        paper = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(paper, turned)
    return turned.convert("RGB")


def _jpeg(image: Image.Image, most: int, quality: int) -> bytes:
    small = image.copy()
    small.thumbnail((most, most))
    small.info = {}
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality, exif=b"", icc_profile=None)
    return out.getvalue()


def _taken(image: Image.Image) -> dict[str, str]:
    with contextlib.suppress(ValueError, KeyError, SyntaxError, TypeError, OSError):
        stamp = str(image.getexif().get_ifd(EXIF)[TAKEN_AT])
        return {"acquired": datetime.strptime(stamp[:19], "%Y:%m:%d %H:%M:%S").isoformat()}  # noqa: DTZ007 - local
    return {}
