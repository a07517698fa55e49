"""The directory in the hands of its administrators: institutions, departments, consortia, agreements, sheets."""

import io
import re
from datetime import date, timedelta

import pytest
from aiohttp import FormData
from sqlalchemy import select

from server.accounts import queries as accounts
from server.accounts.roles import Role
from server.consultation.model import Consultation, Invitation
from server.consultation.states import State
from server.core import sheets
from server.directory import queries
from server.directory import service as directory
from server.directory.kinds import Service
from server.directory.model import Agreement, Department, Institution
from tests.web.accounts_site import open_site, said_at, typed_in

JSON = {"Accept": "application/json"}
YEAR = timedelta(days=365)


@pytest.fixture
async def site(database_url, clock, tmp_path):
    async with open_site(tmp_path / "data", database_url, clock) as site:
        yield site


@pytest.fixture
async def keeper(site):
    """The administrator of 青山医共体."""
    return await site.signed_in("keeper")


@pytest.fixture
async def warden(site):
    """The administrator of 城厢卫生院."""
    return await site.signed_in("warden")


@pytest.fixture
async def stranger(site):
    """The administrator of another consortium."""
    return await site.signed_in("stranger")


def house(site, code):
    return f"/directory/institutions/{site.places[code].id}"


async def row(site, model, **facts):
    async with site.database.unit(writes=False) as unit:
        return await unit.session.scalar(select(model).filter_by(**facts))


def day(site, days=0):
    return site.clock.now().date() + timedelta(days=days)


# ---- institutions


NEW = {"code": "A3", "name": "石桥镇卫生院", "level": "township", "kind": "township_centre", "ownership": "public"}


async def test_an_institution_is_added_below_another_and_amended(site, keeper):
    form = await keeper.get("/directory/institutions/new")
    typed = {**NEW, "parent_id": site.places["A0"].id, "consortium": site.consortium, "is_remote_area": "yes"}
    page = await keeper.submit(form, "/directory/institutions", **typed, zone="东片", phone="0919-5550103")
    assert (page.status, "机构已新增" in page, "青山县医院" in page) == (200, True, True)
    made = await row(site, Institution, code="A3")
    assert (made.short_name, made.is_remote_area, made.zone) == ("石桥镇卫生院", True, "东片")
    edit = await keeper.get(f"/directory/institutions/{made.id}/edit")
    address = f"/directory/institutions/{made.id}"
    saved = await keeper.submit(edit, address, **{**NEW, "name": "石桥镇中心卫生院"}, short_name="石桥")
    assert (saved.status, "石桥镇中心卫生院" in saved, "资料已保存" in saved) == (200, True, True)
    assert [one for one in await site.acts() if one.startswith("directory.")][-3:] == [
        "directory.institution_added",
        "directory.member_added",
        "directory.institution_amended",
    ]


async def test_what_is_wrong_with_an_institution_stands_at_its_field_and_what_was_typed_stays(site, keeper):
    form = await keeper.get("/directory/institutions/new")
    page = await keeper.submit(form, "/directory/institutions", code="A 3!", name="石桥", level="x", phone="no")
    wrong = {name: said_at(page, name) for name in ("code", "level", "kind", "consortium", "phone")}
    assert (page.status, wrong) == (
        422,
        {
            "code": "机构编码只用字母、数字和横线",
            "level": "请从所列选项中选择",
            "kind": "请填写",
            "consortium": "请填写",
            "phone": "电话号码不对",
        },
    )
    assert typed_in(page, "name") == "石桥"
    taken = {**NEW, "code": "B0", "consortium": site.consortium}
    page = await keeper.post("/directory/institutions", taken)
    assert (page.status, said_at(page, "code")) == (422, "这个机构编码已经有了")
    low = {**NEW, "level": "county", "consortium": site.consortium, "parent_id": site.places["A1"].id}
    assert said_at(await keeper.post("/directory/institutions", low), "parent_id") == "上级的级别不能比它低"
    foreign = {**NEW, "consortium": site.consortium, "parent_id": site.places["B0"].id}
    assert said_at(await keeper.post("/directory/institutions", foreign), "parent_id") == "请从所列选项中选择"


