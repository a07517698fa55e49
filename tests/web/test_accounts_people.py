"""People in the hands of their administrators: inviting, posts, standing, sheets; and nobody's own rights."""

import asyncio
import io
import re
from datetime import timedelta

import orjson
import pytest
import socketio
from aiohttp import FormData
from yarl import URL

from server.accounts.roles import Role
from server.core import sheets
from tests.web.accounts_site import PASSWORD, open_site, said_at, typed_in

HEADS = ["姓名", "账号", "机构编码", "科室", "岗位", "邮箱", "电话", "证书有效期至"]


@pytest.fixture
async def site(database_url, clock, tmp_path):
    async with open_site(tmp_path / "data", database_url, clock) as site:
        yield site


@pytest.fixture
async def keeper(site):
    """The administrator of the consortium."""
    return await site.signed_in("keeper")


@pytest.fixture
async def warden(site):
    """The administrator of 城厢卫生院."""
    return await site.signed_in("warden")


def page_of(site, login):
    return f"/people/{site.people[login].id}"


def place(site, code):
    return site.places[code].id


JSON = {"Accept": "application/json"}


# ---- inviting


async def test_an_invited_person_sets_a_password_by_the_link_and_signs_in(site, keeper):
    form = await keeper.get("/people/new")
    typed = {"name": "沈悦", "place": place(site, "A2"), "role": "technician", "email": "shen@example.com"}
    shown = await keeper.submit(form, "/people", **typed)
    assert (shown.status, "shenyue" in shown) == (200, True)
    token = re.search(r"/invitation#token=([\w-]+)<", shown.text)[1]
    mail = (await site.letters())[-1]
    assert (mail.to, token in mail.body) == ("shen@example.com", True)

    newcomer = site.visitor()
    door = await newcomer.get("/invitation")
    weak = await newcomer.submit(door, "/invitation", token=token, password="123456789012", again="123456789012")
    assert (weak.status, said_at(weak, "password")) == (422, "这个密码太容易被猜到")
    unlike = await newcomer.submit(weak, "/invitation", token=token, password=PASSWORD, again="不一样的")
    assert said_at(unlike, "again") == "两次输入的密码不一样"
    done = await newcomer.submit(unlike, "/invitation", token=token, password=PASSWORD, again=PASSWORD)
    assert (done.path, "密码已经设置" in done) == ("/sign-in?set=1", True)
    assert (await newcomer.sign_in("shenyue", PASSWORD)).status == 200
    again = await newcomer.post("/invitation", {"token": token, "password": PASSWORD, "again": PASSWORD})
    assert (again.status, "邀请链接已失效或已用过" in again) == (410, True)


async def test_what_was_typed_stays_and_each_wrong_field_says_why(site, keeper):
    form = await keeper.get("/people/new")
    typed = {
        "name": "沈1",
        "email": "not a mail",
        "phone": "x",
        "login": "Ü",
        "starts": "2026-05-01",
        "ends": "2026-04-01",
    }
    page = await keeper.submit(form, "/people", **typed)
    assert page.status == 422
    assert {name: said_at(page, name) for name in typed if name != "starts"} | {"place": said_at(page, "place")} == {
        "name": "姓名里有不能用的符号",
        "email": "邮箱地址不对",
        "phone": "电话号码不对",
        "login": "账号由小写字母开头，可含数字、点、横线，至少 3 个字符",
        "ends": "结束日期要晚于开始日期",
        "place": "请填写",
    }
    assert [typed_in(page, name) for name in ("name", "email", "ends")] == ["沈1", "not a mail", "2026-04-01"]


async def test_a_link_counts_for_a_week_and_a_new_one_replaces_it(site, keeper):
    await site.enrol("shen", "沈悦", Role.TECHNICIAN, "A2", password=False)
    tokens = []
    for _ in range(2):
        shown = await keeper.post(f"{page_of(site, 'shen')}/invitation")
        tokens.append(re.search(r"#token=([\w-]+)<", shown.text)[1])
    newcomer = site.visitor()
    await newcomer.get("/invitation")

    async def tried(token):
        return (await newcomer.post("/invitation", {"token": token, "password": PASSWORD, "again": "x"})).status

    assert [await tried(token) for token in tokens] == [410, 422]
    site.clock.turn(timedelta(days=7))
    assert await tried(tokens[1]) == 410


