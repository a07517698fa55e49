"""A site's speech service, as an outsider: a process that speaks OpenAI's transcription API and knows four sounds.

`python -m tests.media.speech_service` prints its port. Each tone has a sentence; what it was sent is remembered.
`POST /mood {"delay": seconds, "status": number}` makes it slow or broken; `GET /asked` tells what it was asked.
"""

import asyncio
import io
import sys
import wave
from contextlib import asynccontextmanager

import numpy as np
from aiohttp import ClientSession, web

SENTENCES = {300: "请看这份心电图", 600: "患者欧阳明珠血压一百六", 900: "<|zh|><|NEUTRAL|>阿司匹林一百毫克"}
BEEP = "嘀"
KEY = "a key of the site"
MOOD = web.AppKey("mood", dict)
ASKED = web.AppKey("asked", list)


def heard(sound, rate):
    """The loudest of the known tones; else a beep."""
    spectrum = np.abs(np.fft.rfft(sound))
    loudest = np.argmax(spectrum) * rate / len(sound)
    tone = min(SENTENCES, key=lambda one: abs(one - loudest))
    return SENTENCES[tone] if abs(tone - loudest) < 40 else BEEP


async def transcriptions(request):
    form = await request.post()
    with wave.open(io.BytesIO(form["file"].file.read())) as wav:
        shape = (wav.getframerate(), wav.getnchannels(), wav.getsampwidth())
        sound = np.frombuffer(wav.readframes(wav.getnframes()), np.int16)
    facts = {name: value for name, value in form.items() if name != "file"}
    request.app[ASKED].append(
        {"form": facts, "wav": shape, "seconds": len(sound) / shape[0], "key": request.headers.get("Authorization")}
    )
    mood = request.app[MOOD]
    await asyncio.sleep(mood["delay"])
    if mood["status"] != 200:
        return web.json_response({"error": {"message": "out of memory"}}, status=mood["status"])
    return web.json_response({"text": heard(sound, shape[0])})


async def change(request):
    request.app[MOOD].update(await request.json())
    return web.Response()


async def asked(request):
    return web.json_response(request.app[ASKED])


async def serve():
    app = web.Application(client_max_size=1 << 24)
    app[MOOD], app[ASKED] = {"delay": 0, "status": 200}, []
    app.add_routes([web.post("/v1/audio/transcriptions", transcriptions), web.post("/mood", change)])
    app.router.add_get("/asked", asked)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until the tests hang up


class Service:
    """The running process, from outside."""

    def __init__(self, process, port):
        self.process, self.address = process, f"http://127.0.0.1:{port}"

    @property
    def url(self):
        return f"{self.address}/v1"

    async def feels(self, **mood):
        async with ClientSession() as session, session.post(f"{self.address}/mood", json=mood):
            pass

    async def asked(self):
        async with ClientSession() as session, session.get(f"{self.address}/asked") as answer:
            return await answer.json()


@asynccontextmanager
async def running():
    """A `Service`."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.media.speech_service", stdin=pipe, stdout=pipe
    )
    port = int(await process.stdout.readline())
    try:
        yield Service(process, port)
    finally:
        process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(serve())
