"""How far a consultation has come when a journey begins: its people, and the address of the case."""

import re
from datetime import datetime

from tests.journeys.test_road import REQUEST, a_patient, a_request


async def invited(house, kinds=("consultation",), name="秦文远"):
    """Doctor, centre, expert, and the address of a case that the expert has been asked to take."""
    doctor, centre, expert = [await house.visitor(one) for one in ("wangfang", "chenyu", "zhaomin")]
    case = f"/consultations/{await a_request(doctor, await a_patient(doctor, name), kinds=kinds)}"
    await doctor.post(f"{case}/submit", REQUEST)
    await asks_the_expert(centre, case)
    return doctor, centre, expert, case


async def asks_the_expert(centre, case):
    assert (await centre.post(f"{case}/invite", {"post_id": await post_of_the_expert(centre, case)})).status == 200


async def post_of_the_expert(centre, case):
    """The post of 赵敏, as the centre is offered it."""
    drawer = await centre.get(f"{case}/drawer")
    return re.search(r'name="post_id" value="([0-9a-f]{32})"(?:(?!post_id).)*?赵敏', drawer.text, re.DOTALL)[1]


async def placed(house, kinds=("consultation",), name="秦文远", begins=None):
    """Doctor, centre, expert, the address of a case whose time is set, and when it begins (the first proposed)."""
    doctor, centre, expert, case = await invited(house, kinds, name)
    await expert.post(f"{case}/accept")
    begins = begins or await first_time(centre, case)
    done = await centre.post(f"{case}/schedule", {"slot": begins.isoformat(), "minutes": "30"})
    assert done.status == 200, done.text[-2000:]
    return doctor, centre, expert, case, begins


async def first_time(centre, case):
    drawer = await centre.get(f"{case}/drawer")
    slot = re.search(r'name="slot"[^>]*value="([^"]+)"', drawer.text)[1]
    return datetime.fromisoformat(slot.replace(" ", "+"))


async def time_comes(house, moment, *people):
    """The clock is turned; whoever was signed in has been idle since, and signs in again."""
    house.clock.at = moment
    for one in people:
        await one.sign_in()


async def number_of(doctor, case):
    return re.search(r"SQ[\w-]+", (await doctor.get(case)).text)[0]
