"""What becomes of a recording: one file, voices in step with pictures, gaps marked, sealed, removed in time."""

import io
import re
import shutil
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest

from server.files.blobs import DiskBlobs
from server.files.vault import Vault
from server.meeting import service as meetings
from server.meeting.kinds import MeetingKind
from server.meeting.recordings import films, programme, queries, service
from server.meeting.recordings.carpenter import Carpenter
from server.meeting.recordings.kinds import Ladder, RecordingState
from server.meeting.recordings.press import Order, make
from server.meeting.recordings.scratch import Scratch
from server.meeting.recordings.studio import Studio
from tests.conftest import KEYS
from tests.services.recorded_films import BEGAN, KEY, face, kept, voice

OUT_KEY = bytes(32)


def pressed(folder, tmp_path):
    """What the press told, and the bytes of the files it made."""
    out, told = tmp_path / "out", []
    out.mkdir()
    make(Order(folder=str(folder), key=KEY.hex(), out=str(out), out_key=OUT_KEY.hex()), told.append)
    made = [one["made"] for one in told if "made" in one]
    over = next(one["over"] for one in told if "over" in one)
    return {one["name"]: _plain(one["path"]) for one in made}, over


def _plain(path):
    scratch = Scratch(Path(path), OUT_KEY)
    try:
        return scratch.read(1 << 30)
    finally:
        scratch.close()


def shades(webm):
    """(seconds, shade) of every picture."""
    with av.open(io.BytesIO(webm)) as film:
        return [(frame.time, int(frame.to_ndarray(format="yuv420p")[0, 0])) for frame in film.decode(video=0)]


def loudness(webm):
    """(seconds, loudness) of every 10 ms."""
    with av.open(io.BytesIO(webm)) as film:
        blocks = [(frame.time, frame.to_ndarray().mean(axis=0)) for frame in film.decode(audio=0)]
    return [
        (at + offset / 48_000, float(np.abs(samples[offset : offset + 480]).mean()))
        for at, samples in blocks
        for offset in range(0, len(samples), 480)
    ]


def test_sound_and_picture_meet_within_80_ms_however_different_their_clocks(tmp_path):
    """A flash and a tone of the same instant, in films that began at other times and arrived at others still."""
    folder = tmp_path / "films"
    voice(folder, "zhao:voice", 0.0, 8, loud=lambda second: second >= 5.0, first=4_000_000_000)
    face(folder, "zhao:face", 1.5, 6.5, shade=lambda second: 200 if second >= 3.5 else 40)
    files, over = pressed(folder, tmp_path)
    flash = next(at for at, shade in shades(files[""]) if shade > 120)
    tone = next(at for at, loud in loudness(files[""]) if loud > 0.02)
    assert abs(flash - tone) < 0.08
    assert abs(flash - 5.0) < 0.08
    assert abs(over["lasts"] - 8.0) < 0.1
    assert over["origin"] == pytest.approx(BEGAN, abs=0.01)
    assert over["gaps"] == []


def test_a_film_that_is_ended_while_they_are_looked_through_is_found(tmp_path):
    voice(tmp_path, "zhao:voice", 0.0, 1)
    [ended] = tmp_path.iterdir()
    assert films._found(ended.with_suffix(".open"), KEY).path == ended


def test_length_index_and_key_frames_let_a_browser_jump(tmp_path):
    folder = tmp_path / "films"
    voice(folder, "zhao:voice", 0.0, 10)
    face(folder, "zhao:face", 0.0, 10)
    files, _ = pressed(folder, tmp_path)
    with av.open(io.BytesIO(files[""])) as webm:
        assert abs(webm.duration / 1_000_000 - 10) < 0.1
        webm.seek(6_500_000, backward=True, any_frame=False)
        first = next(packet for packet in webm.demux(video=0) if packet.size)
        assert 4.4 <= float(first.pts * first.time_base) <= 6.5
        assert first.is_keyframe
    assert list(files) == [""], "one source needs no track of its own"


def test_whatever_is_shown_is_seen_and_everybody_is_heard(tmp_path):
    folder = tmp_path / "films"
    voice(folder, "zhao:voice", 0.0, 12, loud=lambda second: second < 2)
    face(folder, "zhao:face", 0.0, 12, shade=lambda second: 60)
    voice(folder, "qian:voice", 4.0, 6, loud=lambda second: second > 3)
    face(folder, "qian:screen", 3.0, 5.5, shade=lambda second: 200)
    files, _ = pressed(folder, tmp_path)
    assert list(files) == ["", "zhao:face", "qian:screen"]
    seen = shades(files[""])
    assert all(shade < 90 for at, shade in seen if at < 2.9 or at > 10.6)
    assert all(shade > 150 for at, shade in seen if 3.1 < at < 8.4)
    for webm in files.values():
        heard = [at for at, loud in loudness(webm) if loud > 0.02]
        assert min(heard) < 0.1
        assert not [at for at in heard if 2.2 < at < 6.8]
        assert [at for at in heard if 7.2 < at < 9.8]


