"""The authority's file with its recordings; by when it is due, who is reminded, who handed it in; what is left out."""

import asyncio
import hashlib
import io
import json
import os
import re
import zipfile

import aiohttp
import av
import pytest

from server.accounts.roles import Role
from server.core import sheets
from server.files.desk import DESK
from server.files.vault import Vault
from server.meeting.recordings import queries as recordings
from server.meeting.recordings import service
from server.meeting.recordings.kinds import RecordingState
from server.meeting.recordings.reels import folder_of
from server.meeting.recordings.studio import Studio
from server.meeting.recordings.workshop import held
from server.patients.consent import service as consents
from server.patients.consent.model import Consent
from server.teaching import duties
from tests.services.recorded_films import face, kept, voice
from tests.web.casebook_site import attach
from tests.web.teaching_site import MINUTE, open_school, planned, session_at, turn_to
from tests.web.test_teaching_library import seen_in, slides, writes

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")
WEBM = bytes(range(256)) * 40
FILED = {"filing_no": "浙卫继 1", "filed_on": "2026-11-23"}
"""Ends on Wednesday the 25th: due on Friday the 4th of December at half past five."""


@pytest.fixture
async def site(tmp_path, database_url, clock):
    async with open_school(tmp_path / "site", database_url, clock) as site:
        await site.enrol("chief", "方院长", Role.INST_ADMIN, "A0")
        yield site


async def begun(site, *, filed=True):
    """A lesson of Wednesday half past two that runs; its address."""
    teacher = await site.signed_in("teacher")
    address = await planned(site, teacher)
    if filed:
        await teacher.post(f"{address}/file", FILED)
    await teacher.post(f"{address}/publish")
    turn_to(site, 25, 14, 30)
    assert "直播中" in await (await site.signed_in("teacher")).post(f"{address}/move", {"move": "begin"})
    return address


async def over(site, address):
    turn_to(site, 25, 15, 30)
    assert "已结束" in await (await site.signed_in("teacher")).post(f"{address}/move", {"move": "end"})


async def film(site, address, content=WEBM):
    session = await session_at(site, address)
    return await kept(site.database, site.app[DESK].vault, session.meeting_id, content)


async def filmed(site, address, folder):
    """Six seconds of a teacher's face and screen, as the recorder leaves them; its id."""
    session, who = await session_at(site, address), site.people["teacher"].id
    async with site.database.unit() as unit:
        recording = await service.begin(unit, meeting_id=session.meeting_id, number=1)
        key = service.key_of(unit, recording)
    voice(folder / recording.id, f"{who}:voice", 0.0, 6, key=key)
    face(folder / recording.id, f"{who}:face", 0.0, 6, key=key)
    face(folder / recording.id, f"{who}:screen", 0.0, 6, key=key)
    return recording.id


async def made(site, id, studio):
    """Whether by this studio or by the site's own."""
    for _ in range(100):
        await studio.work()
        async with site.database.unit(writes=False) as unit:
            if (await recordings.recording(unit, id)).state is RecordingState.READY:
                return
        await asyncio.sleep(0.1)


async def file_of(visitor, address, query=""):
    async with visitor.session.get(f"{address}/bundle.zip{query}") as answer:
        assert answer.status == 200, await answer.text()
        content = await answer.read()
        assert answer.headers["Content-Length"] == str(len(content))
    return zipfile.ZipFile(io.BytesIO(content))


async def taken(visitor, address):
    """The roster's page once it says that all was taken: noted after the last byte has left."""
    page = await visitor.get(f"{address}/roster")
    for _ in range(50):
        if "首次导出全部材料：" in page:
            break
        await asyncio.sleep(0.1)
        page = await visitor.get(f"{address}/roster")
    return page


def listed(packed):
    return sheets.read(packed.read("8-recordings.xlsx"))[1:]


def films_in(packed):
    return [name for name in packed.namelist() if name.startswith("recordings/")]


