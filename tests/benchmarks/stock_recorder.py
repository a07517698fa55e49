"""The recorder benchmark's peer: aiortc's MediaRecorder, `python -m tests.benchmarks.stock_recorder PORT FOLDER`."""

import asyncio
import sys
from itertools import count

from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRecorder
from aiortc.rtcconfiguration import RTCBundlePolicy

kept, numbers = [], count()


async def record(request):
    words = await request.json()
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    recorder = MediaRecorder(f"{sys.argv[2]}/{next(numbers)}.webm")
    pc.on("track", recorder.addTrack)
    kept.append((pc, recorder))
    await pc.setRemoteDescription(RTCSessionDescription(words["sdp"], "offer"))
    await pc.setLocalDescription()
    await recorder.start()
    return web.json_response({"sdp": pc.localDescription.sdp})


async def serve(port):
    app = web.Application()
    app.add_routes([web.post("/record", record)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
