"""Told to stop, a site ends well and what came of an upload goes on afterwards; without its store it is not ready."""

import asyncio
import base64

import aiohttp
import pytest
from sqlalchemy import text

from tests.journeys.furnished import furnish
from tests.journeys.house import Visitor, open_house
from tests.journeys.test_road import a_patient, a_request
from tests.services.test_command_line import Console
from tests.stores import free_port

HALF = 1 << 20
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
async def site(tmp_path):
    """The real program on a demo's folder, and a doctor signed in there."""
    console, port = Console(tmp_path / "data"), free_port()
    await furnish(console.data)
    process = await console.begin("demo", "--port", port)
    doctor = Visitor(f"http://127.0.0.1:{port}")
    try:
        await until(lambda: answers(doctor))
        await doctor.sign_in("wangfang")
        yield process, doctor, console, port
    finally:
        await doctor.session.close()
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def answers(visitor):
    try:
        return (await visitor.get("/readyz")).status == 200
    except aiohttp.ClientConnectionError:
        return False


async def until(holds):
    async with asyncio.timeout(60):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.05)


async def an_upload(doctor):
    """The address of a file of two halves that is about to come."""
    case = await a_request(doctor, await a_patient(doctor))
    told = {"filename": "胸片.jpg", "subject": f"consultation:{case}"}
    packed = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
    headers = {**TUS, "Origin": doctor.url, "X-CSRF": doctor.token}
    begun = {**headers, "Upload-Length": str(2 * HALF), "Upload-Metadata": packed}
    async with doctor.session.post("/files/uploads", headers=begun) as response:
        return response.headers["Location"], headers


async def test_an_upload_goes_on_where_it_was_when_the_site_was_told_to_stop(site):
    process, doctor, console, port = site
    place, headers = await an_upload(doctor)

    async def half():
        yield b"x" * HALF
        await asyncio.Event().wait()  # the doctor's line stands still

    async def arrived():
        return sum(path.stat().st_size for path in (console.data / "files").rglob(f"*{place[-32:]}*")) > HALF // 2

    typed = {**headers, "Content-Type": "application/offset+octet-stream"}
    sending = asyncio.create_task(doctor.session.patch(place, data=half(), headers={**typed, "Upload-Offset": "0"}))
    await until(arrived)
    process.terminate()
    said, _ = await process.communicate()
    assert (process.returncode, "Traceback" in said.decode()) == (0, False), said.decode()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    again = await console.begin("demo", "--port", port)
    try:
        await until(lambda: answers(doctor))
        async with doctor.session.head(place, headers=headers) as kept:
            offset = int(kept.headers["Upload-Offset"])
        assert HALF // 2 < offset <= HALF
        rest = b"x" * (2 * HALF - offset)
        async with doctor.session.patch(place, data=rest, headers={**typed, "Upload-Offset": str(offset)}) as done:
            assert (done.status, done.headers["Upload-Offset"]) == (204, str(2 * HALF))
    finally:
        again.terminate()
        await again.communicate()


async def test_a_site_that_was_told_to_stop_is_not_ready_and_serves_on_until_the_proxies_have_looked(tmp_path):
    console, port = Console(tmp_path / "data"), free_port()
    process = await console.begin("serve", "--port", port, LIANZHEN_LEAVING_SECONDS="5")
    visitor = Visitor(f"http://127.0.0.1:{port}")
    try:
        await until(lambda: answers(visitor))
        process.terminate()

        async def leaves():
            return (await visitor.get("/readyz")).status == 503

        await until(leaves)
        assert [(await visitor.get(place)).status for place in ("/healthz", "/sign-in")] == [200, 200]
        assert await process.wait() == 0
    finally:
        await visitor.session.close()
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def test_a_site_whose_store_is_away_is_alive_but_not_ready(house_url, tmp_path):
    async with open_house(tmp_path / "data", database_url=house_url) as house:
        visitor = await house.visitor()
        assert (await visitor.get("/readyz")).status == 200
        async with house.database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE notices RENAME TO notices_away"))
        found = [(await visitor.get(place)).status for place in ("/readyz", "/healthz")]
        assert found == [503, 200]
