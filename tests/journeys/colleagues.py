"""People at their own computers, each a browser profile that tolerates no error, in either language."""

import re
from contextlib import asynccontextmanager

from playwright.async_api import expect

from server.core.i18n import Translations
from server.core.places import locales
from server.demo import PASSWORD
from tests.browser.conftest import Watch
from tests.browser.room.visitors import WATCH, Visitor

POLICY = """addEventListener("securitypolicyviolation", ({effectiveDirective, blockedURI, sourceFile}) =>
  console.error(`Content Security Policy: ${effectiveDirective} ${blockedURI} ${sourceFile}`))"""
LANG = {"zh": "zh-CN", "en": "en"}
VIEWER = ("chrome-extension:", "chrome:")  # the browser's own for PDF
COLOURS = """canvas => {
  const pen = new OffscreenCanvas(96, 96).getContext("2d");
  pen.drawImage(canvas, 0, 0, 96, 96);
  const { data } = pen.getImageData(0, 0, 96, 96), seen = new Set();
  for (let at = 0; at < data.length; at += 4) seen.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
  return seen.size;
}"""


class Words:
    """What the pages say: msgids are the Chinese, `say("发起会诊")` is the reader's."""

    def __init__(self, locale):
        self.locale, self.all = locale, Translations(locales())

    def __call__(self, message, **facts):
        browser = self.all.browser[self.locale].get(message)
        return browser % facts if browser else self.all.say(self.locale, message, facts)


class NoError(Watch):
    """Any error in a console counts, but for the line that is down while the site is away, and a form that comes back
    to be corrected."""

    def __init__(self, context, site):
        super().__init__(context)
        self.site = site

    def _request(self, request):
        if not request.url.startswith(VIEWER):
            super()._request(request)

    def _console(self, message):
        down = self.site.away and ("WebSocket connection" in message.text or "net::ERR" in message.text)
        if message.type == "error" and not down and "status of 422" not in message.text:
            page = message.page.url if message.page else ""
            self.offences.append(f"{page}: {message.text} {message.location['url']}")


class Colleague(Visitor):
    """One person's page; `say` is their language."""

    def __init__(self, page, site, name, say):
        super().__init__(page, site, name)
        self.say, self.took = say, {}
        self.password = getattr(site, "password", PASSWORD)

    async def sign_in(self, login):
        await self.open("/sign-in")
        await self.page.fill("#f-login", login)
        await self.page.fill("#f-password", self.password)
        await self.press("登录")
        await expect(self.page.locator(".person-name")).to_have_text(self.name)
        other = self.page.locator(f".person-menu button[name=locale][value={self.say.locale}]")
        if await other.count():  # the account remembers another language than this browser asks for
            await self.page.locator(".person-menu > summary").click()
            await other.click()
        await expect(self.page.locator("html")).to_have_attribute("lang", LANG[self.say.locale])

    async def press(self, word, within=None):
        """The button of that word."""
        await (within or self.page).get_by_role("button", name=self.say(word), exact=True).click()

    async def follow(self, word, within=None):
        await (within or self.page).get_by_role("link", name=self.say(word), exact=True).first.click()

    def tile(self, who, kind="camera"):
        name = self.page.locator(".face-name").get_by_text(who, exact=True)
        return self.page.locator(f'.face:not([data-mine])[data-kind="{kind}"]', has=name)

    async def looks_at(self, name):
        """A file of the case, opened in the page's own stage: there is a picture in it."""
        await self.page.locator(".file-list").get_by_role("link", name=name).click()
        viewer = self.page.locator("file-viewer")
        await expect(viewer).to_have_attribute("name", name, timeout=20_000)
        await expect(viewer).to_have_attribute("data-state", "open", timeout=30_000)
        canvas = viewer.locator("canvas:visible").first
        await canvas.wait_for()
        assert await canvas.evaluate(COLOURS) > 8, f"{name} is blank"

    async def goes_in(self):
        """From the case to the call: the check, then one click."""
        await self.follow("进入会诊室")
        await self.page.wait_for_selector("#check-says-camera[data-tone=done]", timeout=20_000)
        await self.page.click("#enter")
        await self.inside()

    @property
    def room(self):
        return re.search(r"/rooms/[0-9a-f]{32}", self.page.url)[0]


@asynccontextmanager
async def colleague(browser, site, name, say, login=None, **options):
    """A browser of their own; fails at the end if any page of it reported an error."""
    language = {"locale": "en-GB" if say.locale == "en" else "zh-CN", "timezone_id": "Asia/Shanghai"}
    context = await browser.new_context(permissions=["camera", "microphone"], **language, **options)
    context.set_default_timeout(15_000)
    await context.add_init_script(POLICY)
    await context.add_init_script(WATCH)
    watch = NoError(context, site)
    try:
        one = Colleague(await context.new_page(), site, name, say)
        if login:
            await one.sign_in(login)
        yield one
    except BaseException as error:
        error.add_note(f"{name}: {watch.offences}")
        if not login:
            error.add_note(site.trouble)
        raise
    finally:
        await context.close()
    assert watch.offences == [], name
