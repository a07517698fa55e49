"""What the authority asks for after a session, as one file: filing, roster, attendance, papers, results, recordings."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from server.accounts import queries as accounts
from server.core.sheets import Cell, as_xlsx
from server.core.unit import Unit
from server.directory import queries as directory
from server.files import service as files
from server.files.packing import Part, taken_from, written
from server.files.vault import Vault
from server.meeting import queries as meetings
from server.meeting.recordings import screening
from server.meeting.recordings.kinds import RecordingState
from server.scheduling.working_calendar import CHINA
from server.teaching import correcting, counted, crediting, feedback, footage, queries, quizzes, views
from server.teaching.footage import Slides, Take
from server.teaching.kinds import EnrolmentState
from server.teaching.model import TeachingSession
from server.teaching.views import Say

if TYPE_CHECKING:
    from server.accounts.model import Person

FOLDER, SLIDES = "recordings", "slides"
ENROLMENT_WORDS = {
    EnrolmentState.ENROLLED: "已报名",
    EnrolmentState.WAITING: "候补中",
    EnrolmentState.WITHDRAWN: "已取消报名",
}


async def pack(unit: Unit, session: TeachingSession, vault: Vault, takes: Sequence[Take], say: Say) -> list[Part]:
    """Sheets, the recordings themselves, and a list of the hashes of all; the handing out is recorded."""
    slides = await footage.slides(unit, session, takes)
    sheets = {
        "1-filing.xlsx": await _filing(unit, session, say),
        "2-roster.xlsx": await _roster(unit, session, say),
        "3-attendance.xlsx": await _attendance(unit, session, say),
        "4-log.csv": await _log(unit, session),
        "5-papers.xlsx": await _papers(unit, session, say),
        "6-feedback.xlsx": await _feedback(unit, session, say),
        "7-hall.xlsx": await _hall(unit, session, say),
        "8-recordings.xlsx": await _recordings(unit, takes, say),
        "9-polls.xlsx": await _polls(unit, session, say),
        "10-slides.xlsx": _slides(unit, slides, say),
    }
    parts = [written(name, content) for name, content in sheets.items()]
    for take in takes:
        parts += [taken_from(vault, file, f"{FOLDER}/{take.name_of(file)}") for file in take.files]
    parts += [taken_from(vault, one, f"{SLIDES}/{slides.name_of(one.id)}") for one in slides.given]
    listed = {part.name: part.sha256 for part in parts}
    manifest = json.dumps({"session": session.id, "sha256": listed}, indent=1).encode()
    unit.record("teaching.bundle", kind="teaching", id=session.id)
    for take in takes:
        if take.files:
            unit.record("recording.handed_out", kind="recording", id=take.recording.id)
    for one in slides.given:
        unit.record("file.original", kind="attachment", id=one.id)
    return [written("manifest.json", manifest), *parts]


def _sheet(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    return as_xlsx(title, heads, rows)


def _at(moment: datetime | None) -> str:
    return f"{moment.astimezone(CHINA.zone):%Y-%m-%d %H:%M:%S}" if moment else ""


async def _filing(unit: Unit, session: TeachingSession, say: Say) -> bytes:
    card = (await views.cards(unit, [session], say))[0]
    rows: list[tuple[str, Cell]] = [
        (say("题目"), session.title),
        (say("形式"), card.kind_word),
        (say("举办机构"), card.place),
        (say("授课教师"), card.teachers),
        (say("学分"), card.credit),
        (say("项目编号"), session.project_no),
        (say("备案号"), session.filing_no),
        (say("备案日期"), _at(session.filed_at)[:10]),
        (say("计划开始"), _at(session.starts_at)),
        (say("实际开始"), _at(session.begun_at)),
        (say("实际结束"), _at(session.ended_at)),
    ]
    rows += [(say("议程"), f"{one['minutes']} {one['what']} {one['who']}") for one in session.agenda]
    return _sheet(say("备案与实施"), [say("项目"), say("内容")], rows)


async def _roster(unit: Unit, session: TeachingSession, say: Say) -> bytes:
    seats = await views.seats(unit, session)
    rows = [(one.name, one.title, one.place, say(ENROLMENT_WORDS[one.state]), _at(one.asked_at)) for one in seats]
    return _sheet(say("名单"), [say("姓名"), say("职称"), say("机构"), say("状态"), say("报名时间")], rows)


async def _attendance(unit: Unit, session: TeachingSession, say: Say) -> bytes:
    """As reckoned, with the verdict and credit that count; where somebody corrected it, what, why and by whom."""
    counts = await counted.of_session(unit, session.id)
    notes: dict[str, list[str]] = {}
    for note in await correcting.history(unit, session, say):
        notes.setdefault(note.person_id, []).append(note.line)
    people = await accounts.people(unit, counts)
    places = await directory.short_names(unit, [one.attended.institution_id for one in counts.values()])
    rows = [
        (
            people[id].name,
            places.get(one.attended.institution_id, ""),
            round(one.attended.seconds / 60, 1),
            round(one.attended.required_seconds / 60, 1),
            one.attended.percent,
            f"{one.attended.checks_answered}/{one.attended.checks_asked}",
            one.attended.score,
            say("达标") if one.met else say("未达标"),
            one.attended.credits if one.attended.credited else "",
            "\n".join(notes.get(id, [])),
        )
        for id, one in sorted(counts.items())
    ]
    heads = ["姓名", "机构", "出勤分钟", "应到分钟", "出勤率", "抽查", "测验", "结果", "学分", "更正"]
    return _sheet(say("考勤与学分"), [say(head) for head in heads], rows)


async def _log(unit: Unit, session: TeachingSession) -> bytes:
    """The raw facts, so that everything else can be reckoned again. Who chose what without marks is not among them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["seq", "at", "kind", "person", "stay", "says"])
    lines = await crediting.lines_of(unit, session)
    polls = {
        one.body["poll"]
        for one in crediting.asked_in(unit, lines)
        if one.kind == quizzes.POLL and not one.body["marks"]
    }
    for one in lines:
        says = meetings.opened(unit, one) if one.stay is None else None
        nameless = one.kind == quizzes.CHOSE and says is not None and says["poll"] in polls
        who = "" if nameless else one.by or ""
        told = json.dumps(says, ensure_ascii=False) if says is not None else ""
        writer.writerow([one.seq, one.at.isoformat(), one.kind, who, one.stay or "", told])
    return out.getvalue().encode("utf-8-sig")


