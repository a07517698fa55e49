"""Copies of files for teaching, made in the sandbox: first looked through, then written anew and kept as files."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from server.files.checking import Derivatives, upload_of
from server.files.facts import Sheet, Words
from server.files.parsing import Keep, Sandbox, Unreadable, Upload, Wishes
from server.files.service import Made
from server.files.vault import Vault

if TYPE_CHECKING:
    from server.files.model import Attachment

Told = TypeVar("Told")
Work = Callable[[Upload, Wishes, Keep], Awaitable[Told]]


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The pictures of a file, in order; `kept` holds them, one JPEG after the other. None where there are none."""

    sheets: Sequence[Sheet]
    words: Mapping[int, Words]
    kept: Made | None


class Copying:
    """One at a time: nobody waits at the door for a copy."""

    def __init__(self, vault: Vault) -> None:
        self._vault, self._sandbox = vault, Sandbox(at_once=1)

    async def survey(self, original: "Attachment", wishes: Wishes) -> Survey:
        """Raises Unreadable."""
        seen, made = await self._done(self._sandbox.survey, original, wishes)
        return Survey(sheets=seen.sheets, words=seen.words, kept=made[0] if made else None)

    async def rewrite(self, original: "Attachment", wishes: Wishes) -> Made:
        """The masked copy, in the vault. Raises Unreadable."""
        _, made = await self._done(self._sandbox.rewrite, original, wishes)
        if not made:
            raise Unreadable("no_picture")
        return made[0]

    async def _done(self, work: Work[Told], original: "Attachment", wishes: Wishes) -> tuple[Told, list[Made]]:
        keep = Derivatives(self._vault)
        try:
            told = await work(upload_of(self._vault, original), wishes, keep)
            return told, await keep.finished()
        except BaseException:
            await keep.dropped()
            raise
