"""A hall recorded: what was published can be played, sound and picture in step, and a kill takes seconds at most."""

import asyncio
import io
import os
import signal
import time

import pytest

from server.meeting.recordings.films import look_through
from signaling.media.forwarder.history import Kept
from signaling.media.forwarder.places import RECORDER
from signaling.media.ports import Reel
from signaling.media.recorder.frames import Frames
from signaling.media.recorder.sealed import Damaged, Kind, Sealing, unsealed
from tests.media.films import KEY, developed, lasting, pictures, until_it_lasts
from tests.media.forwarders import KINDS, house_on, process_of, spread_of
from tests.media.people import eventually

# ---- what lies on the disk


def sealed_file():
    file = io.BytesIO()
    sealing = Sealing(file, KEY)
    sealing.put(Kind.FACTS, b"whose")
    sealing.put(Kind.MEDIA, b"pictures")
    sealing.put(Kind.END, b"")
    return file.getvalue()


def test_what_was_sealed_is_read_again_and_lies_nowhere_readable():
    whole = sealed_file()
    assert list(unsealed(io.BytesIO(whole), KEY)) == [
        (Kind.FACTS, b"whose"),
        (Kind.MEDIA, b"pictures"),
        (Kind.END, b""),
    ]
    assert b"pictures" not in whole


def test_wherever_it_is_cut_off_what_came_before_is_read():
    whole = sealed_file()
    lengths = [len(list(unsealed(io.BytesIO(whole[:cut]), KEY))) for cut in range(len(whole) + 1)]
    assert lengths == sorted(lengths)
    assert set(lengths) == {0, 1, 2, 3}


def test_a_changed_byte_is_noticed():
    whole = bytearray(sealed_file())
    whole[60] ^= 1
    with pytest.raises(Damaged):
        list(unsealed(io.BytesIO(bytes(whole)), KEY))


# ---- packets to frames


def packet(sequence, timestamp, payload, marker=0):
    return Kept(sequence & 0xFFFF, timestamp & 0xFFFFFFFF, marker, payload)


KEY_START, DELTA_START, REST = b"\x10\x00\x00\x00", b"\x10\x01\x00\x00", b"\x00mm"


def test_pictures_are_put_together_in_order_whatever_the_order_of_the_packets():
    frames = Frames("vp8")
    assert frames.take(packet(65535, 0, KEY_START), 0.0) == []
    assert frames.take(packet(1, 3000, DELTA_START, 0x80), 0.0) == []
    first, second = frames.take(packet(0, 0, REST, 0x80), 0.1)
    assert (first.key, first.data, second.key) == (True, b"\x00\x00\x00mm", False)
    assert second.timestamp - first.timestamp == 3000


def test_after_a_packet_that_never_comes_the_next_key_frame_begins_anew():
    frames = Frames("vp8")
    assert len(frames.take(packet(1, 0, KEY_START, 0x80), 0.0)) == 1
    assert frames.take(packet(3, 6000, DELTA_START, 0x80), 0.1) == []
    assert frames.due(0.5) == []
    assert frames.due(1.2) == []
    assert frames.broken
    assert [frame.key for frame in frames.take(packet(4, 9000, KEY_START, 0x80), 1.3)] == [True]


def test_timestamps_count_on_past_their_wrap():
    frames = Frames("opus")
    before, after = frames.take(packet(1, -960, b"a"), 0.0) + frames.take(packet(2, 0, b"b"), 0.0)
    assert after.timestamp - before.timestamp == 960


# ---- a hall


@pytest.fixture(params=KINDS)
async def house(request, monkeypatch):
    async with house_on(request.param, monkeypatch) as house:
        yield house


