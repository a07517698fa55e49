"""Before the room: oneself, a level that moves, a sentence about the line; one thing to do when something is wrong."""

import pytest

from tests.browser.conftest import launch
from tests.browser.room.visitors import house, until, visitor, visitors
from tests.turn import Coturn

INSECURE = """
for (const name of ["mediaDevices", "locks", "wakeLock", "clipboard"])
  Object.defineProperty(navigator, name, {value: undefined});
crypto.randomUUID = undefined;"""
FAILING = """(() => {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.failing = {video: "%(error)s"};
  navigator.mediaDevices.getUserMedia = wish => {
    const name = Object.keys(wish).map(sense => window.failing[sense]).find(Boolean);
    return name ? Promise.reject(new DOMException("", name)) : real(wish);
  };
})()"""


async def test_one_sees_oneself_hears_that_one_is_heard_and_enters_with_one_click(chromium, rooms):
    async with visitors(chromium, rooms, "li") as (li,):
        await li.open("/rooms/r1")
        for sentence in ("您的画面正常", "您的声音正常", "线路良好"):
            await li.page.get_by_text(sentence).wait_for()
        level = "getComputedStyle(document.querySelector('#check-level span')).width"
        await until(lambda: li.page.evaluate(level), lambda width: width != "0px")
        assert await li.page.evaluate("document.activeElement.id") == "enter"
        await li.page.keyboard.press("Enter")
        await li.inside()


async def test_what_was_switched_off_before_stays_off_inside(chromium, rooms):
    async with visitors(chromium, rooms, "li") as (li,):
        await li.open("/rooms/r1")
        await li.page.click("#check-mic")
        await li.page.click("#check-cam")
        await li.page.get_by_text("麦克风已静音，别人听不到您").wait_for()
        await li.page.get_by_text("摄像头已关闭，别人看不到您").wait_for()
        await li.page.click("#enter")
        await li.inside()
        assert await li.pressed("mic")
        assert await li.pressed("cam")
        assert await li.live_tracks() == ["audio"]


@pytest.mark.parametrize(
    ("error", "title", "how"),
    [
        ("NotAllowedError", "浏览器没有允许使用摄像头", "请点地址栏左侧的图标"),
        ("NotReadableError", "摄像头被另一个程序占用", "请关闭其他正在使用它的程序"),
        ("NotFoundError", "没有找到摄像头", "请插好摄像头"),
    ],
)
async def test_a_camera_that_does_not_open_is_one_question(chromium, rooms, error, title, how):
    async with visitors(chromium, rooms, "li") as (li,):
        await li.page.add_init_script(FAILING % {"error": error})
        await li.open("/rooms/r1")
        await li.page.get_by_role("heading", name=title).wait_for()
        assert how in await li.page.text_content("#trouble-how")
        assert await li.page.is_hidden("#enter")
        await li.page.click("#trouble-without")
        await li.page.get_by_text("没有画面，只用语音").wait_for()
        await li.page.click("#enter")
        await li.inside()
        assert await li.live_tracks() == ["audio"]


async def test_a_camera_that_is_mended_needs_one_click_or_none(chromium, rooms):
    async with visitors(chromium, rooms, "li") as (li,):
        await li.page.add_init_script(FAILING % {"error": "NotReadableError"})
        await li.open("/rooms/r1")
        await li.page.get_by_role("heading", name="摄像头被另一个程序占用").wait_for()
        await li.page.evaluate("window.failing = {}")
        await li.page.click("#trouble-retry")
        await li.page.get_by_text("您的画面正常").wait_for()
        await li.page.evaluate(
            "window.failing = {video: 'NotFoundError'};"
            " opened.at(-1).stop(); opened.at(-1).dispatchEvent(new Event('ended'))"
        )
        await li.page.get_by_role("heading", name="没有找到摄像头").wait_for()
        await li.page.evaluate("window.failing = {}; navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
        await li.page.get_by_text("您的画面正常").wait_for()
        await li.page.locator("#trouble").wait_for(state="hidden")


async def test_a_page_that_is_not_secure_says_so_and_can_still_look_on(chromium, rooms):
    async with visitors(chromium, rooms, "zhang", "li") as (zhang, li):
        await li.page.add_init_script(INSECURE)
        await li.open("/rooms/r1")
        await li.page.get_by_role("heading", name="浏览器不允许这个页面使用摄像头和麦克风").wait_for()
        assert await li.page.is_hidden("#trouble-retry")
        await li.page.click("#trouble-without")
        await zhang.enter_at_once("r1")
        await li.page.click("#enter")
        await li.inside()
        await li.sees("zhang")
        await li.says("听得见，看得见")
        await zhang.reads("听得见，看得见")


async def test_a_camera_lost_in_the_call_is_said_there_and_the_voice_goes_on(chromium, rooms):
    async with visitors(chromium, rooms, "zhang", "li") as (zhang, li):
        await li.page.add_init_script(FAILING % {"error": ""})
        await zhang.enter_at_once("r1")
        await li.enter_at_once("r1")
        await zhang.sees("li")
        await li.page.evaluate(
            "window.failing = {video: 'NotFoundError'}; const video = opened.find(track => track.kind === 'video');"
            " video.stop(); video.dispatchEvent(new Event('ended'))"
        )
        await li.page.get_by_role("heading", name="没有找到摄像头").wait_for(timeout=2000)
        sent = (await li.media())["sent"]
        await until(li.media, lambda media: media["sent"] > sent + 20)
        await until(lambda: zhang.tile("li").get_attribute("data-pictured"), lambda pictured: pictured is None)
        await li.page.evaluate("window.failing = {}; navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
        await zhang.sees("li")


async def test_a_microphone_that_gives_nothing_is_told_after_five_seconds(playwright, fonts, rooms, tmp_path):
    silence = tmp_path / "silence.wav"
    silence.write_bytes(wav(bytes(2 * 48_000)))
    browser = await launch(playwright, fonts, f"--use-file-for-fake-audio-capture={silence}")
    try:
        async with visitor(browser, rooms, "li") as li:
            await li.enter_at_once("r1")
            await li.page.get_by_text("麦克风无声").wait_for()
            await li.page.keyboard.press("m")
            await li.page.locator(".face-note").get_by_text("麦克风无声").wait_for(state="hidden")
    finally:
        await browser.close()


def wav(samples, rate=48_000):
    """One channel of 16 bits."""
    head = b"RIFF" + (36 + len(samples)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    shape = b"".join(
        number.to_bytes(size, "little") for number, size in ((1, 2), (1, 2), (rate, 4), (rate * 2, 4), (2, 2), (16, 2))
    )
    return head + shape + b"data" + len(samples).to_bytes(4, "little") + samples


async def test_a_relay_that_answers_and_one_that_does_not(chromium, room_static, tmp_path):
    with Coturn(tmp_path) as turn:
        async with (
            house(room_static, tmp_path, turn.url, turn.secret) as made,
            visitor(chromium, made, "li") as li,
        ):
            await li.open("/rooms/r1")
            await li.page.get_by_text("线路良好").wait_for()
            turn.stop()
            await li.page.reload()
            await li.page.get_by_text("中转服务器不通，个别网络下可能接不通").wait_for()
