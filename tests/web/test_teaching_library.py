"""The library: who finds and watches what, by chapters and in pieces, how far they came, and what is taken away."""

import hashlib
import io
import re
import zipfile

import typst

from server.core import sheets
from server.documents.glyphs import font_file
from server.files.desk import DESK
from server.meeting import service as meetings
from server.meeting.recordings import queries as recordings
from server.meeting.recordings.studio import Studio
from server.patients import service as patients
from server.patients.consent import service as consents
from server.patients.consent.model import Consent, Signer
from server.patients.consent.signature import Strokes
from server.patients.consent.signing import Shown, SignedBy
from server.patients.particulars import Particulars, read_registrant
from server.teaching import consenting
from tests.services.recorded_films import kept, laddered
from tests.web.casebook_site import attach
from tests.web.teaching_site import LESSON, MINUTE, published, session_at, turn_to
from tests.web.test_query_counts import counted

WEBM = bytes(range(256)) * 40


async def recorded(site, **changes):
    """A lesson of Wednesday half past two, recorded from its fifth minute on; (its session, the player's address)."""
    teacher = await site.signed_in("teacher")
    address = await published(site, teacher, **changes)
    day = int(changes.get("starts", LESSON["starts"])[8:10])
    turn_to(site, day, 14, 30)
    teacher = await site.signed_in("teacher")
    await teacher.post(f"{address}/move", {"move": "open_lobby"})
    assert "直播中" in await teacher.post(f"{address}/move", {"move": "begin"})
    session = await session_at(site, address)
    site.clock.turn(MINUTE * 5)
    recording = await kept(
        site.database, site.app[DESK].vault, session.meeting_id, WEBM, gaps=[[600.0, 630.0], [700.2, 700.6]]
    )
    return session, f"/teaching/recordings/{recording.id}"


async def writes(site, session, kind, seq, **body):
    async with site.database.unit() as unit:
        await meetings.write(
            unit,
            meeting_id=session.meeting_id,
            kind=kind,
            by=site.people["learner1"].id,
            body=body,
            key=f"{kind}:{seq}",
        )


async def test_a_learner_finds_it_by_its_chapter_and_plays_pieces_of_it(site):
    session, address = await recorded(site)
    learner = await site.signed_in("learner1")
    assert session.title in await learner.get("/teaching/library?q=病例讨论")
    assert "没有找到“骨折”" in await learner.get("/teaching/library?q=骨折")
    page = await learner.get(address)
    chapters = re.findall(r'data-at="([\d.]+)"><span class="number">([\d:]+)</span> <span>([^<]+)', page.text)
    assert chapters == [("0.0", "0:00", "心电图基础 "), ("900.0", "15:00", "病例讨论")]
    assert "10:00 到 10:30 录制中断" in page
    assert "11:40 处录制短暂中断" in page
    src = re.search(r'<video[^>]* src="([^"]+)"', page.text)[1]
    piece = await learner.get(src, headers={"Range": "bytes=256-511"})
    assert (piece.status, piece.headers["Content-Range"]) == (206, f"bytes 256-511/{len(WEBM)}")
    assert (await learner.get(src)).headers["Content-Type"] == "video/webm"
    assert (await site.acts()).count("recording.watched") == 1, "one opening, however many pieces"


async def test_weak_lines_get_a_list_of_rungs_and_ranges_of_them(site):
    _, address = await recorded(site)
    async with site.database.unit(writes=False) as unit:
        recording = await recordings.recording(unit, address.rsplit("/", 1)[1])
    learner, outsider = await site.signed_in("learner1"), await site.signed_in("outsider")
    assert "省流量画质正在制作" in await learner.get(address)
    assert (await learner.get(f"{address}/ladder.m3u8")).status == 404
    await laddered(site.database, site.app[DESK].vault, recording, "#EXTM3U of the rung", WEBM)
    assert 'id="film-quality"' in await learner.get(address)
    listed = await learner.get(f"{address}/ladder.m3u8")
    assert listed.headers["Content-Type"].startswith("application/vnd.apple.mpegurl")
    assert listed.text.splitlines()[3:] == [
        '#EXT-X-STREAM-INF:BANDWIDTH=120000,RESOLUTION=320x180,CODECS="avc1.4d401e"',
        "ladder/180.m3u8",
    ]
    assert "of the rung" in await learner.get(f"{address}/ladder/180.m3u8")
    for _ in range(2):
        piece = await learner.get(f"{address}/ladder/180.mp4", headers={"Range": "bytes=256-511"})
    assert (piece.status, piece.headers["Content-Range"]) == (206, f"bytes 256-511/{len(WEBM)}")
    assert (await site.acts()).count("recording.watched") == 1
    for name in ("ladder.m3u8", "ladder/180.m3u8", "ladder/180.mp4", "ladder/360.mp4"):
        assert (await outsider.get(f"{address}/{name}")).status == 404


