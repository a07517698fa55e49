"""Lists, search, open and create with ten thousand and a million consultations on both stores.

    python -m tests.benchmarks lists       SIZES=10000,1000000  STORES=sqlite,postgresql  ASKS=120

The server is a process of its own with the demo's people; the consultations lie in its store. Times are of whole
pages, asked one after the other, as their reader waits for them.
"""

import asyncio
import os
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select, text

from server.accounts.model import Post
from server.accounts.roles import Role
from server.consultation.kinds import Complaint, Mode
from server.consultation.model import Consultation
from server.consultation.states import ACTS_NEXT, State
from server.core.crypto import Keyring
from server.patients.model import Patient
from server.scheduling.deadlines import Urgency
from tests import stores as servers
from tests.benchmarks.figures import figure, percentile, stopwatch
from tests.benchmarks.site import Client, running
from tests.conftest import finish, import_models

SIZES = [int(size) for size in os.environ.get("SIZES", "10000,1000000").split(",")]
STORES = os.environ.get("STORES", "sqlite,postgresql").split(",")
ASKS = int(os.environ.get("ASKS", "120"))
CHUNK = 5_000
OPEN_SHARE = 0.004
"""Of a million, those that still wait: what a consortium of a county has open on a day."""
OPEN = [state for state in State if state not in (State.CLOSED, State.REJECTED, State.EXPIRED, State.CANCELLED)]


async def fill(engine, size):
    """Brings the number of consultations to `size`, spread over the demo's doctors, experts and patients."""
    luck = random.Random(7)
    async with engine.begin() as connection:
        patients = [row[0] for row in await connection.execute(select(Patient.id))]
        posts = (await connection.execute(select(Post.id, Post.person_id, Post.institution_id, Post.role))).all()
        consortium = (await connection.execute(text("select consortium_id from consultations limit 1"))).scalar()
        have = (await connection.execute(text("select count(*) from consultations"))).scalar()
    doctors = [post for post in posts if post.role is Role.APPLICANT]
    experts = [post for post in posts if post.role is Role.SPECIALIST]
    began = datetime(2024, 1, 1, tzinfo=UTC)
    for first in range(have, size, CHUNK):
        rows = [
            row(n, size, luck, began, patients, doctors, experts, consortium)
            for n in range(first, min(first + CHUNK, size))
        ]
        async with engine.begin() as connection:
            await connection.execute(insert(Consultation), rows)
    async with engine.begin() as connection:
        await connection.execute(text("ANALYZE"))


def row(n, size, luck, began, patients, doctors, experts, consortium):
    doctor, expert = luck.choice(doctors), luck.choice(experts)
    is_open = luck.random() < min(OPEN_SHARE, 400 / size)
    state = luck.choice(OPEN) if is_open else State.CLOSED
    at = began + timedelta(minutes=n % 1_400_000)
    return {
        "id": f"{int(at.timestamp() * 1000):012x}{luck.getrandbits(80):020x}",
        "number": f"SQB{n:012d}",
        "state": state,
        "acts_next": ACTS_NEXT[state],
        "due_at": at + timedelta(hours=4) if is_open else None,
        "consortium_id": consortium,
        "inviting_id": doctor.institution_id,
        "applicant_post_id": doctor.id,
        "applicant_person_id": doctor.person_id,
        "companion": "",
        "patient_id": luck.choice(patients),
        "complaint": Complaint.CHEST_PAIN,
        "urgency": Urgency.ROUTINE,
        "mode": Mode.LIVE,
        "specialty": "心血管内科",
        "further_specialties": [],
        "preferred_times": [],
        "question": "是否需要上转行冠脉造影？",
        "story": {"story": "活动后胸痛 2 周。", "diagnosis": "冠心病？"},
        "fee_cents": 59500,
        "invited_id": expert.institution_id,
        "specialist_post_id": expert.id,
        "specialist_person_id": expert.person_id,
        "created_at": at,
        "submitted_at": at,
        "state_since": at,
        "reschedules": 0,
        "converted_to": "",
        "version": 1,
    }


async def measure(case, data, url, size):
    from server.core.database import make_engine

    engine = make_engine(url or f"sqlite+aiosqlite:///{data / 'lianzhen.sqlite'}")
    await fill(engine, size)
    await engine.dispose()
    async with running(data, database_url=url) as site:
        centre, doctor = await Client(site.url).sign_in("chenyu"), await Client(site.url).sign_in("wangfang")
        times = await ask_all(centre, doctor, size)
        await centre.close()
        await doctor.close()
    for metric, values in times.items():
        figure("lists", case, f"{metric}_p95_ms", percentile(values, 0.95), "ms", runs=len(values), goal=50)
    return percentile(times["page"], 0.95)


async def ask_all(centre, doctor, size):
    luck = random.Random(9)
    times = {"page": [], "doctor_page": [], "search": [], "open": [], "create": []}
    older = "/consultations?tab=all"
    for _ in range(ASKS):
        with stopwatch(times["page"]):
            page = await centre.get(older)
        older = next_page(page) or "/consultations?tab=all"
        with stopwatch(times["doctor_page"]):
            await doctor.get("/consultations?tab=all")
        with stopwatch(times["search"]):
            found = await centre.post("/search", {"q": f"SQB{luck.randrange(size - 12) + 12:012d}"})
        with stopwatch(times["open"]):
            await centre.get(case_of(found))
        with stopwatch(times["create"]):
            await doctor.post("/api/consultations", json={"complaint": "stroke"})
    return times


def next_page(page):
    import re

    found = re.search(r'rel="next" href="([^"]+)"', page)
    return found and found[1].replace("&amp;", "&")


def case_of(page):
    import re

    return re.search(r'href="(/consultations/[0-9a-f]{32})"', page)[1]


async def one_store(store):
    pages = {}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        url = ""
        run = servers.begin() if store == "postgresql" else None
        if run:
            url = await servers.create_database(run.postgresql(), "bench_lists")
        async with running(data, database_url=url):
            await asyncio.sleep(1)
        assert Keyring.load(data / "keys" / "site")
        for size in SIZES:
            pages[size] = await measure(f"{store}-{size:.0e}".replace("+0", ""), data, url, size)
        if run:
            run.end()
    if len(pages) > 1:
        growth = pages[max(pages)] / pages[min(pages)]
        figure("lists", store, "growth", growth, "ratio", goal=1.5)


def main():
    import_models()
    for store in STORES:
        finish(one_store(store))


if __name__ == "__main__":
    main()