async def test_nothing_stands_below_itself(site, keeper):
    async with site.database.unit() as unit:
        (await queries.institution(unit, site.places["A2"].id)).parent_id = site.places["A1"].id
    typed = {**NEW, "code": "A1", "version": "1", "parent_id": site.places["A2"].id}
    page = await keeper.post(house(site, "A1"), typed)
    assert said_at(page, "parent_id") == "上级不能是它自己，也不能是它的下级"
    itself = await keeper.post(house(site, "A1"), {**typed, "parent_id": site.places["A1"].id})
    assert said_at(itself, "parent_id") == "上级不能是它自己，也不能是它的下级"


async def test_an_institutions_own_administrator_changes_its_telephone_and_no_more(site, warden):
    edit = await warden.get(f"{house(site, 'A1')}/edit")
    assert ('name="phone"' in edit, 'name="name"' in edit) == (True, False)
    page = await warden.submit(edit, house(site, "A1"), phone="0919-5550111", name="别的名字", level="province")
    place = await row(site, Institution, code="A1")
    assert (page.status, place.phone, place.name, place.level.value) == (
        200,
        "0919-5550111",
        "城厢卫生院",
        "township",
    )
    for path in ("/directory/institutions/new", f"{house(site, 'A2')}/edit", "/directory/institutions/import"):
        assert (await warden.get(path)).status == 404, path


async def test_two_administrators_do_not_overwrite_each_other(site, keeper):
    typed = {**NEW, "code": "A1", "name": "城厢镇卫生院", "version": "1"}
    assert (await keeper.post(house(site, "A1"), typed)).status == 200
    second = await keeper.post(house(site, "A1"), {**typed, "name": "城厢医院"})
    assert (second.status, "内容已被他人更新" in second, typed_in(second, "name")) == (422, True, "城厢医院")
    again = await keeper.submit(second, house(site, "A1"), **{**NEW, "code": "A1", "name": "城厢医院"})
    assert (again.status, (await row(site, Institution, code="A1")).name) == (200, "城厢医院")


async def test_another_consortiums_answer_is_that_of_what_is_not_there(site, stranger):
    for path in ("/edit", "/suspend", "/departments", ""):
        method = stranger.get if path == "/edit" else stranger.post
        assert (await method(house(site, "A1") + path)).status == 404, path
    consortium = f"/directory/consortia/{site.consortium}"
    for path in ("", "/members", f"/members/{site.places['A2'].id}/remove"):
        assert (await stranger.post(consortium + path)).status == 404, path


async def test_the_tree_is_narrowed_and_keeps_what_stands_above(site, keeper):
    async with site.database.unit() as unit:
        town = await queries.institution(unit, site.places["A2"].id)
        town.parent_id, town.is_remote_area = site.places["A0"].id, True
    page = await keeper.get("/directory?remote=yes")
    rows = re.findall(r'<tr data-row id="institution-(\w+)"( class="quiet")?', page.text)
    assert rows == [(site.places["A0"].id, ' class="quiet"'), (site.places["A2"].id, "")]
    assert "白河县医院" not in await keeper.get("/directory")
    assert "白河县医院" in await keeper.get("/directory?everywhere=yes&q=白河")
    assert "没有符合条件的机构" in await keeper.get("/directory?q=无此院")


async def test_a_suspended_institution_says_so_and_why_is_on_record(site, warden):
    without = await warden.post(f"{house(site, 'A1')}/suspend")
    assert (without.status, said_at(without, "reason")) == (422, "请填写")
    page = await warden.post(f"{house(site, 'A1')}/suspend", {"reason": "设备故障"})
    assert ("已暂停远程医疗服务" in page, "服务暂停" in page) == (True, True)
    assert "已恢复远程医疗服务" in await warden.post(f"{house(site, 'A1')}/resume")


# ---- departments


async def test_a_department_is_added_renamed_and_removed(site, warden):
    address = f"{house(site, 'A1')}/departments"
    assert "科室已保存" in await warden.post(address, {"name": "全科", "phone": "0919-5550112"})
    twice = await warden.post(address, {"name": " 全科 ", "code": "01"})
    assert (twice.status, said_at(twice, "name"), typed_in(twice, "code")) == (422, "这个机构已经有同名科室", "01")
    one = await row(site, Department, name="全科")
    assert "全科医学科" in await warden.post(f"/directory/departments/{one.id}", {"name": "全科医学科"})
    assert "科室已删除" in await warden.post(f"/directory/departments/{one.id}/remove")
    assert await row(site, Department, id=one.id) is None
    acts = [act for act in await site.acts() if act.startswith("directory.department")]
    assert acts[-3:] == [f"directory.department_{verb}" for verb in ("added", "amended", "removed")]


