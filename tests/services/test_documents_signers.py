"""A doctor's key opens with the doctor's own secret and the site's key together, and with nothing less."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from server.core.crypto import Keyring, UnreadableSeal
from server.documents import queries, service, signers
from server.documents.keybox import Cost
from server.documents.signers import NotEnrolled, NotYourKey, WrongSecret
from tests.services.documents_scene import CITY, DOCTOR, OTHER_DOCTOR, SECRET, SUBJECT, actor, person, report, set_up


@pytest.fixture
async def scene(database, clock, tmp_path):
    return await set_up(database, clock, tmp_path)


async def test_a_wrong_secret_opens_nothing(scene):
    async with scene.unit(writes=False) as unit:
        with pytest.raises(WrongSecret):
            await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET + "x")


async def test_the_right_secret_on_another_site_opens_nothing(scene):
    async with scene.unit(writes=False) as unit:
        elsewhere = replace(unit, keys=Keyring({1: bytes(32)}))
        with pytest.raises(UnreadableSeal):
            await signers.signing_key_for(elsewhere, person_id=DOCTOR, secret=SECRET)


async def test_a_key_moved_to_another_doctors_row_does_not_open(scene):
    async with scene.unit() as unit:
        mine = await queries.signing_key(unit, DOCTOR)
        theirs = await signers.enrol_signer(unit, person_id=OTHER_DOCTOR, name="赵明", secret="another-secret")
        theirs.sealed_key, theirs.salt, theirs.cost = mine.sealed_key, mine.salt, mine.cost
        with pytest.raises(UnreadableSeal):
            await signers.signing_key_for(unit, person_id=OTHER_DOCTOR, secret=SECRET)
        unit.undo()


async def test_nobody_signs_with_the_key_of_another(scene, database):
    async with scene.unit(writes=False) as unit:
        stolen = await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)
    async with database.unit(actor(OTHER_DOCTOR)) as unit:
        with pytest.raises(NotYourKey):
            await service.issue(
                unit,
                office=scene.office,
                report=report(unit.now),
                signer=stolen,
                subject_kind="consultation",
                subject_id=SUBJECT,
                institutions=(CITY,),
                key="key",
            )


async def test_an_unlocked_key_shows_itself_to_nobody(scene):
    async with scene.unit(writes=False) as unit:
        handle = await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)
    assert "EllipticCurvePrivateKey" not in repr(handle)


async def test_a_key_is_locked_at_what_it_costs_now_and_opens_at_what_it_cost_then(scene, monkeypatch):
    """The cost of a site is that of RFC 9106, which other tests do without."""
    monkeypatch.setattr(signers, "COST", Cost())
    async with scene.unit() as unit:
        await signers.rewrap(unit, person_id=DOCTOR, old=SECRET, new=SECRET)
        assert (await queries.signing_key(unit, DOCTOR)).cost == "argon2id:3:65536:4"
    monkeypatch.setattr(signers, "COST", Cost(passes=4))
    async with scene.unit(writes=False) as unit:
        await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)


async def test_a_new_secret_opens_the_same_key(scene):
    async with scene.unit() as unit:
        before = await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)
        await signers.rewrap(unit, person_id=DOCTOR, old=SECRET, new="一枕黄粱-2027")
    async with scene.unit(writes=False) as unit:
        after = await signers.signing_key_for(unit, person_id=DOCTOR, secret="一枕黄粱-2027")
        with pytest.raises(WrongSecret):
            await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)
    assert after.certificate == before.certificate


async def test_a_reset_makes_a_new_certificate_and_ends_the_old(scene):
    async with scene.unit() as unit:
        old = await queries.signing_key(unit, DOCTOR)
        new = await signers.reset_signer(unit, person_id=DOCTOR, name="李慧敏", secret="新的签名口令")
    async with scene.unit(writes=False) as unit:
        handle = await signers.signing_key_for(unit, person_id=DOCTOR, secret="新的签名口令")
        listed = x509.load_der_x509_crl(handle.revocations)
    assert old.revoked_at == scene.clock.at
    assert handle.id == new.id
    assert [f"{each.serial_number:x}" for each in listed] == [old.serial]


async def test_a_key_withdrawn_while_it_lay_unlocked_signs_nothing(scene):
    async with scene.unit() as unit:
        handle = await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)
        await signers.revoke_signer(unit, person_id=DOCTOR)
    async with scene.unit() as unit:
        with pytest.raises(NotYourKey):
            await service.issue(
                unit,
                office=scene.office,
                report=report(unit.now),
                signer=handle,
                subject_kind="consultation",
                subject_id=SUBJECT,
                institutions=(CITY,),
                key="key",
            )


async def test_a_second_enrolment_changes_nothing_until_the_certificate_has_run_out(scene):
    async with scene.unit() as unit:
        first = await queries.signing_key(unit, DOCTOR)
        again = await signers.enrol_signer(unit, person_id=DOCTOR, name="李慧敏", secret="another")
    assert again.id == first.id
    scene.clock.turn(timedelta(days=366 * 5 + 1))
    async with scene.unit() as unit:
        assert not await signers.can_sign(unit, person_id=DOCTOR)
        with pytest.raises(NotEnrolled):
            await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)
        await signers.enrol_signer(unit, person_id=DOCTOR, name="李慧敏", secret="下一个五年")
        assert await signers.can_sign(unit, person_id=DOCTOR)


async def test_a_renewal_keeps_the_key_that_opens_and_replaces_one_that_does_not(scene):
    async def renewed(secret):
        async with scene.unit() as unit:
            return await signers.renew_signer(unit, person_id=DOCTOR, name="李慧敏", secret=secret)

    async with scene.unit(writes=False) as unit:
        first = await queries.signing_key(unit, DOCTOR)
    assert (await renewed(SECRET)).id == first.id
    both = await asyncio.gather(renewed("新口令"), renewed("新口令"))
    assert {key.id for key in both} != {first.id}
    assert len({key.id for key in both}) == 1


async def test_ten_first_enrolments_at_once_make_one_key(scene, database):
    async def enrolled():
        async with database.unit(actor(OTHER_DOCTOR)) as unit:
            return await signers.enrol_signer(unit, person_id=OTHER_DOCTOR, name="赵明", secret=SECRET)

    assert len({key.id for key in await asyncio.gather(*(enrolled() for _ in range(10)))}) == 1


async def test_the_authority_is_made_once(scene):
    async with scene.unit() as unit:
        again = await signers.found_authority(unit, site="青山市医联体")
        assert [each.id for each in await queries.authorities(unit)] == [again.id]


async def test_the_first_signer_of_a_site_finds_an_authority_made(unit):
    assert await queries.authority(unit) is None
    unit.session.add(person(DOCTOR, unit.now))
    await unit.session.flush()
    await signers.enrol_signer(unit, person_id=DOCTOR, name="李慧敏", secret=SECRET)
    assert (await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)).name == "李慧敏"
