"""What a browser may say, and that PROTOCOL.md says the same."""

import base64
import dataclasses
import hashlib
import hmac
import re
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import signaling
from signaling import group_messages, lesson_messages, messages, refusals
from signaling.ice import CoturnIce
from signaling.lesson_messages import Choose, Draw, Poll
from signaling.messages import DECODERS, Chat, Join, Media, Net, Signal, decode
from signaling.refusals import Malformed, Refusal, UnknownMessage

PROTOCOL = (Path(signaling.__file__).parent / "PROTOCOL.md").read_text()
JOIN = {
    "ticket": "t" * 43,
    "page": "page-0001",
    "last": 3,
    "media": {"mic": False, "cam": True, "screen": False},
}
TO = {"to": "wang", "page": "page-0001"}
POLL = {"key": "k", "text": "首选？", "options": ["甲", "乙"], "many": False, "right": [], "marks": 0}
SPLIT = {"key": "k", "count": 2, "seconds": 0, "chosen": {}}
LINE = {"key": "k", "file": "f", "page": 1, "colour": "red", "points": [0, 0, 10_000, 10_000]}
OFFER = {"type": "offer", "sdp": "v=0\r\ns=-\r\n"}


def test_a_join_is_decoded_whole():
    assert decode("join", (JOIN,)) == Join("t" * 43, "page-0001", 3, Media(False, True, False), move=False)
    assert decode("join", ({**JOIN, "move": True},)).move is True


def test_a_signal_carries_a_description_or_a_candidate_or_their_end():
    to = {"to": "wang", "page": "page-0001"}
    candidate = {"candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "u", "more": 1}
    kept = {"candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "u"}
    assert decode("signal", ({**to, "description": {**OFFER, "more": 1}},)) == Signal("wang", "page-0001", OFFER)
    assert decode("signal", ({**to, "candidate": candidate},)) == Signal("wang", "page-0001", candidate=kept)
    assert decode("signal", ({**to, "candidate": None},)) == Signal("wang", "page-0001", ends=True)


@pytest.mark.parametrize(
    ("name", "payload", "field"),
    [
        ("join", {**JOIN, "ticket": "short"}, "ticket"),
        ("join", {**JOIN, "page": "x/../y-zzz"}, "page"),
        ("join", {**JOIN, "last": -1}, "last"),
        ("join", {**JOIN, "last": 2**53}, "last"),
        ("join", {**JOIN, "media": {"mic": 1, "cam": False, "screen": False}}, "mic"),
        ("join", {**JOIN, "media": None}, "media"),
        ("join", {**JOIN, "move": "yes"}, "move"),
        ("signal", TO, "description"),
        ("signal", {**TO, "description": OFFER, "candidate": None}, "description"),
        ("signal", {**TO, "description": {**OFFER, "type": "rollback"}}, "description.type"),
        ("signal", {**TO, "description": {**OFFER, "sdp": "v=0\n\x00"}}, "sdp"),
        ("signal", {**TO, "description": {**OFFER, "sdp": "v=0\n" + "a" * 49152}}, "sdp"),
        ("chat", {"key": "k", "text": " \n\t"}, "text"),
        ("chat", {"key": "k", "text": "\x1b[31m"}, "text"),
        ("chat", {"key": "", "text": "x"}, "key"),
        ("net", {"rtt": float("nan"), "loss": 0, "kbps": 0}, "rtt"),
        ("net", {"rtt": 1, "loss": 1.01, "kbps": 0}, "loss"),
        ("net", {"rtt": True, "loss": 0, "kbps": 0}, "rtt"),
        ("admit", {"who": "a b"}, "who"),
        ("since", {"last": 1.0}, "last"),
        ("hand", None, ""),
        ("hand", [], ""),
        ("stage", {"who": "a", "on": 1}, "on"),
        ("publish", {"sdp": "v=0\n", "roles": {}}, "roles"),
        ("publish", {"sdp": "v=0\n", "roles": {"0": "face", "1": "face"}}, "roles"),
        ("publish", {"sdp": "v=0\n", "roles": {"0": "Face"}}, "roles"),
        ("publish", {"sdp": "x", "roles": {"0": "face"}}, "sdp"),
        ("watch", {"views": {"stage": 1}}, "views"),
        ("watch", {"views": dict.fromkeys(map(str, range(33)), "a:face")}, "views"),
        ("arrange", {"views": []}, "views"),
        ("answer", {"number": -1, "sdp": "v=0\n"}, "number"),
        ("limit", {"view": "stage", "layer": 3}, "layer"),
        ("limit", {"view": "a b", "layer": None}, "view"),
        ("audience", {"after": "a b"}, "after"),
        ("check", {"key": "k", "seconds": 9}, "seconds"),
        ("poll", POLL | {"options": ["a"]}, "options"),
        ("poll", POLL | {"options": ["a", " "]}, "options"),
        ("poll", POLL | {"right": [2]}, "right"),
        ("poll", POLL | {"right": [0, 1], "marks": 5}, "right"),
        ("poll", POLL | {"right": [0]}, "marks"),
        ("poll", POLL | {"marks": 5}, "marks"),
        ("choose", {"poll": "p", "choice": [True]}, "choice"),
        ("choose", {"poll": "p", "choice": [1, 1]}, "choice"),
        ("ask", {"key": "k", "text": "问" * 301}, "text"),
        ("chat", {"key": "k", "text": "a\0b"}, "text"),
        ("chat", {"key": "k", "text": "half a \ud83d"}, "text"),
        ("settle", {"question": 1, "how": "gone"}, "how"),
        ("show", {"key": "k", "file": "../x", "page": 1}, "file"),
        ("show", {"key": "k", "file": "f", "page": 0}, "page"),
        ("draw", LINE | {"points": [1, 2, 3]}, "points"),
        ("draw", LINE | {"points": [0, 10_001, 1, 1]}, "points"),
        ("draw", LINE | {"points": [0] * 514}, "points"),
        ("draw", LINE | {"colour": "url(x)"}, "colour"),
        ("point", {"x": 0, "y": 10_001, "on": True}, "y"),
        ("split", SPLIT | {"count": 13}, "count"),
        ("split", SPLIT | {"seconds": 9}, "seconds"),
        ("split", SPLIT | {"chosen": {"wang": 3}}, "chosen"),
        ("split", SPLIT | {"chosen": {"../x": 1}}, "chosen"),
        ("group", {"who": "wang", "group": 13}, "group"),
        ("broadcast", {"key": "k", "text": " "}, "text"),
    ],
)  # fmt: skip
def test_what_is_not_as_described_is_refused_by_the_name_of_its_field(name, payload, field):
    with pytest.raises(Malformed) as refused:
        decode(name, (payload,))
    assert refused.value.answer() == {"ok": False, "error": {"code": "message.malformed", "field": field}}


def test_lines_of_text_pass_as_they_are():
    assert decode("chat", ({"key": "k-1", "text": "第一行\n第二行\t👨‍⚕️"},)) == Chat("k-1", "第一行\n第二行\t👨‍⚕️")
    assert decode("net", ({"rtt": 12, "loss": 0.5, "kbps": 0},)) == Net(12.0, 0.5, 0.0)


def test_a_quiz_and_a_line_are_decoded_whole():
    quiz = {**POLL, "many": True, "right": [1, 0], "marks": 20}
    assert decode("poll", (quiz,)) == Poll("k", "首选？", ("甲", "乙"), True, (0, 1), 20)
    assert decode("choose", ({"poll": "k", "choice": [1]},)) == Choose("k", (1,))
    assert decode("draw", (LINE,)) == Draw("k", "f", 1, "red", (0, 0, 10_000, 10_000))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)
NAMES = ["ticket", "page", "last", "media", "mic", "cam", "screen", "to", "description", "type", "sdp", "candidate"]
MORE = ["key", "text", "up", "who", "rtt", "loss", "roles", "views", "layer", "number", "options", "points", "right"]
FIELDS = st.dictionaries(st.sampled_from([*NAMES, *MORE]), JSON)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([*DECODERS, "connect", "__class__"]), st.lists(FIELDS | JSON, max_size=3))
def test_anything_is_either_a_message_or_refused(name, arguments):
    try:
        message = decode(name, tuple(arguments))
    except (Malformed, UnknownMessage):
        return
    assert dataclasses.is_dataclass(message)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([" ", "\t", "\n", "a", "\x00", "血", "\r"]), st.integers(0, 60_000))
