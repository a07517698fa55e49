"""What people are told, each in their language: the moments in it too, under the bell and by mail."""

from email import message_from_bytes
from email.policy import default

import pytest
from icalendar import Calendar

from server.notices import service as notices
from server.notices.model import Notice
from server.outgoing import Carrier
from server.settings import Settings
from tests.web.teaching_site import open_school, published

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")

CHINESE, ENGLISH = "请您授课：基层心电图判读，2026年11月25日 周三 14:30", "基层心电图判读, Wed 25 Nov 2026 14:30"


@pytest.fixture
async def site(tmp_path, database_url, clock):
    sender = "联诊 <post@hz.example.cn>"
    async with open_school(tmp_path / "site", database_url, clock, mail_from=sender) as site:
        site.sender, site.folder = sender, tmp_path / "carried"
        yield site


async def mailed(site, to):
    """What the carrier makes of the last mail to somebody."""
    carrier = Carrier(Settings(data=site.folder, mail_from=site.sender))
    last = [one for one in await site.letters() if one.to == to][-1]
    await carrier.send("1", last, site.clock.now())
    return message_from_bytes((site.folder / "outbox" / "1.eml").read_bytes(), policy=default)


@pytest.mark.parametrize(("locale", "told"), [("zh", CHINESE), ("en", ENGLISH)])
async def test_a_moment_is_told_in_the_language_of_whoever_reads(site, locale, told):
    teacher = await site.signed_in("teacher")
    await teacher.post("/language", {"locale": locale})
    await published(site, teacher)
    assert told in await teacher.get("/notices")
    mail = await mailed(site, "cai@example.com")
    assert told in mail["Subject"]
    assert told in mail.get_body(("plain",)).get_content()


async def test_what_was_typed_in_lines_is_told_in_one_line_of_the_mail(site):
    address = await published(site, await site.signed_in("teacher"))
    async with site.database.unit() as unit:
        person, says = site.people["teacher"].id, "教学已取消：%(title)s（原定 %(starts)s）。%(reason)s"
        facts = {"title": "心电图", "starts": "周五", "reason": "教室停电\r\n改日再办"}
        await notices.tell(unit, person_ids=[person], says=says, facts=facts, href=address)
    mail = await mailed(site, "cai@example.com")
    assert mail["Subject"] == "教学已取消：心电图（原定 周五）。教室停电 改日再办"
    assert "停电\n改日" in mail.get_body(("plain",)).get_content().replace("\r", "")


async def test_who_changes_their_language_reads_what_was_told_before_in_it(site):
    teacher = await site.signed_in("teacher")
    await published(site, teacher)
    await teacher.post("/language", {"locale": "en"})
    page = await teacher.get("/notices")
    assert (ENGLISH in page, "2026年" in page) == (True, False)


async def test_a_notice_from_before_moments_were_kept_reads_as_it_was_written(site):
    teacher = await site.signed_in("teacher")
    async with site.database.unit() as unit:
        facts = {"title": "心电图", "starts": "2026年11月20日 周五 09:00"}
        says, person = "请您授课：%(title)s，%(starts)s", site.people["teacher"].id
        unit.session.add(
            Notice(id=unit.new_id(), person_id=person, at=unit.now, says=says, facts=facts, href="/teaching")
        )
    assert "请您授课：心电图，2026年11月20日 周五 09:00" in await teacher.get("/notices")


async def test_an_invitation_comes_from_the_site_as_calendars_and_people_read_it(site):
    await published(site, await site.signed_in("teacher"))
    mail = await mailed(site, "cai@example.com")
    assert mail["Date"].datetime == site.clock.now()
    alternative, file = mail.iter_parts()
    words, calendar = alternative.iter_parts()
    assert (mail.get_content_type(), alternative.get_content_type()) == ("multipart/mixed", "multipart/alternative")
    assert (words.get_content_type(), calendar.get_content_type()) == ("text/plain", "text/calendar")
    assert dict(calendar["Content-Type"].params) == {"method": "REQUEST", "charset": "utf-8"}
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
    assert file.get_payload(decode=True) == calendar.get_payload(decode=True)
    event = Calendar.from_ical(calendar.get_payload(decode=True)).walk("VEVENT")[0]
    assert (event["organizer"], event["organizer"].params["CN"]) == ("mailto:post@hz.example.cn", "联诊")
    assert event["summary"] == "基层心电图判读"
