"""What a form that saves itself does not keep."""

import pytest
import pytest_asyncio

from tests.browser import gallery as galleries

SECRET = "not-to-be-kept-2026"
ASKED = """form => {
  const input = document.createElement("input");
  input.type = "password"; input.name = "secret";
  form.append(input);
}"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    return galleries.bundle(tmp_path_factory.mktemp("kept"))


@pytest_asyncio.fixture(loop_scope="session")
async def house(built):
    async with galleries.gallery(built) as house:
        yield house


async def test_a_password_is_neither_kept_in_the_browser_nor_sent_with_a_draft(page, house):
    await page.goto(f"{house.address}/gallery?page=partials/gallery.html&in=zh")
    form = page.locator("form[data-autosave]")
    await form.evaluate(ASKED)
    await form.locator("[name=secret]").fill(SECRET)
    assert await page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))") == []
    async with page.expect_request(lambda asked: asked.url.endswith("/gallery/draft")) as saving:
        await form.locator("textarea").first.fill("胸痛 3 小时")
        kept = await page.evaluate("Object.values(localStorage).join()")
    assert "胸痛 3 小时" in kept
    assert SECRET not in kept
    assert SECRET not in (await saving.value).post_data
