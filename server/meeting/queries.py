"""Finding meetings, their log, their links."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from server.core.errors import NotFound
from server.core.unit import Unit
from server.meeting.kinds import LinkKind
from server.meeting.model import Meeting, MeetingEntry, RoomLink


async def meeting(unit: Unit, id: str) -> Meeting:
    """Raises NotFound."""
    found = await unit.session.get(Meeting, id)
    if found is None:
        raise NotFound
    return found


async def meetings(unit: Unit, ids: Iterable[str]) -> dict[str, Meeting]:
    found = await unit.session.scalars(select(Meeting).where(Meeting.id.in_(set(ids))))
    return {one.id: one for one in found}


async def entries_by_key(unit: Unit, meeting_id: str, keys: Iterable[str]) -> dict[str, MeetingEntry]:
    """Those of the keys that the log has."""
    query = select(MeetingEntry).where(MeetingEntry.meeting_id == meeting_id, MeetingEntry.key.in_(list(keys)))
    return {one.key: one for one in await unit.session.scalars(query)}


async def has_written(unit: Unit, meeting_id: str, key: str) -> bool:
    """Whether a room's log has a line under this key."""
    return bool(await entries_by_key(unit, meeting_id, [key]))


async def entries(unit: Unit, meeting_id: str, *, after: int = 0, limit: int = 10_000) -> list[MeetingEntry]:
    query = select(MeetingEntry).where(MeetingEntry.meeting_id == meeting_id, MeetingEntry.seq > after)
    return list(await unit.session.scalars(query.order_by(MeetingEntry.seq).limit(limit)))


async def entries_of(unit: Unit, meeting_id: str, kinds: Iterable[str]) -> list[MeetingEntry]:
    """The entries of these kinds, in order."""
    query = select(MeetingEntry).where(MeetingEntry.meeting_id == meeting_id, MeetingEntry.kind.in_(list(kinds)))
    return list(await unit.session.scalars(query.order_by(MeetingEntry.seq)))


async def removed(unit: Unit, meeting_id: str) -> frozenset[str]:
    """The participants whom a host sent away."""
    entries = await entries_of(unit, meeting_id, ("removed", "denied"))
    return frozenset(str(opened(unit, one).get("who", "")) for one in entries)


async def entries_of_all(unit: Unit, meeting_ids: Iterable[str], kinds: Iterable[str]) -> dict[str, list[MeetingEntry]]:
    """As `entries_of`, for many meetings at once."""
    wanted = MeetingEntry.meeting_id.in_(set(meeting_ids)), MeetingEntry.kind.in_(list(kinds))
    found: dict[str, list[MeetingEntry]] = {}
    for entry in await unit.session.scalars(select(MeetingEntry).where(*wanted).order_by(MeetingEntry.seq)):
        found.setdefault(entry.meeting_id, []).append(entry)
    return found


async def standing(unit: Unit) -> list[MeetingEntry]:
    """Every `joined` without its `left`: who is in any room, as far as the log knows."""
    query = select(MeetingEntry).where(*_standing()).order_by(MeetingEntry.meeting_id, MeetingEntry.seq)
    return list(await unit.session.scalars(query))


async def present(unit: Unit, meeting_id: str) -> frozenset[str]:
    """The participants in a room now, by its log. Grows with the room: not for every coming and going of a hall."""
    query = select(MeetingEntry.by).where(MeetingEntry.meeting_id == meeting_id, *_standing())
    return frozenset(by for by in await unit.session.scalars(query) if by)


async def in_call(unit: Unit, person_id: str, id: str) -> bool:
    """Whether somebody sits in the room `id`, or in the room about `id`, by its log; in one that was closed nobody."""
    about = select(Meeting.id).where(or_(Meeting.id == id, Meeting.subject_id == id), Meeting.closed_at.is_(None))
    seats = exists().where(MeetingEntry.meeting_id.in_(about), MeetingEntry.by == person_id, *_standing())
    return bool(await unit.session.scalar(select(seats)))


def _standing() -> tuple[ColumnElement[bool], ...]:
    left = aliased(MeetingEntry)
    gone = exists().where(
        and_(
            left.meeting_id == MeetingEntry.meeting_id,
            left.kind == "left",
            left.stay == MeetingEntry.stay,
            left.by == MeetingEntry.by,
        )
    )
    return MeetingEntry.kind == "joined", ~gone


async def link_by_token(unit: Unit, token: str) -> RoomLink | None:
    return await unit.session.scalar(select(RoomLink).where(RoomLink.digest == digest_of(token)))


async def guest_links(unit: Unit, meeting_id: str) -> list[RoomLink]:
    """The links for guests that still open the room, oldest first."""
    query = select(RoomLink).where(
        RoomLink.meeting_id == meeting_id,
        RoomLink.kind == LinkKind.GUEST,
        RoomLink.revoked_at.is_(None),
        RoomLink.ends_at > unit.now,
    )
    return list(await unit.session.scalars(query.order_by(RoomLink.id)))


async def unused_links(unit: Unit, meeting_id: str, kind: LinkKind) -> list[RoomLink]:
    """The actor's own by which nobody has come yet, oldest first; those to their phone, of the post they act in."""
    whose = RoomLink.post_id == unit.actor.post_id if kind is LinkKind.HAND_OVER else RoomLink.post_id.is_(None)
    query = select(RoomLink).where(
        RoomLink.meeting_id == meeting_id,
        RoomLink.kind == kind,
        RoomLink.made_by == unit.actor.person_id,
        RoomLink.device.is_(None),
        RoomLink.revoked_at.is_(None),
        RoomLink.ends_at > unit.now,
        whose,
    )
    return list(await unit.session.scalars(query.order_by(RoomLink.id)))


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def opened(unit: Unit, entry: MeetingEntry) -> dict[str, object]:
    """What an entry says."""
    about = f"meeting_entries:{entry.meeting_id}:{entry.seq}"
    body: dict[str, object] = orjson.loads(unit.keys.open(entry.sealed, about))
    return body


@dataclass(frozen=True, kw_only=True)
class Presence:
    """One unbroken stay of a participant, half-open; `until` None while they are in."""

    who: str
    name: str
    since: datetime
    until: datetime | None


async def attendance(unit: Unit, meeting_id: str) -> list[Presence]:
    """Who was there from when to when, from the join and leave facts alone."""
    rows = [one for one in await entries(unit, meeting_id) if one.kind in ("joined", "left")]
    ends = {(one.by, one.stay): one.at for one in rows if one.kind == "left"}
    return [
        Presence(
            who=one.by or "",
            name=str(opened(unit, one).get("name", "")),
            since=one.at,
            until=ends.get((one.by, one.stay)),
        )
        for one in rows
        if one.kind == "joined"
    ]


@dataclass(frozen=True, kw_only=True)
class Said:
    """A line of a room's chat."""

    at: datetime
    name: str
    text: str


async def chat(unit: Unit, meeting_id: str) -> list[Said]:
    """What was written in a room, in order."""
    rows = [(one.at, opened(unit, one)) for one in await entries_of(unit, meeting_id, ("chat",))]
    return [Said(at=at, name=str(body.get("name", "")), text=str(body["text"])) for at, body in rows]