async def test_a_department_in_use_stays(site, keeper, warden):
    heart = await row(site, Department, name="心内科")
    keepers = {"place": f"{site.places['A0'].id}:{heart.id}", "role": "specialist"}
    await keeper.post(f"/people/{site.people['doctor'].id}/posts", keepers)
    refused = await keeper.post(f"/directory/departments/{heart.id}/remove")
    assert (refused.status, "心内科 还有人员或会诊在用" in refused) == (409, True)
    assert (await warden.post(f"/directory/departments/{heart.id}/remove")).status == 404
    assert await row(site, Department, id=heart.id)


# ---- consortia


async def test_a_consortium_is_formed_led_anew_and_its_members_change(site, keeper):
    lead, town = site.places["A0"].id, site.places["A2"].id
    typed = {"name": "青山胸痛专科联盟", "kind": "specialty_alliance", "lead_id": lead}
    page = await keeper.post("/directory/consortia", {**typed, "members": town})
    assert (page.status, said_at(page, "members")) == (422, "牵头医院要是成员")
    page = await keeper.post("/directory/consortia", {**typed, "name": "青山医共体", "members": lead})
    assert said_at(page, "name") == "已经有同名的医联体"
    page = await keeper.post("/directory/consortia", {**typed, "members": lead})
    assert ("医联体已建立" in page, "专科联盟" in page) == (True, True)
    address = page.path.partition("?")[0]
    assert "成员已加入" in await keeper.post(f"{address}/members", {"institution": town})
    twice = await keeper.post(f"{address}/members", {"institution": town})
    assert said_at(twice, "institution") == "这家机构已经是成员"
    outsider = await keeper.post(address, {**typed, "lead_id": site.places["A1"].id, "version": "1"})
    assert said_at(outsider, "lead_id") == "牵头医院要是成员"
    assert "资料已保存" in await keeper.post(address, {**typed, "name": "青山卒中联盟", "version": "1"})
    lead_out = await keeper.post(f"{address}/members/{lead}/remove", headers=JSON)
    assert (lead_out.status, "牵头医院不能移出" in lead_out) == (409, True)
    assert "成员已移出" in await keeper.post(f"{address}/members/{town}/remove")


async def test_nobody_takes_an_institution_out_of_anothers_hands(site, keeper):
    far, lead = site.places["B0"].id, site.places["A0"].id
    free = (await site.place("C0", "无主医院")).id
    for id in (far, free, "f" * 32):
        page = await keeper.post(f"/directory/consortia/{site.consortium}/members", {"institution": id})
        assert (page.status, said_at(page, "institution")) == (422, "请从所列选项中选择")
    typed = {"name": "新联盟", "kind": "remote_network", "lead_id": far, "members": far}
    page = await keeper.post("/directory/consortia", typed)
    assert (page.status, said_at(page, "members")) == (422, "请从所列选项中选择")
    page = await keeper.post(
        "/directory/consortia", {**typed, "lead_id": site.places["A1"].id, "members": site.places["A1"].id}
    )
    assert said_at(page, "members") == "您所在的机构也要在其中，否则您以后管不了这个医联体"
    async with site.database.unit() as unit:
        (await queries.institution(unit, free)).parent_id = lead
    joined = await keeper.post(f"/directory/consortia/{site.consortium}/members", {"institution": free})
    assert "成员已加入" in joined, "below one of ours and in no other's hands"


async def test_the_first_administrator_of_a_site_forms_the_first_consortium_and_fills_it(site):
    lead = (await site.place("C0", "新城县医院")).id
    await site.enrol("founder", "丁睿", Role.CONS_ADMIN, "C0")
    founder = await site.signed_in("founder")
    assert "先建立医联体" in await founder.get("/directory/institutions/new")
    typed = {"name": "新城医共体", "kind": "county_community", "lead_id": lead, "members": lead}
    page = await founder.post("/directory/consortia", typed)
    assert "医联体已建立" in page
    consortium = page.path.partition("?")[0].rpartition("/")[2]
    added = await founder.post("/directory/institutions", {**NEW, "code": "C1", "consortium": consortium})
    assert "机构已新增" in added


async def test_a_member_with_agreements_left_is_not_removed(site, keeper):
    await agreed(site)
    refused = await keeper.post(
        f"/directory/consortia/{site.consortium}/members/{site.places['A1'].id}/remove", headers=JSON
    )
    assert (refused.status, "城厢卫生院 在这个医联体里还有 1 份协议" in refused) == (409, True)