async def test_the_authoritys_file_names_what_was_recorded_with_its_hash(site):
    session, _ = await recorded(site)
    teacher = await site.signed_in("teacher")
    await teacher.post(f"/teaching/sessions/{session.id}/move", {"move": "end"})
    async with teacher.session.get(f"/teaching/sessions/{session.id}/bundle.zip") as answer:
        packed = zipfile.ZipFile(io.BytesIO(await answer.read()))
    (row,) = sheets.read(packed.read("8-recordings.xlsx"))[1:]
    assert row[1].startswith("2026-11-25 14:")
    assert row[3] == "0.5"
    assert row[5:7] == [str(len(WEBM)), hashlib.sha256(WEBM).hexdigest()]


async def test_nobody_of_another_consortium_and_no_stranger_gets_a_byte(site):
    _, address = await recorded(site)
    learner = await site.signed_in("learner1")
    src = re.search(r'<video[^>]* src="([^"]+)"', (await learner.get(address)).text)[1]
    outsider, stranger = await site.signed_in("outsider"), site.visitor()
    assert [(await outsider.get(one)).status for one in (address, src)] == [404, 404]
    assert "基层心电图判读" not in await outsider.get("/teaching/library")
    for one in (address, src):
        answer = await stranger.get(one)
        assert "基层心电图判读" not in answer
        assert "video/webm" not in answer.headers.get("Content-Type", "")


async def seen_in(site, session):
    """A patient of the teacher's hospital, named in that session, who agreed to all of it; their consents."""
    async with site.database.unit() as unit:
        unit.signed_in = site.acting("teacher", "A0")
        typed = Particulars(name="秦文远", id_no="11010519491231002X")
        patient = await patients.register(unit, registrant=read_registrant(typed, now=unit.now))
        await consenting.name(unit, session=session, patient=patient)
        return await consents.record(
            unit,
            patient=patient,
            subject_id=session.id,
            kinds=consenting.FILMED,
            signed_by=SignedBy(signer=Signer.PATIENT),
            proof=Strokes(600, 200, (((10, 20, 0), (200, 120, 300)),)),
            shown=Shown(locale="zh", fee=""),
            texts=consenting.TEXTS,
        )


async def test_what_a_patient_no_longer_agrees_to_is_watched_by_nobody(site):
    session, address = await recorded(site)
    signed = await seen_in(site, session)
    learner = await site.signed_in("learner1")
    src = re.search(r'<video[^>]* src="([^"]+)"', (await learner.get(address)).text)[1]
    async with site.database.unit() as unit:
        unit.signed_in = site.acting("teacher", "A0")
        await consents.withdraw(unit, consent=await unit.session.get(Consent, signed[0].id), said="患者本人说不再同意")
    assert [(await learner.get(one)).status for one in (address, src)] == [404, 404]
    assert session.title not in await learner.get("/teaching/library")


async def test_one_goes_on_where_one_stopped_and_views_are_counted(site):
    _, address = await recorded(site)
    learner, other = await site.signed_in("learner1"), await site.signed_in("learner2")
    await learner.post(f"{address}/watched", {"at": "0", "begun": "true"})
    await learner.post(f"{address}/watched", {"at": "751.4"})
    await other.post(f"{address}/watched", {"at": "3", "begun": "true"})
    await learner.post(f"{address}/watched", {"at": "ten"})
    page = await learner.get(address)
    assert 'data-position="751"' in page
    assert "2 人看过 2 次" in page
    assert "已看到 12:31" in await learner.get("/teaching/library")