# ---- who may look after whom


async def test_each_administrator_sees_their_own(site, keeper, warden):
    strangers = await site.signed_in("stranger")
    assert {login for login in site.people if f"<code>{login}</code>" in await keeper.get("/people")} == {
        *("doctor", "keeper", "warden", "witness")
    }
    assert {login for login in site.people if f"<code>{login}</code>" in await warden.get("/people")} == {
        *("doctor", "warden")
    }
    assert {login for login in site.people if f"<code>{login}</code>" in await strangers.get("/people")} == {"stranger"}
    for path in ("", "/edit"):
        assert (await strangers.get(page_of(site, "doctor") + path)).status == 404


async def test_an_administrator_of_a_house_gives_no_rights_beyond_it(site, warden):
    posts = f"{page_of(site, 'doctor')}/posts"
    wide = await warden.post(posts, {"place": place(site, "A1"), "role": "coordinator"})
    assert (wide.status, said_at(wide, "role")) == (422, "您的岗位不能授予这个角色")
    elsewhere = await warden.post(posts, {"place": place(site, "A2"), "role": "specialist"})
    assert elsewhere.status == 422
    assert (await warden.post(posts, {"place": place(site, "A1"), "role": "specialist"})).status == 200


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/posts", {"role": "coordinator"}),
        ("/suspend", {"reason": "试试"}),
        ("/deactivate", {"reason": "试试"}),
        ("/second-factor/reset", {}),
        ("/invitation", {}),
    ],
)
async def test_nobody_changes_their_own_rights(site, keeper, path, fields):
    fields = {"place": place(site, "A0"), **fields}
    refused = await keeper.post(page_of(site, "keeper") + path, fields, headers=JSON)
    assert (refused.status in (409, 422), "不能改变自己" in refused) == (True, True)


async def test_operators_auditors_and_everybody_else_are_kept_apart(site, keeper):
    for login, role in (("witness", "specialist"), ("witness", "inst_admin"), ("doctor", "auditor")):
        page = await keeper.post(f"{page_of(site, login)}/posts", {"place": place(site, "A0"), "role": role})
        assert (page.status, said_at(page, "role")[:4]) == (422, "三员分立")


# ---- posts and standing


async def test_a_post_is_added_switched_to_and_ended(site, keeper):
    doctor = await site.signed_in("doctor")
    added = await keeper.post(f"{page_of(site, 'doctor')}/posts", {"place": place(site, "A2"), "role": "family_doctor"})
    assert "湖头卫生院" in await doctor.get("/me")
    end = re.findall(rf'action="({page_of(site, "doctor")}/posts/\w+/end)"', added.text)
    ended = await keeper.post(end[-1], {"ends": "2020-01-01"})
    assert (ended.status, "不在任" in ended) == (200, True)
    assert (await doctor.get("/me")).path.startswith("/sign-in")
    again = await keeper.post(end[-1], headers=JSON)
    assert "这个岗位已经结束" in again


async def test_a_suspension_reaches_pages_and_sockets_within_two_seconds(site, keeper):
    doctor = await site.signed_in("doctor")
    feed = socketio.AsyncClient(reconnection=False)
    jar = doctor.session.cookie_jar.filter_cookies(URL(site.url))
    cookie = "; ".join(f"{one.key}={one.value}" for one in jar.values())
    headers = {"Origin": site.url, "Cookie": cookie}
    await feed.connect(site.url, transports=["websocket"], namespaces=["/live"], headers=headers)
    without = await keeper.post(f"{page_of(site, 'doctor')}/suspend")
    assert (without.status, said_at(without, "reason")) == (422, "请填写")
    assert "已暂停" in await keeper.post(f"{page_of(site, 'doctor')}/suspend", {"reason": "证书待核"})
    async with asyncio.timeout(2):
        await feed.wait()
    assert (await doctor.get("/me")).path.startswith("/sign-in")
    assert "用户名或密码不对" in await doctor.post("/sign-in", {"login": "doctor", "password": PASSWORD})
    assert "在用" in await keeper.post(f"{page_of(site, 'doctor')}/resume")
    assert (await doctor.sign_in("doctor", PASSWORD)).status == 200