async def _papers(unit: Unit, session: TeachingSession, say: Say) -> bytes:
    quiz = await queries.quiz_of(unit, session.id)
    papers = await queries.papers(unit, quiz.id) if quiz else []
    people = await accounts.people(unit, [one.person_id for one in papers])
    most = max((len(one.questions) for one in papers), default=0)
    rows: list[list[Cell]] = []
    for one in papers:
        given = [_answer(question, chosen) for question, chosen in zip(one.questions, one.answers, strict=True)]
        rows.append([people[one.person_id].name, one.attempt, one.score, _at(one.handed_in_at), *given])
    heads = [say("姓名"), say("第几次"), say("得分"), say("交卷时间")]
    return _sheet(say("试卷与成绩"), heads + [f"Q{number + 1}" for number in range(most)], rows)


async def _hall(unit: Unit, session: TeachingSession, say: Say) -> bytes:
    """What was asked with marks in the hall, who answered what and what it earned."""
    running = await crediting.running_of(unit, session)
    asked = crediting.questions_of(unit, await crediting.lines_of(unit, session), running)
    people = await accounts.people(unit, {who for one in asked for who in one.answers})
    rows: list[list[Cell]] = []
    for number, one in enumerate(asked, 1):
        for who, given in one.answers.items():
            chosen = _answer({"options": one.options}, given)
            rows.append([f"Q{number}", one.text, people[who].name, chosen, one.marks_of(who), one.marks])
    heads = ["题号", "题目", "姓名", "作答", "得分", "满分"]
    return _sheet(say("课堂测验"), [say(head) for head in heads], rows)


async def _polls(unit: Unit, session: TeachingSession, say: Say) -> bytes:
    """What was asked without marks in the hall, and how many chose what."""
    asked = quizzes.opinions(crediting.asked_in(unit, await crediting.lines_of(unit, session)))
    rows: list[list[Cell]] = [
        [number, one.text, option, count, len(one.answers)]
        for number, one in enumerate(asked, 1)
        for option, count in zip(one.options, one.counts, strict=True)
    ]
    heads = ["序号", "题目", "选项", "选择人数", "作答人数"]
    return _sheet(say("课堂投票"), [say(head) for head in heads], rows)


def _answer(question: dict[str, Any], given: Sequence[int]) -> str:
    options = question["options"]
    return "; ".join(options[one] for one in given if one < len(options))


async def _feedback(unit: Unit, session: TeachingSession, say: Say) -> bytes:
    summary = feedback.summary(await queries.feedback(unit, session.id))
    rows: list[tuple[str, Cell]] = []
    if summary:
        rows = [
            (say("份数"), summary.count),
            (say("内容实用"), summary.content),
            (say("讲解清楚"), summary.teaching),
            (say("音视频质量"), summary.technique),
        ]
        rows += [(say("意见"), words) for words in summary.words]
    return _sheet(say("评价"), [say("项目"), say("内容")], rows)


async def _recordings(unit: Unit, takes: Sequence[Take], say: Say) -> bytes:
    """What was recorded: each file with its hash, by which one is known to be the same; what is left out, and why."""
    people = await screening.people_in(unit, [one.recording for one in takes])
    rows: list[list[Cell]] = []
    for take in takes:
        lines = _files_of(take, people, say) if take.recording.state is RecordingState.READY else [[""] * 5]
        rows += [[*_recording(take), *line, say(take.kept_back) if take.kept_back else ""] for line in lines]
    heads = [
        "序号",
        "录制开始",
        "时长（分钟）",
        "中断（分钟）",
        "画面来源",
        "字节",
        "SHA-256",
        "保存至",
        "文件",
        "未放入的原因",
    ]
    return _sheet(say("录像"), [say(head) for head in heads], rows)


def _recording(take: Take) -> list[Cell]:
    recording = take.recording
    missing = sum(until - since for since, until in recording.gaps)
    return [take.number, _at(recording.began_at), round(recording.seconds / 60, 1), round(missing / 60, 1)]


def _files_of(take: Take, people: Mapping[str, Person], say: Say) -> list[list[Cell]]:
    until = _at(take.recording.keep_until)[:10]
    return [
        [
            screening.label_of(file.source, people, say),
            file.size,
            file.sha256,
            until,
            "" if take.kept_back else f"{FOLDER}/{take.name_of(file)}",
        ]
        for file in take.recording.files
    ]


def _slides(unit: Unit, slides: Slides, say: Say) -> bytes:
    """Which page was shown when."""
    rows: list[list[Cell]] = [
        [
            _at(at),
            files.name_of(unit, slides.decks[id]) if id in slides.decks else say("病例附件，或已撤回的文件"),
            page,
            f"{SLIDES}/{name}" if (name := slides.name_of(id)) else "",
        ]
        for at, id, page in slides.turned
    ]
    return _sheet(say("课件"), [say(head) for head in ["时间", "课件", "页", "文件"]], rows)
