"""A site that listens on every interface, with its own certificate, used from another machine of its network."""

import aiohttp
import orjson
import pytest
from sqlalchemy import select

from server.accounts.model import Person
from server.operations import network
from tests.journeys.house import open_house

SOCKET = "/socket.io/?EIO=4&transport=websocket"
JSON = {"Accept": "application/json"}


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path / "data", host="0.0.0.0", tls=True) as house:
        yield house


def by(house, name):
    """The site's address by another of its names."""
    return f"https://{name}:{house.url.rpartition(':')[2]}"


async def hears(visitor, origin):
    """Whether a page from `origin` hears news on the site's feed: the first word of the socket's namespace."""
    async with visitor.session.ws_connect(SOCKET, headers={"Origin": origin}) as socket:
        assert (await socket.receive_str()).startswith("0{")
        await socket.send_str("40/live,")
        return (await socket.receive_str()).startswith('40/live,{"sid"')


async def guest_link(visitor):
    room = (await visitor.get("/")).link(r"/rooms/[0-9a-f]{32}[^\"]*").removesuffix("?now")
    told = await visitor.post(f"{room}/guests", {"name": "患者女儿"}, headers=JSON)
    return orjson.loads(told.text)["url"]


async def test_the_sites_address_is_one_that_opens_from_elsewhere(house):
    address = house.url.removeprefix("https://").rpartition(":")[0]
    assert address in [str(one) for one in network.own_addresses() if not one.is_loopback]


async def test_pages_hear_news_by_every_name_of_the_site_and_foreign_ones_do_not(house):
    for url in (house.url, by(house, "localhost"), by(house, "127.0.0.1")):
        doctor = await house.visitor("wangfang", url)
        assert await hears(doctor, url)
        for foreign in ("https://evil.test", house.url.replace("https:", "http:"), "https://0.0.0.0"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await hears(doctor, foreign)
            assert refused.value.status == 403


async def test_a_guests_link_opens_from_elsewhere_wherever_it_was_made(house):
    for url in (house.url, by(house, "localhost")):
        doctor = await house.visitor("wangfang", url)
        assert (await guest_link(doctor)).startswith(f"{house.url}/join#token=")


async def test_whoever_asks_by_another_name_of_the_site_gets_links_by_that_name(house):
    doctor = await house.visitor("wangfang")
    ours, name = by(house, "site.test"), network.names_elsewhere("0.0.0.0")[0]
    headers = {**JSON, "Host": ours.removeprefix("https://"), "Origin": ours}
    told = await doctor.post("/calendar", headers=headers)
    assert f"{house.url}/calendar/" in told  # a name that is not ours is nobody's address
    ours = by(house, name)
    told = await doctor.post("/calendar", headers={**headers, "Host": ours.removeprefix("https://"), "Origin": ours})
    assert f"{ours}/calendar/" in told


async def test_a_link_that_is_mailed_never_takes_the_address_of_whoever_asked(house):
    keeper = await house.visitor("guowei")
    async with house.database.unit(writes=False) as unit:
        person = await unit.session.scalar(select(Person.id).where(Person.login == "wangfang"))
    ours = by(house, network.names_elsewhere("0.0.0.0")[0])
    headers = {"Host": ours.removeprefix("https://"), "Origin": ours}
    shown = await keeper.post(f"/people/{person}/invitation", headers=headers)
    assert (shown.status, f"{house.url}/invitation#token=" in shown) == (200, True)
