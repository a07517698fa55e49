"""What is recorded of a consultation: only what the patient agreed to, watched by its two sides. Both stores."""

from datetime import timedelta

from sqlalchemy import text

from server.demo import PASSWORD
from server.files.desk import DESK
from server.meeting.recordings import showings
from tests.journeys.test_road import house  # noqa: F401 - the fixture
from tests.journeys.test_session import JSON, acts, planned, until, withdraws
from tests.services.recorded_films import kept, laddered

BOTH = ("consultation", "recording")


async def met(house, kinds=BOTH):  # noqa: F811
    doctor, expert, case, room = await planned(house, kinds)
    for one in (doctor, expert):
        await one.enter(room)
    return doctor, expert, case, room


async def begins(doctor):
    """What carries the call may have to start first."""
    while not (answer := await doctor.says("film", {"on": True}))["ok"]:
        assert answer["error"]["code"] == "server.unavailable", answer


async def test_nobody_is_asked_for_what_the_patient_has_not_agreed_to(house):  # noqa: F811
    doctor, expert, _, room = await met(house, ("consultation",))
    refused = {"ok": False, "error": {"code": "room.patient_consent_missing"}}
    assert await doctor.says("seek") == refused
    assert expert.events("asked") == []
    page = await doctor.get(room)
    assert 'data-consent="/patients/' in page
    assert 'data-consent=""' in await expert.get(room), "others ask the patient"


async def test_a_patient_who_takes_it_back_ends_it_and_nobody_watches_what_there_is(house):  # noqa: F811
    doctor, expert, case, room = await met(house)
    assert (await doctor.says("seek"))["ok"]
    for one in (doctor, expert):
        assert (await one.says("agree", {"on": True}))["ok"]
    await begins(doctor)
    await until(lambda: expert.events("recording") == [{"on": True}])
    assert expert.events("carried") == [{}]
    assert "check-recorded" in await expert.get(room), "whoever comes later knows before they go in"
    assert "录制中" in await expert.get(case)

    await withdraws(doctor, case, "录音录像")
    over = {"on": False, "why": "withdrawn"}
    took = await until(lambda: expert.events("recording") == [{"on": True}, over], within=2)
    assert took < 2
    page = await expert.get(case)
    assert ("制作中" in page, "患者已撤回对录制的同意" in page) == (True, True)
    assert [await acts(house, f"recording.{act}") for act in ("begun", "ended")] == [1, 1]


async def filmed(house):  # noqa: F811
    """A consultation of which there is a recording: doctor, expert, its address, that of the player."""
    doctor, expert, case, room = await planned(house, BOTH)
    vault = house.app[DESK].vault
    recording = await kept(house.database, vault, room.rpartition("/")[2], gaps=[(60, 65)], began=house.clock.at)
    await laddered(house.database, vault, recording)
    return doctor, expert, case, f"/consultations/recordings/{recording.id}"


async def test_both_sides_watch_it_and_every_look_is_on_record_with_the_patient(house):  # noqa: F811
    doctor, expert, case, player = await filmed(house)
    for one in (doctor, expert):
        listed = await one.get(case)
        assert listed.link(r"/consultations/recordings/[0-9a-f]{32}") == player
        assert "有中断" in listed
        page = await one.get(player)
        assert (page.status, "秦文远" in page, "1:00 到 1:05 录制中断" in page) == (200, True, True)
        film = page.text.split('<video id="film"')[1].split('src="')[1].split('"')[0]
        part = await one.get(film, headers={"Range": "bytes=2-5"})
        assert (part.status, part.text) == (206, "film")
        assert "ladder/180.m3u8" in await one.get(f"{player}/ladder.m3u8")
        assert (await one.get(f"{player}/ladder/180.mp4")).text == "a rung"
        assert (await one.post(f"{player}/watched", {"at": "12", "begun": "true"})).status == 200
    async with house.database.unit(writes=False) as unit:
        rows = "select count(*) from audit_records where action = 'recording.watched' and patient_id <> ''"
        assert await unit.session.scalar(text(rows)) == 2


async def test_nobody_else_knows_of_it(house):  # noqa: F811
    _, _, case, player = await filmed(house)
    for login in ("chenyu", "yangxue", "caiming", "admin"):
        other = await house.visitor(login)
        assert (await other.get(player)).status == 404, login
        assert "recordings" not in await other.get(case), login


async def test_it_is_not_watched_while_the_patient_has_withdrawn(house):  # noqa: F811
    doctor, expert, case, player = await filmed(house)
    await withdraws(doctor, case, "录音录像")
    for one in (doctor, expert):
        assert (await one.get(player)).status == 404
        page = await one.get(case)
        assert ("患者已撤回对录制的同意" in page, player in page) == (True, False)


async def test_who_signed_in_a_while_ago_proves_it_once_and_watches_to_the_end(house):  # noqa: F811
    doctor, expert, _, player = await filmed(house)
    pieces = [f"{player}/ladder.m3u8", f"{player}/ladder/180.m3u8", f"{player}/ladder/180.mp4"]
    house.clock.turn(timedelta(minutes=6))
    page = await doctor.get(player)
    assert ('id="film-gate"' in page, "<video" in page, page.link(r"/reauthenticate[^\"]*")) == (
        True,
        False,
        f"/reauthenticate?next={player}",
    )
    assert await pages_shown(house) == 0, "what was asked for was not shown"
    for piece in pieces:
        assert (await doctor.get(piece, headers=JSON)).status == 401
        assert (await (await house.visitor("yangxue")).get(piece, headers=JSON)).status == 404
    page = await doctor.post("/reauthenticate", {"password": PASSWORD, "next": player})
    assert (page.path, 'id="player"' in page, await pages_shown(house)) == (player, True, 1)
    assert [(await doctor.get(piece)).status for piece in pieces] == [200, 200, 200]
    house.clock.turn(timedelta(minutes=6))
    assert [(await doctor.get(piece)).status for piece in pieces] == [200, 200, 200]
    assert 'id="player"' in await doctor.get(player), "seeking, resuming, a reload"
    assert 'id="film-gate"' in await expert.get(player), "a proof is one's own"

    await doctor.post("/sign-out")
    await doctor.sign_in()
    house.clock.turn(timedelta(minutes=6))
    assert 'id="film-gate"' in await doctor.get(player)


async def test_the_cookie_of_before_a_proof_plays_nothing_and_begins_no_recording(house):  # noqa: F811
    doctor, _, case, player = await filmed(house)
    room = (await doctor.get(case)).link(r"/rooms/[0-9a-f]{32}")
    house.clock.turn(timedelta(minutes=6))
    thief = await house.visitor()
    thief.session.cookie_jar.update_cookies({one.key: one.value for one in doctor.session.cookie_jar})
    page = await doctor.post("/reauthenticate", {"password": PASSWORD, "next": player})
    assert 'id="player"' in page
    assert 'id="film-gate"' in await thief.get(player)
    assert (await thief.get(f"{player}/ladder/180.mp4", headers=JSON)).status == 401
    await thief.enter(room)
    assert await thief.says("seek") == {"ok": False, "error": {"code": "room.proof_elsewhere"}}


async def pages_shown(house):  # noqa: F811
    """How often the page of a recording is on record as read."""
    rows = "select count(*) from audit_records where action = 'consultation.read' and fields like '%recording%'"
    async with house.database.unit(writes=False) as unit:
        return await unit.session.scalar(text(rows))


async def test_a_showing_ends_in_time(house):  # noqa: F811
    doctor, _, _, player = await filmed(house)
    assert (await doctor.get(f"{player}/ladder/180.mp4")).status == 200
    for _ in range(11):  # of an hour's film, twice, with a pause; nobody is idle for a quarter of an hour
        house.clock.turn(timedelta(minutes=14))
        await doctor.get("/")
    assert (await doctor.get(f"{player}/ladder/180.mp4", headers=JSON)).status == 401
    assert (await doctor.post("/reauthenticate", {"password": PASSWORD}, headers=JSON)).status == 200
    assert (await doctor.get(f"{player}/ladder/180.mp4")).status == 200, "another begins"


async def test_showings_that_ended_are_forgotten_by_the_clock(house):  # noqa: F811
    doctor, expert, _, player = await filmed(house)
    assert (await doctor.get(f"{player}/ladder/180.mp4")).status == 200
    house.clock.turn(timedelta(hours=3))
    await expert.sign_in()
    assert (await expert.get(f"{player}/ladder/180.mp4")).status == 200
    async with house.database.unit() as unit:
        await showings.forget_showings(unit)
        left = await unit.session.execute(text("select count(*) from recording_showings"))
        assert left.scalar() == 1


async def test_a_host_proves_again_who_they_are_before_they_have_it_recorded(house):  # noqa: F811
    doctor, expert, _, _ = await met(house)
    house.clock.turn(timedelta(minutes=6))
    needed = {"ok": False, "error": {"code": "room.proof_needed"}}
    assert [await doctor.says("seek"), await doctor.says("film", {"on": True})] == [needed, needed]
    assert (await expert.post("/reauthenticate", {"password": PASSWORD}, headers=JSON)).status == 200
    assert await doctor.says("seek") == needed, "a proof is one's own"
    assert (await doctor.post("/reauthenticate", {"password": PASSWORD}, headers=JSON)).status == 200
    assert (await doctor.says("seek"))["ok"]
    house.clock.turn(timedelta(minutes=6))
    assert (await doctor.says("agree", {"on": True}))["ok"], "no proof is asked to agree, or to take it back"
