"""The port to a site's speech model, and its adapter: an HTTP service that speaks OpenAI's transcription API.

POST <url>/audio/transcriptions, multipart/form-data: `file` (audio/wav, 16 kHz, mono, 16 bit), `model`, `language`
(when one is set), `response_format=json`; `Authorization: Bearer <key>` when one is set. The answer is 200 and JSON
with `text`. FunASR (SenseVoice, Paraformer), speaches, vLLM, Xinference and whisper.cpp's server offer it.
"""

from __future__ import annotations

import io
import re
import wave
from typing import Any, Protocol

import aiohttp
import orjson

from signaling.media.listener.cutting import RATE, Sound
from signaling.media.ports import SpeechService

PATIENCE = 8.0  # seconds: what comes later than that is no caption any more
LONGEST = 64 * 1024  # bytes of an answer
MOST = 500  # characters of one caption
_MARKS = re.compile(r"<\|[^|<>]*\|>")  # language, mood and event, as SenseVoice writes them before the text


class Unheard(Exception):
    """The model did not answer, or not with text."""


class Speech(Protocol):
    async def text_of(self, sound: Sound) -> str:
        """What is said there, "" for nothing. Raises Unheard."""

    async def close(self) -> None: ...


def as_wav(sound: Sound) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(sound.tobytes())
    return file.getvalue()


class SiteModel:
    """Implements Speech."""

    def __init__(self, service: SpeechService) -> None:
        self._service = service
        headers = {"Authorization": f"Bearer {service.key}"} if service.key else {}
        self._session = aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=PATIENCE))

    async def text_of(self, sound: Sound) -> str:
        try:
            return _text(await self._ask(as_wav(sound)))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unheard(f"{type(error).__name__}: {error}") from error

    async def _ask(self, wav: bytes) -> Any:
        form = aiohttp.FormData({"model": self._service.model, "response_format": "json"})
        if self._service.language:
            form.add_field("language", self._service.language)
        form.add_field("file", wav, filename="speech.wav", content_type="audio/wav")
        address = f"{self._service.url.rstrip('/')}/audio/transcriptions"
        async with self._session.post(address, data=form, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError(f"it answered {answer.status}")
            return orjson.loads(await _whole(answer.content))

    async def close(self) -> None:
        await self._session.close()


async def _whole(content: aiohttp.StreamReader) -> bytes:
    """Raises ValueError for one that is far longer than any sentence."""
    body = b""
    async for piece in content.iter_any():
        body += piece
        if len(body) > LONGEST:
            raise ValueError("the answer has no end")
    return body


def _text(answer: Any) -> str:
    if not isinstance(answer, dict) or not isinstance(answer.get("text"), str):
        raise ValueError("the answer has no text")
    return " ".join(_MARKS.sub("", answer["text"]).split())[:MOST]
