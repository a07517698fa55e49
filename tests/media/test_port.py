"""What every forwarder does, asked of the embedded one and of a real Janus: who publishes is seen by who watches."""

import asyncio

import pytest

from signaling.media.ports import Joined, Lost, MediaRefusal, SourceCame, SourceLeft, Speaking
from tests.media.forwarders import KINDS, house_on
from tests.media.people import Publisher, eventually


@pytest.fixture(params=KINDS)
async def house(request, monkeypatch):
    async with house_on(request.param, monkeypatch) as house:
        yield house


def sees(watcher, view, shade, within=5):
    """The newest picture of the view is of this shade."""
    return lambda: bool(watcher.seen.get(view)) and abs(watcher.seen[view][-1] - shade) < within


async def test_what_one_publishes_another_sees_and_hears(house):
    await house.publisher("round", "zhao", shade=60)
    wang = await house.watcher("round", "wang")
    await eventually(lambda: len(wang.seen.get("zhao:face", [])) > 5 and wang.heard.get("zhao:voice", 0) > 5)
    assert abs(wang.seen["zhao:face"][-1] - 60) < 4
    assert {event.source for event in house.events(SourceCame)} == {"zhao:voice", "zhao:face"}
    assert {(event.who, event.way) for event in house.events(Joined)} == {("zhao", "publish"), ("wang", "watch")}


async def test_who_watches_before_anybody_publishes_sees_them_when_they_come(house):
    wang = await house.watcher("round", "wang")
    await house.publisher("round", "zhao", shade=60)
    await eventually(sees(wang, "zhao:face", 60))


async def test_who_comes_late_sees_a_picture_at_once(house):
    await house.publisher("round", "zhao")
    wang = await house.watcher("round", "wang")
    await eventually(lambda: len(wang.seen.get("zhao:face", [])) > 20)
    late = await house.watcher("round", "li")
    await eventually(lambda: late.seen.get("zhao:face"))
    assert abs(late.seen["zhao:face"][0] - 60) < 4


async def test_nobody_sees_themselves(house):
    await house.publisher("round", "zhao", shade=60)
    await house.publisher("round", "qian", shade=180)
    zhao = await house.watcher("round", "zhao")
    await eventually(sees(zhao, "qian:face", 180))
    assert set(zhao.views.values()) == {"qian:face", "qian:voice"}


async def test_a_view_changes_its_publisher_without_renegotiation_and_without_a_gap(house):
    await house.publisher("round", "zhao", shade=60)
    await house.publisher("round", "qian", shade=180)
    await eventually(lambda: len(house.events(SourceCame)) == 4)
    wang = await house.watcher("round", "wang", {"stage": "zhao:face"})
    await eventually(lambda: len(wang.seen.get("stage", [])) > 5)
    await house.forwarder.arrange("round", "wang", {"stage": "qian:face"})
    await eventually(sees(wang, "stage", 180))
    await house.forwarder.arrange("round", "wang", {"stage": "zhao:face"})
    await eventually(sees(wang, "stage", 60))
    assert len(wang.offers) == 1
    shades = [0 if abs(shade - 60) < 4 else 1 if abs(shade - 180) < 4 else None for shade in wang.seen["stage"]]
    turns = [shade for number, shade in enumerate(shades) if not number or shade != shades[number - 1]]
    assert turns == [0, 1, 0]  # no broken picture in between


async def test_a_publisher_who_reloads_takes_the_place_of_the_old_page(house):
    zhao = await house.publisher("round", "zhao", shade=60)
    wang = await house.watcher("round", "wang")
    await eventually(sees(wang, "zhao:face", 60))
    await house.publisher("round", "zhao", shade=200)
    await eventually(sees(wang, "zhao:face", 200))
    await zhao.close()
    seen = len(wang.seen["zhao:face"])
    await eventually(lambda: len(wang.seen["zhao:face"]) > seen + 10)
    assert len(wang.offers) == 1
    assert sorted(event.source for event in house.events(SourceCame)) == ["zhao:face", "zhao:voice"]
    assert house.events(SourceLeft) == house.events(Lost) == []


async def test_m_lines_are_used_again(house):
    wang = await house.watcher("round", "wang")
    for _ in range(3):
        await house.publisher("round", "zhao")
        await eventually(lambda: "zhao:face" in wang.views.values())
        wang.seen.clear()
        await eventually(lambda: wang.seen.get("zhao:face"))
        await house.forwarder.unpublish("round", "zhao")
        await eventually(lambda: not wang.views)
    assert wang.offers[-1].sdp.count("m=") == 2


async def test_what_changes_during_a_negotiation_is_offered_after_it(house):
    wang = await house.watcher("round", "wang")
    await asyncio.gather(*(house.publisher("round", who, ("voice",)) for who in ("zhao", "qian", "sun", "li")))
    await eventually(lambda: len(wang.views) == 4)
    await eventually(lambda: all(wang.heard.get(f"{who}:voice") for who in ("zhao", "qian", "sun", "li")))
    assert [offer.number for offer in wang.offers] == list(range(1, len(wang.offers) + 1))


