"""What is done with files: begun, completed, settled when looked at, withdrawn and put back, cleared away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from server.core.errors import Refusal
from server.core.unit import Unit
from server.files import names, queries, words
from server.files.album import Album
from server.files.facts import Dicom, Ecg, Pdf, Photo
from server.files.model import A_DAYS_WORTH, LARGEST_IMAGES, MEGABYTE, Attachment, Derivative
from server.files.parsing import Outcome
from server.files.states import Kind, Reason, Status
from server.files.subjects import Subjects
from server.files.vault import Vault

WORK = "files:"
"""The topic under which it is heard that files are to be looked at, once the transaction holds."""
UPLOAD_MAY_REST = timedelta(hours=48)
WITHDRAWN_IS_KEPT = timedelta(days=7)


class EmptyFile(Refusal):
    code = "files.empty"
    status = 422
    says = "文件是空的，没有接收"


class TooLarge(Refusal):
    code = "files.too_large"
    status = 413
    says = "文件太大：影像和压缩包不超过 %(images)s MB，其他文件不超过 %(others)s MB"

    def __init__(self) -> None:
        super().__init__(images=512, others=50)


class SentTooMuch(Refusal):
    code = "files.sent_too_much"
    status = 429
    says = "您今天上传的文件已达 %(gigabytes)s GB 上限，请明天再传或联系管理员"


class Incomplete(Refusal):
    code = "files.incomplete"
    says = "文件还没有传完，请继续上传"


class HashDiffers(Refusal):
    code = "files.hash_differs"
    says = "文件在传输中损坏，已丢弃，请重新上传"


@dataclass(frozen=True, kw_only=True)
class Made:
    """A derivative that lies in the vault already."""

    id: str
    name: str
    media_type: str
    encoding: str
    size: int
    sha256: str
    wrapped_key: bytes


async def begin(
    unit: Unit, *, subjects: Subjects, vault: Vault, subject_kind: str, subject_id: str, name: str, size: int
) -> Attachment:
    """A place for a file of `size` bytes. Raises NotFound, EmptyFile, TooLarge, SentTooMuch."""
    await queries.require_subject(unit, subjects, "file.upload", subject_kind, subject_id)
    await _refuse_size(unit, size)
    actor, id = unit.actor, unit.new_id()
    attachment = Attachment(
        id=id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        uploaded_by=actor.post_id,
        person_id=actor.person_id,
        institution_id=actor.institution_id,
        sealed_name=unit.keys.seal(names.cleaned(name).encode(), f"attachments:name:{id}"),
        size=size,
        wrapped_key=vault.new_key(id),
        created_at=unit.now,
        facts={},
    )
    unit.session.add(attachment)
    await unit.session.flush()
    about = await subjects[subject_kind].about(unit, subject_kind, subject_id)
    unit.record("file.upload", kind="attachment", id=id, patient=about.patient_id)
    return attachment


async def _refuse_size(unit: Unit, size: int) -> None:
    if size <= 0:
        raise EmptyFile
    if size > LARGEST_IMAGES:
        raise TooLarge
    sent = await queries.bytes_sent(unit, unit.actor.person_id, unit.now - timedelta(days=1))
    if sent + size > A_DAYS_WORTH:
        raise SentTooMuch(gigabytes=A_DAYS_WORTH // MEGABYTE // 1024)


def name_of(unit: Unit, attachment: Attachment) -> str:
    return unit.keys.open(attachment.sealed_name, f"attachments:name:{attachment.id}").decode()


async def received(unit: Unit, *, attachment: Attachment, sha256: str) -> None:
    """All bytes are there and are the ones that were sent: it may be looked at. Twice does no harm."""
    if attachment.status is not Status.UPLOADING:
        return
    attachment.sha256 = sha256
    attachment.move(Status.CHECKING)
    unit.record("file.received", kind="attachment", id=attachment.id)
    await _tell(unit, attachment)


async def begun_anew(unit: Unit, *, attachment: Attachment, vault: Vault) -> None:
    """What arrived is not what was sent: the place is emptied, under a new key."""
    await vault.delete(attachment.id)
    attachment.wrapped_key = vault.new_key(attachment.id)
    await unit.session.flush()


async def look_again(unit: Unit, *, subject_kind: str, subject_id: str) -> None:
    """Whom the files of a subject should speak of has changed: each is held against the new patient."""
    theirs = (subject_kind, subject_id)
    for attachment in (*await queries.of_subject(unit, *theirs), *await queries.withdrawn_of(unit, *theirs)):
        if attachment.status is Status.READY:
            attachment.move(Status.CHECKING)
            await _tell(unit, attachment)
    unit.announce(WORK, "work")


async def looked_at(
    unit: Unit, *, attachment: Attachment, outcome: Outcome, album: Album, made: Sequence[Made]
) -> list[str]:
    """The sandbox has read it: its kind, its facts and what was made of it are kept.

    The ids of what an earlier look had made, which the vault need not hold any longer.
    """
    replaced = list(attachment.derivatives)
    for old in replaced:
        await unit.session.delete(old)
    await unit.session.flush()
    attachment.kind = Kind(outcome.kind)
    attachment.media_type = outcome.media_type
    attachment.acquired_at = outcome.acquired_at
    attachment.facts = facts_of(outcome, album)
    attachment.sealed_words = words.sealed(unit, attachment.id, outcome.words) if isinstance(outcome, Pdf) else None
    attachment.move(Status.READY)
    for one in made:
        unit.session.add(Derivative(attachment_id=attachment.id, **vars(one)))
    unit.record("file.checked", kind="attachment", id=attachment.id)
    await _tell(unit, attachment)
    return [old.id for old in replaced]


async def not_read_again(unit: Unit, *, attachment: Attachment) -> None:
    """What was read once is kept as it was, with the warning that somebody must see whom it speaks of."""
    attachment.facts = {**attachment.facts, "speaks_of": "another"}
    attachment.move(Status.READY)
    await _tell(unit, attachment)


async def turned_down(unit: Unit, *, attachment: Attachment, reason: Reason) -> None:
    """It will not be taken; the row stays to say why."""
    attachment.reason = reason
    attachment.move(Status.REFUSED)
    unit.record("file.refused", kind="attachment", id=attachment.id, reason=reason)
    await _tell(unit, attachment)


def copied(
    unit: Unit, *, original: Attachment, made: Made, subject_kind: str, subject_id: str, name: str
) -> Attachment:
    """A copy that lies in the vault becomes a file of another subject, to be looked at like any other."""
    copy = Attachment(
        id=made.id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        uploaded_by=original.uploaded_by,
        person_id=original.person_id,
        institution_id=original.institution_id,
        sealed_name=unit.keys.seal(name.encode(), f"attachments:name:{made.id}"),
        size=made.size,
        wrapped_key=made.wrapped_key,
        sha256=made.sha256,
        status=Status.CHECKING,
        created_at=unit.now,
        facts={},
    )
    unit.session.add(copy)
    unit.record("file.copied", kind="attachment", id=copy.id)
    return copy


async def carry_over(unit: Unit, *, vault: Vault, subject_kind: str, from_id: str, to_id: str) -> None:
    """What lies with one subject will lie with another too, as the actor's own: bytes follow in the background."""
    for original in await queries.of_subject(unit, subject_kind, from_id):
        if original.status is Status.READY:
            _take_over(unit, original, to_id, vault)
    await unit.session.flush()
    unit.announce(WORK, "work")


