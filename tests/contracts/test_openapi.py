"""Whatever a program sends to the API, it is answered as the document says: no failure, refusals as problems."""

import asyncio

import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.journeys.house import open_house

FEW = settings(
    max_examples=12,
    derandomize=True,  # the same in every run
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
async def house(stores, request, tmp_path):
    url = "" if stores == "sqlite" else request.getfixturevalue("empty_postgres_url")
    async with open_house(tmp_path / "data", database_url=url) as house:
        yield house


def answers(document, doctor, cookies, draft):
    """Method, path, status and kind of the answer to what is made up for every operation, one after another."""
    given_back = []
    headers = {"Origin": doctor.url, "X-CSRF": doctor.token}

    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()

        @FEW
        @given(case=operation.as_strategy())
        def call(case):
            if "id" in case.path_parameters and len(given_back) % 3:
                case.path_parameters["id"] = draft
            answer = case.call(base_url=doctor.url, headers=headers, cookies=cookies)
            kind = answer.headers.get("content-type", [""])[0].partition(";")[0]
            given_back.append((case.method, case.operation.path, answer.status_code, kind))

        call()
    return given_back


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # schemathesis does, under Hypothesis's seed
async def test_made_up_calls_are_answered_as_the_document_says(house):
    doctor = await house.visitor("wangfang")
    begun = await doctor.post("/consultations", {"complaint": "blank"})
    draft = begun.path.split("/")[2]
    document = orjson.loads((await doctor.get("/api/openapi.json")).text)
    cookies = {one.key: one.value for one in doctor.session.cookie_jar}
    given_back = await asyncio.to_thread(answers, document, doctor, cookies, draft)
    assert {path for _, path, _, _ in given_back} == set(document["paths"])
    assert [one for one in given_back if one[2] >= 500] == []
    assert {kind for _, _, status, kind in given_back if status >= 400} == {"application/problem+json"}
    assert any(status < 300 and path.endswith("/draft") for _, path, status, _ in given_back)