async def test_lips_and_voice_are_played_together_and_apart_from_others(house):
    await house.publisher("round", "zhao")
    await eventually(lambda: len(house.events(SourceCame)) == 2)
    wang = await house.watcher("round", "wang", {"stage:face": "zhao:face", "stage:voice": "zhao:voice"})
    await eventually(lambda: wang.seen.get("stage:face") and wang.heard.get("stage:voice"))
    named = {line for line in wang.offers[-1].sdp.splitlines() if line.startswith("a=msid:")}
    assert named == {"a=msid:stage stage:face", "a=msid:stage stage:voice"}


async def test_who_speaks_is_told(house):
    await house.publisher("round", "zhao", ("voice",))
    await eventually(lambda: any("zhao:voice" in event.levels for event in house.events(Speaking)))


async def test_a_page_that_closes_is_lost_and_its_sources_leave(house):
    zhao = await house.publisher("round", "zhao")
    wang = await house.watcher("round", "wang")
    await eventually(lambda: wang.seen.get("zhao:face"))
    await zhao.close()
    await eventually(lambda: house.events(Lost) == [Lost("round", "zhao", "publish")])
    await eventually(lambda: {event.source for event in house.events(SourceLeft)} == {"zhao:voice", "zhao:face"})
    await wang.close()
    await eventually(lambda: Lost("round", "wang", "watch") in house.events(Lost))


async def test_a_view_is_limited_to_a_layer(house):
    await house.publisher("round", "zhao", ("face",))
    wang = await house.watcher("round", "wang")
    await eventually(lambda: wang.seen.get("zhao:face"))
    for layer in (0, 2, None):
        await house.forwarder.limit("round", "wang", "zhao:face", layer)
    seen = len(wang.seen["zhao:face"])
    await eventually(lambda: len(wang.seen["zhao:face"]) > seen + 10)
    with pytest.raises(MediaRefusal, match=r"media\.no_view"):
        await house.forwarder.limit("round", "wang", "stage", 0)


async def test_who_leaves_is_not_lost(house):
    await house.publisher("round", "zhao")
    wang = await house.watcher("round", "wang")
    await eventually(lambda: wang.seen.get("zhao:face"))
    await house.forwarder.unwatch("round", "wang")
    await house.forwarder.unpublish("round", "zhao")
    await eventually(lambda: {event.source for event in house.events(SourceLeft)} == {"zhao:voice", "zhao:face"})
    await house.forwarder.unwatch("round", "wang")
    assert house.events(Lost) == []


@pytest.mark.parametrize(
    "sdp", ["", "v=0\r\n", "m=audio 9 X 0\r\n", "m=" * 4000, "v=0\r\nm=video 9 A/B 96\r\na=mid:0\r\n"]
)
async def test_a_description_that_no_browser_makes_is_refused(house, sdp):
    with pytest.raises(MediaRefusal, match=r"media\.unreadable"):
        await house.forwarder.publish("round", "zhao", sdp, {})
    await house.watcher("round", "wang")
    with pytest.raises(MediaRefusal, match=r"media\.unreadable"):
        await house.forwarder.answer("round", "wang", 1, sdp)


async def test_asking_for_what_is_not_there_is_refused_aloud(house):
    with pytest.raises(MediaRefusal, match=r"media\.no_hall"):
        await house.forwarder.watch("nowhere", "wang")
    with pytest.raises(MediaRefusal, match=r"media\.not_watching"):
        await house.forwarder.arrange("round", "nobody", None)
    await house.watcher("round", "wang")
    with pytest.raises(MediaRefusal, match=r"media\.no_view"):
        await house.forwarder.limit("round", "wang", "stage", 0)


async def test_an_old_answer_changes_nothing(house):
    await house.publisher("round", "zhao", ("voice",))
    wang = await house.watcher("round", "wang")
    await eventually(lambda: wang.heard.get("zhao:voice"))
    await house.forwarder.answer("round", "wang", 0, wang.pc.localDescription.sdp)
    await house.forwarder.answer("round", "wang", 1, wang.pc.localDescription.sdp)
    heard = wang.heard["zhao:voice"]
    await eventually(lambda: wang.heard["zhao:voice"] > heard)


@pytest.mark.parametrize("name", ["", "a b", "x\r\na=candidate:1", "台", "x" * 101])
async def test_names_that_would_change_a_description_are_refused(house, name):
    zhao = Publisher(house.forwarder, "zhao", ("face",))
    house.people.append(zhao)
    zhao.pc.addTransceiver("video", "sendonly")
    await zhao.pc.setLocalDescription()
    with pytest.raises(MediaRefusal, match=r"media\.malformed"):
        await house.forwarder.publish("round", "zhao", zhao.pc.localDescription.sdp, {"0": name})
    with pytest.raises(MediaRefusal, match=r"media\.malformed"):
        await house.forwarder.watch("round", "wang", {name: "zhao:face"})
