"""A whole consultation as three people click it over HTTP, the talk over real sockets: from the patient to the history.

`STEPS` are its parts in order; each person's requests and how long they waited for them are kept in their `Diary`.
"""

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from server.demo import PASSWORD
from server.patients.names import invent_id_no
from server.patients.papers import Sex
from tests.benchmarks.figures import stopwatch
from tests.journeys.house import Visitor
from tests.journeys.test_road import REQUEST, STROKES

EXPERTS = {
    "zhenghai": ("郑海", "心血管内科"),
    "xiewen": ("谢文", "神经内科"),
    "songyi": ("宋怡", "儿科"),
    "tangli": ("唐力", "普通外科"),
    "hanbing": ("韩冰", "骨科"),
    "fengxia": ("冯霞", "产科"),
    "caoyan": ("曹燕", "内分泌科"),
}
"""The demo's, but 赵敏, who is in a call of 王芳's."""
DOCTORS = ("liuqiang", "yangxue", "huangbo", "zhouting", "wugang", "xumei", "malin")
OPINION = {
    "findings": "心电图 V4–V6 ST 段压低 0.1 mV。",
    "diagnoses-0-text": "不稳定型心绞痛",
    "diagnoses-0-code": "I20.0",
    "plan": "当日转至市一院心内科，途中心电监护。",
    "medications-0-name": "阿司匹林",
    "medications-0-dose": "300 mg",
}
ADOPTED = {"adoption": "adopted", "plan": "已联系 120 转运。"}
LUCK = random.Random(7)
CASE = r"/consultations/([0-9a-f]{32})"


@dataclass
class Diary:
    """How long each click was waited for, in ms, and how many requests they were (a redirect is one more)."""

    waits: list[float] = field(default_factory=list)
    requests: int = 0


class Person(Visitor):
    """Notes every click in the diary of those at work together; one that is refused ends the benchmark."""

    def __init__(self, url, diary):
        super().__init__(url)
        self.diary = diary

    async def get(self, path, **options):
        return await self._noted(path, super().get(path, **options))

    async def post(self, path, fields=None, **options):
        return await self._noted(path, super().post(path, fields, **options))

    async def _noted(self, path, asking):
        with stopwatch(self.diary.waits):
            page = await asking
        assert page.status < 400, (path, page.status, page.text[-2000:])
        self.diary.requests += page.requests
        return page


@dataclass
class Team:
    """The three at work on one consultation after the other."""

    doctor: Person
    centre: Person
    expert: Person
    expert_name: str
    specialty: str
    case: str = ""

    @classmethod
    async def come(cls, url, number, diary):
        login = list(EXPERTS)[number]
        doctor, centre, expert = (Person(url, Diary()) for _ in range(3))
        for person, name in ((doctor, DOCTORS[number]), (centre, "chenyu"), (expert, login)):
            await person.sign_in(name)
            person.diary = diary
        return cls(doctor, centre, expert, *EXPERTS[login])

    async def go(self):
        for person in (self.doctor, self.centre, self.expert):
            await person.leave()
            await person.session.close()

    async def consult(self):
        for step in STEPS:
            await step(self)


async def ask(team):
    """The patient, the request by its template, consent signed on the screen, two autosaves, sent."""
    doctor = team.doctor
    born = date(1959, 3, 7) + timedelta(days=LUCK.randrange(9000))
    id_no = invent_id_no(LUCK, born=born, sex=Sex.MALE)
    made = await doctor.post("/patients", {"name": "秦文远", "id_kind": "resident", "id_no": id_no})
    patient = re.search(r"/patients/([0-9a-f]{32})", made.path + made.text)[1]
    page = await doctor.post("/consultations", {"complaint": "chest_pain", "patient_id": patient})
    team.case = re.search(CASE, page.path)[0]
    consent = f"/patients/{patient}/consent"
    paper = await doctor.get(f"{consent}?for={team.case.rsplit('/', 1)[-1]}")
    signing = re.search(r'name="signing" value="([^"]+)"', paper.text)[1]
    signed = {"subject": team.case.rsplit("/", 1)[-1], "signing": signing, "signer": "patient", "strokes": STROKES}
    await doctor.post(consent, {**signed, "method": "on_screen", "text": "zh", "kinds": "consultation"})
    request = {**REQUEST, "specialty": team.specialty}
    for written in ({**request, "question": ""}, request):
        await doctor.post(f"{team.case}/draft", written)
    await doctor.post(f"{team.case}/submit", request)


async def place(team):
    """The centre invites, the expert accepts, the centre books both for the next hour."""
    await team.centre.get("/centre")
    drawer = await team.centre.get(f"{team.case}/drawer")
    post = re.search(rf'name="post_id" value="([0-9a-f]{{32}})"(?:(?!post_id).)*?{team.expert_name}', drawer.text, re.S)
    await team.centre.post(f"{team.case}/invite", {"post_id": post[1]})
    await team.expert.get("/")
    await team.expert.post(f"{team.case}/accept")
    await team.centre.get(f"{team.case}/drawer")
    soon = (datetime.now(UTC) + timedelta(minutes=20)).isoformat(timespec="minutes")
    await team.centre.post(f"{team.case}/schedule", {"slot": soon, "minutes": "30"})


async def talk(team):
    """Both read the case, load the room, take their seats; the case lies beside the video, the opinion is begun."""
    for person in (team.doctor, team.expert):
        room = (await person.get(team.case)).link(r"/rooms/[0-9a-f]{32}")
        await person.get(room)
        await person.enter(room)
        await person.get(f"{team.case}/summary")
    await team.expert.get(f"{team.case}/opinion/panel")
    for _ in range(2):
        await team.expert.post(f"{team.case}/opinion/draft", OPINION)
    await team.expert.post(f"{team.case}/end")
    for person in (team.doctor, team.expert):
        await person.leave()


async def sign(team):
    """The password again, the report typeset and signed."""
    await team.expert.post(f"{team.case}/opinion/sign", {**OPINION, "secret": PASSWORD})


async def decide(team):
    """The doctor reads the opinion and its PDF, decides, and looks at the history."""
    await team.doctor.get(team.case)
    await team.doctor.get(f"{team.case}/report.pdf")
    await team.doctor.post(f"{team.case}/decide", ADOPTED)
    await team.doctor.get(f"{team.case}/history")


STEPS = (ask, place, talk, sign, decide)
