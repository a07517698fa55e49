"""Files made to do harm, sent to a running site while others work there.

    python -m tests.benchmarks.hostile_files

Every crafted file of the tests goes the whole road: uploaded to a draft, proven, read in the sandbox, refused with a
reason. Meanwhile another doctor opens list pages; the ratio is their p95 then to their p95 before. Only the serving
process is measured: what a sandbox takes is limited by the operating system and ends with it.
"""

import asyncio
import base64
import hashlib
import re
import tempfile
import time
from pathlib import Path

from tests.benchmarks.figures import figure, percentile, resident_mb, stopwatch
from tests.benchmarks.site import Client, running
from tests.services.files_bombs import BOMBS

TUS = {"Tus-Resumable": "1.0.0"}
STREAM = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
CALM = 100  # pages asked for before


async def sent(client, case, content):
    """The file's id, uploaded whole and proven."""
    told = {"subject": f"consultation:{case}", "filename": "胸片.dcm"}
    packed = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())
    own = {"Origin": client.url, "X-CSRF": client.token}
    begin = {**own, **TUS, "Upload-Length": str(len(content)), "Upload-Metadata": packed}
    async with client.session.post("/files/uploads", headers=begin) as response:
        assert response.status == 201, await response.text()
        address = response.headers["Location"]
    async with client.session.patch(address, headers={**own, **STREAM}, data=content) as response:
        assert response.status == 204, response.status
    id = address.rsplit("/", 1)[-1]
    await client.post(f"/files/{id}/complete", json={"sha256": hashlib.sha256(content).hexdigest()})
    return id


async def refused(client, id):
    while 'data-status="refused"' not in (tile := await client.get(f"/files/{id}/tile")):
        assert 'data-status="ready"' not in tile, f"taken for good: {re.sub('<[^>]+>', ' ', tile)}"
        await asyncio.sleep(0.1)


async def attack(client, case, worst, peak, site):
    for content in filter(None, (make() for make, _ in BOMBS.values())):  # an empty one is refused at the door
        began = time.perf_counter()
        await refused(client, await sent(client, case, content))
        worst.append(time.perf_counter() - began)
        peak.append(resident_mb(site.pid))


async def pages(client, times, until):
    while not until():
        with stopwatch(times):
            await client.get("/consultations")


async def measure():
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder) / "data") as site:
            attacker, other = [await Client(site.url).sign_in(login) for login in ("wangfang", "liuqiang")]
            case = (await attacker.post("/api/consultations", json={"complaint": "chest_pain"}))["id"]
            calm, meanwhile, worst, peak = [], [], [], []
            await pages(other, calm, lambda: len(calm) >= CALM)
            before = resident_mb(site.pid)
            attacking = asyncio.create_task(attack(attacker, case, worst, peak, site))
            await pages(other, meanwhile, attacking.done)
            await attacking
            for client in (attacker, other):
                await client.close()
    ratio = percentile(meanwhile, 0.95) / percentile(calm, 0.95)
    figure("hostile_files", "all", "server_growth_mb", max(peak) - before, "MB", files=len(worst), limit=64)
    figure("hostile_files", "all", "others_p95_ratio", ratio, "ratio", pages=len(meanwhile), goal=1.2)
    figure("hostile_files", "all", "worst_answer_s", max(worst), "s", limit=15)


if __name__ == "__main__":
    asyncio.run(measure())