async def test_the_recordings_are_in_it_and_play_in_an_ordinary_player(site, tmp_path):
    address, reels = await begun(site), tmp_path / "site" / "recordings"
    id = await filmed(site, address, reels)
    with held(folder_of(reels, id)):
        await over(site, address)
        teacher = await site.signed_in("teacher")
        assert "第 1 段录像还在制作（0%）" in await teacher.get(f"{address}/roster")
        early = await file_of(teacher, address, "?recordings=1")
    assert (films_in(early), listed(early)[0][-1]) == ([], "还没有制作完成")

    await made(site, id, Studio(site.database, site.app[DESK].vault, reels))
    page = await teacher.get(f"{address}/roster")
    assert ("还在制作" in page, "还没有人导出全部材料" in page) == (False, True), "the early one was not all of it"
    assert re.search(r"导出材料和录像（约 \d+ KB）", page.text)
    packed = await file_of(teacher, address, "?recordings=1")
    names = ["recordings/1-1-all.webm", "recordings/1-2-face.webm", "recordings/1-3-screen.webm"]
    assert films_in(packed) == names
    for row in listed(packed):
        content = packed.read(row[8])
        assert row[5:7] == [str(len(content)), hashlib.sha256(content).hexdigest()]
        with av.open(io.BytesIO(content)) as played:
            assert abs(played.duration / 1_000_000 - 6) < 0.2
            assert next(played.decode(video=0)).width == 160
    assert [row[4] for row in listed(packed)] == ["全部", "蔡明", "蔡明 屏幕"]
    hashes = json.loads(packed.read("manifest.json"))["sha256"]
    assert set(hashes) == set(packed.namelist()) - {"manifest.json"}
    assert all(hashlib.sha256(packed.read(name)).hexdigest() == known for name, known in hashes.items())
    assert "蔡明 首次导出全部材料：" in await taken(teacher, address)
    acts = await site.acts()
    assert [acts.count(one) for one in ("teaching.bundle", "recording.handed_out", "teaching.bundle_taken")] == [
        2,
        1,
        1,
    ]


async def test_papers_alone_are_not_all_of_it_where_something_was_recorded(site):
    address = await begun(site)
    await film(site, address)
    await over(site, address)
    teacher, chief, keeper = [await site.signed_in(login) for login in ("teacher", "chief", "keeper")]
    for visitor, query, why in (
        (teacher, "", "按导出时的选择没有放入"),
        (chief, "?recordings=1", "您的岗位不能导出录像，请授课教师或教学管理员导出"),
    ):
        packed = await file_of(visitor, address, query)
        assert films_in(packed) == []
        assert listed(packed)[0][5:7] == [str(len(WEBM)), hashlib.sha256(WEBM).hexdigest()]
        assert listed(packed)[0][8:] == ["", why]
    page = await chief.get(f"{address}/roster")
    assert ("第 1 段录像不会放入：您的岗位不能导出录像" in page, "导出材料和录像" in page) == (True, False)
    assert "还没有人导出全部材料" in page
    assert films_in(await file_of(keeper, address, "?recordings=1")) == ["recordings/1-1-all.webm"]
    assert "郭伟 首次导出全部材料：" in await taken(chief, address)
    for login in ("warden", "coordinator", "learner1", "stranger"):
        visitor = await site.signed_in(login)
        assert (await visitor.get(f"{address}/bundle.zip")).status == 404, login
        assert (await visitor.post(f"{address}/hand-in")).status == 404, login


async def test_what_may_not_be_handed_out_is_named_with_why(site):
    address = await begun(site)
    gone, expired, *_ = [await _made(site, address, number) for number in range(1, 5)]
    async with site.database.unit() as unit:
        unit.signed_in = site.acting("teacher", "A0")
        await service.remove(unit, recording=await recordings.recording(unit, gone), reason="有患者姓名入镜")
        unit.signed_in = None
        await service.remove(unit, recording=await recordings.recording(unit, expired), reason="retention")
    signed = await seen_in(site, await session_at(site, address))
    await over(site, address)
    teacher = await site.signed_in("teacher")
    packed = await file_of(teacher, address, "?recordings=1")
    assert [row[-1] for row in listed(packed)] == ["已删除", "保存期满，已删除", "", ""]
    assert films_in(packed) == ["recordings/3-1-all.webm", "recordings/4-1-all.webm"]
    async with site.database.unit() as unit:
        unit.signed_in = site.acting("teacher", "A0")
        await consents.withdraw(unit, consent=await unit.session.get(Consent, signed[0].id), said="患者本人说不再同意")
    packed = await file_of(teacher, address, "?recordings=1")
    assert films_in(packed) == []
    assert [row[-1] for row in listed(packed)][2:] == ["患者没有同意或已撤回同意，不能提供"] * 2
    assert "第 3 段录像不会放入：患者没有同意或已撤回同意" in await teacher.get(f"{address}/roster")


async def _made(site, address, number):
    session = await session_at(site, address)
    recording = await kept(site.database, site.app[DESK].vault, session.meeting_id, WEBM, number=number)
    return recording.id


async def test_slides_that_were_shown_go_along_with_when_each_page_was(site):
    address = await begun(site)
    await film(site, address)
    session, deck = await session_at(site, address), slides("= 早搏", "= 房颤")
    file = await attach(site, session.id, deck, "心律失常.pdf", kind="teaching", by="teacher")
    await attach(site, session.id, slides("= 没有放过"), "备用.pdf", kind="teaching", by="teacher")
    for seq, page in enumerate((1, 2)):
        site.clock.turn(MINUTE)
        await writes(site, session, "slide", seq, file=file, page=page)
    await writes(site, session, "slide", 3, file="", page=1)
    await over(site, address)
    teacher = await site.signed_in("teacher")
    packed = await file_of(teacher, address, "?recordings=1")
    assert sheets.read(packed.read("10-slides.xlsx"))[1:] == [
        ["2026-11-25 14:31:00", "心律失常.pdf", "1", "slides/1.pdf"],
        ["2026-11-25 14:32:00", "心律失常.pdf", "2", "slides/1.pdf"],
    ]
    assert [packed.read(name) for name in packed.namelist() if name.startswith("slides/")] == [deck]
    assert "slides/1.pdf" not in (await file_of(teacher, address)).namelist(), "only with what was recorded"


