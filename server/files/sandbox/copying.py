"""A copy of a file for teaching: first its pictures are handed out to be looked through, then it is written anew.

Nothing is taken over from the file but pixels, samples and the few facts a viewer needs: what is not carried over
need not be found. By content; libraries are imported by the copier that needs them.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from server.files.kinds import ENOUGH, MEDIA_TYPES, Content, of
from server.files.sandbox.pipe import refuse
from server.files.sandbox.sheets import Sheet
from server.files.sandbox.task import Facts, Task

LARGEST = 64 * 1024 * 1024


class Copier(Protocol):
    def sheets(self) -> Iterator[Sheet]:
        """Every picture of the file, unmasked."""

    def written(self) -> Iterator[bytes]:
        """The copy, masked."""

    content: Content
    """Of the copy."""


def survey(task: Task) -> Facts:
    for sheet in copier(task).sheets():
        sheet.hand_out(task.pipe)
    return {"kind": "survey"}


def rewrite(task: Task) -> Facts:
    copying = copier(task)
    for block in copying.written():
        task.pipe.derive("copy", block)
    return {"kind": "copy", "media_type": MEDIA_TYPES[copying.content]}


def copier(task: Task) -> Copier:
    content = of(task.file().read(ENOUGH))
    if content not in COPIERS:
        refuse(content.value)
    return COPIERS[content](task)


def _photo(task: Task) -> Copier:
    from server.files.sandbox.copy_photo import PhotoCopier

    return PhotoCopier(task.file(), task.wishes)


def _pdf(task: Task) -> Copier:
    from server.files.sandbox.copy_pdf import PdfCopier

    return PdfCopier(task.whole(LARGEST), task.wishes)


def _ecg(task: Task) -> Copier:
    from server.files.sandbox import ecg
    from server.files.sandbox.copy_ecg import EcgCopier

    return EcgCopier(ecg.record_of(task.whole(ecg.LARGEST)), task.wishes)


def _dicom(task: Task) -> Copier:
    from server.files.sandbox import dicom
    from server.files.sandbox.copy_dicom import DicomCopier
    from server.files.sandbox.copy_pdf import PdfCopier

    file = dicom.flat(task.file())
    ds = dicom.header(file)
    if document := dicom.document_in(ds, file):
        return PdfCopier(document, task.wishes)
    file.seek(0)
    return _ecg(task) if dicom.is_waveform(ds) else DicomCopier(file, task.wishes)


def _zip(task: Task) -> Copier:
    from server.files.sandbox import archive, ecg
    from server.files.sandbox.copy_dicom import FolderCopier
    from server.files.sandbox.copy_ecg import EcgCopier

    folder = archive.opened(task.file())
    if record := archive.wfdb_files(folder):
        return EcgCopier(ecg.wfdb_of(record), task.wishes)
    return FolderCopier(folder, task.wishes)


COPIERS: dict[Content, Callable[[Task], Copier]] = {
    Content.JPEG: _photo,
    Content.PNG: _photo,
    Content.WEBP: _photo,
    Content.PDF: _pdf,
    Content.DICOM: _dicom,
    Content.ZIP: _zip,
    Content.XML: _ecg,
    Content.RECORD: _ecg,
}
