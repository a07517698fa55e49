"""The site's own authority, installed from the command line: it certifies from then on, and the old reports stay."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.documents import adopting, pki, signers, verification
from server.documents.verification import Examiner, Standing
from tests.services.documents_scene import DOCTOR, SECRET, set_up
from tests.services.test_command_line import Console

NOW = datetime.now(UTC)


def pems(*, ca=True, years=10, since=NOW - timedelta(days=1), passphrase=b""):
    """A hospital's CA as its certificate and key lie on disk, made by nothing of ours."""
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "青山市卫健委 CA")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(since)
    builder = builder.not_valid_after(since + timedelta(days=365 * years))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    signs = {"key_cert_sign": ca, "crl_sign": ca, "digital_signature": not ca, "content_commitment": not ca}
    builder = builder.add_extension(x509.KeyUsage(**usage, **signs), critical=True)
    lock = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), key.private_bytes(*form)


async def test_the_adopted_authority_certifies_and_what_was_signed_before_stays_intact(database, clock, tmp_path):
    scene = await set_up(database, clock, tmp_path)
    before = await scene.pdf(await scene.issue("before"))
    clock.turn(timedelta(hours=1))
    certificate, key = pems(since=clock.now() - timedelta(days=1))
    async with scene.unit() as unit:
        await signers.install_authority(
            unit, authority=adopting.adopt_authority(certificate, key, now=unit.now, password=None)
        )
    async with scene.unit() as unit:
        with pytest.raises(signers.NotEnrolled):  # the page renews then, with the password just proved
            await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)
        await signers.renew_signer(unit, person_id=DOCTOR, name="李慧敏", secret=SECRET)
    document = await scene.issue("after")
    after = await scene.pdf(document)
    root = x509.load_pem_x509_certificate(certificate)
    only_it = await Examiner().examine(after, trusted=[pki.der(root)], moment=document.signed_at)
    assert (only_it["intact"], only_it["trusted"]) == (True, True)
    async with scene.unit(writes=False) as unit:
        found = [await verification.verify_pdf(unit, pdf=pdf, examiner=Examiner()) for pdf in (before, after)]
    assert [one.standing for one in found] == [Standing.INTACT, Standing.INTACT]


@pytest.fixture
async def lianzhen(tmp_path):
    console = Console(tmp_path / "data")
    assert (await console("migrate"))[0] == 0
    return console


async def installs(lianzhen, certificate, key, typed=""):
    """The status, and the last line that was said."""
    places = [lianzhen.data.parent / name for name in ("ca.pem", "ca.key")]
    for place, content in zip(places, (certificate, key), strict=True):
        place.write_bytes(content)
    return await lianzhen("authority", "install", *places, typed=typed)


async def test_it_is_installed_from_the_command_line_its_passphrase_asked_for(lianzhen):
    assert await installs(lianzhen, *pems()) == (0, "OK: CN=青山市卫健委 CA")
    locked = pems(passphrase=b"open sesame")
    assert (await installs(lianzhen, *locked, typed="guess\n"))[0] == 1
    assert (await installs(lianzhen, *locked, typed="open sesame\n"))[0] == 0


async def test_what_certifies_nobody_is_refused_saying_why(lianzhen):
    good, _ = pems()
    _, other = pems()
    for certificate, key, why in (
        (b"no certificate", other, "读不出证书或私钥"),
        (good, other, "私钥不是这张证书的"),
        (*pems(ca=False), "这不是 CA 证书"),
        (*pems(since=NOW - timedelta(days=800), years=2), "证书不在有效期内"),
    ):
        status, line = await installs(lianzhen, certificate, key)
        assert (status, why in line) == (1, True), line
