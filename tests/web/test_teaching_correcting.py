"""Attendance put right: before credit, after it, taken away again, asked about by whose it is."""

import io
import re
import zipfile
from datetime import timedelta

import pytest

from server.core import sheets
from tests.web.accounts_site import PASSWORD, said_at
from tests.web.teaching_site import open_school
from tests.web.test_teaching_credit import bytes_of, checked, held, row_of, text_of

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")

OUTAGE = "县医院断网 30 分钟，值班记录可查"
RIGHT = [("q0", "0"), ("q1", "0"), ("q1", "1")]


@pytest.fixture
async def site(tmp_path, database_url, clock):
    async with open_school(tmp_path / "site", database_url, clock) as site:
        yield site


async def reckoned(site, **changes):
    """The lecture of the credit's tests, with no checks asked for; the address of it."""
    address = await held(site, checks_of_three="0", **changes)
    for login in ("learner1", "learner2"):
        await (await site.signed_in(login)).post(f"{address}/quiz", RIGHT)
    await (await site.signed_in("teacher")).post(f"{address}/process")
    return address


async def credited(site, **changes):
    address = await reckoned(site, **changes)
    teacher = await site.signed_in("teacher")
    await teacher.post(f"{address}/credit")
    await teacher.post(f"{address}/certificates", {"secret": PASSWORD})
    return address


def code_in(text):
    return re.search(r"(\w{4}-\w{4}-\w{4})", text)[1]


def of(site, address, login):
    return f"{address}/people/{site.people[login].id}"


def finds(finding, reason=OUTAGE, **more):
    return {"finding": finding, "reason": reason, **more}


async def sends(browser, address, **typed):
    """The form that goes to `address`, of the page as it stands now."""
    return await browser.submit(await browser.get(address.rsplit("/", 1)[0]), address, **typed)


async def rows_of(site, address):
    """What was reckoned, and the corrections: as the store has them."""
    from server.teaching import queries

    async with site.database.unit(writes=False) as unit:
        id = address.rsplit("/", 1)[1]
        kept = await queries.attendances(unit, id)
        figures = {one.person_id: (one.seconds, one.met, tuple(one.short_of), one.stays) for one in kept.values()}
        return figures, [(one.finding.value, one.minutes) for one in await queries.corrections(unit, id)]


async def record_of(site, action):
    """The last of these acts in the audit."""
    from sqlalchemy import select

    from server.audit.model import AuditRecord

    async with site.database.unit(writes=False) as unit:
        last = select(AuditRecord).where(AuditRecord.action == action).order_by(AuditRecord.seq.desc()).limit(1)
        return await unit.session.scalar(last)


async def differences(site, address):
    from server.teaching import crediting, queries

    async with site.database.unit(writes=False) as unit:
        return await crediting.differences(unit, await queries.session(unit, address.rsplit("/", 1)[1]))


async def test_before_credit_a_correction_is_a_fact_beside_what_was_reckoned(site):
    address = await reckoned(site)
    teacher = await site.signed_in("teacher")
    page = await teacher.get(of(site, address, "learner2"))
    assert ("30 / 60 分钟" in page, "最多 30 分钟" in page) == (True, True)
    before, _ = await rows_of(site, address)

    spot = f"{of(site, address, 'learner2')}/correction"
    assert said_at(await teacher.post(spot, finds("minutes", "短")), "reason") == "太短，至少 5 个字"
    assert said_at(await teacher.post(spot, finds("minutes")), "minutes") == "请填写补计的分钟数"
    wrong = await teacher.post(spot, finds("minutes", minutes="31"))
    assert (wrong.status, said_at(wrong, "minutes"), OUTAGE in wrong) == (422, "最多补计 30 分钟", True)
    roster = await sends(teacher, spot, **finds("minutes", minutes="10"))
    row = row_of(roster, "学员2")
    assert ("40 / 60" in row, "未达标" in row, "已更正" in row, OUTAGE in row) == (True, True, True, True)
    roster = await sends(teacher, spot, **finds("minutes", minutes="20"))
    assert "50 / 60" in row_of(roster, "学员2")
    assert "未达标" not in row_of(roster, "学员2")
    assert "经人工更正：学员2" in roster
    assert "已用原始进出记录重新核算一遍，与登记的一致" in roster

    after, corrections = await rows_of(site, address)
    assert after == before
    assert corrections == [("minutes", 10), ("minutes", 20)]
    assert (await site.acts()).count("teaching.attendance_corrected") == 2
    history = (await teacher.get(of(site, address, "learner2"))).text
    assert history.index("补计分钟 20") < history.index("补计分钟 10")

    await teacher.post(f"{address}/process")
    assert "50 / 60" in await teacher.get(f"{address}/roster"), "what was found stands when it is reckoned again"
    assert "学分已授予" in await teacher.post(f"{address}/credit")
    assert "您在“基层心电图判读”的学分已登记" in await (await site.signed_in("learner2")).get("/notices")
    assert await differences(site, address) == []


