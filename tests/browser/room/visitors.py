"""People in the room, each a browser profile; and the server they meet at, which can be killed."""

import asyncio
import json
import multiprocessing
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from tests.browser.conftest import profile
from tests.browser.room.house import run
from tests.node import ROOT, node
from tests.stores import free_port

PAGES = ("js/pages/room.js", "js/pages/files-elements.js", "js/pages/app.js", "css/app.css")
BUILD = (
    "import('esbuild').then(b => b.build({entryPoints: process.argv.slice(2).map(n => 'static/' + n), bundle: true,"
    " splitting: true, format: 'esm', target: 'es2022', outdir: process.argv[1], outbase: 'static'}))"
)
NURSERY = multiprocessing.get_context("forkserver")
NURSERY.set_forkserver_preload([run.__module__])  # imported once, as that takes longer than most of what follows
# What a page holds is counted from outside of it: its connections, and every track it ever opened.
WATCH = """
window.connections = []; window.opened = [];
const Real = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(...given) { super(...given); window.connections.push(this); }
};
for (const ask of ["getUserMedia", "getDisplayMedia"]) {
  const real = navigator.mediaDevices?.[ask];
  if (real) navigator.mediaDevices[ask] = async (...given) => {
    const stream = await real.apply(navigator.mediaDevices, given);
    window.opened.push(...stream.getTracks());
    return stream;
  };
}
"""
FRAMES = "tile => tile.querySelector('video').getVideoPlaybackQuality().totalVideoFrames"
PIXELS = """tile => {
  const video = tile.querySelector("video"), canvas = new OffscreenCanvas(64, 36), pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0, 64, 36);
  return [...pen.getImageData(0, 0, 64, 36).data].reduce((sum, byte, at) => (sum * 31 + byte * (at % 7)) % 1000003, 7);
}"""
PACKETS = """async () => {
  let sent = 0, received = 0, heard = 0;
  for (const pc of window.connections.filter(pc => pc.connectionState === "connected"))
    for (const report of (await pc.getStats()).values()) {
      if (report.type === "outbound-rtp" && report.kind === "audio") sent += report.packetsSent;
      if (report.type === "inbound-rtp" && report.kind === "video") received += report.framesDecoded ?? 0;
      if (report.type === "inbound-rtp" && report.kind === "audio") heard += report.totalAudioEnergy ?? 0;
    }
  return {sent, received, heard};
}"""
PATHS = """async () => {
  const paths = [];
  for (const pc of window.connections.filter(pc => pc.connectionState === "connected")) {
    const all = [...(await pc.getStats()).values()];
    const transport = all.find(one => one.type === "transport");
    const pair = all.find(one => one.id === transport.selectedCandidatePairId);
    const ends = [pair.localCandidateId, pair.remoteCandidateId].map(id => all.find(one => one.id === id));
    paths.push(ends.map(end => end.candidateType).join("/"));
  }
  return paths;
}"""

BACK_WITHIN = 10_000
"""Milliseconds after which a person counts as not back. The goal is 5,000, which a crowded test machine may double."""


def build(static):
    """The room's scripts and the styles, as the build of the house makes them."""
    dist = static / "dist"
    subprocess.run([node(), "-e", BUILD, str(dist), *PAGES], cwd=ROOT, check=True)
    (dist / "manifest.json").write_text(json.dumps({name: f"dist/{name}" for name in PAGES}))
    return static


class House:
    """The server of house.py as a process of its own."""

    def __init__(self, static, folder, *turn):
        self.static, self.folder, self.turn, self.port = static, folder, turn, free_port()
        self.address = f"http://127.0.0.1:{self.port}"

    def start(self):
        self.process = NURSERY.Process(target=run, args=(self.port, self.static, self.folder, self.turn))
        self.process.start()

    async def ready(self):
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            with suppress(OSError, urllib.error.URLError):
                await asyncio.to_thread(urllib.request.urlopen, f"{self.address}/healthz", timeout=1)
                return
            await asyncio.sleep(0.05)
        raise TimeoutError("the house does not open")

    def kill(self):
        self.process.kill()
        self.process.join()


