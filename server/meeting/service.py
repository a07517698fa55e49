"""Planning meetings, closing them, links into them, and the log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select, update

from server.core import ids
from server.core.errors import NotFound, Refusal
from server.core.unit import Unit
from server.meeting import queries
from server.meeting.kinds import LinkKind, MeetingKind
from server.meeting.model import GUEST_LINK_STAYS, Meeting, MeetingEntry, RoomLink
from server.meeting.recordings import service as recordings
from signaling.ports import Line


class RoomShut(Refusal):
    code = "meeting.room_shut"
    status = 410
    says = "会诊室未开放：开始前 30 分钟开放，结束后关闭"


class Removed(Refusal):
    code = "meeting.removed"
    status = 403
    says = "您已被请出这次会诊，不能再进入"


class LinkSpent(Refusal):
    code = "meeting.link_spent"
    status = 410
    says = "链接已失效，或已在另一台设备上使用；请向医生要一个新链接"


async def plan(
    unit: Unit,
    *,
    kind: MeetingKind,
    subject_kind: str,
    subject_id: str,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
) -> Meeting:
    meeting = Meeting(
        id=unit.new_id(),
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        title=title,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    unit.session.add(meeting)
    await unit.session.flush()
    unit.record("meeting.planned", kind="meeting", id=meeting.id)
    return meeting


async def replan(unit: Unit, *, meeting_id: str, starts_at: datetime, ends_at: datetime) -> None:
    """Another time for the same room; a room that was shut opens again."""
    meeting = await queries.meeting(unit, meeting_id)
    meeting.starts_at, meeting.ends_at = starts_at, ends_at
    meeting.closed_at, meeting.closed_why = None, ""
    unit.record("meeting.replanned", kind="meeting", id=meeting.id)


async def close(unit: Unit, *, meeting_id: str, reason: str) -> None:
    """Shuts the room for good; whoever is in is told at once."""
    meeting = await queries.meeting(unit, meeting_id)
    if meeting.closed_at is None:
        meeting.closed_at, meeting.closed_why = unit.now, reason
        await recordings.end(unit, meeting_id=meeting.id, why=reason)
        unit.record("meeting.closed", kind="meeting", id=meeting.id, reason=reason)
        unit.announce(f"meeting:{meeting.id}", "room_closed", reason=reason)


async def link_for_guest(unit: Unit, *, meeting: Meeting, name: str, another: bool = False) -> RoomLink:
    """A one-device link for family or another guest; they wait until somebody lets them in. The actor's own that nobody
    has used yet, unless `another` is wanted beside it."""
    unused = await _unused(unit, meeting, LinkKind.GUEST)
    if unused and not another:
        return unused[-1]
    link = _link(unit, meeting, LinkKind.GUEST)
    _name(unit, link, name)
    return await _kept(unit, link)


async def link_for_phone(unit: Unit, *, meeting: Meeting, another: bool = False) -> RoomLink:
    """A one-device link by which the same person goes on from their phone. The one that was not used yet, unless
    `another` is wanted in its place."""
    unused = await _unused(unit, meeting, LinkKind.HAND_OVER)
    if unused and not another:
        return unused[-1]
    for earlier in unused:
        earlier.revoked_at = unit.now
        unit.record("meeting.link_revoked", kind="meeting", id=meeting.id)
    link = _link(unit, meeting, LinkKind.HAND_OVER)
    link.post_id = unit.actor.post_id
    return await _kept(unit, link)


async def _unused(unit: Unit, meeting: Meeting, kind: LinkKind) -> list[RoomLink]:
    """Those that can be shown once more: the token of an older one was drawn by lot, and nobody knows it now."""
    found = await queries.unused_links(unit, meeting.id, kind)
    return [one for one in found if one.digest == queries.digest_of(token_of(unit, one.id))]


def token_of(unit: Unit, id: str) -> str:
    """What opens the room to who has the link: found again for whoever is shown it once more, and kept nowhere."""
    return ids.token_of(unit.keys.derive("room links"), id)


def _link(unit: Unit, meeting: Meeting, kind: LinkKind) -> RoomLink:
    id = unit.new_id()
    return RoomLink(
        id=id,
        digest=queries.digest_of(token_of(unit, id)),
        meeting_id=meeting.id,
        kind=kind,
        made_by=unit.actor.person_id,
        created_at=unit.now,
        ends_at=meeting.ends_at + GUEST_LINK_STAYS,
    )


async def _kept(unit: Unit, link: RoomLink) -> RoomLink:
    unit.session.add(link)
    await unit.session.flush()
    unit.record("meeting.link_made", kind="meeting", id=link.meeting_id, reason=link.kind.value)
    return link


async def use_link(unit: Unit, *, token: str, device: str, name: str = "") -> tuple[RoomLink, Meeting]:
    """The room a link leads to; the first device to use it is the only one. A guest says their name.

    Raises LinkSpent, RoomShut.
    """
    link = await queries.link_by_token(unit, token)
    fingerprint = queries.digest_of(device)
    if link is None or not link.usable(unit.now) or link.device not in (None, fingerprint):
        raise LinkSpent
    meeting = await queries.meeting(unit, link.meeting_id)
    if not meeting.open_at(unit.now):
        raise RoomShut
    if link.device is None:
        link.device = fingerprint
        unit.record("meeting.link_used", kind="meeting", id=meeting.id)
    if name and link.kind is LinkKind.GUEST:
        _name(unit, link, name)
    return link, meeting


def _name(unit: Unit, link: RoomLink, name: str) -> None:
    link.name_sealed = unit.keys.seal(name.encode(), f"room_links.name:{link.id}")


def guest_name(unit: Unit, link: RoomLink) -> str:
    if link.name_sealed is None:
        return ""
    return unit.keys.open(link.name_sealed, f"room_links.name:{link.id}").decode()


async def revoke_link(unit: Unit, *, meeting_id: str, id: str) -> None:
    """Whoever came by it is put out, waiting or inside; it opens no more. Raises NotFound."""
    link = await unit.session.get(RoomLink, id)
    if link is None or link.meeting_id != meeting_id:
        raise NotFound
    link.revoked_at = unit.now
    unit.record("meeting.link_revoked", kind="meeting", id=link.meeting_id)
    unit.announce(f"meeting:{meeting_id}", "revoked", participant=f"guest:{link.id}")


async def append(unit: Unit, *, meeting_id: str, lines: Sequence[Line]) -> list[tuple[MeetingEntry, bool]]:
    """For each line its entry: the next of the log and True, or the one already written under its key and False.

    Raises NotFound.
    """
    last = await unit.session.scalar(select(Meeting.last_seq).where(Meeting.id == meeting_id).with_for_update())
    if last is None:
        raise NotFound
    known = await queries.entries_by_key(unit, meeting_id, [one.key for one in lines])
    written = []
    for line in lines:
        new = line.key not in known
        if new:
            last += 1
            known[line.key] = _entry(unit, meeting_id, last, line)
        written.append((known[line.key], new))
    if fresh := [entry for entry, new in written if new]:
        unit.session.add_all(fresh)
        await unit.session.flush()
        await unit.session.execute(update(Meeting).where(Meeting.id == meeting_id).values(last_seq=last))
    return written


def _entry(unit: Unit, meeting_id: str, seq: int, line: Line) -> MeetingEntry:
    return MeetingEntry(
        meeting_id=meeting_id,
        seq=seq,
        at=unit.now,
        kind=line.kind,
        by=line.by,
        key=line.key,
        stay=str(line.body["stay"]) if "stay" in line.body else None,
        sealed=unit.keys.seal(orjson.dumps(dict(line.body)), f"meeting_entries:{meeting_id}:{seq}"),
    )


async def write(
    unit: Unit, *, meeting_id: str, kind: str, body: Mapping[str, Any], key: str, by: str | None = None
) -> None:
    """The house says something in a room, or somebody outside it does: in its log, and read at once on every node."""
    await append(unit, meeting_id=meeting_id, lines=[Line(kind, by, key, body)])
    unit.announce(f"meeting:{meeting_id}", "written")


async def refuse_removed(unit: Unit, *, meeting_id: str, participant: str) -> None:
    """Raises Removed: whoever a host sent away gets no new ticket."""
    if participant in await queries.removed(unit, meeting_id):
        raise Removed