async def test_what_was_found_by_mistake_is_put_back_before_credit(site):
    address = await reckoned(site)
    teacher = await site.signed_in("teacher")
    spot = f"{of(site, address, 'learner1')}/correction"
    assert "未达标" in row_of(await sends(teacher, spot, **finds("not_met", "全程不在座位上")), "学员1")
    assert "按原核算" in await teacher.get(of(site, address, "learner1"))
    row = row_of(await sends(teacher, spot, **finds("reckoned", "点错了人，应是另一位")), "学员1")
    assert ("达标" in row, "未达标" in row, "已更正" in row) == (True, False, False)


async def test_after_credit_a_correction_gives_credit_and_certificate_and_says_so(site):
    address = await credited(site)
    teacher, learner = await site.signed_in("teacher"), await site.signed_in("learner2")
    assert "未达到要求" in await learner.get("/notices")
    roster = await teacher.post(f"{of(site, address, 'learner2')}/correction", finds("minutes", minutes="20"))
    assert "考勤已更正，学分已登记，已通知本人" in roster
    assert "1 份等待签发" in roster
    assert await differences(site, address) == []
    assert f"学分已登记：1.5 分。{OUTAGE}" in await learner.get("/notices")
    await teacher.post(f"{address}/certificates", {"secret": PASSWORD})
    assert (await bytes_of(learner, f"{address}/certificate.pdf")).startswith(b"%PDF")
    assert (await record_of(site, "teaching.credit_given")).reason == OUTAGE
    mine = await learner.get("/teaching/mine")
    assert ("II类学分 1.5 分" in mine, "已更正" in mine, OUTAGE in mine) == (True, True, True)
    again = await teacher.post(f"{of(site, address, 'learner2')}/correction", finds("met", "再次认定达标", version="1"))
    assert (again.status, "已授学分：要取消" in again, "您写的是：再次认定达标" in again) == (409, True, True)


