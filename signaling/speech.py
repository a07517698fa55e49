"""What each message of a participant leads to: the rules of who may say what to whom.

Pure, like the room it serves. The matrix of roles is the house's; here count `host`, `may` and
who is in the room.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from signaling.carrying import find_place
from signaling.effects import Effect, Emit, Record, Relay
from signaling.messages import (
    Admit,
    Chat,
    Deny,
    End,
    Hand,
    Leave,
    Media,
    Message,
    Mute,
    Net,
    Remove,
    Signal,
)
from signaling.ports import Seat
from signaling.refusals import (
    Away,
    NobodyThere,
    NotAllowed,
    NotHost,
    PageGone,
    StillWaiting,
    UnknownMessage,
)

if TYPE_CHECKING:
    from signaling.room import Room


def answer(room: Room, seat: Seat, message: Message) -> list[Effect]:
    """The effects of one message. Raises a `Refusal`."""
    if seat.waiting and not isinstance(message, Media | Leave):
        raise StillWaiting()
    said = _SAID.get(type(message))
    if said is None:
        raise UnknownMessage()
    return said(room, seat, message)


def permitted(may: Collection[str], media: Media) -> Media:
    """What of this media those words allow; a page that joins with more live joins with less."""
    speak, share = "speak" in may, "share" in may
    return Media(mic=media.mic and speak, cam=media.cam and speak, screen=media.screen and share)


def graded(net: Net) -> Literal["good", "weak", "bad"]:
    """PROTOCOL.md, `net`; the thresholds are those of a pre-call check. 0 kbit/s is unknown."""
    if net.rtt >= 600 or net.loss >= 0.10 or 0 < net.kbps < 150:
        return "bad"
    if net.rtt >= 300 or net.loss >= 0.05 or 0 < net.kbps < 400:
        return "weak"
    return "good"


def _media(room: Room, seat: Seat, media: Media) -> list[Effect]:
    may = room.may(seat.grant)
    if permitted(may, media) != media:
        raise NotAllowed(may="share" if media.screen and "share" not in may else "speak")
    if media == seat.media:
        return []
    shown = replace(seat, media=media)
    effects = room.changed(shown)
    if media.screen != seat.media.screen and not seat.waiting:
        key = f"shared:{seat.who}:{seat.epoch}.{seat.rev}"
        effects.append(Record("shared", seat.who, key, {"on": media.screen}))
    return effects


def _hand(room: Room, seat: Seat, hand: Hand) -> list[Effect]:
    if hand.up == seat.hand:
        return []
    return room.changed(replace(seat, hand=hand.up, raised=room.seating.version if hand.up else 0))


def _net(room: Room, seat: Seat, net: Net) -> list[Effect]:
    line = graded(net)
    return [] if line == seat.line else room.changed(replace(seat, line=line))


def _chat(room: Room, seat: Seat, chat: Chat) -> list[Effect]:
    if "chat" not in seat.grant.may:
        raise NotAllowed(may="chat")
    body = {"text": chat.text, "name": seat.grant.name}
    return [Record("chat", seat.who, f"chat:{seat.who}:{chat.key}", body, asked=True)]


def _signal(room: Room, seat: Seat, signal: Signal) -> list[Effect]:
    other = inside(room, signal.to)
    if other.who == seat.who:
        raise NobodyThere()
    if other.page != signal.page:
        raise PageGone()
    if not other.here:
        raise Away()
    payload: dict[str, Any] = {"from": seat.who, "page": seat.page}
    if signal.description is not None:
        payload["description"] = signal.description
    elif signal.heard:
        payload["heard"] = True
    else:
        payload["candidate"] = signal.candidate
    return [_to(room, other, seat, "signal", payload)]


def _mute(room: Room, seat: Seat, mute: Mute) -> list[Effect]:
    hosts_only(seat)
    return [_to(room, inside(room, mute.who), seat, "muted", {"by": seat.who})]


def _admit(room: Room, seat: Seat, admit: Admit) -> list[Effect]:
    other = _awaiting(room, seat, admit.who)
    find_place(room)
    return command(seat, "admitted", other)


def _deny(room: Room, seat: Seat, deny: Deny) -> list[Effect]:
    return command(seat, "denied", _awaiting(room, seat, deny.who))


def _remove(room: Room, seat: Seat, remove: Remove) -> list[Effect]:
    hosts_only(seat)
    other = room.seating.seats.get(remove.who)
    if other is None or other.who == seat.who:
        raise NobodyThere()
    return command(seat, "removed", other)


def command(seat: Seat, kind: str, other: Seat) -> list[Effect]:
    """A host's word about somebody, carried out on every node by the log entry it makes."""
    body = {"who": other.who, "name": other.grant.name}
    return [Record(kind, seat.who, f"{kind}:{other.who}:{other.stay}", body, asked=True)]


def _end(room: Room, seat: Seat, end: End) -> list[Effect]:
    hosts_only(seat)
    return [Record("ended", seat.who, "ended", {"reason": "host"}, asked=True)]


def _leave(room: Room, seat: Seat, leave: Leave) -> list[Effect]:
    return room.leave(seat, "left")


def hosts_only(seat: Seat) -> None:
    if not seat.grant.host:
        raise NotHost()


def inside(room: Room, who: str) -> Seat:
    seat = room.seating.seats.get(who)
    if seat is None or seat.waiting:
        raise NobodyThere()
    return seat


def _awaiting(room: Room, host: Seat, who: str) -> Seat:
    hosts_only(host)
    seat = room.seating.seats.get(who)
    if seat is None or not seat.waiting:
        raise NobodyThere()
    return seat


def _to(room: Room, other: Seat, seat: Seat, event: str, payload: dict[str, Any]) -> Effect:
    if other.node == room.node:
        return Emit((other.who,), event, payload)
    return Relay(other.node, other.who, other.page, seat.who, event, payload)


_SAID: dict[type, Callable[[Any, Seat, Any], list[Effect]]] = {
    Media: _media,
    Hand: _hand,
    Net: _net,
    Chat: _chat,
    Signal: _signal,
    Mute: _mute,
    Admit: _admit,
    Deny: _deny,
    Remove: _remove,
    End: _end,
    Leave: _leave,
}
