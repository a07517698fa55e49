"""The ports of a process, and who is let in by them."""

import asyncio
import socket

import pytest
from aioice import stun

from signaling.media.forwarder.gate import Gate
from signaling.media.forwarder.lane import unpacked
from tests.media.people import LOOPBACK
from tests.stores import free_port


class Guest:
    def __init__(self, password):
        self.password, self.checks = password, []

    def checked(self, path, nominated):
        self.checks.append((path.address, nominated))


class Browser(asyncio.DatagramProtocol):
    """Sends one connectivity check and keeps the answer."""

    def __init__(self, datagram):
        self.datagram, self.answer = datagram, asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.own = transport.get_extra_info("sockname")
        transport.sendto(self.datagram)

    def datagram_received(self, data, address):
        self.answer.set_result(stun.parse_message(data))


def check(username, password, **attributes):
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes |= {"USERNAME": f"{username}:theirs", "PRIORITY": 1} | attributes
    request.add_message_integrity(password.encode())
    return bytes(request)


async def asked(gate, datagram):
    """(the browser's own address, the answer or None)."""
    loop, port = asyncio.get_running_loop(), gate.lanes[0].port
    transport, browser = await loop.create_datagram_endpoint(lambda: Browser(datagram), remote_addr=(LOOPBACK, port))
    try:
        return browser.own, await asyncio.wait_for(browser.answer, 1)
    except TimeoutError:
        return browser.own, None
    finally:
        transport.close()


async def test_a_check_is_answered_and_its_address_learned(gate):
    guest = Guest("a-long-password")
    username = gate.admit(guest)
    own, answer = await asked(gate, check(username, guest.password, **{"ICE-CONTROLLING": 1, "USE-CANDIDATE": None}))
    assert answer.message_class == stun.Class.RESPONSE
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == own
    assert answer.check_message_integrity(guest.password.encode())
    assert guest.checks == [(own, True)]


async def test_without_the_guests_password_nobody_is_answered(gate):
    guest = Guest("a-long-password")
    username = gate.admit(guest)
    for datagram in (check(username, "another"), check("nobody", guest.password), check(username, "x")[:40]):
        assert (await asked(gate, datagram))[1] is None
    gate.dismiss(username)
    assert (await asked(gate, check(username, guest.password)))[1] is None
    assert guest.checks == []
    assert gate.lanes[0].strangers == 4


async def test_the_browser_controls(gate):
    guest = Guest("a-long-password")
    _, answer = await asked(gate, check(gate.admit(guest), guest.password, **{"ICE-CONTROLLED": 1}))
    assert answer.error_code == 487
    assert guest.checks == []


def test_ports_are_taken_from_the_range_and_no_others():
    first, second = free_port(), free_port()
    one, two = Gate([LOOPBACK], [first, second]), Gate([LOOPBACK], [first, second])
    assert [gate.lanes[0].port for gate in (one, two)] == [first, second]
    with pytest.raises(OSError, match="in use"):
        Gate([LOOPBACK], [first, second])
    for gate in (one, two):
        gate.close()


def test_browsers_are_told_the_public_address():
    gate = Gate([LOOPBACK], public="203.0.113.7")
    port = gate.lanes[0].port
    assert gate.candidates() == [f"candidate:1 1 udp 2130706430 203.0.113.7 {port} typ host"]
    gate.close()


def test_addresses_are_read_as_the_kernel_writes_them():
    four = (socket.AF_INET.value).to_bytes(2, "little") + (5000).to_bytes(2, "big") + bytes([192, 0, 2, 1]) + bytes(8)
    assert unpacked(socket.AF_INET, four) == ("192.0.2.1", 5000)
    six = (socket.AF_INET6.value).to_bytes(2, "little") + (5000).to_bytes(2, "big") + bytes(4)
    six += socket.inet_pton(socket.AF_INET6, "fe80::1") + (3).to_bytes(4, "little")
    assert unpacked(socket.AF_INET6, six) == ("fe80::1", 5000, 0, 3)