async def test_slides_are_chapters_and_what_was_taken_back_is_not_read_again(site):
    session, address = await recorded(site)
    site.clock.turn(MINUTE)
    await writes(site, session, "slide", 1, file="a" * 32, page=4)
    await writes(site, session, "chat", 2, text="听得清楚", name="学员1")
    site.clock.turn(MINUTE)
    await writes(site, session, "chat", 3, text="患者叫张三", name="学员1")
    async with site.database.unit(writes=False) as unit:
        from server.meeting import queries

        said = await queries.entries_of(unit, session.meeting_id, ["chat"])
    await writes(site, session, "unsaid", 4, line=said[-1].seq)
    page = await (await site.signed_in("learner1")).get(address)
    assert re.search(r'data-at="60.0" class="film-page"><span class="number">1:00</span> <span>课件第 4 页', page.text)
    assert '<li data-at="60.0">' in page
    assert "听得清楚" in page
    assert "张三" not in page


def slides(*pages):
    """A document, a text each page."""
    faces = typst.Fonts(include_system_fonts=False, font_paths=[str(font_file().parent)])
    text = '#set page(width: 16cm, height: 9cm)\n#set text(font: "Noto Sans CJK SC")\n' + "\n#pagebreak()\n".join(pages)
    return typst.compile(text.encode(), format="pdf", font_paths=faces, ignore_system_fonts=True)


def found_on_slides(page):
    """(address, words, sentence) of each."""
    hits = re.findall(r'<li><a href="([^"]+)">(.*?)</a> <q>(.*?)</q>', page.text)
    return [(href, re.sub("<[^>]+>", "", words), sentence) for href, words, sentence in hits]


async def test_a_word_on_a_slide_leads_to_the_moment_when_it_was_shown(site):
    session, address = await recorded(site)
    deck = slides("= 早搏", "= 房性早搏\n提前出现的 P 波。代偿间歇不完全；多无须处理。", "= 房颤 绝对不齐")
    file = await attach(site, session.id, deck, "心律失常.pdf", kind="teaching", by="teacher")
    for minute, page in enumerate((1, 2, 1, 2)):
        site.clock.turn(MINUTE)
        await writes(site, session, "slide", minute, file=file, page=page)
    learner, outsider = await site.signed_in("learner1"), await site.signed_in("outsider")
    sentence = "<mark>代偿间歇</mark>不完全；"
    found = [(f"{address}#t=120.0", "2:00 课件第 2 页", sentence)]
    assert found_on_slides(await learner.get("/teaching/library?q=代偿间歇")) == found
    assert found_on_slides(await learner.get("/teaching/library?q=代偿间歇+心电图")) == found, "one word of the title"
    assert [one[1] for one in found_on_slides(await learner.get("/teaching/library?q=zb"))] == [
        "1:00 课件第 1 页",
        "2:00 课件第 2 页",
    ]
    assert "没有找到“房颤”" in await learner.get("/teaching/library?q=房颤"), "a page that was not shown"
    assert found_on_slides(await outsider.get("/teaching/library?q=代偿间歇")) == []


async def test_a_search_asks_as_often_for_many_recordings_as_for_one(site):
    asked = []
    for day in range(2):
        session, _ = await recorded(site, starts=f"2026-11-2{5 + day}T14:30")
        file = await attach(site, session.id, slides("= 早搏"), kind="teaching", by="teacher")
        await writes(site, session, "slide", 1, file=file, page=1)
        learner = await site.signed_in("learner1")
        await learner.get("/teaching/library?q=早搏")
        with counted(site.database.engine) as statements:
            page = await learner.get("/teaching/library?q=早搏")
        assert len(found_on_slides(page)) == day + 1
        asked.append(len(statements))
    assert asked[0] == asked[1]


async def test_a_teacher_takes_it_away_with_a_reason_and_its_bytes_go(site, tmp_path):
    _, address = await recorded(site)
    learner, teacher = await site.signed_in("learner1"), await site.signed_in("teacher")
    assert "删除这段录像" not in await learner.get(address)
    assert (await learner.post(f"{address}/remove", {"reason": "不好看"})).status == 404
    assert (await teacher.post(f"{address}/remove", {"reason": ""})).status == 422
    async with site.database.unit(writes=False) as unit:
        (file,) = (await recordings.recording(unit, address.rsplit("/", 1)[1])).files
    await teacher.post(f"{address}/remove", {"reason": "有患者姓名入镜"})
    assert "录像已删除" in await learner.get(address)
    vault = site.app[DESK].vault
    await Studio(site.database, vault, tmp_path / "recordings").work()
    assert await vault.size(file.id) == 0
    assert "recording.removed" in await site.acts()