async def test_who_is_deactivated_stays_so(site, keeper):
    await keeper.post(f"{page_of(site, 'doctor')}/deactivate", {"reason": "离职"})
    for move in ("resume", "suspend", "invitation"):
        refused = await keeper.post(f"{page_of(site, 'doctor')}/{move}", {"reason": "x"}, headers=JSON)
        assert refused.status == 409, move


async def test_an_expiring_credential_is_pointed_out(site, keeper):
    soon = site.clock.now().date() + timedelta(days=20)
    await site.enrol("expert", "赵敏", Role.SPECIALIST, "A0", credential_ends=soon)
    page = await keeper.get("/people")
    assert "1 人的执业证书 60 天内到期或已过期" in page
    only = await keeper.get("/people?expiring=1")
    assert ("赵敏" in only, "林芳" in only) == (True, False)


async def test_two_administrators_do_not_overwrite_each_other(site, keeper):
    edit = await keeper.get(f"{page_of(site, 'doctor')}/edit")
    first = await keeper.submit(edit, page_of(site, "doctor"), name="林芳", title="副主任医师", credential="physician")
    assert (first.status, "副主任医师" in first) == (200, True)
    second = await keeper.post(
        page_of(site, "doctor"), {"name": "林方", "version": "1", "credential": "none"}, headers=JSON
    )
    assert (second.status, orjson.loads(second.text)["code"]) == (409, "stale")


async def test_rights_over_others_ask_for_the_password_again(site, keeper):
    site.clock.turn(timedelta(minutes=6))
    refused = await keeper.post(f"{page_of(site, 'doctor')}/suspend", {"reason": "x"}, headers=JSON)
    assert (refused.status, orjson.loads(refused.text)["code"]) == (401, "reauthentication_needed")
    assert (await keeper.get("/people/new")).path == "/reauthenticate?next=/people/new"


async def test_no_page_of_people_writes_telephone_or_certificate_into_the_record(site, keeper):
    await site.enrol("shen", "沈悦", Role.TECHNICIAN, "A2", phone="13912345678", certificate="110-2020-777")
    page = await keeper.get(page_of(site, "shen"))
    assert ("13912345678" in page, "110-2020-777" in page) == (True, True)
    assert "accounts.enrolled" in await site.acts()


# ---- the list


async def test_the_list_is_narrowed_and_goes_on_below(site, keeper):
    for number in range(51):
        await site.enrol(f"many{number:02}", f"众{number:02}", Role.TRAINEE, "A2", password=False)
    page = await keeper.get("/people?role=trainee")
    assert page.text.count("data-row-link") == 50
    below = await keeper.get(page.link(r"/people\?[^\"]*before=\w+").replace("&amp;", "&"))
    assert re.findall(r"众\d\d", below.text)[:1] == ["众00"]
    assert "many07" in await keeper.get("/people?q=众07")
    assert "没有符合条件的人员" in await keeper.get("/people?q=无此人")


# ---- sheets


async def send_sheet(browser, content, name="人员.csv"):
    await browser.get("/people/import")
    form = FormData()
    form.add_field("csrf", browser.token)
    form.add_field("sheet", io.BytesIO(content), filename=name)
    return await browser.post("/people/import", form)


ROWS = [
    ["沈悦", "", "A2", "", "检查技师", "shen@example.com", "139 1234 5678", ""],
    ["林芳", "doctor", "A1", "", "申请医师", "lin@example.com", "", "2028-05-01"],
    ["韩冰", "", "A0", "心内科", "specialist", "", "", ""],
    ["曹燕", "", "B0", "", "会诊专家", "", "", ""],
    ["", "", "A1", "", "没有这个岗位", "not a mail", "", ""],
    ["何远", "stranger", "A1", "", "会诊专家", "", "", ""],
    ["林芳", "", "A1", "", "会诊专家", "", "", ""],
]


