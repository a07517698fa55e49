"""What a file is, told from its first bytes; its name and what the browser says of it count for nothing."""

from enum import StrEnum

ENOUGH = 4096
"""Bytes of the beginning that `of` wants to see (fewer only when the file is shorter)."""


class Content(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    HEIC = "heic"
    PDF = "pdf"
    DICOM = "dicom"
    ZIP = "zip"
    XML = "xml"
    RECORD = "record"  # a binary ECG record, or nothing we know
    DISGUISED = "disguised"  # a program or a page, or a DICOM file with one before it
    EMPTY = "empty"


PREAMBLES = (bytes(4), b"II*\0", b"MM\0*", b"II+\0")
"""A DICOM preamble is nought, or the head of a TIFF file that shares its pixels (PS3.10, 7.1)."""

PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa")
PAGES = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<head", b"<body", b"<?php", b"<iframe")
BEGINNINGS = (
    (b"\xff\xd8\xff", Content.JPEG),
    (b"\x89PNG\r\n\x1a\n", Content.PNG),
    (b"%PDF-", Content.PDF),
    (b"PK\x03\x04", Content.ZIP),
)
MEDIA_TYPES = {
    Content.JPEG: "image/jpeg",
    Content.PNG: "image/png",
    Content.WEBP: "image/webp",
    Content.PDF: "application/pdf",
    Content.DICOM: "application/dicom",
    Content.ZIP: "application/zip",
    Content.XML: "application/xml",
    Content.RECORD: "application/octet-stream",
}


def of(head: bytes) -> Content:
    """The content whose first ENOUGH bytes are `head`."""
    if not head:
        return Content.EMPTY
    if head[128:132] == b"DICM":
        return _dicom(head[:128])
    if head.startswith(PROGRAMS):
        return Content.DISGUISED
    for beginning, content in BEGINNINGS:
        if head.startswith(beginning):
            return content
    return _boxed(head) or _text(head)


def _dicom(preamble: bytes) -> Content:
    plain = preamble == bytes(128) or preamble.startswith(PREAMBLES[1:])
    return Content.DICOM if plain else Content.DISGUISED


def _boxed(head: bytes) -> Content | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Content.WEBP
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif"):
        return Content.HEIC
    return None


def _text(head: bytes) -> Content:
    for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")):
        if head.startswith(mark):
            head = head[2:].decode(encoding, "ignore").encode()
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    if start.startswith(PAGES) or (start.startswith(b"<?xml") and any(tag in head.lower() for tag in PAGES[:4])):
        return Content.DISGUISED
    return Content.XML if start.startswith(b"<") else Content.RECORD