def test_what_was_cut_off_is_played_to_its_end_and_the_hole_is_marked(tmp_path):
    folder = tmp_path / "films"
    cut = face(folder, "zhao:face", 0.0, 6, ended="")
    face(folder, "zhao:face", 9.0, 4)
    voice(folder, "zhao:voice", 0.0, 13)
    cut._file.close()
    found = [film for film in films.look_through(folder, KEY) if film.source == "zhao:face"]
    assert found[0].stop - found[0].start > 4.5, "all but the last second"
    ((start, stop),) = programme.gaps(found)
    assert (start - BEGAN, stop - BEGAN) == (pytest.approx(5.5, abs=0.6), pytest.approx(9.0, abs=0.1))


def test_who_left_and_came_back_left_no_gap(tmp_path):
    face(tmp_path, "zhao:face", 0.0, 3, ended="left")
    face(tmp_path, "zhao:face", 9.0, 3)
    assert programme.gaps(films.look_through(tmp_path, KEY)) == []


def test_nothing_recorded_is_nothing_made(tmp_path):
    (tmp_path / "films").mkdir()
    assert pressed(tmp_path / "films", tmp_path) == ({}, {"origin": 0.0, "lasts": 0.0, "gaps": []})


# ---- with the house


async def meeting(unit):
    return await meetings.plan(
        unit, kind=MeetingKind.TEACHING, subject_kind="teaching", subject_id="0" * 32, title="",
        starts_at=unit.now, ends_at=unit.now + timedelta(hours=1),
    )  # fmt: skip


@pytest.fixture
def vault(tmp_path):
    return Vault(DiskBlobs(tmp_path / "files"), KEYS)


@pytest.fixture
def studio(database, vault, tmp_path):
    return Studio(database, vault, tmp_path / "recordings")


async def recorded(database, tmp_path, *, lasts=6, seen=True, loud=lambda second: True, shade=lambda second: 60):
    """A recording that has ended, with its films."""
    async with database.unit() as unit:
        held = await meeting(unit)
        recording = await service.begin(unit, meeting_id=held.id, number=3)
        key = service.key_of(unit, recording)
        await service.end(unit, meeting_id=held.id, why="host")
    folder = tmp_path / "recordings" / recording.id
    voice(folder, "zhao:voice", 0.0, lasts, loud=loud, key=key)
    if seen:
        face(folder, "zhao:face", 0.0, lasts, shade=shade, key=key)
    return recording.id


async def looked_up(database, id):
    async with database.unit(writes=False) as unit:
        return await queries.recording(unit, id)


async def test_the_duty_puts_it_sealed_into_the_vault_and_forgets_the_films(database, studio, vault, tmp_path):
    id = await recorded(database, tmp_path)
    await studio.work()
    recording = await looked_up(database, id)
    assert (recording.state, recording.seconds, recording.key_sealed) == (RecordingState.READY, 6, None)
    (whole,) = recording.files
    webm = b"".join(
        [block async for block in vault.proven(whole.id, whole.wrapped_key, (0, whole.size), whole.size, whole.sha256)]
    )
    assert len(shades(webm)) > 100
    assert not (tmp_path / "recordings" / id).exists()
    lying = (tmp_path / "files" / whole.id[-2:] / whole.id).read_bytes()
    assert b"webm" not in lying
    await studio.work()
    assert len((await looked_up(database, id)).files) == 1


async def test_a_making_that_was_cut_off_is_begun_anew(database, studio, tmp_path):
    id = await recorded(database, tmp_path)
    left = tmp_path / "recordings" / id / "made"
    left.mkdir()
    (left / "0").write_bytes(b"half a file, whose key nobody has")
    await studio.work()
    assert (await looked_up(database, id)).state is RecordingState.READY


async def test_a_recording_nobody_was_in_is_empty(database, studio, tmp_path):
    id = await recorded(database, tmp_path)
    shutil.rmtree(tmp_path / "recordings" / id)
    assert await heard_while(database, studio.work()) == ["empty"]
    assert (await looked_up(database, id)).state is RecordingState.EMPTY


async def test_pages_hear_how_far_it_is_and_that_it_is_made(database, studio, tmp_path):
    await recorded(database, tmp_path)
    *making, last = await heard_while(database, studio.work())
    assert (set(making), last) == ({"waiting"}, "ready")


