"""The recorder against aiortc's MediaRecorder, which decodes and encodes: CPU a source, length, lips and voice.

    python -m tests.benchmarks.recorder
    SOURCES=1,12 SECONDS=15 RUNS=3 SESSIONS=1000

A source is a person: 640 × 480 at about 1 Mbit/s, and a voice. CPU is the recorder's process by the operating
system's accounting, and beside it what the forwarder's process uses more than before it was recorded. The peer is
measured with one source, which already takes half a core. Last, so many sessions one after the other, in eight halls at
once: what they leave in the recorder's process.
"""

import asyncio
import contextlib
import io
import os
import shutil
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import aiohttp
import aioice.ice
import av
import numpy as np
from aiortc import RTCSessionDescription

from server.meeting.recordings.press import Order, make
from server.meeting.recordings.scratch import Scratch
from signaling.media.forwarder.places import RECORDER
from signaling.media.forwarder.spread import Ground, Spread
from signaling.media.ports import Reel
from tests.benchmarks.figures import cpu_seconds, descriptors, figure, median, resident_mb
from tests.benchmarks.forwarder_engines import started
from tests.benchmarks.forwarder_load import FRAMES, VOICE, Played, connected, connection, encoded, pictures
from tests.benchmarks.forwarder_load import Recorded as Looped
from tests.journeys.house import free_port
from tests.media.people import eventually

SOURCES = [int(one) for one in os.environ.get("SOURCES", "1,12").split(",")]
SECONDS = float(os.environ.get("SECONDS", "15"))
RUNS = int(os.environ.get("RUNS", "3"))
SESSIONS = int(os.environ.get("SESSIONS", "1000"))
HALLS, WARM_UP = 8, 200
KEY, LOOPBACK, STEP = bytes(32), "127.0.0.1", 80
VIDEO = {"width": 640, "height": 480, "pix_fmt": "yuv420p", "bit_rate": 1_000_000}


class Clapper(Played):
    """At the beginning of every second the picture is white and a tone is heard, for 100 ms."""

    made = None

    def __init__(self):
        Clapper.made = (
            Clapper.made
            or (  # a second of each, without what an encoder adds at its end
                encoded("libopus", 48000, claps(), sample_rate=48000, layout="stereo", format="s16")[:VOICE],
                encoded("libvpx", FRAMES, flashes(), options={"deadline": "realtime", "cpu-used": "8"}, **VIDEO)[
                    :FRAMES
                ],
            )
        )
        self.pc, self.sent = connection(), 0
        for kind, packets, rate in zip(("audio", "video"), Clapper.made, (VOICE, FRAMES), strict=True):
            self.pc.addTransceiver(Looped(kind, packets, rate), "sendonly")


def flashes():
    for number, frame in enumerate(pictures()):
        if number < FRAMES // 10:
            frame.planes[0].update(b"\xeb" * frame.planes[0].buffer_size)
        yield frame


