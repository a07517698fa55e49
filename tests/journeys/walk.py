"""Walks the site as each kind of person by its own links: which page there is of each route, and who finds it."""

import html
import re
from collections import Counter
from dataclasses import dataclass

from aiohttp.test_utils import make_mocked_request

DEEP = 3  # pages of one route that one person is led on from
EVERYBODY = (
    *("wangfang", "hejing", "chenyu", "zhaomin", "lihua", "guowei", "panhong", "yujie", "admin", "jiangbo"),
    *("caiming", "jiaxin", "fanghua", "dingrui", "shenyue", "yaolan", "lupeng"),
)
LINK = re.compile(r'href="(/[^"#]*)')


@dataclass(frozen=True)
class Found:
    """A page: its route, who got there, by which address, led by which page; what it answered."""

    route: str
    login: str
    path: str
    led_by: str
    status: int


async def route_of(app, path):
    """The route's own spelling, e.g. `/patients/{id}`; "" for none."""
    found = await app.router.resolve(make_mocked_request("GET", path))
    resource = found.route.resource
    return resource.canonical if resource else ""


async def walked(house, logins=EVERYBODY):
    """Every page that can be reached, a few of each route and person. What answers with a file is left out."""
    found = []
    for login in logins:
        found += await _walked_by(house, login, await house.visitor(login))
    return found


async def _walked_by(house, login, visitor):
    found, seen, turns, waiting = [], set(), Counter(), [("/", "")]
    while waiting:
        path, led_by = waiting.pop(0)
        route = await route_of(house.app, path)
        if path in seen or not route or turns[route] >= DEEP:
            continue
        seen.add(path)
        turns[route] += 1
        page = await visitor.get(path)
        if "<main" in page:
            found.append(Found(route, login, path, led_by, page.status))
            waiting += [(html.unescape(one), path) for one in LINK.findall(page.text)]
    return found
