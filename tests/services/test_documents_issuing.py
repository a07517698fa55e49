"""A report is signed once, numbered without gaps, kept for both sides, and amended only by a new edition."""

import asyncio
import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from server.documents import queries, service, signers
from server.documents.archive import ArchiveDamaged
from server.documents.model import Document
from server.documents.service import AlreadySuperseded, KeyReused
from tests.services.documents_scene import CITY, DOCTOR, OTHER_DOCTOR, SECRET, SUBJECT, TOWNSHIP, actor, report, set_up


@pytest.fixture
async def scene(database, clock, tmp_path):
    return await set_up(database, clock, tmp_path)


async def test_the_register_knows_who_signed_what_for_whom(scene):
    document = await scene.issue()
    pdf = await scene.pdf(document)
    async with scene.unit(writes=False) as unit:
        assert await queries.holders(unit, document.id) == [TOWNSHIP, CITY]
        kept = await queries.get(unit, document.id)
    assert kept.number == "HZ510700001202611230001"
    assert (kept.sha256, kept.size) == (hashlib.sha256(pdf).hexdigest(), len(pdf))
    assert (kept.signer_id, kept.signer_name, kept.signer_title) == (DOCTOR, "李慧敏", "主任医师")
    assert (kept.signed_at, kept.edition, kept.patient_masked) == (scene.clock.at, 1, "王*")


async def test_twenty_clicks_make_one_signature_and_one_number(scene):
    issued = await asyncio.gather(*(scene.issue("one-key") for _ in range(20)))
    assert {document.number for document in issued} == {"HZ510700001202611230001"}
    assert len({document.sha256 for document in issued}) == 1
    async with scene.unit(writes=False) as unit:
        assert await unit.session.scalar(select(func.count()).select_from(Document)) == 1


async def test_fifty_at_once_get_fifty_consecutive_numbers(scene):
    async with scene.unit(writes=False) as unit:
        signer = await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)

    async def one(place):
        async with scene.unit() as unit:
            return await service.issue(
                unit,
                office=scene.office,
                report=report(unit.now),
                signer=signer,
                subject_kind="consultation",
                subject_id=f"{place:032x}",
                institutions=(TOWNSHIP, CITY),
                key=f"opinion-{place}",
            )

    issued = await asyncio.gather(*map(one, range(50)))
    numbers = sorted(document.number for document in issued)
    assert numbers == [f"HZ51070000120261123{place:04d}" for place in range(1, 51)]
    assert len({document.verification_code for document in issued}) == 50


async def test_a_signing_that_fails_gives_its_number_back(scene):
    with pytest.raises(RuntimeError):
        async with scene.unit() as unit:
            await scene.issue_in(unit, "lost")
            raise RuntimeError("the power went")
    assert (await scene.issue("next")).number == "HZ510700001202611230001"


async def test_the_day_of_a_number_is_that_of_beijing(scene):
    scene.clock.turn(timedelta(hours=16))  # 01:00 on the 24th there, still the 23rd in UTC
    assert (await scene.issue()).number == "HZ510700001202611240001"


async def test_one_key_cannot_serve_two_cases(scene):
    await scene.issue("key")
    with pytest.raises(KeyReused):
        await scene.issue("key", subject_id="f" * 32)


async def test_an_amendment_names_what_it_replaces_and_the_old_stays_readable(scene):
    first = await scene.issue("first")
    second = await scene.issue("second", supersedes=first.id, plan="改为急诊介入。")
    async with scene.unit(writes=False) as unit:
        old, new = await queries.of_subject(unit, "consultation", SUBJECT)
        assert await queries.successor(unit, old) is new
    assert (old.superseded_by_id, new.supersedes_id, new.edition) == (second.id, first.id, 2)
    assert hashlib.sha256(await scene.pdf(first)).hexdigest() == old.sha256


async def test_an_edition_has_one_successor_only(scene):
    first = await scene.issue("first")
    await scene.issue("second", supersedes=first.id)
    with pytest.raises(AlreadySuperseded):
        await scene.issue("third", supersedes=first.id)


async def test_two_amendments_at_once_leave_one(scene):
    first = await scene.issue("first")
    both = await asyncio.gather(
        *(scene.issue(f"amended-{place}", supersedes=first.id) for place in range(2)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in both) == ["AlreadySuperseded", "Document"]


async def test_nothing_of_a_document_lies_readable_on_disk(scene, tmp_path):
    document = await scene.issue()
    (blob,) = (tmp_path / "documents").rglob(document.id)
    kept = blob.read_bytes()
    assert b"%PDF" not in kept
    assert document.number.encode() not in kept


async def test_a_changed_archive_file_is_refused_and_named(scene, tmp_path):
    good, bad = await scene.issue("good"), await scene.issue("bad")
    (blob,) = (tmp_path / "documents").rglob(bad.id)
    kept = bytearray(blob.read_bytes())
    kept[len(kept) // 2] ^= 1
    blob.write_bytes(kept)
    with pytest.raises(ArchiveDamaged):
        await scene.pdf(bad)
    async with scene.unit(writes=False) as unit:
        checked = await service.check_archive(unit, office=scene.office)
    assert (checked.documents, checked.damaged) == (2, (bad.number,))
    assert (await scene.pdf(good)).startswith(b"%PDF")


async def test_the_files_of_two_documents_cannot_be_swapped(scene, tmp_path):
    one, two = await scene.issue("one"), await scene.issue("two")
    (first,), (second,) = (tmp_path / "documents").rglob(one.id), (tmp_path / "documents").rglob(two.id)
    first.write_bytes(second.read_bytes())
    with pytest.raises(ArchiveDamaged):
        await scene.pdf(one)


async def test_reading_a_document_is_on_record(scene):
    document = await scene.issue()
    async with scene.unit(writes=False) as unit:
        await service.open_pdf(unit, office=scene.office, document_id=document.id, patient_id="p" * 32)
        (act,) = unit.acts
    assert (act.action, act.id, act.patient) == ("document.read", document.id, "p" * 32)


async def test_a_register_that_names_another_key_is_found_out(scene, database):
    document = await scene.issue()
    async with database.unit(actor()) as unit:
        other = await signers.enrol_signer(unit, person_id=OTHER_DOCTOR, name="赵明", secret=SECRET)
        (await queries.get(unit, document.id)).signing_key_id = other.id
    async with scene.unit(writes=False) as unit:
        assert (await service.check_archive(unit, office=scene.office)).damaged == (document.number,)
