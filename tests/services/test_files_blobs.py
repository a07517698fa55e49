"""Blobs lie encrypted wherever they lie: one test for every kind of store."""

import asyncio
import gc
import hashlib
import os
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from server.core.crypto import Keyring, UnreadableSeal
from server.files.blobs import BLOCK, DiskBlobs, OutOfPlace
from server.files.object_blobs import PART, ObjectBlobs
from server.files.vault import Vault

NAME, OTHER = "0192af" + "0" * 26, "0192af" + "1" * 26


@pytest.fixture(params=["disk", "object store"])
def blobs(request, tmp_path):
    return DiskBlobs(tmp_path / "files") if request.param == "disk" else ObjectBlobs(MemoryStore())


@pytest.fixture
def vault(blobs):
    return Vault(blobs, Keyring({1: bytes(range(32))}))


async def sent(*chunks):
    for chunk in chunks:
        yield chunk


async def broken(*chunks):
    for chunk in chunks:
        yield chunk
    raise ConnectionResetError


async def gathered(blocks):
    return b"".join([block async for block in blocks])


async def test_blob_grows_only_at_its_end(blobs):
    assert await blobs.size(NAME) == 0
    assert await blobs.append(NAME, 0, sent(b"one", b"two")) == 6
    with pytest.raises(OutOfPlace):
        await blobs.append(NAME, 3, sent(b"again"))
    assert await blobs.append(NAME, 6, sent(b"three")) == 11
    assert await gathered(blobs.read(NAME, 0, 99)) == b"onetwothree"
    assert await gathered(blobs.read(NAME, 2, 8)) == b"etwoth"


async def test_what_had_arrived_when_the_line_broke_is_kept(blobs):
    with pytest.raises(ConnectionResetError):
        await blobs.append(NAME, 0, broken(b"first half, "))
    assert await blobs.append(NAME, await blobs.size(NAME), sent(b"second half")) == 23
    assert await gathered(blobs.read(NAME, 0, 23)) == b"first half, second half"


async def test_writer_cut_off_at_any_moment_leaves_a_true_beginning(blobs):
    """A newer line ends an older one whenever it likes, also while a block is on its way to the disk."""
    content = os.urandom(3 * PART)
    for steps in range(0, 60, 2):
        name = f"0192af{steps:026}"
        pieces = sent(*(content[at : at + BLOCK] for at in range(0, len(content), BLOCK)))
        writer = asyncio.ensure_future(blobs.append(name, 0, pieces))
        for _ in range(steps):
            await asyncio.sleep(0)
        writer.cancel()
        if steps % 4:  # again, while it is finishing
            await asyncio.sleep(0)
            writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        size = await blobs.size(name)
        assert await gathered(blobs.read(name, 0, size)) == content[:size]
        assert await blobs.append(name, size, sent(content[size:])) == len(content)
        assert await gathered(blobs.read(name, 0, len(content))) == content
        await blobs.delete(name)


@pytest.fixture
def alone():
    """What stands from other tests is not walked over by the collector meanwhile."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def test_reader_cut_off_at_any_moment_leaves_no_file_open(blobs, alone):
    name = "0192afd0000000000000000000000001"
    await blobs.append(name, 0, sent(os.urandom(3 * BLOCK)))
    before = open_files()
    for steps in range(12):
        reader = asyncio.ensure_future(gathered(blobs.read(name, 0, 3 * BLOCK)))
        for _ in range(steps):
            await asyncio.sleep(0)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        assert open_files() == before, steps


def open_files():
    gc.collect()  # with what an exception still holds
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_large_blob_comes_back_in_small_blocks(blobs):
    content = os.urandom(PART + 3 * BLOCK + 17)
    await blobs.append(NAME, 0, sent(content[: PART + 5], content[PART + 5 :]))
    blocks = [block async for block in blobs.read(NAME, 0, len(content))]
    assert b"".join(blocks) == content
    assert max(map(len, blocks)) <= BLOCK


async def test_deleted_blob_is_gone_and_may_be_deleted_again(blobs):
    await blobs.append(NAME, 0, sent(b"gone"))
    await blobs.delete(NAME)
    await blobs.delete(NAME)
    assert await blobs.size(NAME) == 0
    assert await gathered(blobs.read(NAME, 0, 9)) == b""


async def test_two_writers_cannot_mix(blobs):
    refusals = []

    async def mine():
        yield b"mine"
        try:
            await blobs.append(NAME, 0, sent(b"yours"))
        except OutOfPlace:
            refusals.append("yours")

    try:
        await blobs.append(NAME, 0, mine())
    except OutOfPlace:
        refusals.append("mine")
    assert len(refusals) == 1
    assert await gathered(blobs.read(NAME, 0, 9)) == (b"yours" if refusals == ["mine"] else b"mine")


async def test_vault_gives_back_any_range_of_what_was_sent_in_pieces(vault):
    content = os.urandom(100_003)
    key = vault.new_key(NAME)
    end = 0
    for piece in (content[:1], content[1:16], content[16:70_001], content[70_001:]):
        end = await vault.append(NAME, key, end, sent(piece))
    assert await gathered(vault.read(NAME, key, 0, end)) == content
    for start, stop in ((0, 1), (15, 17), (16, 32), (69_999, 70_003), (100_000, 200_000)):
        assert await gathered(vault.read(NAME, key, start, stop)) == content[start:stop]
    assert await vault.digest(NAME, key) == hashlib.sha256(content).hexdigest()


async def test_nothing_readable_lies_in_the_store(vault, blobs):
    content = "患者：张三 CANARY".encode() * 1000
    key = vault.new_key(NAME)
    await vault.append(NAME, key, 0, sent(content))
    kept = await gathered(blobs.read(NAME, 0, len(content)))
    assert len(kept) == len(content)
    assert b"CANARY" not in kept
    assert b"CANARY" not in key


async def test_key_of_one_blob_opens_no_other(vault):
    with pytest.raises(UnreadableSeal):
        await gathered(vault.read(OTHER, vault.new_key(NAME), 0, 1))


async def test_files_on_disk_are_their_owners_alone(tmp_path):
    blobs = DiskBlobs(tmp_path / "files")
    await blobs.append(NAME, 0, sent(b"x"))
    path = tmp_path / "files" / NAME[-2:] / NAME
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", "a.b"])
async def test_name_that_is_no_name_reaches_no_path(tmp_path, name):
    with pytest.raises(ValueError):
        await DiskBlobs(tmp_path).size(name)
