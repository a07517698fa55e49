"""Coming in and going out: by link, from a second page or device, let in by a host, and leaving nothing switched on."""

from tests.browser.room.visitors import WATCH, Visitor, until, visitor, visitors

REMEMBER = """addEventListener("pagehide", () => {
  const tracks = opened.map(track => track.readyState), ends = connections.map(pc => pc.connectionState);
  sessionStorage.setItem("left", JSON.stringify({tracks, ends}));
}, {capture: true})"""


async def second_page(visitor):
    """Another page of the same person in the same browser."""
    return Visitor(await visitor.page.context.new_page(), visitor.house, visitor.name)


async def test_a_second_tab_asks_before_it_takes_the_call_over(chromium, rooms):
    async with visitors(chromium, rooms, "zhang", "li") as (zhang, li):
        await zhang.enter_at_once("r1")
        await li.enter_at_once("r1")
        await zhang.sees("li")
        other = await second_page(li)
        await other.open("/rooms/r1?now")
        await other.page.get_by_text("在这里继续通话？").wait_for()
        assert await other.live_tracks() == []
        await zhang.sees("li")  # the first goes on undisturbed
        await other.page.click("#after-again")
        await other.inside()
        await li.page.get_by_text("通话已移到另一个页面或设备").wait_for()
        await until(li.live_tracks, lambda live: live == [], within=1)
        await zhang.sees("li")
        await other.sees("zhang")
        assert await zhang.people() == ["李晓燕"]
        await li.page.click("#after-again")  # and back
        await li.inside()
        await other.page.get_by_text("通话已移到另一个页面或设备").wait_for()


async def test_another_device_asks_too(chromium, rooms):
    async with (
        visitors(chromium, rooms, "zhang", "li") as (zhang, li),
        visitor(chromium, rooms, "li", device="phone", viewport={"width": 360, "height": 740}) as phone,
    ):
        await zhang.enter_at_once("r1")
        await li.enter_at_once("r1")
        await phone.open("/rooms/r1?now")
        await phone.page.get_by_text("在这里继续通话？").wait_for()
        await phone.page.click("#after-again")
        await phone.inside()
        await li.page.get_by_text("通话已移到另一个页面或设备").wait_for()
        await until(li.live_tracks, lambda live: live == [], within=1)
        await phone.sees("zhang")
        assert await zhang.people() == ["李晓燕"]


async def test_family_waits_until_a_host_lets_them_in(chromium, rooms):
    async with visitors(chromium, rooms, "zhang", "guest") as (zhang, guest):
        await zhang.enter_at_once("r1")
        await guest.open("/join/r1#token=open-sesame")
        await guest.page.fill("#guest-name", "女儿 王女士")
        await guest.page.click("#enter")
        await guest.page.get_by_text("主持人知道您到了").wait_for()
        assert await zhang.people() == []
        await zhang.page.get_by_text("有人在等候室等待准许进入").wait_for()
        await zhang.page.get_by_role("button", name="查看").click()
        await zhang.page.get_by_role("button", name="准许进入").click()
        await guest.inside()
        await zhang.sees("guest")
        assert await zhang.people() == ["女儿 王女士"]
        assert await guest.page.is_hidden("#control-screen")  # what the grant does not allow is not offered
        assert await guest.page.is_hidden("#more-family")


async def test_family_a_host_does_not_let_in_is_told_so(chromium, rooms):
    async with visitors(chromium, rooms, "zhang", "guest") as (zhang, guest):
        await zhang.enter_at_once("r1")
        await guest.open("/join/r1#token=open-sesame")
        await guest.page.click("#enter")
        await zhang.page.get_by_role("button", name="查看").click()
        await zhang.page.get_by_role("button", name="拒绝").click()
        await guest.page.get_by_text("主持人没有准许进入").wait_for()
        await until(guest.live_tracks, lambda live: live == [], within=1)


async def test_a_refused_entry_says_the_houses_own_sentence(chromium, rooms):
    async with visitors(chromium, rooms, "li") as (li,):
        await li.open("/rooms/closed?now")
        await li.page.get_by_text("会诊室在开始前 20 分钟开放").wait_for()
        await until(li.live_tracks, lambda live: live == [], within=1)


async def test_leaving_switches_everything_off_and_leads_back_to_the_case(chromium, rooms):
    async with visitors(chromium, rooms, "zhang", "li") as (zhang, li):
        await zhang.enter_at_once("r1")
        await li.enter_at_once("r1")
        await zhang.sees("li")
        await li.page.keyboard.press("s")
        await zhang.sees("li", "screen")
        await li.page.evaluate(REMEMBER)
        await li.page.click("#control-leave")
        await li.page.get_by_role("heading", name="病例").wait_for()
        left = await li.page.evaluate("JSON.parse(sessionStorage.getItem('left'))")
        assert left == {"tracks": ["ended"] * 3, "ends": ["closed"] * len(left["ends"])}
        await until(zhang.people, lambda people: people == [], within=2)


async def test_a_host_who_leaves_is_asked_and_may_end_it_for_all(chromium, rooms):
    async with visitors(chromium, rooms, "zhang", "li") as (zhang, li):
        await zhang.enter_at_once("r1")
        await li.enter_at_once("r1")
        await zhang.sees("li")
        await zhang.page.click("#control-leave")
        await zhang.page.get_by_role("button", name="取消").click()
        await zhang.sees("li")
        await zhang.page.click("#control-leave")
        await zhang.page.get_by_role("button", name="结束会诊").click()
        for person in (zhang, li):
            await person.page.get_by_text("会诊已结束").wait_for()
            await until(person.live_tracks, lambda live: live == [], within=1)


async def test_an_invitation_is_a_code_and_a_link_and_is_forgotten_with_its_dialog(chromium, rooms):
    async with visitors(chromium, rooms, "zhang") as (zhang,):
        await zhang.enter_at_once("r1")
        await zhang.page.click("#more summary")
        await zhang.page.click("#more-family")
        await zhang.page.locator("#invite-code").wait_for()
        assert await zhang.page.evaluate("document.querySelector('#invite-code').naturalWidth") > 100
        assert (await zhang.page.input_value("#invite-link")).endswith("/join/r1#token=open-sesame")
        await zhang.page.keyboard.press("Escape")
        await until(lambda: zhang.page.input_value("#invite-link"), lambda link: link == "")


async def test_a_line_typed_before_the_page_was_closed_is_said_by_the_next_one_once(chromium, rooms):
    async with visitors(chromium, rooms, "zhang", "li") as (zhang, li):
        await zhang.enter_at_once("r1")
        await li.enter_at_once("r1")
        rooms.kill()
        await li.says("请先抬高床头")
        await li.page.close()
        rooms.start()
        await rooms.ready()
        again = await second_page_of(li)
        await again.enter_at_once("r1")
        await again.reads("请先抬高床头")
        await zhang.reads("请先抬高床头")
        await again.page.reload()
        await again.inside()
        await again.reads("请先抬高床头")


async def second_page_of(closed):
    """A new page of somebody whose last one is gone."""
    context = closed.page.context
    await context.add_init_script(WATCH)
    return Visitor(await context.new_page(), closed.house, closed.name)
