"""Whoever asks may go before the answer comes: a closed tab, another click. That is no fault of the house."""

import asyncio
import logging

from aiohttp import web
from aiohttp.test_utils import TestServer

from server.core.edge import answer_refusals


async def test_a_visitor_who_goes_leaves_no_error_behind(caplog):
    gone, noticed = asyncio.Event(), asyncio.Event()

    async def long(request):
        await gone.wait()
        response = web.StreamResponse()
        try:
            await response.prepare(request)
            while True:
                await response.write(bytes(65536))
        finally:
            noticed.set()

    app = web.Application(middlewares=[answer_refusals])
    app.router.add_get("/", long)
    async with TestServer(app) as server:
        _, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        gone.set()
        await asyncio.wait_for(noticed.wait(), 5)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []
