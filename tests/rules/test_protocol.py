"""PROTOCOL.md lists exactly what the code knows."""

import re

from signaling import messages, refusals
from tests.rules.source import SIGNALING

PROTOCOL = (SIGNALING / "PROTOCOL.md").read_text()


def section(title):
    """The text of the `##` section that begins so."""
    found = re.search(rf"^## {re.escape(title)}.*?$(.*?)(?=^## |\Z)", PROTOCOL, re.MULTILINE | re.DOTALL)
    assert found, f"PROTOCOL.md has no section '{title}'"
    return found[1]


def listed(title):
    return re.findall(r"^### `([\w.]+)`", section(title), re.MULTILINE)


def codes(refusal=refusals.Refusal):
    return {refusal.code}.union(*(codes(kind) for kind in refusal.__subclasses__()))


def test_the_messages_of_a_client():
    sections = ("From the client", "In a hall, from the client", "In a hall, the lesson")
    assert [name for title in sections for name in listed(title)] == list(messages.DECODERS)


def test_the_events_of_a_room():
    assert [*listed("From the server"), *listed("In a hall, from the server")] == list(messages.ROOM_EVENTS)


def test_the_hints_that_keep_pages_fresh():
    assert listed("Namespace `/live`") == list(messages.FEED_EVENTS)


def test_every_refusal_is_explained():
    assert {code for code in codes() if f"`{code}" not in section("Errors")} == set()


def test_no_refusal_is_invented():
    named = set(re.findall(r"`((?:room|message|server|live|media|lesson|chat)\.[a-z_]+)", PROTOCOL))
    assert named - codes() == set()


def test_the_sequences_that_an_implementer_needs():
    assert [word for word in ("join", "negotiat", "resume", "leave") if word not in section("Sequences").lower()] == []
