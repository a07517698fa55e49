"""A site that must not serve people says why (assurance OP-1, OP-2): each bad setting, with its reason."""

import os
from pathlib import Path

import pytest

from server.operations import checks
from server.operations.checks import is_weak, reasons_to_refuse
from server.operations.findings import told
from server.settings import Settings

SECRET = "8c1f0e5b9d7a46c2b3e4f50617a8d9c0e1b2c3d4f5a69788"
KEY = "3f9a1c6be2d84750a1c9e3b7f60d5284b9e7c1a3d5f0628497cb1e3a5d7f9024"


@pytest.fixture
def site(tmp_path):
    """Makes the settings of a site; without arguments, of one that may serve."""
    data = tmp_path / "data"
    (data / "keys").mkdir(parents=True, mode=0o700)
    data.chmod(0o700)
    (data / "keys" / "site").write_text(f"1:{KEY}\n")
    (data / "keys" / "site").chmod(0o600)

    def make(**settings):
        return Settings(_env_file=None, data=data, **settings)

    return make


GOOD = {
    "nothing set": {},
    "https by itself": {"host": "0.0.0.0", "tls": True},
    "behind a proxy": {"host": "0.0.0.0", "behind_proxy": True, "public_url": "https://hz.example.cn"},
    "everything": {
        "database_url": f"postgresql+asyncpg://lianzhen:{SECRET}@db.example.cn/lianzhen",
        "redis_url": f"rediss://:{SECRET}@redis.example.cn",
        "turn_urls": ["turn:turn.example.cn"],
        "turn_secret": SECRET,
        "janus_urls": ["ws://10.0.0.20:8188"],
        "janus_secret": SECRET,
        "metrics_token": SECRET[::-1],
        "origins": ["https://his.example.cn"],
        "smtp_url": f"smtp://post:{SECRET}@mail.example.cn:587",
        "s3_url": "s3://files/lianzhen?endpoint=https://s3.example.cn",
    },
    "redis on this machine": {"redis_url": "redis://127.0.0.1:6379"},
    "postgresql by its socket": {"database_url": "postgresql+asyncpg:///lianzhen?host=/run/postgresql"},
}

BAD = [
    ("debug", {"debug": True}),
    ("demo", {"demo": True}),
    ("turn_secret", {"turn_urls": ["turn:t.example.cn"]}),
    ("turn_secret", {"turn_urls": ["turn:t.example.cn"], "turn_secret": "changeme"}),
    ("turn_secret", {"turn_urls": ["turn:t.example.cn"], "turn_secret": "a" * 64}),
    ("turn_secret", {"turn_urls": ["turn:t.example.cn"], "turn_secret": "secret12" * 8}),
    ("janus_secret", {"janus_urls": ["ws://10.0.0.20:8188"]}),
    ("metrics_token", {"metrics_token": "metrics"}),
    ("secret_twice", {"turn_secret": SECRET, "metrics_token": SECRET}),
    ("database_password", {"database_url": "postgresql+asyncpg://postgres:postgres@db.example.cn/lianzhen"}),
    ("database_password", {"database_url": "postgresql+asyncpg://lianzhen@127.0.0.1/lianzhen"}),
    ("database_password", {"database_url": "postgresql+asyncpg://hospital-db:Hospital-DB@127.0.0.1/lianzhen"}),
    ("redis_open", {"redis_url": "rediss://redis.example.cn"}),
    ("redis_open", {"redis_url": "rediss://:redis@redis.example.cn"}),
    ("redis_plain", {"redis_url": f"redis://:{SECRET}@10.0.0.5"}),
    ("origin_wild", {"origins": ["*"]}),
    ("origin_wild", {"origins": ["https://*.example.cn"]}),
    ("origin_wild", {"origins": ["https://his.example.cn/page"]}),
    ("origin_plain", {"origins": ["http://his.example.cn"]}),
    ("public_plain", {"public_url": "http://hz.example.cn"}),
    ("http_open", {"host": "0.0.0.0"}),
    ("http_open", {"host": "192.168.1.20"}),
    ("smtp_password", {"smtp_url": "smtp://post:password@mail.example.cn"}),
    ("s3_plain", {"s3_url": "s3://files/x?endpoint=http://s3.example.cn"}),
]


def codes(reasons):
    return [reason.code for reason in reasons]


@pytest.mark.parametrize("settings", GOOD.values(), ids=GOOD)
def test_a_site_in_order_may_serve(site, settings):
    assert codes(reasons_to_refuse(site(**settings))) == []


@pytest.mark.parametrize(("code", "settings"), BAD)
def test_a_bad_setting_is_refused_for_its_own_reason(site, code, settings):
    assert codes(reasons_to_refuse(site(**settings))) == [code]


@pytest.mark.parametrize(
    ("code", "path", "mode"),
    [
        ("data_readable", "", 0o755),
        ("data_readable", "lianzhen.sqlite", 0o644),
        ("key_readable", "keys/site", 0o640),
        ("key_readable", "keys", 0o750),
    ],
)
def test_what_others_can_read_is_refused_by_its_path(site, code, path, mode):
    settings = site()
    opened = settings.data / path if path else settings.data
    if not opened.exists():
        opened.touch(0o600)
    opened.chmod(mode)
    [reason] = reasons_to_refuse(settings)
    assert reason.code == code
    assert str(settings.data) in reason.facts["path"]


@pytest.mark.parametrize("key", ["00" * 32, "ab" * 32, bytes(range(32)).hex(), "f00d", "0123456789abcdef" * 4])
def test_a_key_that_was_typed_and_not_drawn_is_refused(site, key):
    settings = site()
    settings.key_file.write_text(f"1:{KEY}\n2:{key}\n")
    assert [(reason.code, reason.facts["number"]) for reason in reasons_to_refuse(settings)] == [("key_weak", "2")]


def test_demo_data_under_a_real_site_is_refused(site):
    assert codes(reasons_to_refuse(site(), demo_loaded=True)) == ["demo"]


def test_every_reason_is_said_at_once(site):
    many = site(debug=True, host="0.0.0.0", origins=["*"], metrics_token="x")
    assert codes(reasons_to_refuse(many)) == ["debug", "metrics_token", "origin_wild", "http_open"]


def test_a_package_below_its_floor_is_refused_by_name(site, monkeypatch):
    monkeypatch.setitem(checks.FLOORS, "redis", "99.0")
    [reason] = reasons_to_refuse(site())
    assert (reason.code, reason.facts["package"], reason.facts["floor"]) == ("outdated", "redis", "99.0")


def test_a_secret_drawn_at_random_is_never_called_weak():
    assert [key for key in (os.urandom(32).hex() for _ in range(2000)) if is_weak(key)] == []


def test_no_reason_tells_a_secret(site):
    settings = site(redis_url="redis://:hunter2-hunter2@10.0.0.5", metrics_token="hunter2-hunter2", debug=True)
    lines = "\n".join(told(reasons_to_refuse(settings), lambda words, facts: words % facts if facts else words))
    assert "hunter2" not in lines
    assert lines.splitlines()[0] == "✗ 调试模式开着"


def test_a_data_folder_that_does_not_exist_yet_is_no_reason(tmp_path):
    assert reasons_to_refuse(Settings(_env_file=None, data=Path(tmp_path / "new"))) == []
