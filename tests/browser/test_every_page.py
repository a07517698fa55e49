"""Every page there is, as the people find it who may: no link leads nowhere, nobody is shut out, it fits a phone."""

import pytest
import pytest_asyncio

from server.accounts.visits import LANGUAGE
from tests.browser.conftest import profile
from tests.browser.test_frame import violations
from tests.journeys.house import open_house
from tests.journeys.walk import EVERYBODY, Found, walked

MACHINES = ("/api/consultations", "/api/openapi.json", "/static", "/socket.io/", "/healthz", "/readyz", "/metrics")
FILES = ("/favicon.ico", ".xlsx", ".pdf", ".ics", ".vtt")
PARTS = {
    *("/centre/rows", "/notices/bell", "/consultations/{id}/patients", "/consultations/{id}/opinion/panel"),
    *("/consultations/{id}/summary", "/files/{id}/tile", "/files/of/{kind}/{id}", "/people/export.{kind}"),
    *("/files/{id}/content", "/files/{id}/derived/{name}", "/teaching/sessions/{id}/bundle.zip"),
    *("/teaching/sessions/{id}/qr.svg", "/teaching/cases/{id}/copies/{copy}/sheets/{place}"),
    *("/teaching/recordings/{id}/files/{file}", "/consultations/{id}/drawer", "/teaching/recordings/{id}/ladder.m3u8"),
    *("/teaching/recordings/{id}/ladder/{rung}.m3u8", "/teaching/recordings/{id}/ladder/{rung}.mp4"),
    *("/consultations/recordings/{id}/files/{file}", "/consultations/recordings/{id}/ladder.m3u8"),
    *("/consultations/recordings/{id}/ladder/{rung}.m3u8", "/consultations/recordings/{id}/ladder/{rung}.mp4"),
    *("/reauthenticate/standing", "/teaching/cases/search", "/teaching/sessions/{id}/materials"),
}
"""Routes that answer with a part of a page or with a file."""

ELSEWHERE = {
    "/consultations/recordings/{id}": "journeys/test_filmed_case",
    "/directory/agreements/{id}/edit": "the form of /directory/agreements/new",
    "/files/{id}": "test_files",
    "/files/{id}/view": "test_files",
    "/invitation": "test_accounts",
    "/sign-in/recovery": "test_accounts",
    "/sign-in/second-factor": "test_accounts",
    "/reauthenticate": "test_accounts",
    "/join": "room/test_room_links",
    "/rooms/{id}": "room/test_room_look",
    "/teaching/cases/{id}": "test_casebook_masking",
    "/teaching/cases/{id}/copies": "test_casebook_masking",
    "/teaching/cases/{id}/copies/{copy}": "test_casebook_masking",
    "/teaching/cases/{id}/edit": "test_casebook_masking",
    "/teaching/cases/{id}/review": "test_casebook_masking",
    "/teaching/recordings/{id}": "journeys/test_recording",
    "/teaching/recordings/{id}/captions/{line}": "web/test_teaching_captions",
    "/verify/{code}": "journeys/test_road_in_browsers",
}
"""Pages that the demo has no link to, and what else looks at them."""

SIGNED_OUT = [Found(path, "", path, "", 200) for path in ("/sign-in", "/verify", "/api/docs")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory):
    async with open_house(tmp_path_factory.mktemp("every") / "site") as house:
        house.found = [*await walked(house), *SIGNED_OUT]
        yield house


async def test_no_link_leads_nowhere(house):
    assert [one for one in house.found if one.status in (403, 404, 500)] == []


async def test_every_page_is_found_by_somebody(house):
    routes = {one.resource.canonical for one in house.app.router.routes() if one.method == "GET" and one.resource}
    pages = {one for one in routes - PARTS if not one.startswith(MACHINES) and not one.endswith(FILES)}
    assert pages - {one.route for one in house.found} - ELSEWHERE.keys() == set()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("locale", "width", "height"), [("zh", 1280, 800), ("en", 360, 3000)])
async def test_no_page_shuts_anybody_out_and_all_fit_their_window(house, chromium, locale, width, height):
    """The phone is as long as a page: what lies under a fixed foot counts as too small to be touched."""
    first = {}
    for one in house.found:
        if one.route not in PARTS:
            first.setdefault(one.route, one)
    troubles = []
    for login in (*EVERYBODY, ""):
        theirs = [one for one in first.values() if one.login == login]
        troubles += await looked_at(house, chromium, login, theirs, locale, (width, height)) if theirs else []
    assert not troubles, "\n".join(map(str, troubles))


async def looked_at(house, chromium, login, pages, locale, window):
    troubles, (width, height) = [], window
    options = {"viewport": {"width": width, "height": height}, "color_scheme": "dark" if locale == "en" else "light"}
    async with profile(chromium, **options) as context:
        await context.add_cookies(await cookies(house, login, locale))
        page = await context.new_page()
        for one in pages:
            await page.goto(house.url + one.path)
            wide = await page.evaluate("document.scrollingElement.scrollWidth")
            if wide > width:
                troubles.append((one.path, f"{wide} px wide"))
            troubles += [(one.path, *trouble) for trouble in await violations(page)]
    return troubles


async def cookies(house, login, locale):
    """Of somebody signed in by other means, and the language."""
    visitor = await house.visitor(login or None)
    kept = [{"name": one.key, "value": one.value, "url": house.url} for one in visitor.session.cookie_jar]
    return [*kept, {"name": LANGUAGE, "value": locale, "url": house.url}]
