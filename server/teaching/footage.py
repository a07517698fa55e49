"""What was recorded of a session and shown in it: what may be handed to the authority, and why the rest may not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from server.core.unit import Unit
from server.files import queries as files
from server.files.states import Kind, Status
from server.meeting import queries as meetings
from server.meeting.recordings import queries as recordings
from server.meeting.recordings.kinds import RecordingState
from server.teaching import consenting, queries
from server.teaching.materials import SUBJECT
from server.teaching.model import TeachingSession

if TYPE_CHECKING:
    from server.files.model import Attachment
    from server.meeting.recordings.model import RecordedFile, Recording

MAKING = "还没有制作完成"
WITHHELD = "患者没有同意或已撤回同意，不能提供"
NOT_YOURS = "您的岗位不能导出录像，请授课教师或教学管理员导出"
NOT_CHOSEN = "按导出时的选择没有放入"
NEVER = {RecordingState.EMPTY: "没有录到内容", RecordingState.REMOVED: "已删除"}
OUTLIVED = "保存期满，已删除"


@dataclass(frozen=True, kw_only=True)
class Take:
    """A recording; `number` counts those of its session from 1."""

    number: int
    recording: Recording
    kept_back: str = ""
    """Why it is not handed out; "" where it is."""

    @property
    def files(self) -> Sequence[RecordedFile]:
        """What can be handed out of it."""
        return [] if self.kept_back else self.recording.files

    def name_of(self, file: RecordedFile) -> str:
        """In the authority's file: 2-1-all.webm, 2-2-face.webm."""
        role = file.source.rpartition(":")[2] or "all"
        return f"{self.number}-{file.position + 1}-{re.sub('[^a-z0-9]+', '-', role.lower()).strip('-')}.webm"


async def of(unit: Unit, session: TeachingSession) -> list[Take]:
    """In the order in which they were recorded."""
    if session.meeting_id is None:
        return []
    withheld = session.id in await consenting.withheld(unit, [session.id])
    watches = unit.may("teaching.watch", await queries.relations_of(unit, session))
    refused = WITHHELD if withheld else "" if watches else NOT_YOURS
    found = await recordings.all_of(unit, session.meeting_id)
    return [
        Take(number=number, recording=one, kept_back=_gone(one) or refused) for number, one in enumerate(found, start=1)
    ]


def _gone(recording: Recording) -> str:
    if recording.state is RecordingState.READY:
        return ""
    if recording.state is RecordingState.REMOVED and recording.removed_by is None:
        return OUTLIVED
    return NEVER.get(recording.state, MAKING)


def left_out(takes: Sequence[Take]) -> list[Take]:
    """The same, none of them handed out."""
    return [replace(one, kept_back=one.kept_back or NOT_CHOSEN) for one in takes]


def whole(takes: Sequence[Take]) -> bool:
    """Whether nothing is missing that could be handed out, now or later, by somebody."""
    return not any(one.kept_back in (MAKING, NOT_YOURS, NOT_CHOSEN) for one in takes)


# ---- slides, which the hall shows beside its pictures


@dataclass(frozen=True, kw_only=True)
class Slides:
    """`turned`: when a page was shown, of which file, its number; `decks` by id, `given` those that are handed out."""

    turned: Sequence[tuple[datetime, str, int]]
    decks: Mapping[str, Attachment]
    given: Sequence[Attachment]

    def name_of(self, id: str) -> str:
        """In the authority's file; "" of one that is not handed out."""
        ids = [one.id for one in self.given]
        return f"{ids.index(id) + 1}.pdf" if id in ids else ""


async def slides(unit: Unit, session: TeachingSession, takes: Sequence[Take]) -> Slides:
    """Documents that were shown go out with the recordings, and not without any."""
    lines = await meetings.entries_of(unit, session.meeting_id, ["slide"]) if session.meeting_id else []
    said = [(one.at, meetings.opened(unit, one)) for one in lines]
    turned = [(at, str(body["file"]), int(str(body["page"]))) for at, body in said if body["file"]]
    decks = {one.id: one for one in await files.of_subject(unit, SUBJECT, session.id)}
    shown = [decks[id] for id in dict.fromkeys(id for _, id, _ in turned) if id in decks]
    kept = [one for one in shown if one.kind is Kind.PDF and one.status is Status.READY]
    return Slides(turned=turned, decks=decks, given=kept if any(take.files for take in takes) else [])
