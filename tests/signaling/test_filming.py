"""Nobody is recorded who has not agreed: who may begin, what stops it, and that everybody is told."""

import pytest

from signaling.carrying import CARRIED
from signaling.effects import Filming, Record, Silence
from signaling.filming import failed
from signaling.media.forwarder.spread import Ground, Spread
from signaling.media.ports import Reel
from signaling.messages import Agree, Film, Seek, Stage
from signaling.refusals import ConsentMissing, FilmUncarried, NotHost, StillWaiting
from tests.media.films import developed
from tests.media.people import LOOPBACK
from tests.signaling.house import eventually, grant, guest, host
from tests.signaling.test_hall import hall, learner, presenter, seen, teacher, write
from tests.signaling.test_hall_media import People, people  # noqa: F401 - a fixture
from tests.signaling.test_hall_media import learner as listener
from tests.signaling.test_room import entry, room, sit

KEY = bytes(32)


def say(hall, seat, message):
    """Said, written, obeyed: what else is to be done."""
    return write(hall, hall.said(seat.who, seat.epoch, message))


def recorded_hall():
    h, (zhao, qian, wang) = hall(teacher(), presenter(), learner())
    for seat in (zhao, qian):
        say(h, seat, Agree(True))
    assert Filming(h.history.seq + 1) in say(h, zhao, Film(True))
    return h, zhao, qian, wang


def refused(hall, seat, message):
    with pytest.raises(ConsentMissing) as refusal:
        hall.said(seat.who, seat.epoch, message)
    return [one["id"] for one in refusal.value.facts["who"]], refusal.value.facts["patient"]


def test_it_is_refused_by_name_until_everybody_on_the_stage_agreed():
    h, (zhao, qian, wang) = hall(teacher(), presenter(), learner())
    assert refused(h, zhao, Film(True)) == (["zhao", "qian"], False)
    with pytest.raises(NotHost):
        h.said(qian.who, qian.epoch, Film(True))
    say(h, zhao, Seek())
    assert seen(h, qian)["recording"] == {"on": False, "asked": True, "agreed": False}
    say(h, zhao, Agree(True))
    assert refused(h, zhao, Film(True)) == (["qian"], False)
    say(h, qian, Agree(True))
    say(h, zhao, Film(True))
    assert [seen(h, seat)["recording"]["on"] for seat in (zhao, qian, wang)] == [True, True, True]
    assert h.said(zhao.who, zhao.epoch, Film(True)) == []


def test_who_comes_on_the_stage_of_a_recorded_hall_agrees_first():
    h, zhao, _, wang = recorded_hall()
    assert refused(h, zhao, Stage("wang", True)) == (["wang"], False)
    say(h, wang, Agree(True))
    say(h, zhao, Stage("wang", True))
    h.publishes(wang, ["face"])


def test_a_teacher_who_comes_late_publishes_once_they_agreed_and_the_recording_goes_on():
    h, _, _, _ = recorded_hall()
    late = sit(h, presenter("sun"))[0]
    with pytest.raises(ConsentMissing):
        h.publishes(late, ["face"])
    assert h.history.recording
    say(h, late, Agree(True))
    h.publishes(late, ["face"])


def test_a_word_taken_back_ends_it_for_all():
    h, zhao, qian, _ = recorded_hall()
    stop = [one for one in say(h, qian, Agree(False)) if isinstance(one, Record)]
    assert [(one.kind, one.by, one.body) for one in stop] == [("recording", None, {"on": False, "why": "withdrawn"})]
    assert Filming(0) in write(h, stop)
    assert refused(h, zhao, Film(True)) == (["qian"], False)


def test_the_patient_who_changes_their_mind_ends_it_and_keeps_it_from_beginning():
    h, zhao, _, _ = recorded_hall()
    effects = h.recorded([entry(h.history.seq + 1, "consent", None, of="recording", on=False)], whole=False)
    write(h, effects)
    assert not h.history.recording
    assert refused(h, zhao, Film(True)) == ([], True)


def test_whoever_came_while_it_was_being_written_is_taken_off_the_line():
    h, (zhao, qian) = hall(teacher(), presenter())
    say(h, zhao, Agree(True))
    effects = h.recorded([entry(h.history.seq + 1, "recording", "zhao", on=True)], whole=False)
    assert Silence(qian.who) in effects


