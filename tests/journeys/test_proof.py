"""Who proved who they are a while ago proves it again before what matters, and goes on with what they were doing."""

from datetime import timedelta

from server.demo import PASSWORD
from tests.journeys.test_asked_anew import files_of
from tests.journeys.test_road import a_patient, a_request, house  # noqa: F401 - the fixture
from tests.journeys.test_session import JSON
from tests.services import files_records as records

LATER = timedelta(minutes=6)


async def with_a_film(house, doctor):  # noqa: F811
    """The address of the original of a film sent with a request."""
    case = await a_request(doctor, await a_patient(doctor))
    await doctor.attaches(f"consultation:{case}", "chest.dcm", records.dicom(PatientName="Qin^Wenyuan"))
    [film] = await files_of(house, case)
    return f"/files/{film.id}/content"


async def test_an_original_is_handed_out_for_five_minutes_after_a_proof(house):  # noqa: F811
    doctor, stranger = await house.visitor("wangfang"), await house.visitor("liuqiang")
    film = await with_a_film(house, doctor)
    assert (await doctor.get(film)).status == 200
    house.clock.turn(LATER)
    for one, status, code in ((doctor, 401, "reauthentication_needed"), (stranger, 404, "not_found")):
        refused = await one.get(film, headers=JSON)
        assert (refused.status, code in refused) == (status, True)
    asked = await doctor.get(film)
    assert asked.path == f"/reauthenticate?next={film}"
    wrong = await doctor.post("/reauthenticate", {"password": "guess", "next": film})
    assert (wrong.status, "密码不对" in wrong) == (422, True)
    right = await doctor.post("/reauthenticate", {"password": PASSWORD, "next": film})
    assert (f'href="{film}"' in right, f"0; url={film}" in right) == (True, True)
    assert (await doctor.get(film)).headers["Content-Disposition"][:10] == "attachment"


async def test_a_download_that_broke_off_goes_on_after_the_five_minutes(house):  # noqa: F811
    doctor, elsewhere = [await house.visitor("wangfang") for _ in range(2)]
    film = await with_a_film(house, doctor)
    mark, rest = (await doctor.get(film)).headers["ETag"], {**JSON, "Range": "bytes=100-"}
    other = {**rest, "If-Range": '"another"'}
    changed = await doctor.get(film, headers=other)
    assert changed.status == 200, "all of it for whoever has the beginning of something else"
    house.clock.turn(LATER)
    resumed = await doctor.get(film, headers={**rest, "If-Range": mark})
    assert (resumed.status, resumed.headers["Content-Range"][:10]) == (206, "bytes 100-")
    for asked in (rest, other, {**JSON, "If-Range": mark}):
        assert (await doctor.get(film, headers=asked)).status == 401
    assert (await elsewhere.get(film, headers={**rest, "If-Range": mark})).status == 401, "that sign-in proved nothing"
    house.clock.turn(timedelta(minutes=20))
    asleep = await doctor.get(film, headers={"Range": "bytes=100-", "If-Range": mark})
    assert asleep.status == 401, "no page to sign in on in place of the rest"


async def test_a_page_asks_whether_a_proof_stands_before_it_asks_for_one(house):  # noqa: F811
    doctor = await house.visitor("wangfang")
    assert '"proved":true' in await doctor.get("/reauthenticate/standing", headers=JSON)
    house.clock.turn(timedelta(minutes=4, seconds=50))
    assert '"proved":false' in await doctor.get("/reauthenticate/standing", headers=JSON), "it would end on the way"
    house.clock.turn(LATER)
    assert '"proved":false' in await doctor.get("/reauthenticate/standing", headers=JSON)
    await doctor.post("/reauthenticate", {"password": PASSWORD}, headers=JSON)
    assert '"proved":true' in await doctor.get("/reauthenticate/standing", headers=JSON)


async def test_who_reads_what_others_did_proves_it_first(house):  # noqa: F811
    auditor = await house.visitor("yujie")
    assert (await auditor.get("/audit")).path == "/audit"
    house.clock.turn(LATER)
    assert (await auditor.get("/audit?who=wangfang")).path == "/reauthenticate?next=/audit?who%3Dwangfang"
    page = await auditor.post("/reauthenticate", {"password": PASSWORD, "next": "/audit?who=wangfang"})
    assert page.path == "/audit?who=wangfang"