async def test_credit_that_was_wrong_is_revoked_and_anybody_is_told(site):
    address = await credited(site)
    teacher, learner, stranger = await site.signed_in("teacher"), await site.signed_in("learner1"), site.visitor()
    pdf = await bytes_of(learner, f"{address}/certificate.pdf")
    number, code = re.search(r"PXA0\d{12}", text_of(pdf))[0], code_in(text_of(pdf))
    spot = f"{of(site, address, 'learner1')}/revocation"
    unsaid = await teacher.post(spot, {"reason": "由他人代为签到，监控可查"})
    assert (unsaid.status, said_at(unsaid, "cause")) == (422, "请填写")
    revoked = {"cause": "misconduct", "reason": "由他人代为签到，监控可查"}
    site.clock.turn(timedelta(minutes=6))
    asked = await teacher.post(spot, revoked, headers={"Accept": "application/json"})
    assert (asked.status, "reauthentication_needed" in asked.text) == (401, True)

    teacher = await site.signed_in("teacher")
    roster = await teacher.post(spot, revoked)
    assert "学分与证书已撤销，已通知本人" in roster
    row = row_of(roster, "学员1")
    assert ("未达标" in row, "1.5 分" in row, "已撤销" in row) == (True, False, True)
    assert await differences(site, address) == []
    assert "学分已撤销：由他人代为签到，监控可查" in await learner.get("/notices")
    mine = await learner.get("/teaching/mine")
    assert ("II类学分 0" in re.sub(r"<[^>]+>", "", mine.text), "II类学分 1.5 分" in mine) == (True, False)
    gone = await learner.get(f"{address}/certificate.pdf", headers={"Accept": "application/json"})
    assert (gone.status, "这份证书已撤销" in gone.text) == (409, True)
    assert {"document.revoke", "teaching.attendance_corrected"} <= set(await site.acts())
    recorded = await record_of(site, "teaching.credit_revoked")
    assert (site.people["learner1"].id in recorded.fields, "misconduct" in recorded.fields) == (True, True)
    assert recorded.reason == revoked["reason"]
    assert "学时 0.0" in re.sub(r"<[^>]+>", "", mine.text), "what somebody else sat through is nobody's hour"

    for shown in (await stranger.get(f"/verify?code={code}")).text, await checked(stranger, pdf):
        assert 'data-standing="revoked"' in shown
        assert re.search(r"已于 .*2026年12月7日.* 撤销，不再有效", shown), shown
        assert ("代为签到" in shown, "弄虚作假" in shown, "学员1" in shown) == (False, False, False)
        assert "有效证书" not in shown
    await stranger.post("/language", {"locale": "en"})
    english = (await stranger.get(f"/verify?code={code}")).text
    await stranger.post("/language", {"locale": "zh"})
    assert re.search(r"Revoked on .*2026.*, no longer valid", english), english
    changed = await checked(stranger, pdf.replace(b"/Type", b"/Typf", 1))
    assert 'data-standing="changed"' in changed

    gone = await teacher.post(spot, {**revoked, "version": "1"})
    assert (gone.status, "没有可撤销的学分" in gone, "由他人代为签到" in gone) == (409, True, True)
    back = await sends(teacher, f"{of(site, address, 'learner1')}/correction", **finds("met", "监控核对后确认是本人"))
    assert "1 份等待签发" in back
    await teacher.post(f"{address}/certificates", {"secret": PASSWORD})
    newer = text_of(await bytes_of(learner, f"{address}/certificate.pdf"))
    numbers = set(re.findall(r"PXA0\d{12}", newer))
    assert number in numbers
    assert len(numbers) == 2, "it names the one whose place it takes"
    assert f"请以 {(numbers - {number}).pop()} 为准" in await stranger.get(f"/verify?code={code}")
    shown = await stranger.get(f"/verify?code={code_in(newer)}")
    assert ("本平台签发的有效证书" in shown, "代替证书" in shown, number in shown) == (True, True, True)
    assert await differences(site, address) == []


async def test_credit_without_its_ground_is_a_difference(site):
    """A row that was changed behind the back of the corrections is found, corrected or not."""
    from server.teaching import queries

    address = await credited(site)
    await (await site.signed_in("teacher")).post(f"{of(site, address, 'learner2')}/correction", finds("met"))
    async with site.database.unit() as unit:
        kept = await queries.attendances(unit, address.rsplit("/", 1)[1])
        kept[site.people["learner1"].id].revoked_at = unit.now
        kept[site.people["learner2"].id].seconds += 60
    assert await differences(site, address) == ["学员1", "学员2"]


async def test_what_somebody_else_found_or_asked_meanwhile_is_read_before_it_is_answered(site):
    address = await reckoned(site)
    teacher, dean, learner = [await site.signed_in(login) for login in ("teacher", "dean", "learner2")]
    here = of(site, address, "learner2")
    seen = await teacher.get(here)
    await sends(dean, f"{here}/correction", **finds("minutes", minutes="20"))
    stale = await teacher.submit(seen, f"{here}/correction", **finds("minutes", "值班记录不足为凭", minutes="5"))
    assert (stale.status, "内容已被他人更新" in stale, "值班记录不足为凭</textarea>" in stale) == (409, True, True)
    assert 'value="5"' in stale
    assert (await rows_of(site, address))[1] == [("minutes", 20)]

    await learner.post(f"{address}/review", {"words": "断网不止二十分钟"})
    unread = await teacher.submit(stale, f"{here}/correction", **finds("minutes", minutes="5"))
    assert (unread.status, "断网不止二十分钟" in unread) == (409, True)
    await sends(dean, f"{here}/refusal", words="值班记录只有二十分钟")
    answered = await teacher.submit(unread, f"{here}/refusal", words="请补交断网证明")
    assert (answered.status, "您写的是：请补交断网证明" in answered) == (409, True)
    roster = await teacher.submit(answered, f"{here}/correction", **finds("minutes", minutes="25"))
    assert "考勤已更正" in roster
    assert (await rows_of(site, address))[1] == [("minutes", 20), ("minutes", 25)]


