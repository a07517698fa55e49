"""A coturn for the tests, and a TURN client that asks it for what no honest browser would (RFC 8656, RFC 6062)."""

import base64
import contextlib
import hashlib
import hmac
import ipaddress
import os
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

from tests.parts import COTURN, path_of
from tests.stores import free_port

SHIPPED = Path(__file__).parent.parent / "deploy" / "coturn" / "turnserver.conf"
COOKIE = 0x2112A442
BINDING, ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND, CONNECT = 0x001, 0x003, 0x004, 0x008, 0x009, 0x00A
SEND, DATA = 0x016, 0x017  # indications
USERNAME, INTEGRITY, ERROR, CHANNEL, PEER, PAYLOAD, REALM, NONCE = 6, 8, 9, 0xC, 0x12, 0x13, 0x14, 0x15
RELAYED, FAMILY, TRANSPORT = 0x16, 0x17, 0x19
UDP, TCP = 17, 6


class Coturn:
    """Real coturn with the rules we ship, on loopback and a free port; `options` come on top."""

    secret = "the-secret-of-the-tests-and-of-nobody-else"

    def __init__(self, folder, *options, address="127.0.0.1"):
        self.address, self.port, self.folder = address, free_port(), folder
        self.options = options

    @property
    def url(self):
        return f"turn:{self.address}:{self.port}?transport=udp"

    def start(self):
        words = {
            "listening-ip": [self.address],
            "relay-ip": ["127.0.0.1", "::1"],
            "listening-port": [self.port],
            "static-auth-secret": [self.secret],
            "pidfile": [self.folder / "turn.pid"],
            "db": [self.folder / "turn.db"],
            "log-file": ["stdout"],
        }
        command = [path_of(COTURN), "-c", SHIPPED, "--no-tls", "--no-dtls", *self.options]
        command += [f"--{name}={value}" for name, values in words.items() for value in values]
        with (self.folder / "turn.log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self._wait()

    def _wait(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((self.address, self.port), 0.2):
                return self._greet()
            time.sleep(0.02)
        self.process.kill()
        self.process.wait()
        raise RuntimeError(self.words())

    def _greet(self):
        """Until the other transport answers too."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.05)
            probe.connect((self.address, self.port))
            for _ in range(200):
                with contextlib.suppress(OSError):
                    probe.send(message(BINDING, os.urandom(12), []))
                    return probe.recv(1000)
                time.sleep(0.02)
        raise RuntimeError(self.words())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def words(self):
        return (self.folder / "turn.log").read_text()

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def credentials(self, person="3f", lifetime=300, secret=None):
        """Username and password as the platform gives them out, good for `lifetime` seconds."""
        username = f"{int(time.time()) + lifetime}:{person}"
        key = (secret or self.secret).encode()
        return username, base64.b64encode(hmac.digest(key, username.encode(), hashlib.sha1)).decode()


class Refused(Exception):
    """The server's error code."""


class Client:
    """One client connection; `relayed` is its (address, port) after `allocate`."""

    def __init__(self, server, credentials, *, transport="udp"):
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.settimeout(3)
        self.socket.connect((server.address, server.port))
        self.username, self.password = credentials
        self.realm, self.nonce = b"", b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def allocate(self, family=4, relay=UDP):
        """Raises Refused."""
        attributes = [(TRANSPORT, struct.pack("!B3x", relay)), (FAMILY, struct.pack("!B3x", 1 if family == 4 else 2))]
        with contextlib.suppress(Refused):
            self.request(ALLOCATE, attributes)  # tells the realm and a nonce
            raise AssertionError("an allocation without credentials")
        answer = self.request(ALLOCATE, attributes)
        self.relayed = unpack_address(answer[RELAYED])
        return self.relayed

    def permit(self, peer, port=4000):
        self.request(CREATE_PERMISSION, [(PEER, peer, port)])

    def bind(self, peer, channel=0x4000, port=4000):
        self.request(CHANNEL_BIND, [(CHANNEL, struct.pack("!H2x", channel)), (PEER, peer, port)])

    def connect(self, peer, port=6379):
        self.request(CONNECT, [(PEER, peer, port)])

    def refresh(self, lifetime=600):
        """Seconds granted."""
        return struct.unpack("!I", self.request(REFRESH, [(0xD, struct.pack("!I", lifetime))])[0xD])[0]

    def release(self):
        self.request(REFRESH, [(0xD, struct.pack("!I", 0))])

    def send(self, peer, port, payload):
        self.socket.send(message(SEND, os.urandom(12), [(PEER, peer, port), (PAYLOAD, payload)]))

    def receive(self):
        """The payload of the next data indication."""
        kind, _, attributes = parsed(self._read())
        assert kind == DATA
        return attributes[PAYLOAD]

    def request(self, method, attributes):
        transaction = os.urandom(12)
        if self.nonce:
            attributes = [*attributes, (USERNAME, self.username.encode()), (REALM, self.realm), (NONCE, self.nonce)]
        self.socket.send(message(method, transaction, attributes, key=self._key() if self.nonce else None))
        kind, answered, answer = parsed(self._read())
        assert answered == transaction
        if kind & 0x110 == 0x110:
            self.realm, self.nonce = answer.get(REALM, self.realm), answer.get(NONCE, self.nonce)
            raise Refused(answer[ERROR][2] * 100 + answer[ERROR][3])
        return answer

    def _key(self):
        return hashlib.md5(b":".join([self.username.encode(), self.realm, self.password.encode()])).digest()

    def _read(self):
        if self.socket.type == socket.SOCK_DGRAM:
            return self.socket.recv(65536)
        head = self._exactly(20)
        return head + self._exactly(struct.unpack("!H", head[2:4])[0])

    def _exactly(self, count):
        read = b""
        while len(read) < count:
            read += self.socket.recv(count - len(read)) or self._hung_up()
        return read

    def _hung_up(self):
        raise ConnectionError("the server hung up")


def message(kind, transaction, attributes, key=None):
    body = b"".join(packed(*attribute, transaction=transaction) for attribute in attributes)
    if key:
        head = struct.pack("!HHI", kind, len(body) + 24, COOKIE) + transaction
        body += packed(INTEGRITY, hmac.digest(key, head + body, hashlib.sha1))
    return struct.pack("!HHI", kind, len(body), COOKIE) + transaction + body


def packed(kind, value, port=None, transaction=b""):
    """One attribute; a value with a port is an address, xored as RFC 8489 has it."""
    if port is not None:
        address = ipaddress.ip_address(value)
        pad = struct.pack("!I", COOKIE) + transaction
        hidden = bytes(byte ^ mask for byte, mask in zip(address.packed, pad, strict=False))
        value = struct.pack("!BBH", 0, 1 if address.version == 4 else 2, port ^ (COOKIE >> 16)) + hidden
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def parsed(data):
    kind, length, _ = struct.unpack("!HHI", data[:8])
    transaction, rest, attributes = data[8:20], data[20 : 20 + length], {}
    while rest:
        attribute, size = struct.unpack("!HH", rest[:4])
        value = rest[4 : 4 + size]
        attributes[attribute] = (transaction, value) if attribute == RELAYED else value
        rest = rest[4 + size + -size % 4 :]
    return kind, transaction, attributes


def unpack_address(hidden):
    transaction, value = hidden
    pad = struct.pack("!I", COOKIE) + transaction
    port = struct.unpack("!H", value[2:4])[0] ^ (COOKIE >> 16)
    plain = bytes(byte ^ mask for byte, mask in zip(value[4:], pad, strict=False))
    return str(ipaddress.ip_address(plain)), port
