"""A zip of DICOM objects (a folder, a DICOMDIR and its files) or of one WFDB record. Nothing is ever unpacked."""

import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from server.files.kinds import ENOUGH, Content, of
from server.files.sandbox.pipe import refuse

MOST_ENTRIES = 20_000
LARGEST_ENTRY = 128 * 1024 * 1024
LARGEST_WHOLE = 4 * 1024 * 1024 * 1024
WORST_RATIO = 100
RECORDS = (".scp", ".ecg", ".edf")
MISSED = {
    **dict.fromkeys((Content.JPEG, Content.PNG, Content.WEBP, Content.HEIC), "photo"),
    Content.PDF: "pdf",
}
BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, UnicodeDecodeError)


def opened(file: BinaryIO) -> zipfile.ZipFile:
    """Raises Refused for a broken, locked or explosive one."""
    try:
        archive = zipfile.ZipFile(file)
    except BROKEN:
        refuse("damaged")
    entries = archive.infolist()
    whole = sum(entry.file_size for entry in entries)
    kept = sum(entry.compress_size for entry in entries)
    if len(entries) > MOST_ENTRIES or whole > LARGEST_WHOLE or whole > WORST_RATIO * kept + 64 * 1024 * 1024:
        refuse("too_large_inside")
    if any(entry.flag_bits & 1 for entry in entries):
        refuse("encrypted")
    return archive


def dicom_entries(archive: zipfile.ZipFile, start: int) -> Iterator[tuple[int, BinaryIO]]:
    """From entry `start`: the place and the content of each DICOM object; what else lies there is passed over."""
    for place, entry in enumerate(archive.infolist()[start:], start):
        if not entry.is_dir() and _head(archive, entry) is Content.DICOM:
            yield place, io.BytesIO(_whole(archive, entry))


def left_behind(archive: zipfile.ZipFile) -> dict[str, int]:
    """How many photos, PDFs and ECG files lie there besides: they are told of, not taken."""
    found = Counter(_kind(archive, entry) for entry in archive.infolist() if not _is_litter(entry))
    return {kind: count for kind, count in found.items() if kind}


def _is_litter(entry: zipfile.ZipInfo) -> bool:
    """Folders, and what systems leave in a zip unasked."""
    parts = PurePosixPath(entry.filename).parts
    return entry.is_dir() or any(part.startswith((".", "__MACOSX")) for part in parts)


def _kind(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """The word of what a doctor would miss, "" for anything else (a viewer that came on the CD, its settings)."""
    with archive.open(entry) as file:
        head = file.read(ENOUGH)
    content = of(head)
    if content is Content.RECORD:
        return "ecg" if entry.filename.lower().endswith(RECORDS) else ""
    if content is Content.XML:
        return "ecg" if b"ecg" in head.lower() else ""
    return MISSED.get(content, "")


def wfdb_files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Signal files and headers by bare name; empty when there is no header."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    wanted = [entry for entry in entries if entry.filename.endswith((".hea", ".dat"))]
    record = {PurePosixPath(entry.filename).name: entry for entry in wanted}
    if not any(name.endswith(".hea") for name in record):
        return {}
    if sum(entry.file_size for entry in record.values()) > LARGEST_ENTRY // 2:
        refuse("too_large_inside")
    return {name: _whole(archive, entry) for name, entry in record.items()}


def _head(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Content:
    try:
        with archive.open(entry) as file:
            return of(file.read(ENOUGH))
    except BROKEN:
        refuse("damaged")


def _whole(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Its bytes, the bound upheld while inflating: the size in the directory may lie."""
    try:
        with archive.open(entry) as file:
            content = file.read(LARGEST_ENTRY + 1)
    except BROKEN:
        refuse("damaged")
    if len(content) > LARGEST_ENTRY:
        refuse("too_large_inside")
    return content
