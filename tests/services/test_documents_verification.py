"""A file that is ours is known as ours; one changed bit, and it is said."""

import io
import random
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from asn1crypto import tsp
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pypdf import PdfReader, PdfWriter
from sqlalchemy import update

from server.core.errors import NotFound
from server.documents import examination, pki, queries, signers, verification
from server.documents.model import Document, masked
from server.documents.press import pressed
from server.documents.signing import sign, web_timestamps
from server.documents.typeset import printed, report_sheet
from server.documents.verification import Examiner, NotExamined, Standing, TooBusy, numbers_in
from tests.services.documents_scene import DOCTOR, SECRET, report, set_up


class ExaminerHere:
    """Answers as the child does, without starting one."""

    async def examine(self, pdf, *, trusted, moment):
        try:
            return await pressed(examination.examine, pdf, trusted=list(trusted), moment=moment)
        except Exception:
            return {"readable": False}


class ExaminerGivenUp:
    async def examine(self, pdf, *, trusted, moment):
        return {}


@pytest.fixture
async def scene(database, clock, tmp_path):
    return await set_up(database, clock, tmp_path)


async def verdict(scene, pdf, examiner=None):
    async with scene.database.unit(writes=False) as unit:
        return await verification.verify_pdf(unit, pdf=pdf, examiner=examiner or ExaminerHere())


async def standing(scene, pdf, examiner=None):
    return (await verdict(scene, pdf, examiner)).standing


async def test_what_we_issued_is_intact(scene):
    document = await scene.issue()
    found = await verdict(scene, await scene.pdf(document), Examiner())
    assert (found.standing, found.document.number, found.successor) == (Standing.INTACT, document.number, None)


async def test_each_of_two_hundred_changed_bytes_is_noticed(scene):
    pdf = await scene.pdf(await scene.issue())
    dice = random.Random(20261123)
    told = []
    for place in dice.sample(range(len(pdf)), 200):
        changed = bytearray(pdf)
        changed[place] ^= 1 << dice.randrange(8)
        told.append(await standing(scene, bytes(changed)))
    assert set(told) == {Standing.CHANGED}


async def test_the_child_that_reads_strangers_files_notices_too(scene):
    pdf = bytearray(await scene.pdf(await scene.issue()))
    pdf[len(pdf) // 2] ^= 1
    assert await standing(scene, bytes(pdf), Examiner()) == Standing.CHANGED


@pytest.mark.parametrize("tail", [b" ", b"\n%%EOF\n", b"\n1 0 obj\n<<>>\nendobj\n"])
async def test_bytes_added_at_the_end_are_noticed(scene, tail):
    assert await standing(scene, await scene.pdf(await scene.issue()) + tail) == Standing.CHANGED


async def test_a_cut_file_is_noticed(scene):
    pdf = await scene.pdf(await scene.issue())
    assert await standing(scene, pdf[: len(pdf) - 100]) == Standing.CHANGED


async def test_a_page_added_by_another_program_is_noticed(scene):
    document = await scene.issue()
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(await scene.pdf(document))))
    writer.add_blank_page()
    saved = io.BytesIO()
    writer.write(saved)
    assert await standing(scene, saved.getvalue()) in {Standing.CHANGED, Standing.FOREIGN}


async def test_the_old_edition_is_said_to_be_replaced_and_by_what(scene):
    first = await scene.issue("first")
    second = await scene.issue("second", supersedes=first.id, plan="改为急诊介入。")
    old, new = await verdict(scene, await scene.pdf(first)), await verdict(scene, await scene.pdf(second))
    assert (old.standing, old.successor.number) == (Standing.SUPERSEDED, second.number)
    assert new.standing == Standing.INTACT


@pytest.mark.parametrize("file", [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"hello" * 1000])
async def test_what_is_no_document_of_ours_is_said_to_be_foreign(scene, file):
    assert await standing(scene, file) == Standing.FOREIGN


async def test_an_unsigned_draft_is_not_ours(scene):
    assert await standing(scene, printed(report_sheet(report(scene.clock.at), say=str, draft=True))) == Standing.FOREIGN


async def test_a_report_signed_by_a_strangers_authority_is_not_ours(scene):
    document = await scene.issue()
    forged = await forge(scene.clock.at, pki.found_authority(site="青山市医联体", serial=1, now=scene.clock.at))
    assert await standing(scene, forged) == Standing.FOREIGN
    assert await standing(scene, forged + document.number.encode()) == Standing.CHANGED


async def test_a_certificate_of_ours_alone_makes_no_document_of_ours(scene):
    """Who stole the authority's key signs something the register has never seen."""
    async with scene.unit(writes=False) as unit:
        stolen = signers._authority(unit, await queries.authority(unit))
    assert await standing(scene, await forge(scene.clock.at, stolen)) == Standing.UNREGISTERED


async def test_an_entry_in_the_register_alone_makes_no_document_of_ours(scene, database):
    """Who can write to the database puts the hash of a forgery in place of the true one."""
    document = await scene.issue()
    forged = await forge(scene.clock.at, pki.found_authority(site="x", serial=1, now=scene.clock.at))
    async with database.unit() as unit:
        digest = verification.hashlib.sha256(forged).hexdigest()
        await unit.session.execute(update(Document).where(Document.id == document.id).values(sha256=digest))
    assert await standing(scene, forged) == Standing.UNREGISTERED


