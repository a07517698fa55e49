"""The examination of the TURN servers: they relay for our people, and for nobody into the house."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from server.operations.findings import Finding, bad, good

INNER = ("127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.0.1")
"""Addresses that a TURN server must never relay to (assurance P1)."""


async def turn(url: str, username: str, password: str) -> list[Finding]:
    """Takes a relay with credentials as the platform gives them out, and tries to reach inside with it."""
    from aioice import stun

    server = await _turn_client(url, username, password)
    try:
        await server.connect()
        reached = [address async for address in _reached(server, stun.TransactionFailed)]
        await server.delete()
    finally:
        server.transport.close()
    if reached:
        says, remedy = (
            "中继服务器 %(url)s 能通到内部地址 %(inner)s",
            "按 deploy/coturn/turnserver.conf 设置 denied-peer-ip",
        )
        return [bad("turn_open", says, remedy, url=url, inner=", ".join(reached))]
    return [good("turn", "中继服务器 %(url)s 正常，通不到内部地址", url=url)]


async def _reached(server: Any, refused: type[Exception]) -> AsyncIterator[str]:
    for channel, address in enumerate(INNER, 0x4000):
        try:
            await server.channel_bind(channel, (address, 9))
        except refused:
            continue
        yield address


async def _turn_client(url: str, username: str, password: str) -> Any:
    """A TURN client for turn:host:port?transport=udp|tcp or turns:host:port."""
    from aioice.turn import TurnClientTcpProtocol, TurnClientUdpProtocol

    scheme, _, rest = url.partition(":")
    place, _, query = rest.partition("?")
    host, _, number = place.rpartition(":") if place.rpartition(":")[2].isdigit() else (place, "", "")
    host, port = host.strip("[]"), int(number or (5349 if scheme == "turns" else 3478))
    options = {"username": username, "password": password, "lifetime": 60, "channel_refresh_time": 500}
    loop = asyncio.get_running_loop()
    address = (await loop.getaddrinfo(host, port))[0][4]
    if scheme == "turns" or "tcp" in query:
        _, client = await loop.create_connection(
            lambda: TurnClientTcpProtocol(address, **options),  # type: ignore[arg-type]
            host, port, ssl=scheme == "turns",
        )  # fmt: skip
        return client
    _, datagram = await loop.create_datagram_endpoint(
        lambda: TurnClientUdpProtocol(address, **options),  # type: ignore[arg-type]
        remote_addr=(host, port),
    )
    return datagram
