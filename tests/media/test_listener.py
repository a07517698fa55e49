"""What is said is written down by the site's model; one that is slow or dead costs captions and nothing else."""

import fractions
import os
import signal
import time

import av
import numpy as np
import pytest

from signaling.media.forwarder.places import LISTENER
from signaling.media.listener.cutting import RATE, Cutting
from signaling.media.listener.service import SiteModel, Unheard
from signaling.media.ports import Listening, MediaRefusal, Said, SpeechService
from tests.media.forwarders import KINDS, house_on, process_of
from tests.media.people import Camera, eventually
from tests.media.speech_service import KEY, running

PIECE = 320  # 20 ms


def tone(hertz, seconds, loud=8000):
    return (loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.int16)


def hush(seconds, loud=12):
    """A quiet room."""
    return np.random.default_rng(1).integers(-loud, loud, round(seconds * RATE), dtype=np.int16)


def cut(*sounds):
    """The (began, seconds) of what is cut out of these, to tenths."""
    cutting, sound = Cutting(), np.concatenate(sounds)
    pieces = [(at, sound[at : at + PIECE]) for at in range(0, len(sound), PIECE)]
    found = [cutting.take(piece, at / RATE) for at, piece in pieces] + [cutting.rest()]
    return [(round(one.began, 1), round(one.seconds, 1)) for one in found if one]


# ---- sound to utterances


def test_a_pause_ends_an_utterance_and_a_little_of_what_was_before_is_kept():
    assert cut(hush(2), tone(300, 1.5), hush(1), tone(600, 1), hush(1)) == [(1.8, 2.3), (4.3, 1.8)]


def test_a_cough_is_nothing_and_so_is_silence():
    assert cut(hush(1), tone(300, 0.1), hush(2)) == []
    assert cut(hush(30)) == []


def test_whoever_makes_no_pause_is_cut_all_the_same():
    assert [seconds for _, seconds in cut(hush(1), tone(300, 20), hush(1))] == [9.0, 9.0, 2.8]


def test_a_loud_room_is_no_voice():
    assert cut(hush(20, loud=900), tone(300, 1.5), hush(2, loud=900))[-1:] == [(19.8, 2.3)]


# ---- text of a sound


@pytest.fixture
async def service():
    async with running() as service:
        yield service


@pytest.fixture
async def model(service):
    model = SiteModel(SpeechService(service.url, KEY, "sensevoice", "zh"))
    yield model
    await model.close()


async def test_the_service_is_asked_as_openai_is(service, model):
    assert await model.text_of(tone(900, 1.0)) == "阿司匹林一百毫克"
    assert await service.asked() == [
        {
            "form": {"model": "sensevoice", "response_format": "json", "language": "zh"},
            "wav": [16000, 1, 2],
            "seconds": 1.0,
            "key": f"Bearer {KEY}",
        }
    ]


async def test_what_is_no_answer_is_said_to_be_none(service, model):
    await service.feels(status=500)
    with pytest.raises(Unheard, match="500"):
        await model.text_of(tone(900, 1.0))
    nobody = SiteModel(SpeechService("http://127.0.0.1:9/v1"))
    with pytest.raises(Unheard):
        await nobody.text_of(tone(900, 1.0))
    await nobody.close()


# ---- a hall


class Speaker(Camera):
    """Says each of these tones for a second and is quiet for another."""

    def __init__(self, *tones):
        super().__init__("audio")
        self.tones = tones

    def _sound(self):
        second, within = divmod(self.number, 50)
        said = self.tones[second // 2] if second % 2 == 0 and second // 2 < len(self.tones) else 0
        at = (np.arange(960) + within * 960) / 48000
        samples = (9000 * np.sin(2 * np.pi * said * at)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, self.number * 960, fractions.Fraction(1, 48000)
        return frame


async def speaks(house, who, *tones):
    publisher = await house.publisher("round", who, roles=("voice", "face"))
    publisher.pc.getSenders()[0].replaceTrack(Speaker(*tones))
    return publisher


@pytest.fixture(params=KINDS)
async def house(request, monkeypatch, service):
    async with house_on(request.param, monkeypatch, SpeechService(service.url, KEY)) as house:
        yield house


def texts(house):
    return [(one.who, one.text) for one in house.events(Said)]


async def test_what_people_say_is_written_down_by_whose_it_is(house):
    await speaks(house, "zhao", *[300] * 60)
    before = time.time()
    await house.forwarder.listen("round")
    await speaks(house, "qian", *[900] * 60)
    await eventually(lambda: {("zhao", "请看这份心电图"), ("qian", "阿司匹林一百毫克")} <= set(texts(house)), 20)
    first = next(one for one in house.events(Said) if one.text == "请看这份心电图")
    assert before < first.began < time.time()
    assert 0.8 < first.seconds < 2.5


async def test_nothing_is_heard_before_it_is_asked_for_nor_afterwards(house, service):
    await speaks(house, "zhao", *[300] * 60)
    await house.forwarder.listen("round")
    await eventually(lambda: texts(house), 20)
    await house.forwarder.unlisten("round")
    asked = len(await service.asked())
    watcher = await house.watcher("round", "wang")
    await eventually(lambda: watcher.heard.get("zhao:voice", 0) > 150, 20)  # three seconds on
    assert len(await service.asked()) <= asked + 1


async def test_a_model_that_fails_is_told_and_told_again_when_it_is_back(house, service):
    await service.feels(status=503)
    await speaks(house, "zhao", *[300] * 60)
    await house.forwarder.listen("round")
    await eventually(lambda: Listening("round", False) in house.told, 20)
    assert texts(house) == []
    await service.feels(status=200)
    await eventually(lambda: texts(house) and house.events(Listening)[-1].well, 20)


async def test_a_model_that_hangs_slows_nobody(house, service):
    await service.feels(delay=3600)
    await speaks(house, "zhao", *[300] * 60)
    await house.forwarder.listen("round")
    watcher = await house.watcher("round", "wang")
    await eventually(lambda: Listening("round", False) in house.told, 30)
    heard, since = watcher.heard["zhao:voice"], time.monotonic()
    await eventually(lambda: watcher.heard["zhao:voice"] >= heard + 100)
    assert time.monotonic() - since < 3, "two seconds of sound took longer"


async def test_a_listener_that_is_killed_comes_back_and_the_hall_goes_on(house):
    await speaks(house, "zhao", *[300] * 60)
    await house.forwarder.listen("round")
    await eventually(lambda: texts(house), 20)
    os.kill(process_of(house, LISTENER), signal.SIGKILL)
    known = len(texts(house))
    watcher = await house.watcher("round", "wang")
    await eventually(lambda: watcher.heard.get("zhao:voice", 0) > 3, 15)
    await eventually(lambda: len(texts(house)) > known, 20)


@pytest.mark.parametrize("kind", KINDS)
async def test_without_a_model_it_is_refused(kind, monkeypatch):
    async with house_on(kind, monkeypatch) as house:
        with pytest.raises(MediaRefusal, match="speech"):
            await house.forwarder.listen("round")
