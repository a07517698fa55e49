"""The record of acts as those who answer for it read and export it, and as everybody reads their own."""

import html
import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

import server
from server.accounts.audit_words import ACTS, AREAS, KINDS
from server.consultation.states import Move
from server.core import sheets
from tests.web.accounts_site import PASSWORD, open_site, said_at


@pytest.fixture
async def site(database_url, clock, tmp_path):
    async with open_site(tmp_path / "data", database_url, clock) as site:
        yield site


PATIENT = "e" * 32


@pytest.fixture
async def acts(site):
    """Monday: the doctor signs in. Tuesday: a patient is looked at, here and elsewhere. Then the auditor comes."""
    await site.signed_in("doctor")
    site.clock.turn(timedelta(days=1))
    for login, place in (("doctor", "A1"), ("stranger", "B0")):
        async with site.database.unit(site.acting(login, place)) as unit:
            unit.record("patient.read", kind="patient", id=PATIENT, patient=PATIENT, fields=["name"])
    return await site.signed_in("witness")


def rows(page):
    """Who and what of each row, newest first."""
    cells = [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        for row in re.findall(r"<tr data-row>.*?</tr>", page.text, re.DOTALL)
    ]
    return [tuple(html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row) for row in cells]


def who_did_what(page):
    return [(row[2].split()[0], row[3]) for row in rows(page)]


READ = ("林芳", "查看患者")
SIGNED_IN = ("林芳", "登录")
HERSELF = ("于洁", "登录")


async def test_an_auditor_reads_what_was_done_in_the_consortium_and_nothing_of_another(acts):
    seen = who_did_what(await acts.get("/audit"))
    assert seen == [HERSELF, READ, SIGNED_IN]
    assert "何远" not in await acts.get("/audit?who=stranger")
    assert "何远" not in await acts.get(f"/audit?patient={PATIENT}")


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("who=doctor", [READ, SIGNED_IN]),
        ("who=林芳", [READ, SIGNED_IN]),
        ("who=+Doctor+", [READ, SIGNED_IN]),
        ("who=nobody", []),
        ("act=accounts.signed_in", [HERSELF, SIGNED_IN]),
        ("act=accounts.", [HERSELF, SIGNED_IN]),
        ("act=acc%25.", []),
        (f"patient={PATIENT}", [READ]),
        (f"object={PATIENT}", [READ]),
        ("object=nothing", []),
        ("since=2026-11-24", [HERSELF, READ]),
        ("until=2026-11-23", [SIGNED_IN]),
        ("since=2026-11-23&until=2026-11-23&who=doctor&act=accounts.", [SIGNED_IN]),
        ("since=2026-11-25", []),
    ],
)
async def test_the_record_is_narrowed(acts, asked, seen):
    page = await acts.get(f"/audit?{asked}")
    assert [one for one in who_did_what(page) if one[1] != "查阅审计记录"] == seen
    assert ("没有符合条件的记录" in page) == (seen == [])


async def test_a_day_begins_and_ends_in_china(site, acts):
    """00:30 on the 25th in Shanghai is still the 24th in Greenwich."""
    site.clock.turn(timedelta(hours=15, minutes=30))
    async with site.database.unit(site.acting("doctor", "A1")) as unit:
        unit.record("patient.amend", kind="patient", id=PATIENT, patient=PATIENT)
    reader = await site.signed_in("witness")
    late = ("林芳", "修改患者资料")
    assert late in who_did_what(await reader.get("/audit?since=2026-11-25"))
    assert late not in who_did_what(await reader.get("/audit?until=2026-11-24"))


async def test_a_filter_that_makes_no_sense_says_so_at_the_field_and_keeps_it(acts):
    page = await acts.get("/audit?since=2026-11-24&until=2026-11-23&who=doctor")
    assert (page.status, said_at(page, "until")) == (422, "结束日期不能早于开始日期")
    assert 'value="doctor"' in page
    page = await acts.get("/audit?since=yesterday")
    assert (page.status, said_at(page, "since")) == (422, "请填写日期，例如 2026-11-22")
    assert (await acts.get("/audit?before=-1")).status == 422


async def test_reading_the_record_is_on_record(site, acts):
    await acts.get(f"/audit?patient={PATIENT}")
    reading = rows(await acts.get("/audit"))[0]
    assert (reading[3], reading[6]) == ("查阅审计记录", f"patient={PATIENT}")


async def test_the_list_goes_on_below(site, acts):
    async with site.database.unit(site.acting("doctor", "A1")) as unit:
        for number in range(60):
            unit.record("file.read", kind="attachment", id=f"{number:032}")
    page = await acts.get("/audit?act=file.read")
    older = await acts.get(page.link(r"/audit\?[^\"]*before=\d+"))
    assert [len(rows(one)) for one in (page, older)] == [50, 10]
    assert len({row[0] for one in (page, older) for row in rows(one)}) == 60