def test_a_recording_that_cannot_be_made_does_not_look_like_one():
    h, _, _, _ = recorded_hall()
    number = h.history.recording
    assert failed(h, number + 1) == []
    write(h, failed(h, number))
    assert not h.history.recording


def test_the_log_read_twice_says_the_same():
    """Two nodes, or one that comes back, write the same keys: an end is written once."""
    h, zhao, qian, _ = recorded_hall()
    (ended,) = [one for one in h.said(zhao.who, zhao.epoch, Film(False)) if isinstance(one, Record)]
    (stopped,) = [one for one in say(h, qian, Agree(False)) if isinstance(one, Record)]
    assert ended.key == stopped.key


# ---- over sockets and the real forwarder


class Reels:
    def __init__(self, folder):
        self.folder, self.asked = folder, []

    async def reel(self, room, number):
        self.asked.append((room, number))
        return Reel(str(self.folder / str(number)), KEY)


class Broken:
    async def reel(self, room, number):
        raise OSError("no disk")


async def agreed(*pages):
    for page in pages:
        assert (await page.ask("agree", {"on": True}))["ok"] is True


async def test_what_is_said_in_a_recorded_hall_lies_sealed_in_its_folder(house, people, tmp_path):  # noqa: F811
    reels = Reels(tmp_path)
    made = lambda: Spread(Ground([LOOPBACK], processes=1))  # noqa: E731
    async with house.node(forwarder=made, recordings=reels) as site:
        zhao, wang = await site.page(host(hall=True)), await site.page(listener())
        await people.publisher(zhao, shade=90).publish()
        answer = await zhao.ask("film", {"on": True})
        assert answer["error"]["code"] == "room.consent_missing"
        await agreed(zhao)
        begun = await zhao.ask("film", {"on": True})
        assert begun["ok"] is True
        await wang.until(lambda: wang.heard("peers")[-1]["hall"]["recording"]["on"])
        folder = tmp_path / str(begun["seq"])
        await eventually(lambda: folder.exists() and len(developed(folder, KEY)) == 2, 20)
        await eventually(lambda: all(film.packets for film in developed(folder, KEY)), 20)
        await zhao.ask("agree", {"on": False})
        await wang.until(lambda: not wang.heard("peers")[-1]["hall"]["recording"]["on"])
        await eventually(lambda: all(film.ended for film in developed(folder, KEY)), 10)
        assert reels.asked == [("r1", begun["seq"])]


def forwarder():
    return Spread(Ground([LOOPBACK], processes=1))


NOWHERE = [
    ({"forwarder": forwarder}, True),  # nobody keeps recordings
    ({"forwarder": forwarder}, False),
    ({"recordings": Reels(None)}, False),
    ({"forwarder": forwarder, "recordings": Reels(None), "mesh_only": True}, False),  # several nodes
]


@pytest.mark.parametrize(("options", "hall"), NOWHERE)
async def test_a_site_that_records_nothing_says_so(house, options, hall):
    async with house.node(**options) as site:
        zhao = await site.page(host(hall=hall))
        await agreed(zhao)
        for message, payload in (("seek", {}), ("film", {"on": True})):
            assert (await zhao.ask(message, payload))["error"]["code"] == "room.not_filmed"
        assert not {"asked", "recording", "carried"} & set(house.log.kinds())


async def test_a_recording_that_breaks_does_not_look_like_one(house, people):  # noqa: F811
    async with house.node(forwarder=forwarder, recordings=Broken()) as site:
        zhao = await site.page(host(hall=True))
        await people.publisher(zhao).publish()
        await agreed(zhao)
        await zhao.ask("film", {"on": True})
        await zhao.until(lambda: [one["body"] for one in zhao.log if one["kind"] == "recording"][-1:] != [{"on": True}])
        assert zhao.log[-1]["body"] == {"on": False, "why": "failed"}


# ---- a consultation


def consultation(*more):
    r = room()
    return r, [sit(r, one)[0] for one in (host("zhao"), *more)]


