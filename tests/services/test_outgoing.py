"""Mail by a real SMTP server: once to each, later when the server was away, whatever becomes of the others."""

import asyncio
import ipaddress
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from server.core.outbox import Attachment, OutboxMessage
from server.outgoing import MOST_ATTEMPTS, Carrier, carry_due
from server.settings import Settings
from tests.stores import free_port

FROM = "联诊 <post@hz.example.cn>"
INVITATION = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


class Postbox:
    """What a real server took in; it refuses whom it does not know."""

    def __init__(self):
        self.letters, self.signed_in = [], []

    def authenticated(self, server, session, envelope, mechanism, given):
        self.signed_in.append((given.login.decode(), given.password.decode()))
        return AuthResult(success=True)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"


@contextmanager
def served(postbox, port, **more):
    options = {"authenticator": postbox.authenticated, "auth_require_tls": False, **more}
    controller = Controller(postbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def carrier(tmp_path, port):
    return Carrier(Settings(data=tmp_path, mail_from=FROM, smtp_url=f"smtp://post:g%40eheim@127.0.0.1:{port}"))


@pytest.fixture
def postbox():
    return Postbox()


async def left(database, *to, **facts):
    async with database.unit() as unit:
        for one in to:
            unit.send("mail", to=one, subject="会诊邀请：青山县医院", body="请您会诊，明天 09:00", **facts)


async def rows(database):
    async with database.unit(writes=False) as unit:
        return list(await unit.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


async def test_an_invitation_arrives_as_it_was_written(database, carrier, postbox, port, clock):
    file = Attachment(name="invitation.ics", media_type="text/calendar; method=REQUEST", content=INVITATION)
    await left(database, "lin@example.com", attachments=[file])
    with served(postbox, port):
        assert await carry_due(database, carrier) == 1
        assert await carry_due(database, carrier) == 0
    (letter,) = postbox.letters
    assert postbox.signed_in == [("post", "g@eheim")]
    assert (letter["From"], letter["To"], letter["Date"].datetime) == (FROM, "lin@example.com", clock.now())
    assert letter["Subject"] == "会诊邀请：青山县医院"
    assert letter.get_body(("plain",)).get_content().strip() == "请您会诊，明天 09:00"
    assert [part.get_filename() for part in letter.iter_attachments() if part.get_filename()] == ["invitation.ics"]


async def test_a_letter_waits_for_a_server_that_is_away(database, carrier, postbox, port, clock):
    await left(database, "lin@example.com")
    assert await carry_due(database, carrier) == 0
    with served(postbox, port):
        assert await carry_due(database, carrier) == 0  # not at once again
        clock.turn(timedelta(minutes=1))
        assert await carry_due(database, carrier) == 1
    (row,) = await rows(database)
    assert (row.attempts, row.sent_at, row.trouble, len(postbox.letters)) == (2, clock.now(), None, 1)


async def test_one_that_is_refused_holds_up_nobody_and_is_given_up_in_the_end(database, carrier, postbox, port, clock):
    await left(database, "nobody@example.com", "lin@example.com")
    with served(postbox, port):
        assert await carry_due(database, carrier) == 1
        for _ in range(MOST_ATTEMPTS):
            clock.turn(timedelta(hours=4))
            await carry_due(database, carrier)
    refused, sent = await rows(database)
    assert (refused.attempts, refused.sent_at, refused.trouble) == (MOST_ATTEMPTS, None, "SMTPRecipientsRefused")
    assert (sent.attempts, len(postbox.letters)) == (1, 1)


async def test_two_who_carry_at_once_send_each_letter_once(database, carrier, postbox, port):
    to = [f"doctor{number}@example.com" for number in range(8)]
    await left(database, *to)
    with served(postbox, port):
        sent = await asyncio.gather(*(carry_due(database, carrier) for _ in range(3)))
    assert sum(sent) == len(to)
    assert sorted(letter["To"] for letter in postbox.letters) == to


# ---- a password goes nowhere in the clear

NOT_HERE = "0.0.0.0"


def certified(folder):
    """What a mail server of that address speaks TLS with, and the file that trusts it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now, address = datetime.now(UTC), x509.IPAddress(ipaddress.ip_address(NOT_HERE))
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(1))
    builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    trusted, both = folder / "trusted.pem", folder / "both.pem"
    trusted.write_bytes(certificate.public_bytes(pem))
    both.write_bytes(trusted.read_bytes() + key.private_bytes(pem, form, serialization.NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(both)
    return context, trusted


async def test_a_server_elsewhere_that_offers_no_encryption_is_told_no_password(database, tmp_path, postbox, port):
    carrier = Carrier(Settings(data=tmp_path, mail_from=FROM, smtp_url=f"smtp://post:geheim@{NOT_HERE}:{port}"))
    await left(database, "lin@example.com")
    with served(postbox, port):
        assert await carry_due(database, carrier) == 0
    assert (postbox.signed_in, postbox.letters) == ([], [])


async def test_one_that_encrypts_is(database, tmp_path, postbox, port, monkeypatch):
    context, trusted = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    carrier = Carrier(Settings(data=tmp_path, mail_from=FROM, smtp_url=f"smtp://post:geheim@{NOT_HERE}:{port}"))
    await left(database, "lin@example.com")
    with served(postbox, port, tls_context=context):
        assert await carry_due(database, carrier) == 1
    assert (postbox.signed_in, len(postbox.letters)) == ([("post", "geheim")], 1)
