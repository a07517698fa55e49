"""A server of the forwarder benchmark: aiortc's MediaRelay, `python -m tests.benchmarks.media_relay PORT`."""

import asyncio
import sys

from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from aiortc.rtcconfiguration import RTCBundlePolicy

rooms, kept, relay = {}, set(), MediaRelay()


async def answered(request, prepare):
    words = await request.json()
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    kept.add(pc)
    prepare(pc, words["room"])
    await pc.setRemoteDescription(RTCSessionDescription(words["sdp"], "offer"))
    await pc.setLocalDescription()
    return web.json_response({"sdp": pc.localDescription.sdp})


async def publish(request):
    def prepare(pc, room):
        pc.on("track", lambda track: rooms.setdefault(room, []).append(track))

    return await answered(request, prepare)


async def watch(request):
    def prepare(pc, room):
        for track in rooms[room]:
            pc.addTrack(relay.subscribe(track))

    return await answered(request, prepare)


async def serve(port):
    app = web.Application()
    app.add_routes([web.post("/publish", publish), web.post("/watch", watch)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
