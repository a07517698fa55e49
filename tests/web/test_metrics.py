"""/metrics answers this machine, or whoever shows the token; behind a proxy, which is this machine too, the latter."""

import pytest
from aiohttp.test_utils import make_mocked_request

from server.settings import Settings
from server.telemetry import Telemetry
from signaling.counters import Counters
from tests.journeys.house import open_house

TOKEN = "8c1f0e5b9d7a46c2b3e4f50617a8d9c0"
HERE, ELSEWHERE = "127.0.0.1", "203.0.113.7"
RIGHT, WRONG, NONE = {"Authorization": f"Bearer {TOKEN}"}, {"Authorization": "Bearer guess"}, {}


def answers(telemetry, address):
    """Whether the figures are told with the right token, a wrong one, none."""
    asked = [make_mocked_request("GET", "/metrics", headers).clone(remote=address) for headers in (RIGHT, WRONG, NONE)]
    return [telemetry.allows(one) for one in asked]


@pytest.mark.parametrize(
    ("address", "behind_proxy", "expected"),
    [
        (HERE, False, [True, True, True]),
        (ELSEWHERE, False, [True, False, False]),
        (HERE, True, [True, False, False]),
        (ELSEWHERE, True, [True, False, False]),
    ],
)
def test_who_is_told_the_figures(address, behind_proxy, expected):
    telemetry = Telemetry(Counters(), Settings(metrics_token=TOKEN, behind_proxy=behind_proxy))
    assert answers(telemetry, address) == expected


def test_without_a_token_only_this_machine_is_told():
    telemetry = Telemetry(Counters(), Settings())
    assert [answers(telemetry, one) for one in (HERE, ELSEWHERE)] == [[True] * 3, [False] * 3]


async def test_a_running_site_answers_this_machine_and_behind_a_proxy_asks_it_for_the_token(tmp_path):
    for behind_proxy, bare in ((False, 200), (True, 404)):
        folder = tmp_path / str(behind_proxy)
        async with open_house(folder, metrics_token=TOKEN, behind_proxy=behind_proxy) as house:
            visitor = await house.visitor()
            assert (await visitor.get("/metrics")).status == bare
            shown = await visitor.get("/metrics", headers=RIGHT)
            assert (shown.status, "lianzhen_requests_total" in shown) == (200, True)
