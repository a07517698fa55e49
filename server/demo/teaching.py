"""The demo's teaching, brought about by the verbs that people use: a round ahead, a finished lecture, a weekly series."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from server.accounts import queries as accounts
from server.accounts import service as people
from server.accounts.roles import Role
from server.core.i18n import BEIJING
from server.core.unit import Unit
from server.demo.places import CITY, Places
from server.meeting import service as meetings
from server.patients import service as patients
from server.patients.names import invent_id_no
from server.patients.papers import Sex
from server.patients.particulars import Particulars, read_registrant
from server.scheduling import hours
from server.teaching import (
    consenting,
    correcting,
    crediting,
    enrolling,
    exams,
    feedback,
    planning,
    queries,
    reviews,
    running,
)
from server.teaching.kinds import CourseKind, CreditClass, Finding, Material, SessionKind
from server.teaching.planning import Plan

if TYPE_CHECKING:
    from server.patients.model import Patient
    from server.teaching.model import Course, TeachingSession

LEARNERS = (
    ("jiaxin", Role.TRAINEE),
    ("wangfang", Role.APPLICANT),
    ("liuqiang", Role.APPLICANT),
    ("yangxue", Role.APPLICANT),
    ("huangbo", Role.APPLICANT),
    ("lupeng", Role.FAMILY_DOCTOR),
    ("sunli", Role.APPLICANT),
    ("zhuping", Role.APPLICANT),
)
QUESTIONS: list[dict[str, Any]] = [
    {"text": "规则的宽 QRS 心动过速，首先考虑", "options": ["室性心动过速", "窦性心动过速", "心房颤动"], "right": [0]},
    {
        "text": "下列哪些是急诊心电图必须立即上报的",
        "options": ["ST 段抬高", "三度房室传导阻滞", "偶发房性早搏"],
        "right": [0, 1],
    },
    {"text": "心房颤动的心电图特征是", "options": ["P 波消失，f 波，RR 绝对不齐", "PR 间期固定延长"], "right": [0]},
    {"text": "胸痛患者心电图应在几分钟内完成", "options": ["10 分钟", "30 分钟", "60 分钟"], "right": [0]},
]
SEEN = {
    "jiaxin": ((0, 60),),
    "wangfang": ((-6, 22), (24, 60)),
    "liuqiang": ((2, 60),),
    "yangxue": ((0, 31),),
    "huangbo": ((5, 28), (27, 60)),
    "sunli": ((0, 60),),
}
"""Minutes of the finished lecture at which each came and went; the second stay of two is a reconnection."""


class School:
    def __init__(self, unit: Unit, found: Places) -> None:
        self.unit, self.places, self.present = unit, found, unit.now

    async def open(self) -> None:
        room = await hours.add_room(self.unit, institution_id=self.places.institutions[CITY].id, name="示教室一")
        await self._finished_lecture(room.id)
        await self._round_ahead(room.id)
        await self._surgery(room.id)
        await self._series()
        self.unit.signed_in, self.unit.now = None, self.present
        self.unit.announcements.clear()

    async def act(self, login: str, role: Role, at: datetime) -> None:
        person = await accounts.person_by_login(self.unit, login)
        assert person is not None
        posts = await accounts.posts_of(self.unit, person.id, people.today(self.present))
        post = next(one for one in posts if one.role is role)
        self.unit.signed_in, self.unit.now = await people.actor_at(self.unit, post), at

    async def _post(self, login: str, role: Role) -> str:
        await self.act(login, role, self.unit.now)
        return self.unit.actor.post_id

    async def _finished_lecture(self, room_id: str) -> None:
        starts = _at(self.present, -4, 19)
        filed = starts - timedelta(days=24)
        teacher = await self._post("caiming", Role.TEACHER)
        await self.act("caiming", Role.TEACHER, filed)
        plan = Plan(
            kind=SessionKind.LECTURE,
            title="基层常见心律失常的心电图判读",
            about="用 60 分钟讲清基层最常见的六种心律失常：看哪里、先做什么、什么时候必须上转。",
            specialty="心血管内科",
            starts_at=starts,
            ends_at=starts + timedelta(minutes=60),
            teacher_posts=[teacher],
            room_id=room_id,
            agenda=[(10, "课前测与回顾", "蔡明"), (35, "六种心律失常逐一判读", "蔡明"), (15, "提问与随堂测验", "蔡明")],
            credit_class=CreditClass.SECOND,
            credit_tenths=10,
            project_no="2026-03-02-118",
        )
        session = await planning.draft(self.unit, plan=plan)
        await planning.file(self.unit, session=session, filing_no="临卫继备〔2026〕037", filed_on=filed)
        await planning.publish(self.unit, session=session)
        await exams.write(self.unit, session=session, questions=QUESTIONS, pass_mark=60, attempts=3)
        await self._enrol(session, LEARNERS, filed + timedelta(days=2))
        await self._held(session)
        await self._tested(session)
        await self.act("caiming", Role.TEACHER, session.ends_at + timedelta(hours=1))
        await crediting.process(self.unit, session=session)
        await crediting.grant(self.unit, session=session)
        await self._put_right(session)

    async def _put_right(self, session: TeachingSession) -> None:
        """One who watched along under a colleague's sign-in is credited; one whose line broke asks for a review."""
        await self.act("yangxue", Role.APPLICANT, session.ends_at + timedelta(hours=12))
        words = "19:31 起乡里停电，改用手机流量听完，院内停电通知可查"
        await reviews.ask(self.unit, session=session, words=words)
        watched = await accounts.person_by_login(self.unit, "lupeng")
        assert watched is not None
        await self.act("caiming", Role.TEACHER, session.ends_at + timedelta(hours=14))
        await correcting.correct(
            self.unit,
            session=session,
            person_id=watched.id,
            finding=Finding.MET,
            minutes=0,
            reason="与孙丽在卫生室同屏听课，当场口答抽查；卫生院培训签到表有本人签名",
        )

    async def _enrol(self, session: TeachingSession, who: Sequence[tuple[str, Role]], at: datetime) -> None:
        for number, (login, role) in enumerate(who):
            await self.act(login, role, at + timedelta(minutes=11 * number))
            await enrolling.enrol(self.unit, session=session)

    async def _held(self, session: TeachingSession) -> None:
        """What the room's log holds of an hour: who came and went, three checks and who answered them."""
        happened = sorted(
            (minute, login, kind, f"{login}-{number}")
            for login, stays in SEEN.items()
            for number, stay in enumerate(stays)
            for minute, kind in zip(stay, ("joined", "left"), strict=True)
        )
        begun, checks = False, [15, 33, 51]
        for minute, login, kind, stay in happened:
            if minute >= 0 and not begun:
                await self.act("caiming", Role.TEACHER, session.starts_at)
                await running.begin(self.unit, session=session)
                begun = True
            while checks and checks[0] <= minute:
                await self._check(session, checks.pop(0))
            await self.act(login, dict(LEARNERS)[login], session.starts_at + timedelta(minutes=minute))
            await self._line(session, kind, stay)
        await self.act("caiming", Role.TEACHER, session.ends_at)
        await running.end(self.unit, session=session)

    async def _check(self, session: TeachingSession, minute: int) -> None:
        at = session.starts_at + timedelta(minutes=minute)
        await self.act("caiming", Role.TEACHER, at)
        await running.ask(self.unit, session=session)
        for login, stays in SEEN.items():
            if any(start <= minute < end for start, end in stays):
                await self.act(login, dict(LEARNERS)[login], at + timedelta(seconds=20))
                await running.answer(self.unit, session=session)

    async def _line(self, session: TeachingSession, kind: str, stay: str) -> None:
        assert session.meeting_id is not None
        await meetings.write(
            self.unit,
            meeting_id=session.meeting_id,
            kind=kind,
            by=self.unit.actor.person_id,
            body={"stay": stay, "name": self.unit.actor.name},
            key=f"{kind}:{stay}",
        )

    async def _tested(self, session: TeachingSession) -> None:
        quiz = await queries.quiz_of(self.unit, session.id)
        assert quiz is not None
        for number, login in enumerate(SEEN):
            await self.act(login, dict(LEARNERS)[login], session.ends_at + timedelta(minutes=3))
            right = [[0], [0, 1], [0], [0]]
            given = right if number % 3 else [[0], [0, 1], [0], [1]]
            await exams.hand_in(self.unit, quiz=quiz, answers=given)
            await feedback.give(self.unit, session=session, content=5, teaching=5 - number % 2, technique=4, words="")

    async def _round_ahead(self, room_id: str) -> None:
        starts = _at(self.present, 2, 15)
        teacher = await self._post("caiming", Role.TEACHER)
        presenter = await self._post("zhaomin", Role.TEACHER)
        await self.act("caiming", Role.TEACHER, self.present - timedelta(days=3))
        plan = Plan(
            kind=SessionKind.ROUND,
            title="急性冠脉综合征教学查房",
            about="从一例乡镇上转的胸痛患者讲起：首诊怎么问、心电图怎么追、双抗什么时候给。",
            specialty="心血管内科",
            starts_at=starts,
            ends_at=starts + timedelta(minutes=90),
            teacher_posts=[teacher, presenter],
            room_id=room_id,
            agenda=[(20, "病例汇报", "赵敏"), (40, "床旁问诊与查体示范", "蔡明"), (30, "讨论与小结", "蔡明")],
            cases=["男，60 余岁，活动后胸骨后压榨样痛，近 3 天发作变频"],
            capacity=6,
            material=Material.DEIDENTIFIED,
        )
        session = await planning.draft(self.unit, plan=plan)
        await self.act("chenyu", Role.COORDINATOR, self.present - timedelta(days=3))
        await planning.release_material(self.unit, session=session)
        await self.act("caiming", Role.TEACHER, self.present - timedelta(days=3))
        await planning.publish(self.unit, session=session)
        await self._enrol(session, LEARNERS[:5], self.present - timedelta(days=2))

    async def _surgery(self, room_id: str) -> None:
        starts = _at(self.present, 7, 9)
        teacher = await self._post("tangli", Role.SPECIALIST)
        plan = Plan(
            kind=SessionKind.SURGERY,
            title="腹腔镜胆囊切除手术示教",
            about="Calot 三角的解剖与安全视野（CVS），术中每一步都停下来讲。",
            specialty="普通外科",
            starts_at=starts,
            ends_at=starts + timedelta(minutes=120),
            teacher_posts=[teacher],
            room_id=room_id,
            material=Material.CONSENTED,
        )
        patient = await self._inpatient()
        await self._post("tangli", Role.SPECIALIST)
        session = await planning.draft(self.unit, plan=plan)
        await consenting.name(self.unit, session=session, patient=patient)

    async def _inpatient(self) -> Patient:
        """Somebody on the ward of the surgeon; has not been asked yet."""
        await self.act("jiangyan", Role.APPLICANT, self.present - timedelta(days=1))
        luck = random.Random("inpatient")  # noqa: S311 - the same one in every demo
        number = invent_id_no(luck, born=date(1968, 4, 12), sex=Sex.FEMALE)
        typed = Particulars(name="沈玉兰", id_no=number, phone="13900009012")
        return await patients.register(self.unit, registrant=read_registrant(typed, now=self.present))

    async def _series(self) -> None:
        await self.act("songyi", Role.TEACHER, self.present - timedelta(days=6))
        course = await planning.found_course(
            self.unit,
            kind=CourseKind.COURSE,
            title="乡村医生儿科急症识别",
            about="每周一讲，两个阶段；第一阶段考试通过后进入第二阶段。",
            phases=["发热与惊厥", "腹泻与脱水"],
        )
        await exams.write(self.unit, course=course, phase=0, questions=QUESTIONS[:2], pass_mark=60, attempts=3)
        await self._lessons(course, self.unit.actor.post_id)

    async def _lessons(self, course: Course, teacher: str) -> None:
        first = _at(self.present, 5, 19)
        plan = Plan(
            kind=SessionKind.LECTURE,
            title="乡村医生儿科急症识别",
            specialty="儿科",
            starts_at=first,
            ends_at=first + timedelta(minutes=45),
            teacher_posts=[teacher],
            course_id=course.id,
            capacity=60,
        )
        topics = ("发热患儿先看什么", "惊厥的现场处理", "脱水程度怎么判断", "口服补液与转诊")
        for number, (one, topic) in enumerate(zip(planning.every_week(plan, len(topics)), topics, strict=True)):
            known = {name: getattr(one, name) for name in Plan.__dataclass_fields__}
            titled = Plan(**{**known, "title": f"儿科急症 {number + 1}：{topic}", "phase": number // 2})
            session = await planning.draft(self.unit, plan=titled)
            await planning.publish(self.unit, session=session)


def _at(now: datetime, days: int, hour: int) -> datetime:
    there = now.astimezone(BEIJING) + timedelta(days=days)
    return there.replace(hour=hour, minute=0, second=0, microsecond=0)