def test_long_input_takes_no_time(character, length):
    for name, field in (("chat", "text"), ("join", "ticket"), ("admit", "who")):
        with_long = {"key": "k", field: character * length + "\x00"}
        with pytest.raises(Malformed):
            decode(name, (with_long,))


# ---- the document


def test_the_document_lists_exactly_the_refusals_there_are():
    listed = set(re.findall(r"^\| `([a-z]+\.[a-z_]+)(?: \{\w+\})?` \|", PROTOCOL, flags=re.M))
    known = [kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, Refusal)]
    assert listed == {kind.code for kind in known}


def test_every_message_names_its_fields_in_the_document():
    said = (*vars(messages).values(), *vars(lesson_messages).values(), *vars(group_messages).values())
    kinds = {kind.__name__.lower(): kind for kind in said if dataclasses.is_dataclass(kind)}
    for name in DECODERS:
        about = PROTOCOL.split(f"### `{name}`\n")[1].split("\n##")[0]
        for field in dataclasses.fields(kinds[name]):
            assert field.name == "ends" or re.search(rf"\b{field.name}\b", about), f"{name}.{field.name}"


# ---- TURN


def test_credentials_are_those_coturn_expects_and_die_soon():
    ice = CoturnIce(stun=["stun:s.test"], turn=["turn:t.test?transport=udp"], secret="north", ttl=300)
    issued = ice.issue("wang", datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    username = f"{int(datetime(2026, 11, 23, 1, 5, tzinfo=UTC).timestamp())}:wang"
    credential = base64.b64encode(hmac.new(b"north", username.encode(), hashlib.sha1).digest()).decode()
    assert issued == {
        "servers": [
            {"urls": ["stun:s.test"]},
            {"urls": ["turn:t.test?transport=udp"], "username": username, "credential": credential},
        ],
        "policy": "all",
        "ttl": 300,
    }
    assert "north" not in orjson.dumps(issued).decode()


def test_without_turn_there_is_nothing_to_know_and_with_it_a_secret_is_needed():
    assert CoturnIce().issue("wang", datetime.now(UTC)) == {"servers": [], "policy": "all", "ttl": 300}
    with pytest.raises(ValueError, match="secret"):
        CoturnIce(turn=["turn:t.test"])
