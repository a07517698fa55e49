"""A series: planned for many weeks, published at once, changed or called off from one on."""

import re

import pytest

from tests.web.teaching_site import LESSON, post_of, session_at

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")

FRIDAYS = {"starts": "2026-12-04T14:30", "weeks": "3", "title": "周五心电图"}


async def planned(site, teacher):
    """The address of the course, and of its sessions in the order of time."""
    page = await teacher.get("/teaching/sessions/new")
    fields = {**LESSON, "teacher": await post_of(site, "teacher"), **FRIDAYS}
    course = await teacher.submit(page, "/teaching/sessions", **fields)
    return course.url.path, sessions_on(course)


def sessions_on(page):
    return list(dict.fromkeys(re.findall(r"/teaching/sessions/[0-9a-f]{32}", page.text)))


async def published(site, teacher):
    course, sessions = await planned(site, teacher)
    await teacher.post(f"{course}/publish")
    return course, sessions


async def amended(site, teacher, address, **changes):
    page = await teacher.get(f"{address}/edit")
    course = (await session_at(site, address)).course_id
    fields = {**LESSON, "teacher": await post_of(site, "teacher"), "course": course, **FRIDAYS, **changes}
    return await teacher.submit(page, f"{address}/edit", **fields)


def days_on(page):
    return re.findall(r"(12月\d+日) 周. (\d+:\d+)", page.text)


async def test_several_weeks_are_a_series_and_published_at_once(site, teacher, learner):
    course, sessions = await planned(site, teacher)
    assert course.startswith("/teaching/courses/")
    page = await teacher.get(course)
    assert days_on(page) == [("12月4日", "14:30"), ("12月11日", "14:30"), ("12月18日", "14:30")]
    assert "发布筹备好的 3 场" in page
    assert "还没有安排" in await learner.get(course)
    await teacher.post(f"{course}/publish")
    assert "发布筹备好的" not in await teacher.get(course)
    assert sessions_on(await learner.get(course)) == sessions
    assert (await learner.post(f"{course}/publish")).status == 404


async def test_where_one_has_no_place_none_is_published(site, teacher, learner):
    page = await teacher.get("/teaching/sessions/new")
    other = {**LESSON, "teacher": await post_of(site, "teacher"), "starts": "2026-12-11T15:00"}
    taken = await teacher.submit(page, "/teaching/sessions", **other)
    await teacher.post(f"{taken.url.path}/publish")
    course, _ = await planned(site, teacher)
    refused = await teacher.post(f"{course}/publish")
    assert (refused.status, "蔡明 在这个时间已有安排" in refused) == (409, True)
    assert "还没有安排" in await learner.get(course)


async def test_what_is_not_filed_yet_waits(site, teacher):
    course, sessions = await planned(site, teacher)
    await amended(
        site, teacher, sessions[1], starts="2026-12-11T14:30", credit_class="second", credits="2", project_no="A-1"
    )
    assert "发布筹备好的 2 场" in await teacher.get(course)
    await teacher.post(f"{course}/publish")
    assert "筹备中" in await teacher.get(sessions[1])


async def test_what_changes_reaches_all_that_follow_and_nothing_else_does(site, teacher, learner):
    course, sessions = await published(site, teacher)
    await amended(site, teacher, sessions[2], starts="2026-12-18T14:30", title="心律失常")
    await learner.post(f"{course}/enrol")
    page = await teacher.get(f"{sessions[1]}/edit")
    assert "这一场和以后的 1 场" in page
    changes = {"starts": "2026-12-12T09:00", "minutes": "90", "capacity": "30", "reach": "following"}
    assert "已保存，以后各场一并修改" in await amended(site, teacher, sessions[1], **changes)
    assert days_on(await teacher.get(course)) == [("12月4日", "14:30"), ("12月12日", "09:00"), ("12月19日", "09:00")]
    first, second, third = [await session_at(site, one) for one in sessions]
    assert [one.capacity for one in (first, second, third)] == [0, 30, 30]
    assert [one.minutes for one in (first, second, third)] == [60, 90, 90]
    assert (second.title, third.title) == ("周五心电图", "心律失常")
    told = await learner.get("/notices")
    assert "心律失常，新时间 2026年12月19日 周六 09:00" in told


async def test_a_week_later_or_earlier_is_so_for_all(site, teacher):
    course, sessions = await published(site, teacher)
    for starts, days in (
        ("2026-12-11T14:30", ["12月11日", "12月18日", "12月25日"]),
        ("2026-12-04T14:30", ["12月4日", "12月11日", "12月18日"]),
    ):
        done = await amended(site, teacher, sessions[0], starts=starts, reach="following")
        assert done.status == 200, done.text
        assert [day for day, _ in days_on(await teacher.get(course))] == days


async def test_a_change_that_one_cannot_follow_changes_none(site, teacher, learner):
    _, sessions = await published(site, teacher)
    for login in ("learner1", "learner2"):
        await (await site.signed_in(login)).post(f"{sessions[2]}/enrol")
    refused = await amended(site, teacher, sessions[0], capacity="1", reach="following")
    assert (refused.status, "已有 2 人报名" in refused) == (422, True)
    assert [(await session_at(site, one)).capacity for one in sessions] == [0, 0, 0]


async def test_calling_off_from_one_on(site, teacher, learner):
    course, sessions = await published(site, teacher)
    await learner.post(f"{course}/enrol")
    assert "这一场和以后的 1 场" in await teacher.get(sessions[1])
    await teacher.post(f"{sessions[1]}/cancel", {"reason": "授课教师出国进修", "reach": "following"})
    assert days_on(await teacher.get(course)) == [("12月4日", "14:30")]
    assert (await learner.get("/notices")).text.count("授课教师出国进修") >= 2
