"""The coturn rules we ship, asked by a client that means harm (assurance MD-1, MD-2)."""

import socket
import time

import pytest

from tests.turn import TCP, Client, Coturn, Refused

FORBIDDEN = 403
WRONG_FAMILY = 443
QUOTA = 486
UNAUTHORISED = 401

RESERVED_4 = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.254", "100.64.0.1", "100.127.255.254", "127.0.0.1"),
    *("127.255.255.254", "169.254.1.1", "169.254.169.254", "172.16.0.1", "172.31.255.254", "192.0.0.1"),
    *("192.0.0.170", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.254"),
    *("192.175.48.1", "198.18.0.1", "198.19.255.254", "198.51.100.1", "203.0.113.1", "224.0.0.1"),
    *("239.255.255.250", "240.0.0.1", "255.255.255.255"),
]
RESERVED_6 = [
    *("::", "::1", "::127.0.0.1", "::10.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("::ffff:192.168.1.1", "::ffff:0.0.0.0", "::ffff:10.0.0.0", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "64:ff9b::", "1::", "100::1", "2001::1"),
    *("2001:0:7f00:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::"),
    *("2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fd12:3456::1", "fe80::1"),
    *("febf::1", "fec0::1", "ff02::1", "ff05::2", "ff0e::1"),
]
PUBLIC = ["8.8.8.8", "114.114.114.114", "2400:3200::1", "2606:4700::1111"]


@pytest.fixture(scope="module")
def coturn(tmp_path_factory):
    with Coturn(tmp_path_factory.mktemp("coturn")) as server:
        yield server


@pytest.fixture
def client(coturn, request):
    """Makes clients of a person of this test's own."""
    clients = []

    def make(**options):
        credentials = coturn.credentials(person=f"{hash(request.node.nodeid):x}")
        clients.append(Client(coturn, credentials, **options))
        return clients[-1]

    yield make
    for made in clients:
        made.socket.close()


def refusal(ask, *words):
    try:
        ask(*words)
    except Refused as refused:
        return refused.args[0]
    return "granted"


def test_no_reserved_address_is_reachable(client):
    assert len(RESERVED_4 + RESERVED_6) >= 40
    granted = []
    for transport in ("udp", "tcp"):
        for family, addresses in ((4, RESERVED_4), (6, RESERVED_6)):
            one = client(transport=transport)
            one.allocate(family)
            for channel, address in enumerate(addresses, 0x4000):
                for ask, words in ((one.permit, (address,)), (one.bind, (address, channel))):
                    if refusal(ask, *words) != FORBIDDEN:
                        granted.append((transport, ask.__name__, address))
            one.release()
    assert granted == []


def test_an_address_of_the_other_family_does_not_slip_through(client):
    four, six = client(), client()
    four.allocate(4)
    six.allocate(6)
    assert {refusal(four.permit, address) for address in RESERVED_6} <= {FORBIDDEN, WRONG_FAMILY}
    assert {refusal(six.permit, address) for address in RESERVED_4} <= {FORBIDDEN, WRONG_FAMILY}


def test_the_rules_leave_the_public_internet_reachable(client):
    four, six = client(), client()
    four.allocate(4)
    six.allocate(6)
    assert [refusal((six if ":" in address else four).permit, address) for address in PUBLIC] == ["granted"] * 4


def test_nothing_is_reached_by_tcp(client):
    one = client(transport="tcp")
    assert refusal(one.allocate, 4, TCP) == 442


def test_one_person_in_one_session_holds_twice_the_relays_of_a_page_and_no_more(client):
    answers = [refusal(client().allocate) for _ in range(38)]
    assert answers == ["granted"] * 36 + [QUOTA] * 2


@pytest.mark.parametrize(
    "wrong", [{"lifetime": -3}, {"secret": "guessed"}, {"secret": "CHANGE-ME"}], ids=["late", "guessed", "default"]
)
def test_credentials_that_are_late_or_forged_open_nothing(coturn, wrong):
    with Client(coturn, coturn.credentials(**wrong)) as stranger:
        assert refusal(stranger.allocate) == UNAUTHORISED


def test_credentials_bound_the_opening_of_a_relay_and_not_a_call_that_stands(coturn):
    """PROTOCOL.md, Limits: what removal does to a relay."""
    credentials = coturn.credentials(lifetime=3)
    with Client(coturn, credentials) as standing:
        standing.allocate()
        deadline, answer = time.monotonic() + 10, "granted"
        while answer != UNAUTHORISED:
            with Client(coturn, credentials) as late:
                answer = refusal(late.allocate)
                if answer == "granted":
                    late.release()
            assert time.monotonic() < deadline
        assert standing.refresh() == 600
        standing.release()


def test_media_pass_to_a_peer_that_is_allowed(tmp_path):
    with (
        Coturn(tmp_path, "--allow-loopback-peers", "--allowed-peer-ip=127.0.0.1") as server,
        Client(server, server.credentials()) as client,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
    ):
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(3)
        relayed = client.allocate()
        client.permit("127.0.0.1")
        client.send(*peer.getsockname(), b"sound")
        assert peer.recvfrom(100) == (b"sound", relayed)
        peer.sendto(b"picture", relayed)
        assert client.receive() == b"picture"
        assert refusal(client.permit, "127.0.0.2") == FORBIDDEN