# ---- export


async def exported(reader, asked=""):
    async with reader.session.get(f"/audit/export.xlsx{asked}", allow_redirects=False) as response:
        assert response.status == 200, response.headers
        assert response.headers["Content-Disposition"] == 'attachment; filename="audit.xlsx"'
        return sheets.read(await response.read())


async def test_what_is_shown_leaves_as_a_sheet(site, acts):
    heads, row = await exported(acts, f"?patient={PATIENT}")
    line = dict(zip(heads, row, strict=True))
    assert line["时间"] == "2026-11-24 09:00:00"
    assert (line["人员"], line["账号"], line["行为代码"]) == ("林芳", "doctor", "patient.read")
    assert (line["患者编号"], line["内容"]) == (PATIENT, "name")
    newest = rows(await acts.get("/audit"))[0]
    assert (newest[3], newest[6]) == ("导出审计记录", f"1, patient={PATIENT}")


async def test_an_export_asks_for_the_password_again(site, acts):
    site.clock.turn(timedelta(minutes=6))
    page = await acts.get("/audit/export.xlsx?who=doctor")
    assert page.path == "/reauthenticate?next=/audit/export.xlsx?who%3Ddoctor"
    assert (await acts.get("/audit?who=doctor")).status == 200
    done = await acts.submit(page, "/reauthenticate", password=PASSWORD)
    assert "0; url=/audit/export.xlsx?who=doctor" in done
    file = await acts.get("/audit/export.xlsx?who=doctor")
    assert file.headers["Content-Disposition"] == 'attachment; filename="audit.xlsx"'


async def test_no_more_than_a_thousand_rows_leave_at_once(site, acts):
    async with site.database.unit(site.acting("doctor", "A1")) as unit:
        for number in range(1001):
            unit.record("file.read", kind="attachment", id=f"{number:032}")
    page = await acts.get("/audit/export.xlsx?act=file.read")
    assert (page.status, said_at(page, "since")) == (422, "超过 1000 条，一次导不出；请缩小时间段或多加条件")
    assert "审计记录" in page
    assert len(await exported(acts, "?act=file.read&object=" + "0" * 32)) == 2


async def test_a_cell_is_never_a_formula(site, acts):
    async with site.database.unit(site.acting("doctor", "A1")) as unit:
        unit.record("consultation.cancel", kind="consultation", id="c" * 32, reason="=HYPERLINK(1)")
    assert (await exported(acts, "?act=consultation.cancel"))[1][-1] == "=HYPERLINK(1)"
    async with acts.session.get("/audit/export.xlsx?act=consultation.cancel") as response:
        book = zipfile.ZipFile(io.BytesIO(await response.read()))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


# ---- one's own


async def test_everybody_reads_what_is_on_record_of_themselves(site, acts):
    doctor = await site.signed_in("doctor")
    assert "/me/acts" in (await doctor.get("/me")).text
    page = await doctor.get("/me/acts")
    assert [row[1] for row in rows(page)] == ["登录", "查看患者", "登录"]
    assert [row[1] for row in rows(await doctor.get("/me/acts?act=patient."))] == ["查看患者"]
    assert [row[1] for row in rows(await doctor.get("/me/acts?until=2026-11-23"))] == ["登录"]
    assert "何远" not in page


@pytest.mark.parametrize("asked", ["who=stranger", "object=" + PATIENT, "patient=" + PATIENT])
async def test_nobody_elses_by_that_page_whatever_is_asked(site, acts, asked):
    doctor = await site.signed_in("doctor")
    assert rows(await doctor.get(f"/me/acts?{asked}")) == rows(await doctor.get("/me/acts"))
    assert (await doctor.get("/audit")).status == 404
    assert (await doctor.get("/audit/export.xlsx")).status == 404


# ---- words


def code():
    return "".join(path.read_text() for path in Path(server.__file__).parent.rglob("*.py"))


def acts_on_record():
    """Every act that the code puts on record by its name."""
    named = re.findall(r'\brecord\(\s*"([a-z_]+\.[a-z_]+[a-z])"', code())
    either = re.findall(r'\brecord\(\s*"([a-z_.]+)" if [^,]* else "([a-z_.]+)"', code())
    files = re.findall(r'_record\(unit, attachment, subjects, "([a-z_.]+)"', code())
    return {*named, *files, *(act for pair in either for act in pair), *(f"consultation.{move.value}" for move in Move)}


def test_every_act_and_kind_on_record_has_its_words():
    named = {f"{area}.{act}" for area, acts in ACTS.items() for act in acts}
    assert acts_on_record() - named == set()
    assert set(re.findall(r'kind="([a-z_]+)", id=', code())) - set(KINDS) == set()
    assert set(ACTS) == set(AREAS)