# ---- agreements


async def agreed(site, number="YLT-1", starts=-100, ends=265, services=(Service.CONSULTATION,), inviting="A1"):
    async with site.database.unit() as unit:
        return await directory.conclude_agreement(
            unit,
            number=number,
            inviting_id=site.places[inviting].id,
            invited_id=site.places["A0"].id,
            services=services,
            starts=day(site, starts),
            ends=day(site, ends),
            liability="邀请方对所传资料负责",
            fee_cents=30_000,
        )


def terms(site, **other):
    return {
        "number": "YLT-2",
        "inviting_id": site.places["A1"].id,
        "invited_id": site.places["A0"].id,
        "services": "consultation",
        "starts": str(day(site)),
        "ends": str(day(site, 365)),
        "fee": "300.50",
        "liability": "邀请方对所传资料负责",
        **other,
    }


async def test_an_agreement_goes_from_draft_to_its_end(site, keeper):
    form = await keeper.get("/directory/agreements/new")
    drafted = await keeper.submit(form, "/directory/agreements", **terms(site))
    assert ("协议草稿已保存" in drafted, "每例 300.50 元" in drafted) == (True, True)
    address = drafted.path.partition("?")[0]
    edit = await keeper.get(f"{address}/edit")
    amended = await keeper.submit(edit, address, **terms(site, fee="280"))
    assert "每例 280 元" in amended
    assert "协议已生效" in await keeper.post(f"{address}/conclude")
    for path in (f"{address}/edit", address):
        method = keeper.get if path.endswith("edit") else keeper.post
        refused = await method(path, *([] if path.endswith("edit") else [terms(site, version="9")]))
        assert (refused.status, "协议生效后不能再改" in refused) == (409 if path.endswith("edit") else 422, True)
    without = await keeper.post(f"{address}/terminate")
    assert (without.status, said_at(without, "reason")) == (422, "请填写")
    assert "协议已暂停" in await keeper.post(f"{address}/suspend", {"reason": "专家不足"})
    assert "协议已恢复" in await keeper.post(f"{address}/resume")
    over = await keeper.post(f"{address}/terminate", {"reason": "双方商定"})
    assert ("协议已终止" in over, "双方商定" in over) == (True, True)
    again = await keeper.post(f"{address}/resume", headers=JSON)
    assert (again.status, "协议现在的状态不允许这样做" in again) == (409, True)
    acts = [act.removeprefix("directory.agreement_") for act in await site.acts() if "agreement_" in act]
    assert acts == ["drafted", "amended", "concluded", "suspended", "resumed", "terminated"]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("invited_id", {"invited_id": "A1"}, "受邀方不能和邀请方是同一家"),
        ("ends", {"ends": "2026-01-01"}, "结束日期要晚于开始日期"),
        ("number", {"number": "YLT-1"}, "这个协议编号已经有了"),
        ("starts", {}, "与协议 YLT-1 的服务和日期重叠（"),
        ("services", {"services": "surgery"}, "请从所列选项中选择"),
        ("fee", {"fee": "3.001"}, "最多 2 位小数"),
        ("inviting_id", {"inviting_id": "B0"}, "请从所列选项中选择"),
        ("liability", {"liability": ""}, "请填写"),
    ],
)
async def test_what_is_wrong_with_an_agreement_stands_at_its_field(site, keeper, field, typed, sentence):
    await agreed(site)
    places = {name: site.places[code].id for name, code in typed.items() if code in site.places}
    page = await keeper.post("/directory/agreements", terms(site, **{**typed, **places}))
    assert (page.status, said_at(page, field)[: len(sentence)]) == (422, sentence)
    assert await row(site, Agreement, number="YLT-2") is None


async def test_agreements_that_follow_each_other_or_are_on_something_else_do_not_overlap(site, keeper):
    await agreed(site)
    after = terms(site, starts=str(day(site, 265)), ends=str(day(site, 400)))
    other = terms(site, number="YLT-3", services="teaching")
    for typed in (after, other):
        drafted = await keeper.post("/directory/agreements", typed)
        assert "协议已生效" in await keeper.post(f"{drafted.path.partition('?')[0]}/conclude")


