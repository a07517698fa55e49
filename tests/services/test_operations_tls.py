"""The site's own certificate: what it serves, who trusts it, and that it can do no harm elsewhere."""

import socket
import ssl
import stat
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientConnectorCertificateError, ClientSession, web

from server.operations import network, tls
from server.operations.trust import how_to_trust

NOW = datetime.now(UTC)
NAMES = ["localhost", "hz-pc", "hz-pc.local", "127.0.0.1", "::1", "192.168.1.20"]


@pytest.fixture
def made(tmp_path):
    return tls.local_certificate(tmp_path / "tls", NAMES, now=NOW)


def trusting(authority):
    return ssl.create_default_context(cafile=authority)


def contents(made):
    return {path.name: path.read_bytes() for path in made.folder.iterdir()}


async def greet(request):
    return web.Response(text="联诊")


def plain(words, facts):
    return words % facts if facts else words


async def test_a_browser_that_trusts_the_authority_reaches_the_site_by_its_lan_address(tmp_path):
    addresses = [str(one) for one in network.own_addresses() if one.version == 4]
    made = tls.local_certificate(tmp_path / "tls", network.own_names(), now=NOW)
    app = web.Application()
    app.router.add_get("/", greet)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = socket.create_server(("0.0.0.0", 0))
    port = listening.getsockname()[1]
    await web.SockSite(runner, listening, ssl_context=made.server_context()).start()
    async with ClientSession() as browser:
        for address in addresses:
            async with browser.get(f"https://{address}:{port}/", ssl=trusting(made.authority)) as answer:
                assert await answer.text() == "联诊"
        with pytest.raises(ClientConnectorCertificateError):
            await browser.get(f"https://127.0.0.1:{port}/")
    await runner.cleanup()


def test_it_holds_every_name(made):
    assert made.names() == NAMES


def test_all_its_files_are_the_owners_alone(made):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made.folder.iterdir()}
    assert modes == dict.fromkeys(["ca.crt", "ca.key", "site.crt", "site.key"], 0o600)
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700


def test_it_is_made_once(made):
    before = contents(made)
    assert contents(tls.local_certificate(made.folder, NAMES, now=NOW + timedelta(days=300))) == before


def test_it_is_renewed_a_month_before_it_ends_under_the_same_authority(made):
    before = contents(made)
    after = contents(tls.local_certificate(made.folder, NAMES, now=NOW + timedelta(days=370)))
    assert after["site.crt"] != before["site.crt"]
    assert after["ca.crt"] == before["ca.crt"]


def test_a_new_lan_address_needs_no_new_trust(made):
    before = contents(made)
    again = tls.local_certificate(made.folder, [*NAMES, "192.168.1.77"], now=NOW)
    assert contents(again)["ca.crt"] == before["ca.crt"]
    assert "192.168.1.77" in again.names()


def test_a_new_public_name_needs_a_new_authority(made):
    before = contents(made)
    again = tls.local_certificate(made.folder, [*NAMES, "hz.example.cn"], now=NOW)
    assert contents(again)["ca.crt"] != before["ca.crt"]


def test_the_authority_cannot_sign_for_other_sites(made):
    """Its name constraints hold: a certificate for a bank, signed with its key, is not believed."""
    tls._make_certificate(made, ["bank.example.com"], NOW)
    server, client = tls.LocalTls(made.folder).server_context(), trusting(made.authority)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(server, client, "bank.example.com")


def handshake(server, client, name):
    """A TLS handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (one, other):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_who_starts_it_is_told_how_to_trust_it(made):
    lines = list(how_to_trust(made, ["https://192.168.1.20:8443"], plain))
    assert "  https://192.168.1.20:8443" in lines
    assert f"  {made.fingerprint()}" in lines
    assert any("certutil -addstore -f Root ca.crt" in line for line in lines)
