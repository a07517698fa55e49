"""Captions of a lesson: whose names they never say, what the player shows, what is found, who puts a line right."""

import pytest

from server.meeting import queries as meetings
from server.meeting.live import SqlJournal
from server.meeting.recordings import queries as recordings
from server.teaching import captions, queries, running
from server.teaching.hearing import ShownWords
from server.teaching.kinds import Material
from server.teaching.live import TeachingDoor
from signaling.ports import Line
from signaling.refusals import PatientConsentMissing
from tests.web.teaching_site import MINUTE
from tests.web.test_teaching_library import found_on_slides, recorded, seen_in, writes


async def says(site, session, number, text):
    """A minute later the teacher says that."""
    site.clock.turn(MINUTE)
    began = site.clock.now().timestamp()
    await writes(site, session, "caption", number, name="蔡明", text=text, began=began, seconds=2.5)
    async with site.database.unit(writes=False) as unit:
        return (await meetings.entries_of(unit, session.meeting_id, ["caption"]))[-1].seq


async def noted(site):
    async with site.database.unit() as unit:
        return await captions.note_words(unit)


async def ends(site, session):
    async with site.database.unit() as unit:
        await running.end(unit, session=await queries.session(unit, session.id))


async def test_the_player_has_them_in_step_and_as_webvtt(site):
    session, address = await recorded(site)
    first = await says(site, session, 1, "先看 P 波 <1>")
    second = await says(site, session, 2, "代偿间歇不完全")
    learner, outsider = await site.signed_in("learner1"), await site.signed_in("outsider")
    page = await learner.get(address)
    assert f'<track kind="captions" srclang="zh" label="字幕" src="{address}/captions.vtt" default>' in page
    assert '<li data-at="120.0">' in page
    assert "改正" not in page
    file = await learner.get(f"{address}/captions.vtt")
    assert file.headers["Content-Type"].startswith("text/vtt")
    assert file.text.splitlines() == [
        *("WEBVTT", ""),
        *(str(first), "00:01:00.000 --> 00:01:02.500", "<v 蔡明>先看 P 波 &lt;1&gt;", ""),
        *(str(second), "00:02:00.000 --> 00:02:02.500", "<v 蔡明>代偿间歇不完全"),
    ]
    assert (await outsider.get(f"{address}/captions.vtt")).status == 404


async def test_a_teacher_puts_a_line_right_or_takes_it_away_on_record(site):
    session, address = await recorded(site)
    wrong, stray = await says(site, session, 1, "阿司匹灵一百毫克"), await says(site, session, 2, "嗯那个")
    teacher, learner = await site.signed_in("teacher"), await site.signed_in("learner1")
    assert f'href="{address}/captions/{wrong}"' in await teacher.get(address)
    assert "阿司匹灵" in await teacher.get(f"{address}/captions/{wrong}")
    await teacher.post(f"{address}/captions/{wrong}", {"text": "阿司匹林 100 mg"})
    await teacher.post(f"{address}/captions/{stray}", {"text": ""})
    file = await learner.get(f"{address}/captions.vtt")
    assert ("阿司匹林 100 mg" in file, "阿司匹灵" in file, "嗯那个" in file) == (True, False, False)
    assert (await site.acts()).count("recording.caption_corrected") == 2
    too_long = await teacher.post(f"{address}/captions/{wrong}", {"text": "长" * 501})
    assert (too_long.status, "长" * 501 in too_long) == (422, True)
    assert (await teacher.get(f"{address}/captions/{stray}")).status == 404, "what was taken away is not there"
    assert (await learner.get(f"{address}/captions/{wrong}")).status == 404
    assert (await learner.post(f"{address}/captions/{wrong}", {"text": "假"})).status == 404


async def test_what_was_said_is_found_at_its_moment_as_it_now_stands(site):
    session, address = await recorded(site)
    wrong = await says(site, session, 1, "服用阿司匹灵。别的以后再说")
    assert await noted(site) == 0, "hosts may put it right still"
    await ends(site, session)
    assert [await noted(site), await noted(site)] == [1, 0]
    learner, teacher = await site.signed_in("learner1"), await site.signed_in("teacher")
    found = [(f"{address}#t=60.0", "1:00 字幕", "服用<mark>阿司匹灵</mark>。")]
    assert found_on_slides(await learner.get("/teaching/library?q=阿司匹灵")) == found
    assert found_on_slides(await learner.get("/teaching/library?q=阿司匹灵+心电图")) == found, "one word of the title"
    await teacher.post(f"{address}/captions/{wrong}", {"text": "服用阿司匹林。"})
    assert "没有找到" in await learner.get("/teaching/library?q=阿司匹灵")
    assert [one[1] for one in found_on_slides(await learner.get("/teaching/library?q=阿司匹林"))] == ["1:00 字幕"]
    async with site.database.unit(writes=False) as unit:
        assert await recordings.without_words(unit) == []


async def test_the_patient_of_a_lesson_is_not_named_however_it_is_written(site):
    session, address = await recorded(site)
    shown = ShownWords(site.database).shown
    assert await shown(session.meeting_id, "患者秦文远血压高") == "患者秦文远血压高", "a lecture about nobody"
    await seen_in(site, session)
    assert await shown(session.meeting_id, "患者秦文远血压高") == "患者[姓名]血压高"
    assert await shown(session.meeting_id, "患者勤闻远，身份证11010519491231002X") == "患者[姓名]，身份证[编号]"
    line = await says(site, session, 1, "患者[姓名]血压高")
    teacher = await site.signed_in("teacher")
    await teacher.post(f"{address}/captions/{line}", {"text": "秦文远血压 160"})
    assert "[姓名]血压 160" in await teacher.get(f"{address}/captions.vtt")


async def test_they_begin_where_a_recording_might_and_in_the_name_of_the_host(site):
    session, _ = await recorded(site)
    journal = SqlJournal(site.database, {"teaching": TeachingDoor()})
    host = site.people["teacher"].id
    await journal.append(session.meeting_id, [Line("captions", host, "captions:0", {"on": True})])
    await journal.append(session.meeting_id, [Line("captions", host, "captions:1", {"on": False})])
    acts = await site.acts()
    assert (acts.count("meeting.captions_begun"), acts.count("meeting.captions_ended")) == (1, 1)
    async with site.database.unit() as unit:
        (await queries.session(unit, session.id)).material = Material.CONSENTED
    with pytest.raises(PatientConsentMissing):
        await journal.append(session.meeting_id, [Line("captions", host, "captions:2", {"on": True})])


async def test_a_recording_that_is_removed_leaves_no_word_to_be_found(site):
    session, address = await recorded(site)
    await says(site, session, 1, "代偿间歇不完全")
    await ends(site, session)
    assert await noted(site) == 1
    teacher = await site.signed_in("teacher")
    await teacher.post(f"{address}/remove", {"reason": "有患者姓名入镜"})
    async with site.database.unit(writes=False) as unit:
        assert await recordings.words_of(unit, [address.rsplit("/", 1)[1]]) == {}
    assert (await teacher.get(f"{address}/captions.vtt")).status == 404
