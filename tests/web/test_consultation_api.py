"""The JSON interface: the same rights, problems as RFC 9457, a document that matches what is served."""

import re

import orjson
import pytest

from server.core.http import RULES
from tests.journeys.house import open_house

JSON = {"Content-Type": "application/json", "Accept": "application/json"}


@pytest.fixture
async def house(house_url, tmp_path):
    async with open_house(tmp_path / "data", database_url=house_url) as house:
        yield house


async def send(visitor, path, body):
    async with visitor.session.post(
        path, data=orjson.dumps(body), headers={**JSON, "Origin": visitor.url, "X-CSRF": visitor.token}
    ) as response:
        return response.status, response.content_type, orjson.loads(await response.read())


async def fetch(visitor, path):
    async with visitor.session.get(path, headers=JSON) as response:
        return response.status, response.content_type, orjson.loads(await response.read())


async def test_the_document_describes_exactly_what_is_served(house):
    stranger = await house.visitor()
    status, _, document = await fetch(stranger, "/api/openapi.json")
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    served = {key for key in house.app[RULES] if key[1].startswith("/api/")}
    assert status == 200
    assert described == served - {("GET", "/api/openapi.json"), ("GET", "/api/docs")}
    assert "swagger" in (await stranger.get("/api/docs")).text


async def test_whatever_the_document_refers_to_is_in_it(house):
    document = (await (await house.visitor()).get("/api/openapi.json")).text
    named = set(orjson.loads(document)["components"]["schemas"])
    assert set(re.findall(r'"\$ref":\s*"([^"]+)"', document)) <= {f"#/components/schemas/{name}" for name in named}


async def test_a_stranger_is_told_to_sign_in(house):
    stranger = await house.visitor()
    status, kind, problem = await fetch(stranger, "/api/consultations")
    assert (status, kind, problem["code"]) == (401, "application/problem+json", "signed_out")


async def test_a_doctor_begins_saves_and_is_told_what_is_missing(house):
    doctor = await house.visitor("wangfang")
    status, _, made = await send(doctor, "/api/consultations", {"complaint": "stroke"})
    assert status == 201
    path = f"/api/consultations/{made['id']}"
    status, kind, problem = await send(doctor, f"{path}/draft", {"pulse": 9000})
    assert (status, kind, problem["errors"]) == (422, "application/problem+json", {"pulse": "不能大于 350.0"})
    status, _, saved = await send(doctor, f"{path}/draft", {"story": "头晕 2 小时", "pulse": 88})
    assert status == 200
    stale = await send(doctor, f"{path}/draft", {"story": "另一处写的", "version": saved["version"] - 1})
    assert (stale[0], stale[2]["code"]) == (409, "stale")
    status, kind, problem = await send(doctor, f"{path}/submit", {})
    assert (status, problem["code"], set(problem["errors"])) == (
        422,
        "consultation.incomplete",
        {"patient_id", "question", "diagnosis", "specialty"},
    )
    status, _, detail = await fetch(doctor, path)
    assert (detail["story"]["story"], detail["state"]) == ("头晕 2 小时", "draft")


async def test_not_yours_and_not_there_answer_alike(house):
    owner, other = await house.visitor("wangfang"), await house.visitor("liuqiang")
    _, _, made = await send(owner, "/api/consultations", {})
    theirs = await fetch(other, f"/api/consultations/{made['id']}")
    nobodys = await fetch(other, f"/api/consultations/{'0' * 32}")
    for answered in (theirs, nobodys):
        answered[2].pop("request_id")
    assert theirs == nobodys
    assert theirs[0] == 404


async def test_junk_instead_of_json_changes_nothing(house):
    doctor = await house.visitor("wangfang")
    headers = {**JSON, "Origin": doctor.url, "X-CSRF": doctor.token}
    for junk in (b"", b"[", b'"text"', b"[1,2]", b'{"complaint": 7}', b'{"patient_id": "' + b"9" * 5000 + b'"}'):
        async with doctor.session.post("/api/consultations", data=junk, headers=headers) as response:
            assert response.status in (201, 422), junk
