"""One's own times in pages: the week, weekly hours, exceptions, the calendar file; another's week."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from server.scheduling import hours, service
from server.scheduling.availability import ExceptionKind
from server.scheduling.working_calendar import SHANGHAI
from tests.services.scheduling_people import furnish
from tests.web.scheduling_site import Browser, site

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")


def clock_at(hour, minute=0, day=23):
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.fixture
async def place(database):
    async with database.unit() as unit:
        return await furnish(unit)


@pytest.fixture
async def client(database):
    async with site(database) as client:
        yield client


@pytest.fixture
def expert(client, place):
    return Browser(client, place.expert_person, place.expert.id, place.hospital, "specialist")


@pytest.fixture
def doctor(client, place):
    return Browser(client, place.doctor_person, place.doctor.id, place.township, "applicant")


async def book(database, place, start=None, **more):
    async with database.unit() as unit:
        return await service.book(
            unit,
            subject_kind="consultation",
            subject_id="c" * 32,
            resources=[place.expert, place.doctor],
            start=start or clock_at(14, day=24),
            end=(start or clock_at(14, day=24)) + timedelta(minutes=30),
            title="HZ330100202611230001",
            key="1",
            **more,
        )


MONDAY_MORNING = {"d0_0_from": "08:30", "d0_0_to": "11:30", "valid_from": "2026-11-23", "version": "0"}


async def test_the_week_shows_what_is_booked_with_the_way_to_it(database, place, expert):
    await book(database, place)
    await expert.open("/schedule")

    assert expert.status == 200
    assert "14:00–14:30 HZ330100202611230001" in expert.words
    assert f'href="/consultations/{"c" * 32}"' in expert.html
    assert "11月23日 周一 – 11月29日 周日" in expert.words


async def test_the_bars_are_said_in_words_too(database, place, expert):
    await book(database, place)
    await expert.open("/schedule")

    assert "空闲 08:00–12:00，14:30–17:30；已占用 14:00–14:30" in expert.html


async def test_whoever_set_no_hours_is_told_what_is_assumed(expert):
    await expert.open("/schedule")

    assert "您还没有设置可约时间" in expert.words


async def test_a_holiday_and_a_make_up_day_are_named(expert):
    await expert.open("/schedule?week=2026-10-07")

    assert "休 国庆节" in expert.words
    assert "调休上班" in expert.words


@pytest.mark.parametrize("week", ["2026-02-30", "nonsense", "0001-01-01", "9999-12-31", ""])
async def test_a_week_that_is_none_shows_this_week(expert, week):
    await expert.open(f"/schedule?week={week}")

    assert expert.status == 200
    assert "11月23日 周一 – 11月29日 周日" in expert.words


# ---- weekly hours ----


async def test_hours_saved_hold_from_their_day_and_the_page_says_so(expert):
    await expert.open("/schedule/hours")
    assert (expert.typed("d4_1_from"), expert.typed("d4_1_to")) == ("14:00", "17:30")

    await expert.send("/schedule/hours", **MONDAY_MORNING)

    assert expert.status == 200
    assert expert.address == "/schedule?week=2026-11-23&saved=hours"
    assert "可约时间已保存" in expert.words
    assert "空闲 08:30–11:30" in expert.html
    assert "您还没有设置可约时间" not in expert.words
    await expert.open("/schedule/hours")
    assert (expert.typed("d0_0_from"), expert.typed("d0_0_to"), expert.typed("d1_0_from")) == ("08:30", "11:30", "")


async def test_an_end_of_midnight_is_the_end_of_the_day(expert):
    await expert.open("/schedule/hours")
    await expert.send("/schedule/hours", **MONDAY_MORNING | {"d0_0_from": "20:00", "d0_0_to": "00:00"})

    assert "空闲 20:00–00:00" in expert.html
    await expert.open("/schedule/hours")
    assert expert.typed("d0_0_to") == "00:00"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"d0_0_to": ""}, "请填写开始和结束时间，或都不填"),
        ({"d0_0_to": "08:00"}, "结束时间须晚于开始时间"),
        ({"d0_1_from": "11:00", "d0_1_to": "12:00"}, "同一天的时段不能重叠"),
        ({"d0_0_to": "25:00"}, "请填写时刻，例如 14:30"),
        ({"valid_from": "2026-11-22"}, "不能早于今天"),
        ({"valid_from": ""}, "请填写"),
    ],
)
async def test_hours_that_cannot_be_are_said_at_their_field_and_what_was_typed_stays(expert, wrong, says):
    await expert.open("/schedule/hours")
    typed = MONDAY_MORNING | wrong
    await expert.send("/schedule/hours", **typed)

    assert expert.status == 422
    assert says in expert.words
    assert {name: expert.typed(name) for name in typed} == typed
    await expert.open("/schedule")
    assert "您还没有设置可约时间" in expert.words


async def test_hours_changed_in_another_window_meanwhile_are_not_overwritten(expert):
    await expert.open("/schedule/hours")
    await expert.send("/schedule/hours", **MONDAY_MORNING)
    await expert.open("/schedule/hours")
    await expert.send("/schedule/hours", **MONDAY_MORNING)

    assert expert.status == 409


async def test_the_same_post_twice_has_one_effect_and_one_answer(expert):
    await expert.open("/schedule/hours")
    for _ in range(2):
        await expert.send("/schedule/hours", **MONDAY_MORNING, idempotency_key="k" * 32)
        assert expert.address == "/schedule?week=2026-11-23&saved=hours"
        assert expert.status == 200


async def test_hours_to_come_are_announced_where_hours_are_set(database, place, expert):
    async with database.unit() as unit:
        await hours.set_weekly_hours(
            unit, post_id=place.expert.id, hours=[], valid_from=datetime(2026, 12, 1, tzinfo=SHANGHAI).date()
        )
    await expert.open("/schedule/hours")

    assert "从今天" not in expert.words
    await expert.send("/schedule/hours", **MONDAY_MORNING | {"valid_from": "2026-12-07", "version": "1"})
    await expert.open("/schedule/hours")
    assert "另有从 2026-12-07 起的安排" in expert.words


# ---- exceptions ----


async def test_being_away_is_noted_with_the_bookings_in_the_way_and_can_be_undone(database, place, expert):
    await book(database, place)
    await expert.open("/schedule")
    await expert.send(
        "/schedule/exceptions", kind="away", start="2026-11-24T13:00", end="2026-11-24T18:00", note="外出开会"
    )

    assert "停诊已登记" in expert.words
    assert "13:00–18:00 停诊 · 外出开会" in expert.words
    assert "这段时间仍有 1 个预约，请联系会诊中心改期" in expert.words
    assert "空闲 08:00–12:00；已占用 14:00–14:30" in expert.html

    undo = expert.html.split('action="/schedule/exceptions/')[1].split('"')[0]
    await expert.send(f"/schedule/exceptions/{undo}")

    assert "恢复为每周的安排" in expert.words
    assert "外出开会" not in expert.words


async def test_a_week_of_leave_shows_on_each_of_its_days(expert):
    await expert.open("/schedule")
    await expert.send("/schedule/exceptions", kind="away", start="2026-11-25T00:00", end="2026-11-28T00:00")

    assert expert.words.count("11月25日 周三 00:00 – 11月28日 周六 00:00") >= 3


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"end": "2026-11-24T12:00"}, "结束时间须晚于开始时间"),
        ({"end": ""}, "请填写"),
        ({"start": "morgen"}, "请填写时间，例如 2026-11-22 14:30"),
        ({"start": "0001-01-01T00:00"}, "请核对年份"),
        ({"kind": "maybe"}, "请从所列选项中选择"),
    ],
)
async def test_an_exception_that_cannot_be_is_said_at_its_field(expert, wrong, says):
    await expert.open("/schedule")
    typed = {"kind": "away", "start": "2026-11-24T13:00", "end": "2026-11-24T18:00"} | wrong
    await expert.send("/schedule/exceptions?week=2026-11-23", **typed)

    assert expert.status == 422
    assert says in expert.words
    assert {name: expert.typed(name) for name in ("start", "end")} == {name: typed[name] for name in ("start", "end")}


async def test_nobody_undoes_the_absence_of_another(database, place, expert, doctor):
    await expert.open("/schedule")
    await expert.send("/schedule/exceptions", kind="away", start="2026-11-24T13:00", end="2026-11-24T18:00")
    undo = expert.html.split('action="/schedule/exceptions/')[1].split('"')[0]
    await doctor.open("/schedule")
    await doctor.send(f"/schedule/exceptions/{undo}")

    assert doctor.status == 404
    await expert.open("/schedule")
    assert "停诊" in expert.words


# ---- others ----


async def test_a_colleague_sees_that_time_is_taken_and_not_by_what(client, database, place, expert):
    await book(database, place)
    await expert.open("/schedule")
    await expert.send(
        "/schedule/exceptions", kind="away", start="2026-11-26T13:00", end="2026-11-26T18:00", note="化疗"
    )
    colleague = Browser(client, "1" * 32, "2" * 32, place.hospital, "specialist")
    await colleague.open(f"/schedule/posts/{place.expert.id}")

    assert colleague.status == 200
    assert "李建国 的日程" in colleague.words
    assert "14:00–14:30 已占用" in colleague.words
    assert "停诊" in colleague.words
    for secret in ("HZ330100202611230001", "c" * 32, "化疗"):
        assert secret not in colleague.html


async def test_another_house_sees_nothing_and_learns_not_even_that_it_exists(client, place, doctor):
    await doctor.open(f"/schedule/posts/{place.expert.id}")
    elsewhere = doctor.status, doctor.words
    await doctor.open(f"/schedule/posts/{'f' * 32}")

    def without_number(words):
        return words.split("查询编号")[0]

    assert elsewhere[0] == doctor.status == 404
    assert without_number(elsewhere[1]) == without_number(doctor.words)


async def test_a_role_without_a_schedule_has_none(client, place):
    auditor = Browser(client, place.expert_person, place.expert.id, place.hospital, "auditor")

    assert (await auditor.open("/schedule")).status == 404


async def test_ones_own_bookings_come_as_a_calendar_file(database, place, expert):
    booking = await book(database, place)
    await expert.open("/schedule/agenda.ics")

    assert expert.type == "text/calendar"
    (event,) = Calendar.from_ical(expert.html).walk("VEVENT")
    assert (str(event["uid"]), event.start) == (f"{booking.id}@lianzhen", booking.starts_at)


async def test_the_pages_are_whole_in_english(database, place, expert):
    await book(database, place)
    for path in (
        "/schedule?week=2026-10-05&lang=en",
        "/schedule/hours?lang=en",
        f"/schedule/posts/{place.expert.id}?lang=en",
    ):
        await expert.open(path)
        main = expert.html[expert.html.index('<main id="main"') :].replace("李建国", "")
        chinese = [char for char in main if "一" <= char <= "鿿"]
        assert (expert.status, chinese) == (200, [])


async def test_an_exception_given_for_extra_time_opens_the_evening(database, place, expert):
    async with database.unit() as unit:
        await hours.add_exception(
            unit, post_id=place.expert.id, start=clock_at(19), end=clock_at(21), kind=ExceptionKind.EXTRA
        )
    await expert.open("/schedule")

    assert "19:00–21:00 加诊" in expert.words
    assert "14:00–17:30，19:00–21:00" in expert.html
