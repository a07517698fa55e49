"""The file of site keys is made once, however many processes start at the same moment."""

import subprocess
import sys

import pytest

from server.core.crypto import Keyring, NoSiteKey

LOAD = """import sys
from pathlib import Path
from server.core.crypto import Keyring
sys.stdin.read(1)
print(Keyring.load(Path(sys.argv[1]), create=True).derive("test").hex())"""


def test_processes_that_start_at_once_have_the_same_key(tmp_path):
    path = tmp_path / "keys" / "site"
    pipe = subprocess.PIPE
    many = [subprocess.Popen([sys.executable, "-c", LOAD, path], stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    for one in many:
        one.stdin.write("!")
        one.stdin.flush()
    assert len({one.communicate()[0] for one in many}) == 1
    assert all(one.returncode == 0 for one in many)
    assert [file.name for file in path.parent.iterdir()] == ["site"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_being_asked_no_key_is_made(tmp_path):
    with pytest.raises(NoSiteKey):
        Keyring.load(tmp_path / "site")