async def test_each_source_becomes_a_film_in_step_with_the_others(house, tmp_path):
    zhao = await house.publisher("round", "zhao", shade=60)
    began = time.time()
    await house.forwarder.record("round", Reel(str(tmp_path), KEY))
    await until_it_lasts(tmp_path, 3)
    await house.forwarder.cease("round")
    lasted = time.time() - began
    voice, face = sorted(developed(tmp_path, KEY), key=lambda one: one.facts["codec"])
    assert (voice.facts["source"], face.facts["source"]) == ("zhao:voice", "zhao:face")
    assert all(one.ended and one.name.endswith(".film") for one in (voice, face))
    assert all(3 <= lasting(one) <= lasted for one in (voice, face))
    assert face.packets[0][1], "a film of pictures begins with a key frame"
    shades = pictures(tmp_path / face.name, KEY)
    assert len(shades) > 50
    assert all(abs(int(shade) - 60) < 4 for shade in shades)
    starts = [one.notes[0]["at"] - one.notes[0]["position"] / 1000 for one in (voice, face)]
    arrived = [one.facts["arrived"] for one in (voice, face)]
    assert all(abs(start - came) < 0.3 for start, came in zip(starts, arrived, strict=True))
    await zhao.close()


async def test_a_killed_recorder_loses_five_seconds_at_most_and_the_hall_nothing(house, tmp_path):
    await house.publisher("round", "zhao", shade=60)
    wang = await house.watcher("round", "wang")
    await house.forwarder.record("round", Reel(str(tmp_path), KEY))
    await until_it_lasts(tmp_path, 4)
    first = process_of(house, RECORDER)
    os.kill(first, signal.SIGKILL)
    killed = time.time()
    seen = len(wang.seen["zhao:face"])
    await eventually(lambda: process_of(house, RECORDER) not in (0, first))
    await until_it_lasts(tmp_path, 2, films=2)
    films = developed(tmp_path, KEY)
    cut = [one for one in films if one.name.endswith(".open") and not one.ended and one.facts["arrived"] < killed]
    assert len(cut) == 2
    assert all(killed - (one.facts["arrived"] + lasting(one)) < 5 for one in cut)
    await eventually(lambda: len(wang.seen["zhao:face"]) > seen + 30)
    assert len(wang.offers) == 1, "who watches noticed nothing"


async def test_what_was_being_recorded_when_the_server_went_counts_as_cut_off(house, tmp_path):
    await house.publisher("round", "zhao", shade=60)
    await house.forwarder.record("round", Reel(str(tmp_path), KEY))
    await until_it_lasts(tmp_path, 1)
    await house.forwarder.stop()
    assert {one.ended for one in look_through(tmp_path, KEY)} == {"lost"}


async def test_who_publishes_anew_begins_a_film_anew_and_who_leaves_ends_it(house, tmp_path):
    await house.forwarder.record("round", Reel(str(tmp_path), KEY))
    await house.publisher("round", "zhao", ("face",), shade=60)
    await until_it_lasts(tmp_path, 1, films=1)
    await house.publisher("round", "zhao", ("face",), shade=200)
    await eventually(lambda: len(developed(tmp_path, KEY)) == 2)
    await until_it_lasts(tmp_path, 1, films=1)
    await house.forwarder.unpublish("round", "zhao")
    await eventually(lambda: all(one.ended for one in developed(tmp_path, KEY)))
    first, second = developed(tmp_path, KEY)
    assert abs(int(pictures(tmp_path / first.name, KEY)[-1]) - 60) < 4
    assert abs(int(pictures(tmp_path / second.name, KEY)[0]) - 200) < 4


async def test_who_leaves_as_they_are_cut_off_is_cut_off_whole(house, tmp_path):
    await house.publisher("round", "zhao", shade=60)
    await house.forwarder.record("round", Reel(str(tmp_path), KEY))
    await until_it_lasts(tmp_path, 1)
    spread = spread_of(house)
    await asyncio.gather(spread.break_off("round", "zhao"), spread.unpublish("round", "zhao"))
    assert [one.ended for one in look_through(tmp_path, KEY)][:2] == ["lost", "lost"]


async def test_whoever_is_lost_and_was_the_last_there_ends_their_films(house, tmp_path):
    zhao = await house.publisher("round", "zhao", shade=60)
    await house.forwarder.record("round", Reel(str(tmp_path), KEY))
    await until_it_lasts(tmp_path, 1)
    await zhao.close()
    await eventually(lambda: all(one.ended for one in developed(tmp_path, KEY)))
