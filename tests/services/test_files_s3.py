"""The object store over HTTP, spoken to by a server that knows S3."""

import os
import urllib.request

import pytest
from moto.server import ThreadedMotoServer

from server.core.crypto import Keyring
from server.files.blobs import OutOfPlace
from server.files.desk import store_at
from server.files.vault import Vault

NAME = "0192af" + "0" * 26


@pytest.fixture
def bucket(monkeypatch):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/films", method="PUT")).close()
    for name, value in (("AWS_ACCESS_KEY_ID", "one"), ("AWS_SECRET_ACCESS_KEY", "two")):
        monkeypatch.setenv(name, value)
    yield f"s3://films/site?endpoint={address}&region=us-east-1&virtual_hosted_style_request=false"
    server.stop()


async def sent(*chunks):
    for chunk in chunks:
        yield chunk


async def test_files_of_a_site_with_a_bucket_lie_there_encrypted(bucket, tmp_path):
    vault = Vault(store_at(tmp_path, bucket), Keyring({1: bytes(range(32))}))
    key, content = vault.new_key(NAME), os.urandom(300_000) + b"CANARY"
    assert await vault.append(NAME, key, 0, sent(content[:100])) == 100
    assert await vault.append(NAME, key, 100, sent(content[100:])) == len(content)
    with pytest.raises(OutOfPlace):
        await vault.append(NAME, key, 100, sent(b"again"))
    assert b"".join([block async for block in vault.read(NAME, key, 90, 200_000)]) == content[90:200_000]
    await vault.delete(NAME)
    assert await vault.size(NAME) == 0
    assert not list(tmp_path.iterdir())
