"""The command line, as whoever sets up a site meets it: what goes wrong is one sentence, never a traceback."""

import asyncio
import json
import os
import socket
import sys

import pytest
import structlog
from aiohttp import ClientSession

from server import log
from tests.stores import free_port

PASSWORD = "柳暗花明又一村-2026"
PASSPHRASE = "correct horse battery staple"
TYPED_TWICE = f"{PASSWORD}\n{PASSWORD}\n"
CHIEF = ("user", "add", "liuqing", "刘清", "--institution", "330100-001")


class Console:
    """Runs the real program on one data folder."""

    def __init__(self, data):
        self.data = data

    async def begin(self, *words, **environment):
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server", *map(str, words), "--data", str(self.data)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"LC_ALL": "zh_CN.UTF-8"} | environment,
        )

    async def __call__(self, *words, typed="", **environment):
        """Its status, and the last line that it said."""
        process = await self.begin(*words, **environment)
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


@pytest.mark.parametrize(("name", "value"), [("PORT", "eighty"), ("ORIGINS", "https://hz.example.cn")])
async def test_setting_that_cannot_be_read_is_named(lianzhen, name, value):
    status, line = await lianzhen("migrate", **{f"LIANZHEN_{name}": value})
    assert status == 1
    assert line.startswith("设置有误：")
    assert name in line.upper()


async def test_port_in_use_is_named(lianzhen):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, line = await lianzhen("serve", "--port", port)
    assert status == 1
    assert line.startswith(f"端口 {port} 已被占用")


async def test_serve_says_once_where_it_is_ready(lianzhen):
    port = free_port()
    process = await lianzhen.begin("serve", "--port", port)
    line = json.loads(await process.stdout.readline())
    async with ClientSession() as client, client.get(f"http://127.0.0.1:{port}/readyz") as ready:
        assert (line["event"], line["address"], ready.status) == ("serving", f"http://127.0.0.1:{port}", 200)
    process.terminate()
    said, _ = await process.communicate()
    assert (process.returncode, b"serving" in said) == (0, False)


@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_site_that_is_not_fit_is_neither_served_nor_worked_for(lianzhen, command):
    status, _ = await lianzhen(command, LIANZHEN_METRICS_TOKEN="x")
    assert status == 2
    assert "指标口令 LIANZHEN_METRICS_TOKEN 太弱" in lianzhen.said


@pytest.fixture
def terminal(capsys):
    yield capsys
    structlog.reset_defaults()


def test_debug_shows_each_request_on_the_terminal(terminal):
    log.set_up(for_people=True, debug=True)
    structlog.get_logger().info("request", route="/healthz")
    log.set_up(for_people=True)
    structlog.get_logger().info("request", route="/readyz")
    said = terminal.readouterr().err
    assert ("/healthz" in said, "/readyz" in said) == (True, False)
