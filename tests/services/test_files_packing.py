"""A ZIP that leaves while it is made: what is in it, how long it is, how little of it is held, when it is damaged."""

import asyncio
import hashlib
import io
import os
import tracemalloc
import zipfile
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from obstore.store import MemoryStore

from server.files.blobs import BLOCK, DiskBlobs
from server.files.object_blobs import ObjectBlobs
from server.files.packing import length, packed, taken_from, written
from server.files.vault import Damaged, Vault
from tests.conftest import KEYS

AT = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
NAME = "0192af" + "0" * 26
LARGE = 400 * 1024 * 1024
MOST = 8 * 1024 * 1024


@pytest.fixture(params=["disk", "object store"])
def blobs(request, tmp_path):
    return DiskBlobs(tmp_path / "files") if request.param == "disk" else ObjectBlobs(MemoryStore())


@pytest.fixture
def vault(blobs):
    return Vault(blobs, KEYS)


async def put(vault, content):
    async def sent():
        yield content

    key = vault.new_key(NAME)
    await vault.append(NAME, key, 0, sent())
    return SimpleNamespace(id=NAME, size=len(content), sha256=hashlib.sha256(content).hexdigest(), wrapped_key=key)


async def together(parts):
    return b"".join([block async for block in packed(parts, AT)])


async def test_it_holds_what_was_kept_byte_by_byte_and_is_as_long_as_was_said(vault):
    film = os.urandom(BLOCK * 3 + 17)
    kept = await put(vault, film)
    parts = [written("1-sheet.csv", "序号".encode()), written("2-empty", b""), taken_from(vault, kept, "films/1.webm")]
    said = length(parts)
    made = await together(parts)
    assert len(made) == said
    with zipfile.ZipFile(io.BytesIO(made)) as packing:
        assert packing.testzip() is None
        assert packing.namelist() == ["1-sheet.csv", "2-empty", "films/1.webm"]
        assert packing.read("films/1.webm") == film
        stored = packing.getinfo("films/1.webm")
    assert (stored.compress_type, stored.file_size) == (zipfile.ZIP_STORED, len(film))
    assert stored.date_time == (2026, 11, 25, 15, 30, 0)
    assert [part.sha256 for part in parts[::2]] == [hashlib.sha256(one).hexdigest() for one in ("序号".encode(), film)]


async def test_a_large_one_has_wide_fields_and_no_length_beforehand(vault, monkeypatch):
    film = os.urandom(BLOCK)
    kept = await put(vault, film)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10_000)
    monkeypatch.setattr("server.files.packing.SMALL", 10_000)
    parts = [taken_from(vault, kept, "1.webm"), written("after", b"behind it")]
    assert length(parts) is None
    made = await together(parts)
    assert b"PK\x06\x06" in made, "the directory's own wide record"
    monkeypatch.undo()
    with zipfile.ZipFile(io.BytesIO(made)) as packing:
        assert (packing.read("1.webm"), packing.read("after")) == (film, b"behind it")


async def test_what_is_no_longer_what_was_kept_breaks_it_off_so_that_nothing_opens_it(vault):
    kept = await put(vault, os.urandom(BLOCK * 3))
    kept.sha256 = hashlib.sha256(b"another").hexdigest()
    came = bytearray()
    with pytest.raises(Damaged):
        async for block in packed([taken_from(vault, kept, "1.webm")], AT):
            came += block
    assert BLOCK < len(came) < kept.size
    assert not zipfile.is_zipfile(io.BytesIO(came))


async def test_no_more_than_a_few_blocks_are_held_however_large_it_is(tmp_path):
    vault = Vault(DiskBlobs(tmp_path / "files"), KEYS)
    kept = await put(vault, b"begins")
    os.truncate(tmp_path / "files" / NAME[-2:] / NAME, LARGE)
    kept.size, kept.sha256 = LARGE, await vault.digest(NAME, kept.wrapped_key)
    parts = [taken_from(vault, kept, "1.webm")]
    tracemalloc.start()
    try:
        went = 0
        async for block in packed(parts, AT):
            went += len(block)
            await asyncio.sleep(0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert went == length([taken_from(vault, kept, "1.webm")])
    assert peak < MOST