@asynccontextmanager
async def house(static, folder, *turn):
    made = House(static, folder, *turn)
    made.start()
    try:
        await made.ready()
        yield made
    finally:
        made.kill()


@dataclass
class Visitor:
    """One person's page of a room."""

    page: object
    house: House
    name: str

    async def open(self, path):
        await self.page.goto(self.house.address + path)

    async def enter(self, room):
        """By the button of the check."""
        await self.open(f"/rooms/{room}")
        await self.page.click("#enter")
        await self.inside()

    async def enter_at_once(self, room):
        await self.open(f"/rooms/{room}?now")
        await self.inside()

    async def inside(self):
        await self.page.wait_for_selector("#room[data-state=call] .face[data-mine]")

    def tile(self, who, kind="camera"):
        return self.page.locator(f'.face[data-key="p-{who}/{kind}"]')

    async def sees(self, who, kind="camera"):
        """The other's picture is there, its frames rise and its pixels change. The number of frames."""
        tile = self.tile(who, kind)
        await until(lambda: self._frames(tile), lambda frames: frames > 5)
        frames, pixels = await self._frames(tile), await tile.evaluate(PIXELS)
        await until(lambda: tile.evaluate(PIXELS), lambda now: now != pixels)
        return await until(lambda: self._frames(tile), lambda now: now > frames)

    async def _frames(self, tile):
        if not await tile.count():
            return 0
        return await tile.evaluate(FRAMES)

    async def media(self):
        """Packets of sound sent, pictures received, sound energy heard, over the connections that stand."""
        return await self.page.evaluate(PACKETS)

    async def paths(self):
        return await self.page.evaluate(PATHS)

    async def connections(self):
        """How many there have been since the page was loaded, and how many of them stand."""
        states = await self.page.evaluate("connections.map(pc => pc.connectionState)")
        return len(states), states.count("connected")

    async def says(self, text):
        await self.show("chat")
        await self.page.fill("#chat-text", text)
        await self.page.press("#chat-text", "Enter")

    async def show(self, tab):
        if not await self.page.is_visible(f"#tab-{tab}"):
            await self.page.click("#control-panel")
        await self.page.click(f"#tab-{tab}")

    async def chat(self):
        """The numbered lines as they stand in the page."""
        return await self.page.eval_on_selector_all(
            "#chat-lines [data-seq] .chat-text", "lines => lines.map(line => line.textContent)"
        )

    async def reads(self, *lines):
        await until(self.chat, lambda now: now == list(lines))

    async def pressed(self, control):
        return await self.page.get_attribute(f"#control-{control}", "aria-pressed") == "true"

    async def live_tracks(self):
        return await self.page.evaluate(
            "opened.filter(track => track.readyState === 'live').map(track => track.kind).sort()"
        )

    async def people(self):
        """The names in the tiles of the others."""
        return await self.page.eval_on_selector_all(
            ".face:not([data-mine]) .face-name", "names => names.map(name => name.textContent)"
        )


@asynccontextmanager
async def visitors(browser, house, *names, **options):
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(visitor(browser, house, name, **options)) for name in names]


@asynccontextmanager
async def visitor(browser, house, name, *, device="", locale="zh", **options):
    cookies = {"who": name, "device": device or name, "locale": locale}
    permissions = options.pop("permissions", ["camera", "microphone"])
    async with profile(browser, permissions=permissions, **options) as context:
        await context.add_cookies(
            [{"name": key, "value": value, "url": house.address} for key, value in cookies.items()]
        )
        await context.add_init_script(WATCH)
        context.set_default_timeout(20_000)
        yield Visitor(await context.new_page(), house, name)


async def until(look, right, within=20.0):
    """What is seen when it is right. Looks ten times a second; raises when it never becomes right."""
    deadline = time.monotonic() + within
    while not right(seen := await look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {seen!r} after {within} s")
        await asyncio.sleep(0.1)
    return seen
