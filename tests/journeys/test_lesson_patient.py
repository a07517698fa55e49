"""A patient is seen in a demonstration of surgery: named, asked, filmed, and takes it back; over HTTP, both stores."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.journeys.test_road import STROKES, a_patient, house  # noqa: F401 - the fixture
from tests.journeys.test_session import until

PATIENT = "秦文远"
TITLE = "胆囊切除示教"


@pytest.fixture
async def people(house):  # noqa: F811
    """Surgeon, ward doctor, centre, learner: (visitor by login)."""
    return {login: await house.visitor(login) for login in ("tangli", "jiangyan", "chenyu", "wangfang")}


async def planned(surgeon, **changes):
    """A demonstration at half past nine, not yet released; its address."""
    form = await surgeon.get("/teaching/sessions/new")
    post = re.search(r'<option value="([0-9a-f]{32})"[^>]*>唐力', form.text)[1]
    fields = {"kind": "surgery", "title": TITLE, "starts": "2026-11-23T09:30", "minutes": "60", "teacher": post}
    made = await surgeon.post("/teaching/sessions", {**fields, "material": "consented", **changes})
    assert "/teaching/sessions/" in made.path, made.text[-3000:]
    return made.path.split("?")[0]


async def found(surgeon, address, words):
    """The ids of the patients that the search offers."""
    page = await surgeon.post(f"{address}/patients/find", {"q": words})
    assert page.status == 200, page.text
    return re.findall(r'name="patient_id" value="([0-9a-f]{32})"', page.text)


async def signs(surgeon, page, *kinds):
    """On the screen, ticking these."""
    way = page.link(r"/patients/[0-9a-f]{32}/consent\?for=[0-9a-f]{32}")
    form = await surgeon.get(way)
    assert ("教学录音录像同意书" in form, "抢救等紧急情况" in form) == (True, False), form.text[:3000]
    signing = re.search(r'name="signing" value="([^"]+)"', form.text)[1]
    subject = way.rsplit("=", 1)[1]
    fields = {"subject": subject, "signing": signing, "signer": "patient", "strokes": STROKES, "method": "on_screen"}
    ticks = [("kinds", kind) for kind in kinds]
    return await surgeon.post(way.split("?")[0], [*fields.items(), ("text", "zh"), *ticks])


async def published(people, address):
    released = await people["chenyu"].post(f"{address}/release")
    assert released.status == 200, released.text[-2000:]
    done = await people["tangli"].post(f"{address}/publish")
    assert done.status == 200, re.findall(r'role="alert".*', done.text)
    return (await people["tangli"].get(address)).link(r"/rooms/[0-9a-f]{32}")


async def films(surgeon):
    """Comes in, agrees themselves, and asks for the recording."""
    assert (await surgeon.says("agree", {"on": True}))["ok"]
    return await surgeon.says("film", {"on": True})


async def acts(house, patient):  # noqa: F811
    """What the audit has of teaching with this patient."""
    async with house.database.unit(writes=False) as unit:
        query = text("select action from audit_records where patient_id = :p and action like 'teaching.%' order by seq")
        return list(await unit.session.scalars(query, {"p": patient}))


async def test_from_the_plan_to_a_film_that_ends_when_the_patient_withdraws(house, people):  # noqa: F811
    surgeon, learner = people["tangli"], people["wangfang"]
    patient = await a_patient(people["jiangyan"], PATIENT)
    address = await planned(surgeon)
    room = await published(people, address)
    await learner.post(f"{address}/enrol")
    await surgeon.enter(room)
    assert (await films(surgeon))["error"] == {"code": "room.patient_consent_missing"}

    assert [await found(surgeon, address, words) for words in ("秦文", "qwy", "不在")] == [[patient], [patient], []]
    named = await surgeon.post(f"{address}/patients", {"patient_id": patient})
    assert (PATIENT in named, "还没有签署" in named) == (True, True)
    assert await acts(house, patient) == ["teaching.patient_named"]
    half = await signs(surgeon, named, "recording")
    assert (half.path, "教学使用" in half) == (address, False)
    assert not (await surgeon.says("film", {"on": True}))["ok"], "recorded, but not for teaching"
    whole = await signs(surgeon, half, "recording", "teaching")
    assert whole.text.count("已签署") == 2
    assert (await surgeon.says("film", {"on": True}))["ok"]
    await until(lambda: {"on": True} in surgeon.events("recording"))

    refused = await surgeon.post(f"{address}/patients/withdraw", {"patient_id": patient, "said": ""})
    assert (refused.status, 'id="f-said-error"' in refused) == (422, True)
    back = await surgeon.post(f"{address}/patients/withdraw", {"patient_id": patient, "said": "患者本人说不再同意"})
    assert back.text.count("已撤回") == 2
    took = await until(lambda: {"on": False, "why": "withdrawn"} in surgeon.events("recording"))
    assert took < 2
    assert surgeon.events("consent") == [{"of": "recording", "on": True}, {"of": "recording", "on": False}]
    again = await surgeon.says("film", {"on": True})
    assert again["error"] == {"code": "room.consent_missing", "who": [], "patient": True}
    kept = await surgeon.post(f"{address}/patients/remove", {"patient_id": patient})
    assert (kept.status, "已为这场教学签署过同意书" in kept) == (409, True)


async def test_somebody_who_has_not_agreed_ends_what_is_recorded(house, people):  # noqa: F811
    surgeon = people["tangli"]
    address = await planned(surgeon, material="deidentified")
    room = await published(people, address)
    await surgeon.enter(room)
    assert (await films(surgeon))["ok"], "nobody is seen in it"
    await until(lambda: {"on": True} in surgeon.events("recording"))
    patient = await a_patient(people["jiangyan"], PATIENT)
    await surgeon.post(f"{address}/patients", {"patient_id": patient})
    await until(lambda: {"on": False, "why": "withdrawn"} in surgeon.events("recording"))
    removed = await surgeon.post(f"{address}/patients/remove", {"patient_id": patient})
    assert PATIENT not in removed
    await until(lambda: len(surgeon.events("consent")) == 2)
    assert (await surgeon.says("film", {"on": True}))["ok"]


async def test_no_learner_and_no_other_hospital_learns_who_is_seen(house, people):  # noqa: F811
    surgeon, learner = people["tangli"], people["wangfang"]
    patient = await a_patient(people["jiangyan"], PATIENT)
    address = await planned(surgeon)
    room = await published(people, address)
    await surgeon.post(f"{address}/patients", {"patient_id": patient})
    stranger = await a_patient(learner, "周立民")
    assert await found(surgeon, address, "周立") == []
    assert (await surgeon.post(f"{address}/patients", {"patient_id": stranger})).status == 404
    await learner.post(f"{address}/enrol")
    house.clock.at += timedelta(minutes=15)
    await learner.sign_in("wangfang")
    joined = await learner.enter(room)
    feed = re.search(r"/calendar/[\w-]+\.ics", (await learner.post("/calendar")).text)
    pages = [address, room, "/teaching", "/teaching/calendar", "/teaching/library", feed[0]]
    read = [(await learner.get(page)).text for page in pages]
    assert [TITLE in one for one in (read[0], read[2])] == [True, True]
    for hidden in (PATIENT, patient, "患者知情同意"):
        assert not any(hidden in one for one in [*read, str(joined), str(learner.heard)]), hidden
    for way in ("", "/find", "/remove", "/withdraw"):
        answer = await learner.post(f"{address}/patients{way}", {"patient_id": patient, "q": "秦", "said": "试试"})
        assert answer.status == 404
    session = address.rsplit("/", 1)[1]
    assert (await learner.get(f"/patients/{patient}/consent?for={session}")).status == 404