async def heard_while(database, doing):
    """The states that pages are told of."""
    heard = []

    async def deliver(announcements):
        heard.extend(one.facts["state"] for one in announcements if one.kind == "recording")

    database.deliver = deliver
    await doing
    return heard


# ---- for weak lines


@pytest.fixture
def carpenter(database, vault, tmp_path):
    return Carpenter(database, vault, tmp_path / "recordings")


async def plain(vault, kept):
    whole = vault.proven(kept.id, kept.wrapped_key, (0, kept.size), kept.size, kept.sha256)
    return b"".join([block async for block in whole])


async def laddered(database, studio, carpenter, tmp_path, **films):
    id = await recorded(database, tmp_path, **films)
    await studio.work()
    await carpenter.work()
    return await looked_up(database, id)


async def test_a_ladder_has_small_pictures_in_step_and_sound_alone(database, studio, carpenter, vault, tmp_path):
    flash = {"loud": lambda second: second >= 5.0, "shade": lambda second: 200 if second >= 5.0 else 40}
    recording = await laddered(database, studio, carpenter, tmp_path, lasts=10, **flash)
    assert recording.ladder is Ladder.MADE
    assert [(one.name, one.width, one.height, one.codecs) for one in recording.rungs] == [
        ("360", 640, 360, "avc1.4d401e,mp4a.40.2"),
        ("180", 320, 180, "avc1.4d401e,mp4a.40.2"),
        ("sound", 0, 0, "mp4a.40.2"),
    ]
    for rung in recording.rungs:
        mp4 = await plain(vault, rung)
        with av.open(io.BytesIO(mp4)) as file:
            assert abs(file.duration / 1_000_000 - 10) < 0.2
        tone = next(at for at, loud in loudness(mp4) if loud > 0.02)
        assert abs(tone - 5.0) < 0.08
        if rung.height:
            assert abs(next(at for at, shade in middles(mp4) if shade > 120) - tone) < 0.1
    assert b"ftyp" not in (tmp_path / "files" / rung.id[-2:] / rung.id).read_bytes()
    assert list((tmp_path / "recordings").iterdir()) == []


def middles(mp4):
    """(seconds, shade in the middle) of every picture: at its sides it may be black."""
    with av.open(io.BytesIO(mp4)) as film:
        return [
            (frame.time, int(frame.to_ndarray()[frame.height // 2, frame.width // 2])) for frame in film.decode(video=0)
        ]


async def test_every_segment_of_a_rung_plays_by_itself(database, studio, carpenter, vault, tmp_path):
    recording = await laddered(database, studio, carpenter, tmp_path, lasts=10)
    async with database.unit(writes=False) as unit:
        rung = await queries.rung_of(unit, recording.id, "180")
    mp4 = await plain(vault, rung)
    head = re.search(r'#EXT-X-MAP:URI="180.mp4",BYTERANGE="(\d+)@0"', rung.playlist)
    parts = re.findall(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n180.mp4", rung.playlist)
    assert [float(lasts) for lasts, *_ in parts[:2]] == [4.0, 4.0]
    for number, (lasts, size, at) in enumerate(parts):
        segment = mp4[: int(head[1])] + mp4[int(at) : int(at) + int(size)]
        seen = middles(segment)
        assert seen[0][0] == pytest.approx(4 * number, abs=0.07)
        assert len(seen) == pytest.approx(float(lasts) * 15, abs=1)


async def test_what_cannot_be_read_has_no_ladder_and_keeps_its_original(database, carpenter, vault, tmp_path):
    async with database.unit() as unit:
        held = await meeting(unit)
    recording = await kept(database, vault, held.id, b"not a film at all")
    for _ in range(2):
        await carpenter.work()
    recording = await looked_up(database, recording.id)
    assert (recording.state, recording.ladder, recording.rungs) == (RecordingState.READY, Ladder.FAILED, [])


async def test_voices_without_pictures_are_a_ladder_of_sound(database, studio, carpenter, tmp_path):
    recording = await laddered(database, studio, carpenter, tmp_path, seen=False)
    assert [one.name for one in recording.rungs] == ["sound"]


async def test_after_three_years_it_goes(database, studio, carpenter, clock, vault, tmp_path):
    id = await recorded(database, tmp_path)
    await studio.work()
    await carpenter.work()
    recording = await looked_up(database, id)
    clock.turn(timedelta(days=3 * 365 + 2))
    await studio.work()
    assert (await looked_up(database, id)).state is RecordingState.REMOVED
    assert [await vault.size(one.id) for one in (*recording.files, *recording.rungs)] == [0, 0, 0, 0]
