"""What is done with a file, by its content. Libraries are imported by the reader that needs them: 0.3 s each."""

import io
from collections.abc import Callable

from server.files.kinds import ENOUGH, MEDIA_TYPES, Content, of
from server.files.sandbox.pipe import Pipe, Refused, refuse
from server.files.sandbox.task import Facts, Task


def serve(incoming: int, outgoing: int) -> None:
    pipe = Pipe(incoming, outgoing)
    try:
        task = Task(pipe)
        pipe.tell(b"F", WORKS[task.work](task))
    except Refused as refusal:
        pipe.tell(b"X", {"reason": refusal.reason})
    except (MemoryError, OverflowError):
        pipe.tell(b"X", {"reason": "too_large_inside"})
    except RecursionError:
        pipe.tell(b"X", {"reason": "too_deep"})
    except Exception:
        # whatever else a reader of crafted bytes may raise: which error it was helps nobody but the crafter
        pipe.tell(b"X", {"reason": "damaged"})


def _read(task: Task) -> Facts:
    content = of(task.file().read(ENOUGH))
    if content not in READERS:
        refuse(content.value)
    facts = READERS[content](task)
    return {"media_type": MEDIA_TYPES[content]} | facts


def _photo(task: Task) -> Facts:
    from server.files.sandbox import photo

    return photo.read(task.file(), task.pipe)


def _pdf(task: Task) -> Facts:
    from server.files.sandbox import pdf

    facts = pdf.read(task.file())
    if task.words:
        from server.files.sandbox import words

        facts["words"] = words.of_pages(task.file())
    return facts


def _ecg(task: Task) -> Facts:
    from server.files.sandbox import ecg

    return ecg.read_one(task.whole(ecg.LARGEST), task.pipe, task.expected)


def _dicom(task: Task) -> Facts:
    from server.files.sandbox import dicom, pdf
    from server.files.sandbox.pictures import Pictures

    file = dicom.flat(task.file())
    ds = dicom.header(file)
    document = dicom.document_in(ds, file)
    file.seek(0)
    if document is None:
        return Pictures(task).of([(0, file)])
    facts = pdf.read(io.BytesIO(document))
    task.pipe.derive("document", document)
    return facts | {"acquired": dicom.acquired(ds), "matches": dicom.speaks_of(ds, task.expected)}


def _zip(task: Task) -> Facts:
    from server.files.sandbox import archive, ecg
    from server.files.sandbox.pictures import Pictures

    folder = archive.opened(task.file())
    if record := archive.wfdb_files(folder):
        return ecg.read_wfdb(record, task.pipe, task.expected) | {"left": archive.left_behind(folder)}
    facts = Pictures(task).of(archive.dicom_entries(folder, task.start[0]))
    return facts if facts.get("next") else facts | {"left": archive.left_behind(folder)}


READERS: dict[Content, Callable[[Task], Facts]] = {
    Content.JPEG: _photo,
    Content.PNG: _photo,
    Content.WEBP: _photo,
    Content.PDF: _pdf,
    Content.DICOM: _dicom,
    Content.ZIP: _zip,
    Content.XML: _ecg,
    Content.RECORD: _ecg,
}
"""Anything else is refused under its own name: heic, disguised, empty."""


def _survey(task: Task) -> Facts:
    from server.files.sandbox import copying

    return copying.survey(task)


def _rewrite(task: Task) -> Facts:
    from server.files.sandbox import copying

    return copying.rewrite(task)


WORKS: dict[str, Callable[[Task], Facts]] = {"read": _read, "survey": _survey, "rewrite": _rewrite}
