"""The command line, as whoever sets up a site meets it: what goes wrong is one sentence, never a traceback."""

import asyncio
import os
import socket
import sys

import pytest

PASSWORD = "柳暗花明又一村-2026"
PASSPHRASE = "correct horse battery staple"
TYPED_TWICE = f"{PASSWORD}\n{PASSWORD}\n"
CHIEF = ("user", "add", "liuqing", "刘清", "--institution", "330100-001")


class Console:
    """Runs the real program on one data folder."""

    def __init__(self, data):
        self.data = data

    async def __call__(self, *words, typed="", **environment):
        """Its status, and the last line that it said."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server", *map(str, words), "--data", str(self.data)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"LC_ALL": "zh_CN.UTF-8"} | environment,
        )
        said, _ = await process.communicate(typed.encode())
        self.said = said.decode()
        assert "Traceback" not in self.said, self.said
        return process.returncode, self.said.rstrip().rpartition("\n")[2]


@pytest.fixture
def lianzhen(tmp_path):
    return Console(tmp_path / "data")


async def test_first_administrator_is_added_on_an_empty_folder(lianzhen):
    assert (await lianzhen(*CHIEF, typed=TYPED_TWICE))[0] == 0
    status, line = await lianzhen("user", "list")
    assert (status, line.split()) == (0, ["liuqing", "刘清", "active", "cons_admin"])

    status, line = await lianzhen(*CHIEF, typed=TYPED_TWICE)
    assert status == 1
    assert line.endswith("用户名 liuqing 已被使用")


async def test_unknown_role_is_refused_before_a_password_is_typed_and_help_lists_them(lianzhen):
    status, _ = await lianzhen(*CHIEF, "--role", "king", typed=TYPED_TWICE)
    assert (status, "Password" in lianzhen.said, "cons_admin" in lianzhen.said) == (2, False, True)
    assert not lianzhen.data.exists()


@pytest.mark.parametrize("words", [("user", "list"), ("audit", "verify"), ("backup", "/nowhere")], ids=" ".join)
async def test_folder_without_a_site_is_named(lianzhen, words):
    status, line = await lianzhen(*words, typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert status == 1
    assert f"没有站点密钥 {lianzhen.data}/keys/site" in line


async def test_backup_that_does_not_open_and_a_place_that_is_taken_are_told(lianzhen, tmp_path):
    kept = tmp_path / "kept"
    assert (await lianzhen("migrate"))[0] == 0
    assert (await lianzhen("backup", kept, typed=f"{PASSPHRASE}\n{PASSPHRASE}\n"))[0] == 0

    assert (await lianzhen("restore", kept, typed="wrong\n"))[0] == 1
    assert f"打不开 {kept} 里的备份：口令不对" in lianzhen.said
    assert (await lianzhen("restore", kept, typed=f"{PASSPHRASE}\n"))[0] == 1
    assert f"{lianzhen.data} 已有内容，什么都没有动" in lianzhen.said
    assert (await lianzhen("restore", tmp_path, typed=f"{PASSPHRASE}\n"))[0] == 1
    assert f"{tmp_path} 里没有备份" in lianzhen.said

    other = Console(tmp_path / "other")
    assert (await other("migrate"))[0] == 0
    assert (await other("backup", kept))[0] == 1
    assert "那是另一个站点的备份" in other.said


async def test_port_in_use_is_named(lianzhen):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, line = await lianzhen("serve", "--port", port)
    assert status == 1
    assert line.startswith(f"端口 {port} 已被占用")