async def test_a_sheet_is_shown_row_by_row_and_only_what_is_right_is_done(site, keeper):
    shown = await send_sheet(keeper, sheets.as_csv(HEADS, ROWS))
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown.text)).replace(" ：", "：").replace("： ", "：")
    for words_of_a_row in (
        "新邀请 2",
        "更新 1",
        "有错，跳过 4",
        "机构编码：没有这个机构编码，或不归您管理",
        "姓名：请填写",
        "岗位：请从所列选项中选择",
        "邮箱：邮箱地址不对",
        "账号：这个账号已被别处的人使用",
        "账号：已有同名人员，请填写账号来区分",
    ):
        assert words_of_a_row in words
    assert "shenyue" not in await keeper.get("/people"), "nothing is done before it is confirmed"

    done = await keeper.submit(await send_sheet(keeper, sheets.as_csv(HEADS, ROWS)), "/people/import/apply")
    assert (done.status, done.text.count("/invitation#token=")) == (200, 2)
    people = await keeper.get("/people")
    assert all(f"<code>{login}</code>" in people for login in ("shenyue", "hanbing"))
    assert "2028-05-01" in await keeper.get(page_of(site, "doctor"))
    again = await send_sheet(keeper, sheets.as_csv(HEADS, ROWS[:2]))
    assert ("无变化 2" in again, "没有可导入的行" in again) == (True, True)


async def test_what_changed_since_the_preview_is_shown_anew(site, keeper):
    shown = await send_sheet(keeper, sheets.as_csv(HEADS, ROWS[:1]))
    await site.enrol("shenyue", "沈岳", Role.TRAINEE, "A2", password=False)
    again = await keeper.submit(shown, "/people/import/apply")
    assert ("资料在预览后有变动" in again, "shenyue2" in again) == (True, True)


async def test_a_preview_is_its_readers_alone(site, keeper, warden):
    shown = await send_sheet(keeper, sheets.as_csv(HEADS, ROWS[:1]))
    carried = re.search(r'name="carried" value="([^"]+)"', shown.text)[1]
    refused = await warden.post("/people/import/apply", {"carried": carried})
    assert (refused.status, "预览已失效" in refused) == (422, True)


async def test_nobody_gives_themselves_a_post_by_a_sheet(site, keeper):
    shown = await send_sheet(keeper, sheets.as_csv(HEADS, [["郭伟", "keeper", "A0", "", "会诊专家", "", "", ""]]))
    assert "不能改变自己的账号状态和岗位" in shown


async def test_the_template_reads_back_and_english_heads_do_too(site, keeper):
    answer = await keeper.session.get("/people/import/template.xlsx")
    table = sheets.read(await answer.read())
    assert (table[0][:3], table[1][0]) == (["姓名", "账号", "机构编码"], "张三")
    await keeper.post("/language", {"locale": "en", "next": "/people"})
    english = sheets.read(await (await keeper.session.get("/people/import/template.xlsx")).read())
    assert not re.search("[一-鿿]", "".join(english[0]))
    shown = await send_sheet(
        keeper, sheets.as_xlsx("x", english[0], [["Shen Yue", "", "A2", "", english[1][4]]]), "a.xlsx"
    )
    assert 'data-state="new"' in shown


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04not a zip", "这个文件读不出表格"),
        (b"\x00\x01\x02\x03", "这个文件读不出表格"),
        (b"a,b\n1,2\n", "第一行要是列名"),
        (b"x" * (sheets.LARGEST + 1), "一次最多 3000 行、5 MB"),
    ],
)
async def test_a_file_that_is_no_sheet_is_said_to_be_none(site, keeper, content, sentence):
    page = await send_sheet(keeper, content)
    assert (page.status, sentence in page) == (422, True)


async def test_an_exported_cell_is_never_a_formula(site, keeper):
    await site.enrol("formula", "=HYPERLINK(1)", Role.TRAINEE, "A2", password=False, title="+1")
    answer = await keeper.session.get("/people/export.csv?role=trainee")
    text = (await answer.read()).decode("utf-8-sig")
    assert "'=HYPERLINK(1),formula,'+1" in text
    book = sheets.read(await (await keeper.session.get("/people/export.xlsx")).read())
    assert {row[1] for row in book[1:]} == {"doctor", "keeper", "warden", "witness", "formula"}
    assert "accounts.exported" in await site.acts()