def test_a_consultation_is_recorded_once_everybody_inside_agreed_and_the_server_carries_it():
    r, (zhao, qian, aunt) = consultation(grant("qian"), guest("aunt"))
    assert refused(r, zhao, Film(True)) == (["zhao", "qian"], False), "who waits is not there yet"
    with pytest.raises(StillWaiting):
        r.said(aunt.who, aunt.epoch, Agree(True))
    with pytest.raises(NotHost):
        r.said(qian.who, qian.epoch, Film(True))
    say(r, zhao, Seek())
    for seat in (zhao, qian):
        say(r, seat, Agree(True))
    with pytest.raises(FilmUncarried):
        r.said(zhao.who, zhao.epoch, Film(True))
    write(r, [CARRIED])
    say(r, zhao, Film(True))
    assert [r.roster(seat)["recording"]["on"] for seat in (zhao, qian)] == [True, True]


def test_who_comes_into_a_recorded_consultation_is_not_carried_before_they_agreed():
    r, (zhao,) = consultation()
    say(r, zhao, Agree(True))
    write(r, [CARRIED])
    say(r, zhao, Film(True))
    late = sit(r, grant("qian"))[0]
    assert r.roster(late)["recording"] == {"on": True, "asked": False, "agreed": False}
    with pytest.raises(ConsentMissing):
        r.publishes(late, ["voice", "face"])
    say(r, late, Agree(True))
    r.publishes(late, ["voice", "face"])


async def begun_by(page):
    """What carries the call may have to start first."""
    while not (answer := await page.ask("film", {"on": True}))["ok"]:
        assert answer["error"]["code"] == "server.unavailable"
    return answer


async def test_a_host_proves_who_they_are_to_begin_and_not_to_stop(house, people, tmp_path):  # noqa: F811
    async with house.node(forwarder=forwarder, recordings=Reels(tmp_path)) as site:
        zhao = await site.page(host("zhao"))
        await agreed(zhao)
        for without, code in ((house.rights.unproved, "proof_needed"), (house.rights.signed_out, "proof_elsewhere")):
            without.add("zhao")
            for message, payload in (("seek", {}), ("film", {"on": True})):
                assert (await zhao.ask(message, payload))["error"]["code"] == f"room.{code}"
            without.clear()
        assert (await zhao.ask("seek", {}))["ok"] is True
        await begun_by(zhao)
        house.rights.signed_out.add("zhao")
        assert (await zhao.ask("film", {"on": False}))["ok"] is True
        await zhao.until(lambda: not zhao.heard("peers")[-1]["recording"]["on"])


async def test_a_consultation_changes_over_to_the_server_when_it_is_recorded(house, people, tmp_path):  # noqa: F811
    reels = Reels(tmp_path)
    async with house.node(forwarder=forwarder, recordings=reels) as site:
        zhao, qian = await site.page(host("zhao")), await site.page(grant("qian"))
        assert (await zhao.ask("film", {"on": True}))["error"]["code"] == "room.consent_missing"
        assert "carried" not in house.log.kinds(), "nothing changes for what is refused"
        await agreed(zhao, qian)
        begun = await begun_by(zhao)
        await qian.until(lambda: qian.heard("peers")[-1]["recording"]["on"])
        assert qian.heard("peers")[-1]["carried"] == {"at": site.signaling._means.node}
        folder = tmp_path / str(begun["seq"])
        for page in (zhao, qian):
            await people.publisher(page, shade=90).publish()
        await eventually(lambda: folder.exists() and len(developed(folder, KEY)) == 4, 20)
        await eventually(lambda: all(film.packets for film in developed(folder, KEY)), 20)

        late = await site.page(grant("wang"))
        assert late.answer["recording"] == {"on": True, "asked": False, "agreed": False}
        with pytest.raises(PermissionError, match="consent_missing"):
            await people.publisher(late).publish()
        await house.log.write("r1", "consent", None, {"of": "recording", "on": False}, "consent:1")
        site.signaling.stir("r1")
        await qian.until(lambda: not qian.heard("peers")[-1]["recording"]["on"])
        await people.publisher(late).publish()
        await eventually(lambda: all(film.ended for film in developed(folder, KEY)), 10)
        assert len(developed(folder, KEY)) == 4
