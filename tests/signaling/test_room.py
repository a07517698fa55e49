"""The rules of a room, without a socket in sight."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signaling.effects import Emit, Fetch, Forget, Kick, Record, Relay, Roster, Vacated
from signaling.hall import Hall
from signaling.messages import Admit, Chat, Deny, End, Hand, Leave, Media, Mute, Net, Remove, Signal
from signaling.ports import Entry
from signaling.refusals import (
    Away,
    Elsewhere,
    MeshFull,
    NobodyThere,
    NotHost,
    NotJoined,
    PageGone,
    RoomEnded,
    StillWaiting,
)
from signaling.room import GRACE, VANISHED, Room
from signaling.speech import graded
from tests.signaling.house import grant, guest, host

OFF = Media(False, False, False)
LATER = 100.0
TALKS = Media(True, False, False)


def entry(seq, kind, by=None, **body):
    return Entry("r1", seq, datetime(2026, 11, 23, tzinfo=UTC), kind, by, body)


def room(node="a"):
    return Room("r1", node)


def sit(room, person, page="page-000001", *, epoch=1, move=False, media=OFF):
    seat = room.place(person, page, media, move=move, epoch=epoch)
    effects = room.arrived(seat)
    room.caught_up(seat.who, room.history.seq)
    return seat, effects


def kinds(effects):
    return [type(effect).__name__ for effect in effects]


def records(effects):
    return [(effect.kind, effect.body.get("reason")) for effect in effects if isinstance(effect, Record)]


# ---- coming and going


def test_somebody_new_is_seated_logged_and_shown():
    seat, effects = sit(room(), grant())
    assert kinds(effects) == ["Seated", "Record", "Roster"]
    assert effects[1] == Record(
        "joined",
        "wang",
        "joined:wang:1",
        {"who": "wang", "stay": "1", "name": "Wang", "title": "主任医师", "role": "specialist"},
    )
    assert seat.waiting is False


def four_in(r):
    """Doctor, expert, coordinator and somebody let in; a relative waits."""
    for person in (host("wang"), grant("li"), grant("chen"), grant("zhou")):
        seat, _ = sit(r, person)
        r.recorded([entry(r.history.seq + 1, "joined", seat.who, who=seat.who, stay=seat.stay)], whole=False)
    return sit(r, guest("aunt"))[0]


def test_a_consultation_is_for_four_and_who_waits_takes_no_place():
    r = room()
    waiting = four_in(r)
    with pytest.raises(MeshFull):
        sit(r, grant("wu"))
    with pytest.raises(MeshFull):
        r.said("wang", 1, Admit(waiting.who))
    r.said("zhou", 1, Leave())
    assert records(r.said("wang", 1, Admit(waiting.who))) == [("admitted", None)]


def test_who_lost_the_line_gets_in_again_however_full_it_is():
    r = room()
    four_in(r)
    r.dropped("zhou", 1, LATER)
    back, _ = sit(r, grant("zhou"), "page-000002")
    assert (back.waiting, back.stay) == (False, "1")


def test_after_a_restart_those_who_were_in_come_before_those_who_were_not():
    r = room()
    r.recorded([entry(1, "joined", "zhou", who="zhou", stay="1")], whole=True)
    for person in (host("wang"), grant("li"), grant("chen"), grant("wu")):
        sit(r, person)
    assert sit(r, grant("zhou"))[0].stay == "1"


def test_a_hall_has_more_places():
    r = Hall("r1", "a")
    for number in range(5):
        sit(r, grant(f"listener{number}"))
    assert len(r.seating.seats) == 5


def test_a_page_that_comes_back_is_not_logged_again_and_keeps_its_hand_up():
    r = room()
    seat, _ = sit(r, grant())
    r.recorded([entry(1, "joined", "wang", who="wang", stay="1")], whole=False)
    r.said("wang", seat.epoch, Hand(True))
    r.dropped("wang", seat.epoch, LATER)
    back, effects = sit(r, grant())
    assert (back.stay, back.hand, back.epoch) == ("1", True, 2)
    assert records(effects) == []
    assert r.ticked(LATER + 2 * GRACE) == []


def test_a_fresh_page_of_the_same_device_turns_the_old_one_out():
    r = room()
    old, _ = sit(r, grant())
    _, effects = sit(r, grant(), "page-000002")
    assert Kick(old, "moved") in effects


def test_the_same_page_on_a_fresh_socket_ends_the_dead_one_in_silence():
    r = room()
    old, _ = sit(r, grant())
    _, effects = sit(r, grant())
    assert Kick(old, None) in effects


def test_another_device_must_say_that_it_moves_the_call():
    r = room()
    sit(r, grant())
    phone = grant(device="phone")
    with pytest.raises(Elsewhere):
        r.place(phone, "page-000002", OFF, move=False, epoch=1)
    assert r.place(phone, "page-000002", OFF, move=True, epoch=1).epoch == 2


def test_a_lost_participant_is_shown_as_reconnecting_and_then_gone():
    r = room()
    zhao, _ = sit(r, host())
    wang, _ = sit(r, grant())
    r.dropped("wang", wang.epoch, LATER)
    assert [peer["state"] for peer in r.roster(zhao)["peers"]] == ["reconnecting"]
    assert r.ticked(LATER + GRACE - 0.1) == []
    effects = r.ticked(LATER + GRACE)
    assert records(effects) == [("left", "lost")]
    assert r.roster(zhao)["peers"] == []


def test_a_late_heartbeat_shows_and_a_heartbeat_heals():
    r = room()
    zhao, _ = sit(r, host())
    wang, _ = sit(r, grant())
    r.silent("wang", wang.epoch, True)
    assert r.roster(zhao)["peers"][0]["state"] == "reconnecting"
    r.silent("wang", wang.epoch, False)
    assert r.roster(zhao)["peers"][0]["state"] == "here"


def test_the_socket_of_an_older_claim_means_nothing_any_more():
    r = room()
    old, _ = sit(r, grant())
    new, _ = sit(r, grant(), "page-000002")
    assert r.dropped("wang", old.epoch, LATER) == []
    with pytest.raises(NotJoined):
        r.said("wang", old.epoch, Hand(True))
    assert r.said("wang", new.epoch, Hand(True))


def test_whoever_leaves_has_left():
    r = room()
    seat, _ = sit(r, grant())
    effects = r.said("wang", seat.epoch, Leave())
    assert effects == [
        Vacated(seat),
        Record("left", "wang", "left:wang:1", {"who": "wang", "stay": "1", "reason": "left"}),
        Roster(),
    ]
    assert r.idle


def test_after_a_restart_those_who_return_were_never_away():
    r = room()
    r.recorded([entry(1, "joined", "wang", who="wang", stay="8")], whole=True)
    seat, effects = sit(r, grant())
    assert seat.stay == "8"
    assert records(effects) == []


def test_whoever_was_called_lost_and_returns_attends_anew():
    r = room()
    joined, left = {"who": "wang", "stay": "8"}, {"who": "wang", "stay": "8", "reason": "lost"}
    r.recorded([entry(1, "joined", "wang", **joined), entry(2, "left", "wang", **left)], whole=True)
    seat, effects = sit(r, grant(), epoch=9)
    assert seat.stay == "9"
    assert records(effects) == [("joined", None)]


def test_nobody_enters_a_room_that_has_ended():
    r = room()
    seat, _ = sit(r, grant())
    effects = r.recorded([entry(1, "ended", "zhao", reason="host")], whole=False)
    assert kinds(effects) == ["Emit", "Kick", "Forget", "Vacated", "Record", "Roster"]
    assert (effects[1], effects[2]) == (Kick(seat, "ended"), Forget("wang"))
    with pytest.raises(RoomEnded):
        r.place(grant(), "page-000001", OFF, move=False, epoch=9)


# ---- waiting


def test_a_guest_waits_unlogged_and_unseen_but_by_hosts():
    r = room()
    zhao, _ = sit(r, host())
    wang, _ = sit(r, grant())
    aunt, effects = sit(r, guest())
    assert aunt.waiting
    assert records(effects) == []
    assert [peer["id"] for peer in r.roster(zhao)["waiting"]] == ["aunt"]
    assert r.roster(wang)["waiting"] == []
    assert [peer["id"] for peer in r.roster(wang)["peers"]] == ["zhao"]


def test_admission_is_an_entry_and_the_entry_lets_in():
    r = room()
    zhao, _ = sit(r, host())
    aunt, _ = sit(r, guest(), epoch=5)
    asked = r.said("zhao", zhao.epoch, Admit("aunt"))
    assert asked == [Record("admitted", "zhao", "admitted:aunt:5", {"who": "aunt", "name": "Aunt"}, asked=True)]
    effects = r.recorded([entry(1, "admitted", "zhao", who="aunt", name="Aunt")], whole=False)
    assert kinds(effects) == ["Emit", "Seated", "Roster", "Record", "Welcome"]
    assert r.floor(aunt.grant) == 0
    assert r.floor(grant()) == 0
    r.recorded([entry(2, "chat", "zhao", text="x")], whole=False)
    again = r.place(guest(), "page-000009", OFF, move=False, epoch=9)
    assert again.waiting is False


def test_a_guest_who_was_removed_waits_again():
    r = room()
    sit(r, host())
    sit(r, guest(), epoch=5)
    r.recorded([entry(1, "admitted", "zhao", who="aunt"), entry(2, "removed", "zhao", who="aunt")], whole=True)
    assert r.place(guest(), "page-000009", OFF, move=False, epoch=9).waiting


def test_those_who_wait_can_only_set_their_devices_and_leave():
    r = room()
    zhao, _ = sit(r, host())
    aunt, _ = sit(r, guest())
    for message in (Chat("1", "?"), Hand(True), Mute("zhao"), Signal("zhao", zhao.page, ends=True), Net(1, 0, 900)):
        with pytest.raises(StillWaiting):
            r.said("aunt", aunt.epoch, message)
    r.said("aunt", aunt.epoch, TALKS)
    assert r.seating.seats["aunt"].media == TALKS
    assert kinds(r.said("aunt", aunt.epoch, Leave())) == ["Vacated", "Roster"]


def test_nobody_speaks_to_those_who_wait():
    r = room()
    zhao, _ = sit(r, host())
    aunt, _ = sit(r, guest())
    for message in (Signal("aunt", aunt.page, ends=True), Mute("aunt")):
        with pytest.raises(NobodyThere):
            r.said("zhao", zhao.epoch, message)


@pytest.mark.parametrize("command", [Admit("aunt"), Deny("aunt"), Remove("zhao"), Mute("zhao"), End()])
def test_only_hosts_command(command):
    r = room()
    sit(r, host())
    sit(r, guest())
    wang, _ = sit(r, grant())
    with pytest.raises(NotHost):
        r.said("wang", wang.epoch, command)


# ---- the log


def test_entries_are_told_once_in_order_and_a_gap_is_fetched():
    r = room()
    sit(r, grant())
    one, two, three = (entry(n, "chat", "li", text=str(n)) for n in (1, 2, 3))
    assert [e.payload["seq"] for e in r.recorded([one], whole=False)] == [1]
    assert r.recorded([one], whole=False) == []
    assert r.recorded([three], whole=False) == [Fetch()]
    assert [e.payload["seq"] for e in r.recorded([one, two, three], whole=True)] == [2, 3]


def test_who_has_had_an_entry_in_the_answer_does_not_hear_it_again():
    r = room()
    seat = r.place(grant(), "page-000001", OFF, move=False, epoch=1)
    r.arrived(seat)
    assert r.recorded([entry(1, "chat", "li")], whole=False) == []
    assert not r.caught_up("wang", 0)
    assert r.caught_up("wang", 2)
    assert r.recorded([entry(2, "chat", "li")], whole=False) == []
    assert r.recorded([entry(3, "chat", "li")], whole=False)[0].payload["seq"] == 3


# ---- other nodes


def far(who="li", epoch=1, rev=0, **facts):
    """A seat of node b, as its own room would make it."""
    seat = Room("r1", "b").place(grant(who), "page-000077", OFF, move=False, epoch=epoch)
    return replace(seat, rev=rev, **facts)


def test_what_is_said_to_another_node_goes_there():
    r = room()
    wang, _ = sit(r, host("wang"))
    r.heard(far(), 0.0)
    signal = Signal("li", "page-000077", ends=True)
    payload = {"from": "wang", "page": "page-000001", "candidate": None}
    assert r.said("wang", wang.epoch, signal) == [Relay("b", "li", "page-000077", "wang", "signal", payload)]
    assert r.said("wang", wang.epoch, Mute("li"))[0].event == "muted"


def test_what_comes_from_another_node_is_for_the_page_it_was_meant_for():
    r = room()
    wang, _ = sit(r, grant())
    assert r.relayed("wang", wang.page, "signal", {"x": 1}) == [Emit(("wang",), "signal", {"x": 1})]
    assert r.relayed("wang", "page-of-before", "signal", {}) == []
    assert r.relayed("nobody", wang.page, "signal", {}) == []


def test_late_news_of_a_seat_is_no_news():
    r = room()
    r.heard(far(rev=3, hand=True), 0.0)
    assert r.heard(far(rev=2), 0.0) == []
    assert r.vacated("li", 1) == [Roster()]
    assert r.heard(far(rev=4), 0.0) == []
    assert kinds(r.heard(far(epoch=2), 0.0)) == ["Roster"]
    assert r.vacated("li", 1) == []


def test_a_claim_on_another_node_ends_the_socket_here():
    r = room()
    wang, _ = sit(r, grant())
    moved = replace(wang, node="b", epoch=9, page="page-000005")
    assert kinds(r.heard(moved, 0.0)) == ["Kick", "Vacated", "Roster"]
    assert r.inside == []
    with pytest.raises(NotJoined):
        r.said("wang", wang.epoch, Hand(True))


def test_those_on_a_node_that_died_are_missed_and_then_gone():
    r = room()
    wang, _ = sit(r, grant())
    r.heard(far(), 0.0)
    assert r.board([far()], whole=True, asked=1.0, now=1.0) == []
    assert kinds(r.board([], whole=True, asked=5.0, now=5.0)) == ["Roster"]
    assert r.roster(wang)["peers"][0]["state"] == "reconnecting"
    with pytest.raises(Away):
        r.said("wang", wang.epoch, Signal("li", "page-000077", ends=True))
    assert r.ticked(5.0 + VANISHED - 0.1) == []
    assert records(r.ticked(5.0 + VANISHED)) == [("left", "lost")]


def test_a_store_that_forgot_and_remembers_again_ends_no_call():
    r = room()
    wang, _ = sit(r, grant())
    r.heard(far(), 0.0)
    r.board([], whole=True, asked=5.0, now=5.0)
    r.board([far()], whole=True, asked=6.5, now=6.5)
    assert r.roster(wang)["peers"][0]["state"] == "here"
    assert r.ticked(60.0) == []


def test_a_list_that_may_lack_somebody_makes_nobody_vanish():
    r = room()
    r.heard(far(), 0.0)
    assert r.board([], whole=False, asked=5.0, now=5.0) == []


def test_a_list_older_than_what_was_heard_makes_nobody_vanish():
    r = room()
    r.heard(far(), 10.0)
    assert r.board([], whole=True, asked=9.0, now=10.1) == []


def test_a_node_that_cannot_ask_judges_its_own_people_only():
    r = room()
    wang, _ = sit(r, grant())
    r.heard(far(here=False), 0.0)
    r.dropped("wang", wang.epoch, 0.0)
    effects = r.ticked(60.0, blind=True)
    assert [e.seat.who for e in effects if isinstance(e, Vacated)] == ["wang"]
    assert records(r.ticked(60.0)) == [("left", "lost")]


def test_somebody_here_whom_another_node_called_lost_attends_anew():
    r = room()
    sit(r, grant())
    r.recorded([entry(1, "joined", "wang", who="wang", stay="1")], whole=False)
    effects = r.recorded([entry(2, "left", "wang", who="wang", stay="1", reason="lost")], whole=False)
    assert kinds(effects) == ["Emit", "Seated", "Roster", "Record"]
    assert effects[-1].key == "joined:wang:1.2"


def test_somebody_elsewhere_whom_the_log_calls_gone_is_gone():
    r = room()
    r.heard(far(), 0.0)
    assert r.recorded([entry(1, "left", "li", who="li", stay="1", reason="lost")], whole=False) == [Roster()]
    assert r.seating.seats == {}


def test_signals_for_a_page_that_was_replaced_are_refused():
    r = room()
    zhao, _ = sit(r, host())
    sit(r, grant())
    sit(r, grant(), "page-000002")
    with pytest.raises(PageGone):
        r.said("zhao", zhao.epoch, Signal("wang", "page-000001", ends=True))


@pytest.mark.parametrize(
    ("rtt", "loss", "kbps", "line"),
    [
        (40, 0, 2000, "good"),
        (299, 0.049, 400, "good"),
        (40, 0, 0, "good"),
        (300, 0, 2000, "weak"),
        (40, 0.05, 2000, "weak"),
        (40, 0, 399, "weak"),
        (600, 0, 2000, "bad"),
        (40, 0.10, 2000, "bad"),
        (40, 0, 149, "bad"),
    ],
)
def test_a_line_is_graded_as_the_protocol_says(rtt, loss, kbps, line):
    assert graded(Net(rtt, loss, kbps)) == line


# ---- any order of anything

PEOPLE = {"zhao": host(), "wang": grant(), "li": grant("li"), "aunt": guest()}
WHO = st.sampled_from(sorted(PEOPLE))
NODE = st.sampled_from("ab")


class Cluster(RuleBasedStateMachine):
    """Two nodes, one log, one board, and hints between them that come late, never, or not at all."""

    @initialize()
    def open(self):
        self.now = 0.0
        self.log = {}
        self.board = {}
        self.rooms = {node: room(node) for node in "ab"}
        self.sockets = {}  # (who, epoch) → node, as long as the socket is open
        self.told = {}  # (who, epoch) → log numbers heard since joining
        self.hints = {node: [] for node in "ab"}
        self.pages = self.wall = 0

    # what a shell does

    def do(self, node, effects):
        """All effects in order; what goes into the log is written when the rest is done."""
        for effect in effects:
            getattr(self, type(effect).__name__.lower())(node, effect)
        for record in [effect for effect in effects if isinstance(effect, Record)]:
            self.write(node, record)

    def emit(self, node, effect):
        for who in effect.to:
            mine = [epoch for (w, epoch), at in self.sockets.items() if w == who and at == node]
            claim = max(mine, default=None)
            if effect.event == "event" and claim is not None:
                self.told[who, claim].append(effect.payload["seq"])

    def record(self, node, effect): ...

    def write(self, node, effect):
        if effect.key not in self.log:
            self.log[effect.key] = entry(len(self.log) + 1, effect.kind, effect.by, **effect.body)
        written = self.log[effect.key]
        self.hint(node, lambda r: r.recorded([written], whole=False))
        self.do(node, self.rooms[node].recorded([written], whole=False))

    def seated(self, node, effect):
        seat = effect.seat
        held = self.board.get(seat.who)
        if held is None or held.age < seat.age:
            self.board[seat.who] = seat
        self.hint(node, lambda r: r.heard(seat, self.now))

    def vacated(self, node, effect):
        seat = effect.seat
        if seat.who in self.board and self.board[seat.who].epoch <= seat.epoch:
            del self.board[seat.who]
        self.hint(node, lambda r: r.vacated(seat.who, seat.epoch))

    def kick(self, node, effect):
        self.sockets.pop((effect.seat.who, effect.seat.epoch), None)

    def welcome(self, node, effect):
        self.answer(node, effect.seat)

    def fetch(self, node, effect):
        self.read(node)

    def roster(self, node, effect): ...

    def forget(self, node, effect): ...

    def relay(self, node, effect): ...

    def hint(self, node, act):
        self.hints["b" if node == "a" else "a"].append(act)

    def entries(self):
        return sorted(self.log.values(), key=lambda e: e.seq)

    def read(self, node):
        self.do(node, self.rooms[node].recorded(self.entries(), whole=True))

    def look(self, node):
        self.do(node, self.rooms[node].board(list(self.board.values()), whole=True, asked=self.now, now=self.now))

    def answer(self, node, seat):
        if self.rooms[node].caught_up(seat.who, len(self.log)):
            self.told[seat.who, seat.epoch] = [len(self.log)]

    # what may happen

    @rule(who=WHO, node=NODE, fresh=st.booleans())
    def join(self, who, node, fresh):
        self.look(node)
        self.wall += 1
        self.pages += fresh
        try:
            seat = self.rooms[node].place(PEOPLE[who], f"page-{self.pages:06}", OFF, move=True, epoch=self.wall)
        except RoomEnded:
            return
        held = self.board.get(who)
        if held and held.epoch >= seat.epoch:
            return
        self.board[who] = seat
        self.sockets[who, seat.epoch] = node
        self.told[who, seat.epoch] = []
        self.do(node, self.rooms[node].arrived(seat))
        if who in self.rooms[node].seating.seats and not seat.waiting:
            self.answer(node, seat)

    @precondition(lambda self: self.sockets)
    @rule(
        data=st.data(), say=st.sampled_from([Chat("k", "x"), Hand(True), Hand(False), TALKS, Leave(), End()]), whom=WHO
    )
    def say(self, data, say, whom):
        who, epoch = data.draw(st.sampled_from(sorted(self.sockets)))
        said = data.draw(st.sampled_from([say, Admit(whom), Deny(whom), Remove(whom)]))
        node = self.sockets[who, epoch]
        if isinstance(said, Leave):  # nobody comes and leaves again within one round
            self.look("a")
            self.look("b")
        if (who, epoch) not in self.sockets:
            return
        try:
            self.do(node, self.rooms[node].said(who, epoch, said))
        except (StillWaiting, NotHost, NobodyThere, NotJoined):
            return
        if isinstance(said, Leave):
            del self.sockets[who, epoch]

    @precondition(lambda self: self.sockets)
    @rule(data=st.data())
    def drop(self, data):
        who, epoch = data.draw(st.sampled_from(sorted(self.sockets)))
        node = self.sockets.pop((who, epoch))
        self.do(node, self.rooms[node].dropped(who, epoch, self.now))

    @rule(node=NODE)
    def hear(self, node):
        if self.hints[node]:
            self.do(node, self.hints[node].pop(0)(self.rooms[node]))

    @rule(node=NODE)
    def lose(self, node):
        if self.hints[node]:
            self.hints[node].pop(0)

    @rule(node=NODE)
    def round(self, node):
        self.look(node)
        self.read(node)

    @rule(seconds=st.sampled_from([1.0, 5.0, 10.0]))
    def wait(self, seconds):
        """Nobody waits longer than a round without looking at the board."""
        for node in "ab":
            self.look(node)
        self.now += seconds
        for node in "ab":
            self.do(node, self.rooms[node].ticked(self.now))

    def sweep(self):
        """As `Rooms` does: an attendance of somebody seen nowhere is over."""
        for who in PEOPLE.keys() - self.board.keys():
            for stay in self.rooms["a"].history.standing(who):
                left = {"who": who, "stay": stay, "reason": "lost"}
                self.write("a", Record("left", who, f"left:{who}:{stay}", left))

    # what must hold

    @invariant()
    def everybody_hears_every_entry_once_and_in_order(self):
        for numbers in self.told.values():
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True

    @invariant()
    def an_attendance_ends_at_most_once_and_after_it_began(self):
        began, ended = set(), set()
        for e in self.entries():
            stay = (e.body.get("who"), e.body.get("stay"))
            if e.kind == "joined":
                assert stay not in began
                began.add(stay)
            if e.kind == "left":
                assert stay in began - ended
                ended.add(stay)

    def teardown(self):
        """When all is quiet, both nodes, the board, the sockets and the log tell the same story."""
        if not hasattr(self, "rooms"):
            return
        for _ in range(4):
            for node in "ab":
                while self.hints[node]:
                    self.do(node, self.hints[node].pop(0)(self.rooms[node]))
                self.round(node)
            self.sweep()
            self.wait(20.0)
        connected = {who for who, _ in self.sockets}
        seats = [{who: seat.page for who, seat in r.seating.seats.items()} for r in self.rooms.values()]
        assert seats[0] == seats[1] == {who: seat.page for who, seat in self.board.items()}
        assert set(seats[0]) == connected
        inside = {who: [seat.stay] for who, seat in self.board.items() if not seat.waiting}
        for r in self.rooms.values():
            assert {who: stays for who in PEOPLE if (stays := r.history.standing(who))} == inside
        assert [r.history.seq for r in self.rooms.values()] == [len(self.log)] * 2


Cluster.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, phases=[Phase.explicit, Phase.generate]
)
TestAnyOrderOfAnything = Cluster.TestCase