async def test_of_two_drafts_on_the_same_only_one_takes_effect(site, keeper):
    addresses = []
    for number in ("YLT-5", "YLT-6"):
        drafted = await keeper.post("/directory/agreements", terms(site, number=number))
        addresses.append(drafted.path.partition("?")[0])
    assert "协议已生效" in await keeper.post(f"{addresses[0]}/conclude")
    refused = await keeper.post(f"{addresses[1]}/conclude", headers=JSON)
    assert (refused.status, "与协议 YLT-5 的服务和日期重叠" in refused) == (409, True)
    assert "草稿已删除" in await keeper.post(f"{addresses[1]}/discard")


async def test_a_party_drafts_and_stops_and_the_consortium_concludes(site, keeper, warden):
    not_ours = await warden.post("/directory/agreements", terms(site, inviting_id=site.places["A2"].id))
    assert said_at(not_ours, "inviting_id") == "其中一方要是您所在的机构"
    drafted = await warden.post("/directory/agreements", terms(site))
    address = drafted.path.partition("?")[0]
    assert ("请医联体管理员核对" in drafted, (await warden.post(f"{address}/conclude")).status) == (True, 404)
    await keeper.post(f"{address}/conclude")
    assert "协议已暂停" in await warden.post(f"{address}/suspend", {"reason": "设备故障"})
    for verb in ("resume", "terminate"):
        assert (await warden.post(f"{address}/{verb}", {"reason": "设备好了"})).status == 404


async def test_another_consortiums_agreements_are_not_there(site, stranger):
    agreement = await agreed(site)
    assert "YLT-1" not in await stranger.get("/directory/agreements")
    assert (await stranger.get(f"/directory/agreements/{agreement.id}")).status == 404
    assert (await stranger.get(f"/directory/agreements/new?renews={agreement.id}")).status == 404


async def test_an_agreement_at_its_end_is_pointed_out_and_renewed(site, keeper):
    agreement = await agreed(site, ends=20)
    home = await keeper.get("/")
    assert ("协议 YLT-1 即将到期" in home, f"/directory/agreements/{agreement.id}" in home) == (True, True)
    assert "1 份协议 60 天内到期" in await keeper.get("/directory/agreements")
    form = await keeper.get(f"/directory/agreements/new?renews={agreement.id}")
    assert (typed_in(form, "starts"), typed_in(form, "ends")) == (str(day(site, 20)), str(day(site, 140)))
    renewed = {"starts": str(day(site, 20)), "ends": str(day(site, 385))}
    page = await keeper.submit(form, "/directory/agreements", **terms(site, **renewed))
    assert ("续自" in page, "YLT-1" in page) == (True, True)
    assert "即将到期" not in (await keeper.get("/")).text
    assert "协议 YLT-2 还是草稿" in await keeper.get("/")


async def test_an_agreement_past_its_end_is_neither_resumed_nor_put_in_force(site, keeper):
    drafted = await keeper.post("/directory/agreements", terms(site, ends=str(day(site, 5))))
    site.clock.turn(timedelta(days=6))
    keeper = await site.signed_in("keeper")
    address = drafted.path.partition("?")[0]
    refused = await keeper.post(f"{address}/conclude", headers=JSON)
    assert (refused.status, "协议的结束日期已过" in refused) == (409, True)


# ---- what runs goes on


async def running_case(site):
    """A consultation that 城厢 has asked of the hospital's expert, who has not answered yet."""
    await site.enrol("expert", "赵敏", Role.SPECIALIST, "A0", independent_since=date(2010, 1, 1))
    async with site.database.unit() as unit:
        doctor, expert = [
            (await accounts.standing_posts(unit, site.people[login].id, day(site)))[0] for login in ("doctor", "expert")
        ]
        case = Consultation(
            id=unit.new_id(),
            number="HZ1",
            state=State.INVITING,
            consortium_id=site.consortium,
            inviting_id=doctor.institution_id,
            applicant_post_id=doctor.id,
            applicant_person_id=doctor.person_id,
            question="是否上转？",
            specialty="心血管内科",
            invited_id=expert.institution_id,
            specialist_post_id=expert.id,
            specialist_person_id=expert.person_id,
            created_at=unit.now,
            state_since=unit.now,
            submitted_at=unit.now,
        )
        unit.session.add(case)
        await unit.session.flush()
        unit.session.add(
            Invitation(
                id=unit.new_id(),
                consultation_id=case.id,
                institution_id=expert.institution_id,
                post_id=expert.id,
                person_id=expert.person_id,
                invited_by=doctor.person_id,
                sent_at=unit.now,
            )
        )
    return case


