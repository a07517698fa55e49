"""Bytes on their way in: appended as they come, kept when the line breaks, one line a file."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress

from server.core.errors import Refusal
from server.files import kinds
from server.files.blobs import OutOfPlace
from server.files.kinds import Content
from server.files.model import LARGEST, Attachment
from server.files.service import TooLarge
from server.files.states import Status
from server.files.subjects import Subjects
from server.files.vault import Vault

HEAD = 132
"""Bytes that tell a DICOM file or a zip from anything else."""
LARGEST_CHECKED = 4 * 1024 * 1024
"""Bytes of one request whose checksum is proven before any is kept."""
PATIENCE = 60
"""Seconds without a byte after which a line counts as broken."""


class Elsewhere(Refusal):
    code = "files.offset"
    says = "上传位置不一致，请从服务器记录的位置继续"


class ChecksumDiffers(Refusal):
    code = "files.checksum"
    status = 460
    says = "这一段在传输中损坏，请重传这一段"


class UnknownChecksum(Refusal):
    code = "files.checksum_unknown"
    status = 400
    says = "只支持 sha256 校验"


class Uploading:
    """Appends to attachments; a newer request for a file ends the one before, whose line must have died."""

    def __init__(self, vault: Vault, subjects: Subjects) -> None:
        self.vault, self.subjects = vault, subjects
        self._lines: dict[str, asyncio.Task[int]] = {}

    async def offset(self, attachment: Attachment) -> int:
        """How much is there; whoever still writes is ended first, so that the answer stays true."""
        await self.hang_up(attachment.id)
        if attachment.status is not Status.UPLOADING:
            return attachment.size
        return await self.vault.size(attachment.id)

    async def hang_up(self, id: str) -> None:
        if line := self._lines.get(id):
            line.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await line

    async def append(self, attachment: Attachment, offset: int, chunks: AsyncIterator[bytes]) -> int:
        """The new offset. Raises Elsewhere, TooLarge, and what `chunks` raises when the line breaks."""
        if offset != await self.offset(attachment) or attachment.status is not Status.UPLOADING:
            raise Elsewhere
        head = await self._head(attachment, min(offset, HEAD))
        watched = within(attachment.size - offset, recognised(attachment.size, head, chunks))
        line = asyncio.create_task(self.vault.append(attachment.id, attachment.wrapped_key, offset, watched))
        self._lines[attachment.id] = line
        try:
            return await line
        except OutOfPlace:
            raise Elsewhere from None
        except asyncio.CancelledError:
            line.cancel()
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            raise Elsewhere from None
        finally:
            if self._lines.get(attachment.id) is line:
                del self._lines[attachment.id]

    async def _head(self, attachment: Attachment, length: int) -> bytes:
        blocks = self.vault.read(attachment.id, attachment.wrapped_key, 0, length)
        return b"".join([block async for block in blocks])


async def within(left: int, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Raises TooLarge as soon as more comes than was announced; what was announced is kept."""
    async for chunk in chunks:
        if len(chunk) > left:
            raise TooLarge
        left -= len(chunk)
        yield chunk


async def recognised(size: int, head: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Raises TooLarge for a large file that begins like neither DICOM nor zip, before it fills the disk."""
    async for chunk in chunks:
        if len(head) < HEAD:
            head += chunk[: HEAD - len(head)]
            if size > LARGEST and len(head) == HEAD and kinds.of(head) not in (Content.DICOM, Content.ZIP):
                raise TooLarge
        yield chunk


async def proven(checksum: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """All chunks as one, once they are what `checksum` says: "sha256 <base64>" (tus, checksum extension).

    Raises UnknownChecksum, ChecksumDiffers, TooLarge beyond LARGEST_CHECKED.
    """
    algorithm, _, wanted = checksum.partition(" ")
    if algorithm != "sha256":
        raise UnknownChecksum
    whole = bytearray()
    async for chunk in chunks:
        whole += chunk
        if len(whole) > LARGEST_CHECKED:
            raise TooLarge
    if base64.b64encode(hashlib.sha256(whole).digest()).decode() != wanted.strip():
        raise ChecksumDiffers
    yield bytes(whole)
