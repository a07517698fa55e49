"""The texts that are shown and signed. A new version is a new file; signatures under an older one no longer hold."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from server.patients.consent.model import ConsentKind, Occasion

FOLDER = Path(__file__).parent.parent / "consent_texts"
_FILE = re.compile(r"(?P<kind>[a-z]+)-(?P<version>\d+)\.(?P<locale>zh|en)\.txt")


@dataclass(frozen=True)
class ConsentText:
    kind: ConsentKind
    version: int
    locale: str
    words: str

    @property
    def title(self) -> str:
        return self.words.split("\n", 1)[0]

    def paragraphs(self, fee: str) -> list[str]:
        """What is shown under the title, with the fee in its place."""
        body = self.words.split("\n", 1)[1].replace("%(fee)s", fee)
        return [line for line in body.split("\n") if line.strip()]

    def digest(self, fee: str) -> bytes:
        """SHA-256 of title and paragraphs as they were shown."""
        return hashlib.sha256("\n".join([self.title, *self.paragraphs(fee)]).encode()).digest()


@dataclass(frozen=True)
class ConsentTexts:
    """All texts ever shown on an occasion, by kind, version and language."""

    texts: Mapping[tuple[ConsentKind, int, str], ConsentText]
    occasion: Occasion = Occasion.CONSULTATION

    @classmethod
    def read(cls, occasion: Occasion) -> "ConsentTexts":
        folder = FOLDER / occasion.value
        found = [(match, path) for path in folder.iterdir() if (match := _FILE.fullmatch(path.name))]
        texts = [
            ConsentText(ConsentKind(match["kind"]), int(match["version"]), match["locale"], path.read_text("utf-8"))
            for match, path in found
        ]
        return cls({(text.kind, text.version, text.locale): text for text in texts}, occasion)

    @cached_property
    def kinds(self) -> tuple[ConsentKind, ...]:
        """What is asked for on the occasion, in the order of asking."""
        return tuple(kind for kind in ConsentKind if any(of is kind for of, *_ in self.texts))

    @cached_property
    def _current(self) -> dict[ConsentKind, int]:
        return {kind: max(version for of, version, _ in self.texts if of is kind) for kind in self.kinds}

    def current_version(self, kind: ConsentKind) -> int:
        return self._current[kind]

    def current(self, kind: ConsentKind, locale: str) -> ConsentText:
        return self.texts[kind, self._current[kind], locale]

    def shown(self, kind: ConsentKind, version: int, locale: str) -> ConsentText:
        return self.texts[kind, version, locale]


TEXTS_OF = {occasion: ConsentTexts.read(occasion) for occasion in Occasion}
TEXTS = TEXTS_OF[Occasion.CONSULTATION]