async def test_who_terminates_an_agreement_learns_what_runs_under_it_and_that_goes_on(site, keeper):
    agreement, case = await agreed(site), await running_case(site)
    address = f"/directory/agreements/{agreement.id}"
    assert "还有 1 例会诊没有办完" in await keeper.get(address)
    warned = await keeper.post(f"{address}/terminate", {"reason": "双方商定"})
    assert (warned.status, said_at(warned, "known")) == (422, "请确认：进行中的会诊会继续办完")
    assert (await row(site, Agreement, id=agreement.id)).state == "in_force"
    assert "协议已终止" in await keeper.post(f"{address}/terminate", {"reason": "双方商定", "known": "yes"})
    expert = await site.signed_in("expert")
    assert (await expert.post(f"/consultations/{case.id}/accept")).status == 200
    assert (await row(site, Consultation, id=case.id)).state is State.SCHEDULING


async def test_who_suspends_an_institution_learns_what_runs_there(site, warden):
    await running_case(site)
    warned = await warden.post(f"{house(site, 'A1')}/suspend", {"reason": "设备故障"})
    assert (warned.status, said_at(warned, "known")) == (422, "请确认：进行中的会诊会继续办完")
    page = await warden.post(f"{house(site, 'A1')}/suspend", {"reason": "设备故障", "known": "yes"})
    assert "已暂停远程医疗服务" in page


# ---- sheets


async def send_sheet(browser, noun, rows):
    await browser.get("/directory")
    form = FormData()
    form.add_field("csrf", browser.token)
    form.add_field("sheet", io.BytesIO(sheets.as_csv(rows[0], rows[1:])), filename="表.csv")
    return await browser.post(f"/directory/{noun}/import", form)


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)).replace(" ：", "：").replace("： ", "：")


async def test_institutions_come_from_a_sheet_new_ones_below_new_ones(site, keeper):
    rows = [
        ["机构编码", "名称", "级别", "类别", "上级机构编码", "偏远地区", "电话"],
        ["A5", "石桥镇卫生院", "乡镇级", "乡镇卫生院", "A0", "是", ""],
        ["A6", "石桥村卫生室", "村级", "村卫生室", "A5", "", ""],
        ["A1", "城厢卫生院", "乡镇级", "乡镇卫生院", "", "", "0919-5550111"],
        ["A2", "湖头卫生院", "乡镇级", "乡镇卫生院", "", "", ""],
        ["B0", "白河县医院", "县级", "综合医院", "", "", ""],
        ["A7", "大医院", "县级", "综合医院", "A5", "", ""],
        ["A8", "孤院", "没有这级", "综合医院", "A9", "", ""],
        ["A5", "又一家", "乡镇级", "乡镇卫生院", "", "", ""],
    ]
    shown = await send_sheet(keeper, "institutions", rows)
    said = text_of(shown)
    for words in (
        "新增 2",
        "更新 1",
        "无变化 1",
        "有错，跳过 4",
        "电话 — → 0919-5550111",
        "机构编码：前面的行已经有这个编码",
    ):
        assert words in said, words
    for words in (
        "机构编码：这个机构编码已经有了，不归您管理",
        "上级机构编码：上级的级别不能比它低",
        "级别：请从所列选项中选择",
    ):
        assert words in said, words
    assert await row(site, Institution, code="A5") is None, "nothing is done before it is confirmed"
    done = await keeper.submit(shown, "/directory/institutions/import/apply")
    assert (done.status, "导入完成 3" in text_of(done)) == (200, True)
    town, village = await row(site, Institution, code="A5"), await row(site, Institution, code="A6")
    assert (village.parent_id, town.parent_id, town.is_remote_area) == (town.id, site.places["A0"].id, True)
    assert "石桥村卫生室" in await keeper.get(f"/directory/consortia/{site.consortium}")


async def test_a_sheet_makes_no_loop(site, keeper):
    rows = [
        ["机构编码", "名称", "级别", "类别", "上级机构编码"],
        ["A1", "城厢卫生院", "乡镇级", "乡镇卫生院", "A2"],
        ["A2", "湖头卫生院", "乡镇级", "乡镇卫生院", "A1"],
    ]
    said = text_of(await send_sheet(keeper, "institutions", rows))
    assert ("更新 1" in said, "上级机构编码：上级不能是它自己，也不能是它的下级" in said) == (True, True)