def claps():
    for number in range(VOICE):
        tone = np.sin(np.arange(960) * 2 * np.pi / 48) * (12_000 if number < VOICE // 10 else 0)
        frame = av.AudioFrame.from_ndarray(np.repeat(tone.astype(np.int16), 2).reshape(1, -1), "s16", "stereo")
        frame.sample_rate, frame.pts = 48000, number * 960
        yield frame


@contextlib.asynccontextmanager
async def published(halls):
    """A forwarder of one process, with a person in each of these halls, a hall named as often as people are in it."""
    spread = Spread(Ground([LOOPBACK], processes=1))
    await spread.start()
    listening = asyncio.ensure_future(_deaf(spread))
    people = [Clapper() for _ in halls]
    try:
        for hall in dict.fromkeys(halls):
            await spread.open(hall)
        for number, (hall, person) in enumerate(zip(halls, people, strict=True)):
            await _publish(spread, hall, person, f"p{number}")
        yield spread
    finally:
        await asyncio.gather(*(person.close() for person in people))
        await spread.stop()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def ours(sources, folder):
    """(CPU % a source of the recorder, of the forwarder because of it, the recording's seconds)."""
    async with published(["hall"] * sources) as spread:
        await asyncio.sleep(2)
        forwarder = spread._children[0].process.pid
        before = await _cpu(forwarder)
        await spread.record("hall", Reel(str(folder), KEY))
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(2)
        recorder = spread._children[RECORDER].process.pid
        used, more = await asyncio.gather(_cpu(recorder), _cpu(forwarder))
        await spread.cease("hall")
        lasted = asyncio.get_running_loop().time() - began
        return used / sources, (more - before) / sources, lasted


async def left_behind(folder):
    """(MB, descriptors) that the recorder's process has more after SESSIONS than after the first WARM_UP."""
    halls = [f"hall{number}" for number in range(HALLS)]
    async with published(halls) as spread:
        await asyncio.gather(*(sessions(spread, hall, folder / hall, WARM_UP // HALLS) for hall in halls))
        recorder = spread._children[RECORDER].process.pid
        before = resident_mb(recorder), descriptors(recorder)
        await asyncio.gather(*(sessions(spread, hall, folder / hall, SESSIONS // HALLS) for hall in halls))
        return resident_mb(recorder) - before[0], descriptors(recorder) - before[1]


async def sessions(spread, hall, folder, times):
    """Each until there is sound and picture of it on the disk."""
    for _ in range(times):
        await spread.record(hall, Reel(str(folder), KEY))
        await eventually(lambda: len([file for file in folder.glob("*") if file.stat().st_size > 1000]) == 2, 30)
        await spread.cease(hall)
        shutil.rmtree(folder)


async def _deaf(spread):
    async for _ in spread.events():
        pass


async def _publish(spread, hall, person, who):
    await person.pc.setLocalDescription()
    voice, face = (transceiver.mid for transceiver in person.pc.getTransceivers())
    answer = await spread.publish(hall, who, person.pc.localDescription.sdp, {voice: "voice", face: "face"})
    await person.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await connected(person.pc)


async def _cpu(pid):
    """% of a core over SECONDS."""
    before = cpu_seconds(pid)
    await asyncio.sleep(SECONDS)
    return (cpu_seconds(pid) - before) / SECONDS * 100


async def stock(folder):
    """CPU % of MediaRecorder with one source."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.stock_recorder", str(port), str(folder)]
    process = started(command)
    person = Clapper()
    try:
        await asyncio.to_thread(process.stdout.readline)
        await person.pc.setLocalDescription()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            asked = {"sdp": person.pc.localDescription.sdp}
            async with session.post("/record", json=asked) as answer:
                sdp = (await answer.json())["sdp"]
        await person.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        await connected(person.pc)
        await asyncio.sleep(2)
        return await _cpu(process.pid)
    finally:
        await person.close()
        process.kill()
        process.wait()


def played(folder):
    """(seconds it lasts, milliseconds between each flash and its tone) of what a browser gets."""
    with tempfile.TemporaryDirectory() as out:
        told = []
        make(Order(folder=str(folder), key=KEY.hex(), out=out, out_key=KEY.hex()), told.append)
        scratch = Scratch(Path(out) / "0", KEY)
        webm = scratch.read(1 << 30)
        scratch.close()
    with av.open(io.BytesIO(webm)) as film:
        seen = [(frame.time, int(frame.to_ndarray(format="yuv420p")[:480].mean())) for frame in film.decode(video=0)]
    with av.open(io.BytesIO(webm)) as film:
        heard = [(frame.time, float(np.abs(frame.to_ndarray()).mean())) for frame in film.decode(audio=0)]
    flashes, tones = _begins(seen, 200), _begins(heard, 0.02)
    steps = [min(abs(flash - tone) for tone in tones) * 1000 for flash in flashes[1:-1]]
    return next(one["over"]["lasts"] for one in told if "over" in one), steps


def _begins(moments, above):
    return [at for (_, before), (at, now) in pairwise(moments) if before < above <= now]


def told_of(sources, runs, peers):
    used, more = [run[0] for run in runs], [run[1] for run in runs]
    peer = median(peers)
    about = {"runs": len(runs), "spread": [round(min(used), 2), round(max(used), 2)]}
    case = f"{sources}-source{'s' if sources > 1 else ''}"
    figure(
        "recorder", case, "cpu_percent_per_source", median(used), "%", against="MediaRecorder",
        ratio=round(median(used) / peer, 4), peer=round(peer, 1), goal=0.05, **about,
    )  # fmt: skip
    figure("recorder", case, "forwarder_percent_per_source", median(more), "%", runs=len(runs))
    if sources == 1:
        off = [abs(run[3][0] - run[2]) for run in runs]
        steps = [step for run in runs for step in run[3][1]]
        figure("recorder", case, "length_off_s", max(off), "s", goal=1.0, runs=len(runs))
        figure(
            "recorder", case, "av_step_ms", max(steps), "ms", goal=STEP, median=round(median(steps), 1), runs=len(runs)
        )


async def main():
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [LOOPBACK]
    found, peers = {sources: [] for sources in SOURCES}, []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            peers.append(await stock(folder))
        for sources, runs in found.items():
            with tempfile.TemporaryDirectory() as folder:
                run = await ours(sources, folder)
                runs.append((*run, played(folder) if sources == 1 else None))
    for sources, runs in found.items():
        told_of(sources, runs, peers)
    with tempfile.TemporaryDirectory() as folder:
        rss, opened = await left_behind(Path(folder))
    figure("recorder", f"{SESSIONS}-sessions", "rss_mb", rss, "MB", goal=20)
    figure("recorder", f"{SESSIONS}-sessions", "descriptors", opened, "count", goal=0)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