async def test_where_credit_was_never_granted_a_correction_gives_none(site):
    address = await reckoned(site)
    teacher, learner = await site.signed_in("teacher"), await site.signed_in("learner2")
    assert "已归档" in await teacher.post(f"{address}/move", {"move": "archive"})
    spot = f"{of(site, address, 'learner2')}/correction"
    assert "立即登记学分" not in await teacher.get(of(site, address, "learner2"))
    roster = await sends(teacher, spot, **finds("met"))
    assert ("考勤已更正" in roster, "学分已登记" in roster, "1.5 分" in row_of(roster, "学员2")) == (True, False, False)
    assert "学分已登记" not in await learner.get("/notices")
    assert await differences(site, address) == []


async def test_a_session_without_credit_speaks_of_none(site):
    address = await reckoned(site, credit_class="none", credits="0")
    teacher, learner = await site.signed_in("teacher"), await site.signed_in("learner1")
    await teacher.post(f"{address}/credit")
    page = await teacher.get(of(site, address, "learner1"))
    assert ("撤销达标" in page, "学分" in page.text.split("<main")[1]) == (True, False)
    roster = await sends(teacher, f"{of(site, address, 'learner1')}/revocation", cause="mistake", reason="点错了人名")
    assert "达标与证书已撤销" in roster
    assert "“基层心电图判读”不再算达标：点错了人名" in await learner.get("/notices")
    page = await teacher.get(of(site, address, "learner1"))
    assert ("达标后立即生效" in page, "补计" in page) == (True, False), "nothing is missing of the session"


async def test_an_answer_that_changes_nothing_says_so(site):
    address = await reckoned(site)
    teacher, dean, learner = [await site.signed_in(login) for login in ("teacher", "dean", "learner1")]
    await learner.post(f"{address}/review", {"words": "抽查我都答到了"})
    assert "申请复核“基层心电图判读”的考勤" in await dean.get("/notices"), "who administers teaching hears of it too"
    await sends(teacher, f"{of(site, address, 'learner1')}/correction", **finds("met", "本来就已达标"))
    assert "考勤维持不变：本来就已达标" in await learner.get("/notices")
    row = row_of(await (await site.signed_in("keeper")).get("/teaching/records"), "学员1")
    assert "含更正" not in row, "who met the rule anyway is not met by a correction"


async def test_whoever_attended_asks_for_a_review_in_any_post(site):
    from server.accounts import service as accounts
    from server.accounts.roles import Role

    address = await reckoned(site)
    starts = site.clock.now().date() - timedelta(days=1)
    async with site.database.unit() as unit:
        place, person = site.places["A1"].id, site.people["learner2"]
        posts = [
            await accounts.appoint(unit, person=person, institution_id=place, role=role, starts=starts)
            for role in (Role.INST_ADMIN, Role.QC_OFFICER)
        ]
    learner = await site.signed_in("learner2")
    for post in posts:
        await learner.post("/posts/switch", {"post": post.id})
        assert (await learner.get(f"{address}/review")).status == 200


async def test_nobody_corrects_their_own_nor_whoever_may_not_credit(site):
    from server.accounts import service as accounts
    from server.accounts.roles import Role

    address = await reckoned(site)
    learner = await site.signed_in("learner2")
    spot = of(site, address, "learner2")
    assert (await learner.get(spot)).status == 404
    assert (await learner.post(f"{spot}/correction", finds("met"))).status == 404
    teacher = await site.signed_in("teacher")
    nobody = await teacher.get(f"{address}/people/{'0' * 32}", headers={"Accept": "application/json"})
    assert (nobody.status, "还没有核算考勤" in nobody.text) == (409, True)
    async with site.database.unit() as unit:
        person = site.people["learner2"]
        dean = await accounts.appoint(
            unit,
            person=person,
            institution_id=site.places["A0"].id,
            role=Role.TEACHING_ADMIN,
            starts=site.clock.now().date() - timedelta(days=1),
        )
    learner = await site.signed_in("learner2")
    await learner.post("/posts/switch", {"post": dean.id})
    assert "不能更正自己的考勤" in await learner.get(spot)
    refused = await learner.post(f"{spot}/correction", finds("met"), headers={"Accept": "application/json"})
    assert (refused.status, "不能更正自己的考勤" in refused.text) == (409, True)
    await learner.post(f"{address}/review", {"words": "19:20 起医院断网"})
    own = {"words": "自己答复自己", "version": "1"}
    refused = await learner.post(f"{spot}/refusal", own, headers={"Accept": "application/json"})
    assert (refused.status, "不能更正自己的考勤" in refused.text) == (409, True)