async def test_departments_come_from_a_sheet_to_ones_own_house(site, warden):
    rows = [
        ["机构编码", "科室名称", "科室电话"],
        ["A1", "全科", "0919-5550112"],
        ["A1", "全科", ""],
        ["A2", "儿科", ""],
        ["A1", "中医科", "x"],
    ]
    shown = await send_sheet(warden, "departments", rows)
    said = text_of(shown)
    for words in ("新增 1", "有错，跳过 3", "机构编码：没有这个机构编码，或不归您管理", "科室电话：电话号码不对"):
        assert words in said, words
    await warden.submit(shown, "/directory/departments/import/apply")
    assert (await row(site, Department, name="全科")).phone == "0919-5550112"


HEADS = [
    "协议编号",
    "邀请方机构编码",
    "受邀方机构编码",
    "服务",
    "生效日期",
    "结束日期",
    "费用（元）",
    "责任条款",
    "状态",
]


def sheet_row(site, number, inviting="A1", services="远程会诊、远程教学", state="", starts=0, ends=365, invited="A0"):
    return [number, inviting, invited, services, str(day(site, starts)), str(day(site, ends)), "280", "各负其责", state]


async def test_agreements_come_from_a_sheet_as_drafts_or_in_force(site, keeper):
    await agreed(site)
    rows = [
        HEADS,
        sheet_row(site, "YLT-7", "A2", state="生效"),
        sheet_row(site, "YLT-8", "A2", services="远程诊断"),
        sheet_row(site, "YLT-9", "A2", services="远程教学"),
        sheet_row(site, "YLT-10", "A1"),
        sheet_row(site, "YLT-1", "A1", ends=400),
        sheet_row(site, "YLT-11", "A0"),
        sheet_row(site, "YLT-12", "B0"),
        sheet_row(site, "YLT-13", "A2", starts=5, ends=3, services="手术"),
    ]
    shown = await send_sheet(keeper, "agreements", rows)
    said = text_of(shown)
    for words in ("新增 2", "有错，跳过 6", "导入时生效", "与第 2 行的服务和日期重叠", "与协议 YLT-1 的服务和日期重叠"):
        assert words in said, words
    for words in (
        "协议生效后不能再改",
        "受邀方不能和邀请方是同一家",
        "邀请方机构编码：没有这个机构编码",
        "服务：请从所列选项中选择",
    ):
        assert words in said, words
    await keeper.submit(shown, "/directory/agreements/import/apply")
    first, second = await row(site, Agreement, number="YLT-7"), await row(site, Agreement, number="YLT-8")
    assert (first.state, first.services, first.fee_cents) == ("in_force", ["consultation", "teaching"], 28_000)
    assert second.state == "draft"


async def test_a_party_imports_drafts_and_no_more(site, warden):
    rows = [HEADS, sheet_row(site, "YLT-7"), sheet_row(site, "YLT-8", state="生效"), sheet_row(site, "YLT-9", "A2")]
    said = text_of(await send_sheet(warden, "agreements", rows))
    assert ("新增 1" in said, "状态：协议由医联体管理员使其生效" in said, "其中一方要是您所在的机构" in said) == (
        True,
    ) * 3


@pytest.mark.parametrize("noun", ["institutions", "departments", "agreements"])
async def test_what_is_exported_reads_back_as_no_change(site, keeper, noun):
    await agreed(site)
    answer = await keeper.session.get(f"/directory/{noun}/export.xlsx")
    table = sheets.read(await answer.read())
    shown = text_of(await send_sheet(keeper, noun, table))
    assert (f"无变化 {len(table) - 1}" in shown, "有错，跳过 0" in shown) == (True, True), shown
    assert "directory.exported" in await site.acts()
    assert "B0" not in {cell for line in table for cell in line}


@pytest.mark.parametrize("noun", ["institutions", "departments", "agreements"])
async def test_a_template_reads_back_and_english_heads_do_too(site, keeper, noun):
    await keeper.post("/language", {"locale": "en", "next": "/directory"})
    answer = await keeper.session.get(f"/directory/{noun}/import/template.xlsx")
    table = sheets.read(await answer.read())
    assert not re.search("[一-鿿]", "".join(table[0] + table[1]))
    shown = await send_sheet(keeper, noun, table)
    assert (shown.status, "Import preview" in shown) == (200, True)
