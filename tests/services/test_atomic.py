"""A file written by several at once is one of theirs, whole, and nothing is left beside it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from server.core.atomic import write_atomically


def test_of_several_who_write_at_once_one_stays_whole(tmp_path):
    contents = [str(number).encode() * 50_000 for number in range(8)]
    with ThreadPoolExecutor(8) as crowd:
        for _ in range(20):
            list(crowd.map(lambda content: write_atomically(tmp_path / "file.json", content), contents))
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() in contents
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_was_there_stays_when_it_cannot_be_replaced(tmp_path):
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError):
        write_atomically(tmp_path / "file", b"new")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
