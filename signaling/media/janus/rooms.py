"""Rooms of the VideoRoom as our halls need them."""

from __future__ import annotations

from signaling.media.janus.handle import Handle
from signaling.media.janus.node import NO_ROOM, OURS, ROOM_EXISTS, JanusRefusal

ROOM = {
    "description": OURS,
    "publishers": 64,
    "bitrate": 0,
    "audiocodec": "opus",
    "videocodec": "vp8",  # what every browser has; of one codec, so that a view changes its source unnegotiated
    "videoorient_ext": False,  # phones turn their pictures themselves: a further node would not be told how
    "audiolevel_event": True,
    "audio_active_packets": 15,  # 0.3 s of voice
    "audio_level_average": 50,  # −dBov; what is quieter is a room, not a voice
}


async def enter(handle: Handle, room: str) -> None:
    """Makes the room, or finds it made, and listens in it. Again if another process of ours, which found it empty,
    has just destroyed it. Raises MediaRefusal."""
    for attempt in range(3):
        try:
            await handle.ask("create", {**ROOM, "room": room})
        except JanusRefusal as refusal:
            if refusal.number != ROOM_EXISTS:
                raise
        try:
            await handle.ask("join", {"ptype": "publisher", "room": room})
            return
        except JanusRefusal as refusal:
            if refusal.number != NO_ROOM or attempt == 2:
                raise