async def test_a_line_that_breaks_leaves_nothing_taken_and_it_is_asked_for_again(site):
    address = await begun(site)
    await film(site, address, os.urandom(48 * 1024 * 1024))
    await over(site, address)
    teacher = await site.signed_in("teacher")
    async with teacher.session.get(f"{address}/bundle.zip?recordings=1") as answer:
        await answer.content.read(1000)
        answer.close()
    await asyncio.sleep(0.3)
    assert "还没有人导出全部材料" in await teacher.get(f"{address}/roster")
    assert films_in(await file_of(teacher, address, "?recordings=1")) == ["recordings/1-1-all.webm"]
    assert "蔡明 首次导出全部材料：" in await taken(teacher, address)


async def test_a_recording_that_was_damaged_in_the_store_breaks_the_line(site, tmp_path):
    address = await begun(site)
    recording = await film(site, address)
    await over(site, address)
    id = recording.files[0].id
    with (tmp_path / "site" / "files" / id[-2:] / id).open("r+b") as blob:
        blob.write(b"another beginning")
    teacher = await site.signed_in("teacher")
    with pytest.raises(aiohttp.ClientError):
        await file_of(teacher, address, "?recordings=1")
    assert "teaching.bundle_taken" not in await site.acts()


async def test_a_store_that_fails_in_the_middle_breaks_the_line(site, monkeypatch):
    async def breaks(*_):
        yield b"beginning"
        raise OSError("the store is gone")

    address = await begun(site)
    await film(site, address)
    await over(site, address)
    monkeypatch.setattr(Vault, "proven", breaks)
    with pytest.raises(aiohttp.ClientError):
        await file_of(await site.signed_in("teacher"), address, "?recordings=1")


async def test_it_is_marked_as_handed_in_once_and_by_whom(site):
    address = await begun(site)
    teacher = await site.signed_in("teacher")
    early = await teacher.post(f"{address}/hand-in", headers={"Accept": "application/json"})
    assert (early.status, "教学结束后才有材料可以导出和上报" in early.text) == (409, True)
    await over(site, address)
    teacher = await site.signed_in("teacher")
    assert "须在 12月4日 周五 17:30 前上报" in re.sub(r"2026年", "", (await teacher.get(address)).text)
    done = await (await site.signed_in("dean")).post(f"{address}/hand-in")
    assert ("已标记为已交" in done, "苏梅 标记为已交：" in done) == (True, True)
    await teacher.post(f"{address}/hand-in")
    assert "苏梅 标记为已交：" in await teacher.get(f"{address}/roster")
    assert "已交" in await teacher.get(address)
    assert (await site.acts()).count("teaching.handed_in") == 1


async def reminded(site, *moments):
    """How often each was told by then; the duty runs twice at each moment."""
    for month, day, hour in moments:
        turn_to(site, day, hour, month=month)
        for _ in range(2):
            async with site.database.unit() as unit:
                await duties.remind_of_hand_ins(unit)
    pages = [await (await site.signed_in(login)).get("/notices") for login in ("teacher", "dean", "coordinator")]
    return [page.text.count("还没有标记为已交") for page in pages]


async def test_who_sees_to_it_is_reminded_two_working_days_before_and_on_the_day_and_never_twice(site):
    address = await begun(site)
    await over(site, address)
    assert await reminded(site, (12, 1, 18), (12, 2, 7)) == [0, 0, 0]
    assert await reminded(site, (12, 2, 8), (12, 3, 9)) == [1, 1, 0]
    assert await reminded(site, (12, 4, 9), (12, 4, 18), (12, 5, 9), (12, 9, 9)) == [2, 2, 0]
    page = await (await site.signed_in("dean")).get("/notices")
    assert "今天截止：“基层心电图判读”的材料须在" in page
    assert f"{address}/roster#hand-in" in page
    assert len([one for one in await site.letters() if "还没有标记为已交" in str(one)]) == 2, (
        "to the teacher, who has a mail"
    )


@pytest.mark.parametrize("done", ["handed in", "not asked for"])
async def test_nobody_is_reminded_of_what_is_done_or_not_asked_for(site, done):
    address = await begun(site, filed=done != "not asked for")
    await over(site, address)
    teacher = await site.signed_in("teacher")
    if done == "handed in":
        await teacher.post(f"{address}/hand-in")
    page = await teacher.get(f"{address}/roster")
    assert "材料须在结束后 7 个工作日内上报" not in page
    assert await reminded(site, (12, 2, 9), (12, 4, 9)) == [0, 0, 0]
