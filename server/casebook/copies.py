"""A case's files for trainees: taken in when it is proposed, masked and confirmed by hand, made, left out, dropped."""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from server.casebook import queries
from server.casebook.copy_states import SETTLED, CopyMove
from server.casebook.model import TeachingCase, TeachingCopy
from server.core.errors import Invalid
from server.core.unit import Unit
from server.directory import queries as directory
from server.files import queries as files
from server.files import service as files_service
from server.files.copying import Survey
from server.files.facts import Box
from server.files.service import Made
from server.files.states import Status

if TYPE_CHECKING:
    from server.files.model import Attachment

SUBJECT = "teaching_case"
"""Whose files the copies are."""
WORK = "darkroom:"
"""The topic under which the darkroom hears that there is something to do, once the transaction holds."""
NAMES = {"photo": "照片 %(number)s", "pdf": "文件 %(number)s", "dicom": "影像 %(number)s", "ecg": "心电图 %(number)s"}
"""What a copy is called, instead of its file's own name."""
ENDINGS = {"photo": ".jpg", "pdf": ".pdf", "dicom": "", "ecg": ".dcm"}


def uid_key(unit: Unit, case: TeachingCase) -> bytes:
    """From which the new UIDs of a case come: one study stays one study, and is found in no other case."""
    return hmac.digest(unit.keys.derive("casebook:uids"), case.id.encode(), hashlib.sha256)


def name_of(copy: TeachingCopy) -> tuple[str, dict[str, int]]:
    """A msgid with its facts."""
    return NAMES[copy.kind], {"number": copy.number}


async def take_in(unit: Unit, case: TeachingCase) -> None:
    """Every file of the consultation that can be looked at, in order."""
    originals = await files.of_subject(unit, "consultation", case.consultation_id)
    for number, one in enumerate((one for one in originals if one.status is Status.READY), 1):
        copy = TeachingCopy(id=unit.new_id(), case_id=case.id, number=number, kind=one.kind.value, original_id=one.id)
        unit.session.add(copy)
    await _flushed(unit)


def show(copy: TeachingCopy, survey: Survey, masks: Mapping[str, Sequence[Box]]) -> None:
    """Its pictures can be looked through; `masks` are what the system found to be covered."""
    offset, copy.sheets = 0, []
    for sheet in survey.sheets:
        copy.sheets.append([sheet.group, sheet.width, sheet.height, offset, sheet.length])
        offset += sheet.length
    copy.masks = {group: [list(box) for box in boxes] for group, boxes in masks.items() if boxes}
    if survey.kept:
        copy.sheets_id, copy.sheets_key = survey.kept.id, survey.kept.wrapped_key
    copy.move(CopyMove.SHOW)


def take_file(unit: Unit, copy: TeachingCopy, original: "Attachment", made: Made) -> None:
    """What was written becomes a file of the case, not yet looked at."""
    msgid, facts = name_of(copy)
    name = (msgid % facts) + ENDINGS[copy.kind]
    files_service.copied(unit, original=original, made=made, subject_kind=SUBJECT, subject_id=copy.case_id, name=name)
    copy.file_id = made.id


def keep(copy: TeachingCopy, file: "Attachment | None") -> None:
    """It was looked at. Raises IllegalCopyMove."""
    if file is not None and file.status is Status.READY:
        copy.move(CopyMove.KEEP)
    else:
        fail(copy, str(file.reason) if file and file.reason else "damaged")


def fail(copy: TeachingCopy, reason: str) -> None:
    """No copy can be made; `reason` is one of files.states.Reason, or "gone". Raises IllegalCopyMove."""
    copy.move(CopyMove.FAIL)
    copy.reason = reason


async def confirm(unit: Unit, *, copy: TeachingCopy, masks: Mapping[str, Sequence[Box]], seen: Collection[str]) -> None:
    """Whoever reviews has looked at every picture and says what is covered. Raises IllegalCopyMove, Invalid."""
    unseen = [group for group in copy.groups if group not in seen]
    if unseen:
        raise Invalid({f"seen-{copy.groups.index(unseen[0])}": "请看过这幅图并勾选"})
    copy.masks = {group: [list(box) for box in masks[group]] for group in copy.groups if masks.get(group)}
    copy.confirmed_by_id = unit.actor.person_id
    copy.move(CopyMove.CONFIRM)
    unit.record("casebook.copy_confirm", kind="teaching_case", id=copy.case_id)
    await _flushed(unit)


async def leave_out(unit: Unit, *, copy: TeachingCopy) -> None:
    """Trainees will not get it. Raises IllegalCopyMove."""
    copy.move(CopyMove.LEAVE_OUT)
    unit.record("casebook.copy_leave_out", kind="teaching_case", id=copy.case_id)
    await _flushed(unit)


async def take_up(unit: Unit, *, copy: TeachingCopy) -> None:
    """After all, or once more. Raises IllegalCopyMove."""
    copy.move(CopyMove.TAKE_UP)
    copy.reason, copy.masks = "", {}
    await _flushed(unit)


async def unsettled(unit: Unit, case: TeachingCase) -> bool:
    return any(copy.state not in SETTLED for copy in await queries.copies_of(unit, case.id))


async def drop_all(unit: Unit, case: TeachingCase) -> None:
    """Nobody sees them any more from now on; the darkroom deletes them."""
    for copy in await queries.copies_of(unit, case.id):
        copy.move(CopyMove.DROP)
    await _flushed(unit)


async def tell(unit: Unit, case: TeachingCase) -> None:
    """The pages on which the case is reviewed, wherever in the consortium that is."""
    places = await directory.members_of(unit, [case.consortium_id] if case.consortium_id else [])
    for place in places | {case.proposer_institution_id}:
        unit.announce(f"institution:{place}", "teaching_copy", about=f"{SUBJECT}:{case.id}")


async def _flushed(unit: Unit) -> None:
    await unit.session.flush()
    unit.announce(WORK, "work")