def _take_over(unit: Unit, original: Attachment, subject_id: str, vault: Vault) -> None:
    actor, id = unit.actor, unit.new_id()
    copy = Attachment(
        id=id,
        subject_kind=original.subject_kind,
        subject_id=subject_id,
        uploaded_by=actor.post_id,
        person_id=actor.person_id,
        institution_id=actor.institution_id,
        sealed_name=unit.keys.seal(name_of(unit, original).encode(), f"attachments:name:{id}"),
        size=original.size,
        wrapped_key=vault.new_key(id),
        sha256=original.sha256,
        source_id=original.id,
        status=Status.CHECKING,
        created_at=unit.now,
        facts={},
    )
    unit.session.add(copy)
    unit.record("file.copied", kind="attachment", id=id)


async def withdraw(unit: Unit, *, attachment: Attachment, subjects: Subjects) -> None:
    attachment.withdrawn_at = unit.now
    await _record(unit, attachment, subjects, "file.withdraw")
    await _tell(unit, attachment)


async def put_back(unit: Unit, *, attachment: Attachment, subjects: Subjects) -> None:
    attachment.withdrawn_at = None
    await _record(unit, attachment, subjects, "file.put_back")
    await _tell(unit, attachment)


async def seen(unit: Unit, *, attachment: Attachment, subjects: Subjects, action: str) -> None:
    """Puts on record that the actor opened the file, or fetched its original."""
    await _record(unit, attachment, subjects, action)


async def clear_away(unit: Unit, *, vault: Vault) -> int:
    """Uploads nobody went on with and files withdrawn a week ago: bytes and keys go, how many is answered."""
    old = await queries.left_behind(
        unit,
        uploading_before=unit.now - UPLOAD_MAY_REST,
        withdrawn_before=unit.now - WITHDRAWN_IS_KEPT,
    )
    for attachment in old:
        await discard(unit, attachment=attachment, vault=vault)
    return len(old)


async def discard(unit: Unit, *, attachment: Attachment, vault: Vault) -> None:
    """Takes away an upload that was given up, or what is left of a withdrawn file."""
    for derivative in list(attachment.derivatives):
        await vault.delete(derivative.id)
        await unit.session.delete(derivative)
    await vault.delete(attachment.id)
    await unit.session.flush()
    await unit.session.delete(attachment)
    unit.record("file.discard", kind="attachment", id=attachment.id)
    await unit.session.flush()


async def _record(unit: Unit, attachment: Attachment, subjects: Subjects, action: str) -> None:
    kind, id = attachment.subject_kind, attachment.subject_id
    about = await subjects[kind].about(unit, kind, id)
    unit.record(action, kind="attachment", id=attachment.id, patient=about.patient_id)


async def _tell(unit: Unit, attachment: Attachment) -> None:
    await unit.session.flush()
    unit.announce(f"{attachment.subject_kind}:{attachment.subject_id}", "file.changed", id=attachment.id)


def facts_of(outcome: Outcome, album: Album) -> dict[str, Any]:
    """What a tile says of the file, in codes and numbers: nothing that names the patient."""
    speaks = {None: "nobody", True: "patient", False: "another"}[outcome.matches]
    left = {"left": outcome.left} if outcome.left else {}
    return {"speaks_of": speaks, **_particulars(outcome, album), **left}


def _particulars(outcome: Outcome, album: Album) -> dict[str, Any]:
    match outcome:
        case Photo():
            return {"width": outcome.width, "height": outcome.height}
        case Pdf():
            return {"pages": outcome.pages}
        case Ecg():
            return {"leads": len(outcome.leads), "seconds": round(outcome.seconds), "format": outcome.format}
        case Dicom():
            return {
                "frames": len(album),
                "series": album.series_count(),
                "modality": "/".join(album.modalities()),
                "body_part": album.first().body_part,
                "skipped": outcome.skipped,
            }