async def test_the_learner_asks_for_a_review_once_and_is_answered(site):
    address = await credited(site)
    learner, teacher = await site.signed_in("learner2"), await site.signed_in("teacher")
    assert f"{address}/review" in await learner.get("/teaching/mine")
    assert said_at(await learner.post(f"{address}/review", {"words": "不对"}), "words") == "太短，至少 5 个字"
    words = "19:20 起医院断网，值班记录可查"
    page = await learner.post(f"{address}/review", {"words": words})
    assert ("复核申请已送达" in page, "待答复" in page, 'name="words"' in page) == (True, True, False)
    again = await learner.post(f"{address}/review", {"words": "还有一件事要说"})
    assert (again.status, "请等待答复" in again, "还有一件事要说" in again) == (409, True, True)
    assert f"学员2 申请复核“基层心电图判读”的考勤：{words}" in await teacher.get("/notices")
    assert words in await teacher.get(f"{address}/roster")

    refused = await sends(teacher, f"{of(site, address, 'learner2')}/refusal", words="值班记录里没有断网")
    assert ("已答复" in refused, words in refused) == (True, False)
    assert "考勤维持不变：值班记录里没有断网" in await learner.get("/notices")
    page = await learner.get(f"{address}/review")
    assert ("维持不变" in page, 'name="words"' in page) == (True, True), "whoever was answered may ask again"
    nothing = await teacher.post(f"{of(site, address, 'learner2')}/refusal", {"words": "再答复一次", "version": "2"})
    assert (nothing.status, "没有等待答复的复核申请" in nothing, "再答复一次" in nothing) == (409, True, True)

    await learner.post(f"{address}/review", {"words": "信息科补出了断网证明"})
    roster = await sends(teacher, f"{of(site, address, 'learner2')}/correction", **finds("minutes", minutes="20"))
    assert "信息科补出了断网证明" not in roster
    assert "已更正" in await learner.get(f"{address}/review")
    assert {"teaching.review_asked", "teaching.review_refused"} <= set(await site.acts())


async def test_records_due_list_and_the_authoritys_file_count_what_counts(site):
    address = await credited(site)
    teacher, keeper = await site.signed_in("teacher"), await site.signed_in("keeper")
    villager, dean = await site.signed_in("villager"), await site.signed_in("dean")
    before = await keeper.get("/teaching/records")
    assert "孙丽" in before
    assert "2028-01-01" in await dean.get("/teaching/due")
    together = "与学员1同屏听课，签到表有本人签名"
    await teacher.post(f"{of(site, address, 'villager')}/correction", finds("met", together))
    assert "含更正 1" in row_of(await keeper.get("/teaching/records"), "孙丽")
    row = row_of(await dean.get("/teaching/due"), "孙丽")
    assert ("2028-12-07" in row, "更正后达标" in row) == (True, True)
    assert "2028-12-07" in await villager.get("/teaching/mine")

    async def sheet():
        teacher = await site.signed_in("teacher")
        packed = zipfile.ZipFile(io.BytesIO(await bytes_of(teacher, f"{address}/bundle.zip")))
        return {row[0]: row for row in sheets.read(packed.read("3-attendance.xlsx"))}

    rows = await sheet()
    assert rows["孙丽"][2:4] == ["0", "60"], "as reckoned"
    assert rows["孙丽"][7:9] == ["达标", "1.5"]
    assert ("认定达标" in rows["孙丽"][9], together in rows["孙丽"][9], "蔡明" in rows["孙丽"][9]) == (True, True, True)
    assert not any(rows["学员1"][9:])

    revoked = {"cause": "mistake", "reason": "签到表签名不是本人"}
    await sends(await site.signed_in("teacher"), f"{of(site, address, 'villager')}/revocation", **revoked)
    rows = await sheet()
    assert (rows["孙丽"][7], rows["孙丽"][8] or "") == ("未达标", "")
    assert "签名不是本人" in rows["孙丽"][9]
    assert "2028-01-01" in row_of(await (await site.signed_in("dean")).get("/teaching/due"), "孙丽")
