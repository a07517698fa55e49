"""The examination of the Janus nodes that carry halls: they are there, new enough, ours, and nobody else's."""

import secrets
from typing import Any

import aiohttp

from server.operations.findings import Finding, bad, good

OLDEST = 1102
"""1.1.2, as Janus numbers itself: what remote publishers and our tests need."""


async def janus(url: str, secret: str) -> list[Finding]:
    """Asks for its version, and for a session with our secret and without one."""
    async with aiohttp.ClientSession() as http, http.ws_connect(url, protocols=["janus-protocol"]) as socket:
        about = await _answer(socket, "info")
        stranger = await _answer(socket, "create")
        ours = await _answer(socket, "create", apisecret=secret)
    facts = {"url": url, "version": about["version_string"]}
    if stranger["janus"] == "success":
        says = "Janus %(url)s 没有密钥，谁都能指挥它"
        return [bad("janus_open", says, "按 deploy/janus/janus.jcfg 设置 api_secret", **facts)]
    if ours["janus"] != "success":
        says = "Janus %(url)s 的密钥与 LIANZHEN_JANUS_SECRET 不同"
        return [bad("janus_strange", says, "按 deploy/janus/janus.jcfg 设置 api_secret", **facts)]
    if about["version"] < OLDEST:
        return [bad("janus_old", "Janus %(url)s 是 %(version)s，至少要 1.1.2", "apt-get install -y janus", **facts)]
    return [good("janus", "Janus %(url)s 正常（%(version)s），没有密钥进不去", **facts)]


async def _answer(socket: aiohttp.ClientWebSocketResponse, verb: str, **words: str) -> dict[str, Any]:
    await socket.send_json({"janus": verb, "transaction": secrets.token_hex(8), **words})
    answer: dict[str, Any] = await socket.receive_json()
    return answer
