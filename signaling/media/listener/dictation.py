"""One hall's utterances written down, one after the other. What the model cannot keep up with is given up, aloud."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable

from signaling.media.listener.cutting import Utterance
from signaling.media.listener.service import Speech, Unheard
from signaling.media.ports import Listening, MediaEvent, Said

log = logging.getLogger(__name__)

WAITING = 8  # utterances
LATE = 12.0  # seconds after which one that waits is no caption any more


class Dictation:
    """`tell` hears of each text, and of the model's failing and coming back."""

    def __init__(self, hall: str, speech: Speech, tell: Callable[[MediaEvent], None]) -> None:
        self._hall, self._speech, self._tell = hall, speech, tell
        self._waiting: deque[tuple[str, Utterance, float]] = deque()
        self._more = asyncio.Event()
        self._well = True

    def take(self, who: str, utterance: Utterance) -> None:
        if len(self._waiting) >= WAITING:
            self._waiting.popleft()
            self._fares(well=False)
        self._waiting.append((who, utterance, time.monotonic()))
        self._more.set()

    async def run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                who, utterance, since = self._waiting.popleft()
                if time.monotonic() - since <= LATE:
                    await self._write(who, utterance)

    async def _write(self, who: str, utterance: Utterance) -> None:
        try:
            text = await self._speech.text_of(utterance.sound)
        except Unheard as unheard:
            log.warning("the speech service does not serve: %s", unheard)
            return self._fares(well=False)
        self._fares(well=True)
        if text:
            self._tell(Said(self._hall, who, text, round(utterance.began, 2), round(utterance.seconds, 2)))
        return None

    def _fares(self, *, well: bool) -> None:
        if well is not self._well:
            self._well = well
            self._tell(Listening(self._hall, well))