async def test_a_signature_outlives_its_key_and_its_certificate(scene):
    pdf = await scene.pdf(await scene.issue())
    scene.clock.turn(timedelta(days=1))
    async with scene.unit() as unit:
        await signers.revoke_signer(unit, person_id=DOCTOR)
    assert await standing(scene, pdf) == Standing.INTACT
    scene.clock.turn(timedelta(days=16 * 365))
    assert await standing(scene, pdf) == Standing.INTACT


async def test_anyone_with_our_root_can_check_the_file_offline(scene):
    """Only the authority's certificate is trusted; chain and revocation list come from the file itself."""
    pdf = await scene.pdf(await scene.issue())
    reader = PdfFileReader(io.BytesIO(pdf))
    (signature,) = reader.embedded_signatures
    context = await trusting_us(scene, DocumentSecurityStore.read_dss(reader))
    status = await pressed(validate_pdf_signature, signature, context)
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.coverage.name == "ENTIRE_FILE"
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert signature.docmdp_level.name == "NO_CHANGES"
    assert signature.self_reported_timestamp == scene.clock.at
    assert status.signing_cert.subject.native["common_name"] == "李慧敏"


async def trusting_us(scene, store):
    async with scene.unit(writes=False) as unit:
        (authority,) = await queries.authorities(unit)
    return store.as_validation_context(
        {
            "trust_roots": [Certificate.load(authority.certificate)],
            "moment": scene.clock.at,
            "revocation_mode": "hard-fail",
            "allow_fetching": False,
        }
    )


async def test_a_time_stamp_authority_may_stand_beside_the_signature(scene, clock):
    """B-T: the token of an RFC 3161 authority, asked over HTTP, lies in the signature."""
    async with scene.unit(writes=False) as unit:
        signer = await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)
    draft = printed(report_sheet(report(clock.at, number="HZ1", signed_at=clock.at), say=str, code="X"))
    async with TestServer(stamping_authority(clock.at)) as server:
        stamps = web_timestamps(str(server.make_url("/stamp")))
        pdf = await pressed(sign, draft, signer=signer, number="HZ1", at=clock.at, timestamps=stamps)
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    (stamp,) = signature.signer_info["unsigned_attrs"]
    assert stamp["type"].native == "signature_time_stamp_token"
    token = stamp["values"][0]["content"]["encap_content_info"]["content"].parsed
    assert token["gen_time"].native == clock.at


def stamping_authority(now):
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "time")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    certificate = Certificate.load(pki.der(builder.sign(key, pki.SHA256)))
    stamper = DummyTimeStamper(certificate, PrivateKeyInfo.load(pki.key_bytes(key)), fixed_dt=now)

    async def stamp(request):
        answer = stamper.request_tsa_response(tsp.TimeStampReq.load(await request.read()))
        return web.Response(body=answer.dump(), content_type="application/timestamp-reply")

    app = web.Application()
    app.router.add_post("/stamp", stamp)
    return app


async def test_a_code_says_what_the_paper_is_however_it_was_typed(scene):
    document = await scene.issue()
    code = document.verification_code
    async with scene.database.unit(writes=False) as unit:
        for typed in (
            code,
            code.lower(),
            f"{code[:4]}-{code[4:8]} {code[8:]}",
            code.replace("0", "O").replace("1", "l"),
        ):
            assert (await verification.look_up(unit, code=typed)).document.id == document.id
        for typed in ("", "X", code[:-1], code[:-1] + "!", "0" * 12):
            with pytest.raises(NotFound):
                await verification.look_up(unit, code=typed)


async def test_our_own_file_is_never_called_a_forgery_because_the_check_broke_down(scene):
    with pytest.raises(NotExamined):
        await verdict(scene, await scene.pdf(await scene.issue()), ExaminerGivenUp())


async def test_a_crowd_of_files_is_turned_away_in_plain_words():
    with pytest.raises(TooBusy):
        await Examiner(at_once=0, waiting=0).examine(b"", trusted=(), moment=None)


async def test_a_file_made_to_exhaust_the_reader_gets_no_more_than_its_share():
    nest = b"%PDF-1.7\n1 0 obj\n" + b"[" * 5_000_000 + b"\nendobj\nstartxref\n9\n%%EOF"
    answer = await Examiner().examine(nest, trusted=(), moment=None)
    assert not answer.get("intact")


def test_numbers_are_found_in_whatever_is_left_of_a_file():
    assert numbers_in(b"\0\xffHZ510700001202611230001)\n(HZ9") == {"HZ510700001202611230001"}
    assert len(numbers_in(b" ".join(b"HZ510700001%012d" % place for place in range(100)))) == 20


@pytest.mark.parametrize(
    ("name", "shown"), [("王德福", "王*"), ("欧阳明", "欧阳*"), ("阿依古丽", "阿*"), ("李", "李*")]
)
def test_a_name_is_masked_to_the_family_name(name, shown):
    assert masked(name) == shown


async def forge(now, authority):
    """A report signed with a fresh certificate of `authority`."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = pki.certify(authority, name="李慧敏", institution="x", person_id=DOCTOR, key=key, serial=77, now=now)
    signer = signers.SigningKeyHandle(
        id="f" * 32,
        person_id=DOCTOR,
        name="李慧敏",
        certificate=pki.der(certificate),
        authority=pki.der(authority.certificate),
        revocations=pki.revocations(authority, (), number=1, now=now),
        key=pki.key_bytes(key),
    )
    draft = printed(report_sheet(report(now, signed_at=now), say=str, code="X"))
    return await pressed(sign, draft, signer=signer, number="FORGED", at=now)
