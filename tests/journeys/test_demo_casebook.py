"""Whoever opens the demo finds the road "from real cases": one case let out with its files, one to be reviewed."""

import io
import re

import pytest
from PIL import Image
from sqlalchemy import select

from server.demo.__main__ import load
from server.demo.pictures import OF_WHOM
from server.migrations import upgrade
from server.patients import service as identities
from server.patients.model import Patient
from server.settings import Settings
from tests.journeys.house import open_house

pytestmark = pytest.mark.timeout(180)


async def as_at_the_first_start(folder, database_url, clock):
    folder.mkdir(mode=0o700)
    settings = Settings(data=folder, demo=True)
    await upgrade(settings.store_url)
    await load(settings)


async def test_a_case_of_the_demo_went_through_the_darkroom_and_another_waits_for_its_reviewer(tmp_path):
    async with open_house(tmp_path / "site", furnish=as_at_the_first_start) as house:
        learner, reviewer = await house.visitor("jiaxin"), await house.visitor("caiming")
        listed = await learner.get("/teaching/cases")
        assert "心电图正常的胸闷" not in listed
        page = await learner.get(listed.link("/teaching/cases/[0-9a-f]{32}"))
        assert "以胸痛起病的不稳定型心绞痛" in page
        for called in ("心电图 1", "影像 2", "照片 3"):
            assert called in page, called
        assert [name for name in await names_of_patients(house) if name in page] == []
        round_ahead = await learner.get(page.link("/teaching/sessions/[0-9a-f]{32}"))
        assert "急性冠脉综合征教学查房" in round_ahead
        assert f'href="{page.url.path}"' in round_ahead

        slip = re.findall(r'href="/files/(\w{32})"', page.text)[-1]
        async with learner.session.get(f"/files/{slip}/derived/preview") as answer:
            picture = Image.open(io.BytesIO(await answer.read())).convert("L")
        left, top, width, height = OF_WHOM
        box = [
            part * size for part, size in zip((left, top, left + width, top + height), picture.size * 2, strict=True)
        ]
        assert picture.crop([round(one) for one in box]).getextrema()[1] < 40

        waiting = await reviewer.get("/teaching/cases?view=work")
        case = waiting.link("/teaching/cases/[0-9a-f]{32}")
        review = await reviewer.get(f"{case}/review")
        assert (review.status, "心电图正常的胸闷" in review) == (200, True)
        assert review.text.count('data-state="open"') == 2


async def names_of_patients(house):
    async with house.database.unit() as unit:
        ids = await unit.session.scalars(select(Patient.id))
        return [(await identities.identify(unit, id, reason="teaching")).name for id in ids]
