"""Films as a recorder leaves them, made without a hall: a tone for a voice, a shade for a picture."""

import hashlib
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import numpy as np

from server.core import ids
from server.meeting.recordings import queries
from server.meeting.recordings import service as recordings
from server.meeting.recordings.service import Made, MadeRung, Outcome
from signaling.media.forwarder.codecs import OPUS, VP8
from signaling.media.forwarder.reports import Moment, ntp
from signaling.media.recorder.film import Film
from signaling.media.recorder.frames import Frame

KEY = bytes(range(32))
BEGAN = 1_795_000_000.0
numbers = count(1)


def film(folder: Path, source, at, frames, codec, *, ended="left", first=7_000, key=KEY):
    """`frames` are (seconds from `at`, key, data); the sender's clock began at `first`."""
    who, role = source.split(":")
    made = [Frame(first + round(second * codec.clock), is_key, data) for second, is_key, data in frames]
    facts = {"source": source, "who": who, "role": role, "kind": codec.kind, "layer": 0, "arrived": BEGAN + at + 0.4}
    folder.mkdir(parents=True, exist_ok=True)
    written = Film(folder / f"life-{next(numbers):05}", key, codec, made[0], facts)
    for frame in made:
        written.add(frame)
    written.note(Moment(ntp(BEGAN + at), first), first)
    if ended:
        written.end(why=ended)
    return written


def voice(folder, source, at, lasts, *, loud=lambda second: True, **more):
    """A tone of 440 Hz where it is `loud`."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "flt"
    encoder.time_base = Fraction(1, 48_000)
    frames = []
    for number in range(int(lasts * 50)):
        times = (np.arange(960) + number * 960) / 48_000
        tone = (0.3 * np.sin(2 * np.pi * 440 * times) * loud(number / 50)).astype(np.float32)
        sound = av.AudioFrame.from_ndarray(np.repeat(tone, 2).reshape(1, -1), format="flt", layout="stereo")
        sound.sample_rate, sound.pts, sound.time_base = 48_000, number * 960, encoder.time_base
        frames += [(packet.pts / 48_000, True, bytes(packet)) for packet in encoder.encode(sound)]
    return film(folder, source, at, [(max(0.0, s), k, d) for s, k, d in frames], OPUS, **more)


def face(folder, source, at, lasts, *, shade=lambda second: 60, grain=0, bits=200_000, rate=25, every=2.0, **more):
    """A picture of one shade (with `grain`, which costs bits), with a key frame every so many seconds."""
    chance = np.random.default_rng(1)
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 160, 120, "yuv420p"
    encoder.time_base, encoder.bit_rate, encoder.gop_size = Fraction(1, rate), bits, int(every * rate)
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    frames = []
    for number in range(int(lasts * rate)):
        picture = av.VideoFrame.from_ndarray(np.full((180, 160), 128, np.uint8), format="yuv420p")
        luma = shade(number / rate) + chance.integers(0, grain + 1, picture.planes[0].buffer_size)
        picture.planes[0].update(luma.astype(np.uint8).tobytes())
        picture.pts, picture.time_base = number, encoder.time_base
        frames += [(packet.pts / rate, packet.is_keyframe, bytes(packet)) for packet in encoder.encode(picture)]
    return film(folder, source, at, frames, VP8, **more)


async def laddered(database, vault, recording, playlist="#EXTM3U\n", mp4=b"a rung"):
    """One rung, for whoever asks who may have it."""
    id = ids.new_id()
    wrapped = vault.new_key(id)
    await vault.append(id, wrapped, 0, _whole(mp4))
    rung = MadeRung(
        id=id, name="180", playlist=playlist, codecs="avc1.4d401e", bandwidth=120_000, width=320, height=180,
        size=len(mp4), sha256=hashlib.sha256(mp4).hexdigest(), wrapped_key=wrapped,
    )  # fmt: skip
    async with database.unit() as unit:
        found = await queries.recording(unit, recording.id)
        await recordings.ladder_made(unit, recording=found, rungs=[rung])


async def _whole(content):
    yield content


async def kept(database, vault, meeting_id, webm=b"a film", *, gaps=(), seconds=3_600, began=None, number=1):
    """A recording that can be watched, of that meeting; `began`: now, unless said."""
    id = ids.new_id()
    wrapped = vault.new_key(id)
    size = await vault.append(id, wrapped, 0, _whole(webm))
    made = Made(
        id=id, source="", pictures=True, size=size, sha256=hashlib.sha256(webm).hexdigest(), wrapped_key=wrapped
    )  # fmt: skip
    async with database.unit() as unit:
        recording = await recordings.begin(unit, meeting_id=meeting_id, number=number)
        await recordings.end(unit, meeting_id=meeting_id, why="host")
        origin = (began or unit.now).timestamp()
        await recordings.ready(
            unit, recording=recording, outcome=Outcome(origin=origin, lasts=seconds, gaps=gaps, files=[made])
        )
    return recording
