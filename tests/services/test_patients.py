"""Patients in the store: registered once, found by their own hospital, unreadable without the key."""

import random
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, text

from server.accounts import service as accounts
from server.core.errors import Invalid, NotFound, Stale
from server.directory import service as directory
from server.directory.kinds import Kind, Level
from server.patients import queries, sealing, service
from server.patients.identity import Guardian
from server.patients.model import PatientSearchTerm
from server.patients.names import invent_person
from server.patients.papers import IdKind, Sex
from server.patients.particulars import Particulars, read_registrant, typed_again

WANG = {"name": "王芳", "id_no": "11010519491231002X", "phone": "13812345678", "address": "福建省安溪县山溪镇二组 7 号"}


async def health_centre(unit, code, name):
    return await directory.add_institution(
        unit, code=code, name=name, short_name=name, level=Level.TOWNSHIP, kind=Kind.TOWNSHIP_CENTRE
    )


@pytest.fixture
async def centres(unit):
    """Two township centres that know nothing of each other's patients."""
    return [await health_centre(unit, "A1", "城厢卫生院"), await health_centre(unit, "B1", "湖头卫生院")]


@pytest.fixture
async def doctor(unit, centres, acting):
    """A doctor of the first centre, acting."""
    person = await accounts.enrol(unit, login="lin", name="林医生", password_hash="x")
    unit.signed_in = acting("applicant", person_id=person.id, institution_id=centres[0].id)
    return unit.signed_in


def registrant(unit, **typed):
    return read_registrant(Particulars(**typed), now=unit.now)


async def registered(unit, **typed):
    return await service.register(unit, registrant=registrant(unit, **typed))


async def found(unit, asked):
    return [card.name for card in await service.find(unit, asked)]


def errors(unit, **typed):
    with pytest.raises(Invalid) as caught:
        registrant(unit, **typed)
    return sorted(caught.value.errors)


# ---- what the desk types ----


def test_an_id_number_fills_sex_and_birth_date(unit):
    wang = registrant(unit, **WANG)
    assert (wang.sex, wang.birth_date, wang.identity.guardian) == (Sex.FEMALE, date(1949, 12, 31), None)


def test_what_the_number_says_goes_before_what_is_typed(unit):
    wang = registrant(unit, **WANG, sex=Sex.MALE, birth_date=date(2000, 1, 1))
    assert (wang.sex, wang.birth_date) == (Sex.FEMALE, date(1949, 12, 31))


def test_foreign_papers_say_neither_so_both_are_asked(unit):
    anna = {"name": "Anna Smith", "id_kind": IdKind.PASSPORT, "id_no": "e1234 5678"}
    assert errors(unit, **anna) == ["birth_date", "sex"]
    read = registrant(unit, **anna, sex=Sex.FEMALE, birth_date=date(1990, 2, 28))
    assert (read.identity.id_no, read.birth_date) == ("E12345678", date(1990, 2, 28))


def test_a_newborn_is_called_after_the_mother_who_answers_for_it(unit):
    newborn = {"id_kind": IdKind.NEWBORN, "sex": Sex.MALE, "birth_date": date(2026, 11, 23)}
    assert errors(unit, **newborn) == ["guardian_name", "guardian_relation", "mother_name"]
    read = registrant(unit, **newborn, mother_name="王芳", phone="13812345678")
    assert read.identity.name == "王芳之子"
    assert read.identity.guardian == Guardian(name="王芳", relation="mother", phone="13812345678")


def test_a_newborn_of_a_mother_with_a_wrong_phone_is_told_about_the_phone(unit):
    newborn = {"id_kind": IdKind.NEWBORN, "sex": Sex.MALE, "birth_date": date(2026, 11, 23), "mother_name": "王芳"}
    assert errors(unit, **newborn, phone="12") == ["phone"]


def test_a_stranger_is_registered_with_nothing_at_all(unit):
    stranger = registrant(unit, id_kind=IdKind.UNKNOWN)
    assert (stranger.identity.name, stranger.sex, stranger.birth_date) == ("无名氏11230900", Sex.UNKNOWN, None)


def test_a_child_needs_a_guardian(unit):
    child = {"name": "陈小宝", "id_no": "350524201211249105"}  # fourteen tomorrow
    assert errors(unit, **child) == ["guardian_name", "guardian_relation"]
    guarded = registrant(unit, **child, guardian_name="陈大", guardian_relation="father")
    assert guarded.identity.guardian == Guardian(name="陈大", relation="father")


def test_everything_wrong_is_told_at_once(unit):
    assert errors(unit, name="王1", id_no="123", phone="12", guardian_name="李", guardian_phone="x") == [
        "guardian_phone",
        "guardian_relation",
        "id_no",
        "name",
        "phone",
    ]


def test_the_form_shows_again_what_is_on_file(unit):
    child = registrant(
        unit,
        name="陈小宝",
        id_kind=IdKind.BIRTH_CERTIFICATE,
        id_no="T350123456",
        sex=Sex.MALE,
        birth_date=date(2020, 2, 29),
        guardian_name="陈大",
        guardian_relation="father",
        guardian_phone="13812345678",
        allergies="青霉素",
    )
    assert read_registrant(Particulars.model_validate(drop_empty(typed_again(child))), now=unit.now) == child


def drop_empty(fields):
    return {name: value for name, value in fields.items() if value != ""}


# ---- on file ----


async def test_a_patient_is_opened_as_they_were_registered_and_that_is_on_record(unit, doctor):
    patient = await registered(unit, **WANG, allergies="青霉素")
    unit.acts.clear()
    identity = await service.identify(unit, patient.id)
    assert (identity.name, identity.id_no, identity.address) == (WANG["name"], WANG["id_no"], WANG["address"])
    assert (await service.standing_facts(unit, patient.id)).allergies == "青霉素"
    assert [(act.action, act.patient, act.fields) for act in unit.acts] == [
        ("patient.read", patient.id, ("identity",)),
        ("patient.read", patient.id, ("facts",)),
    ]


async def test_the_same_paper_leads_to_the_patient_on_file(unit, doctor):
    patient = await registered(unit, **WANG)
    for id_no in ("11010519491231002x", "110105491231002"):
        with pytest.raises(service.AlreadyKnown) as caught:
            await registered(unit, name="王方", id_no=id_no)
        assert caught.value.facts == {"patient_id": patient.id, "href": f"/patients/{patient.id}"}


async def test_two_people_may_share_the_number_of_an_unregulated_paper(unit, doctor):
    typed = {"id_kind": IdKind.OTHER, "id_no": "12345", "sex": Sex.MALE, "birth_date": date(1990, 1, 1)}
    await registered(unit, name="甲某", **typed)
    await registered(unit, name="乙某", **typed)
    assert await found(unit, "12345") == ["乙某", "甲某"]


async def test_another_centre_registers_the_same_person_for_itself(unit, doctor, centres):
    await registered(unit, **WANG)
    unit.signed_in = replace(doctor, institution_id=centres[1].id)
    other = await registered(unit, **WANG)
    assert other.institution_id == centres[1].id


async def test_equal_people_of_two_centres_share_no_index(unit, doctor, centres):
    first = await registered(unit, **WANG)
    unit.signed_in = replace(doctor, institution_id=centres[1].id)
    second = await registered(unit, **WANG)
    counts = select(func.count()).select_from(PatientSearchTerm).group_by(PatientSearchTerm.term)
    assert set(await unit.session.scalars(counts)) == {1}
    assert first.id_no_index != second.id_no_index


async def test_a_seal_moved_to_another_patient_does_not_open(unit, doctor):
    wang, li = await registered(unit, **WANG), await registered(unit, name="李四", id_kind=IdKind.UNKNOWN)
    li.identity_sealed = wang.identity_sealed
    with pytest.raises(Exception, match="identity"):
        sealing.open_identity(li, unit.keys)


# ---- found ----

PEOPLE = ("王芳", "欧阳修", "张三丰", "单田芳", "丽娜丽", "阿依古丽·买买提", "Anna Maria Smith", "𠮷野", "红")


@pytest.fixture
async def ward(unit, doctor):
    for name in PEOPLE:
        paper = {"id_kind": IdKind.OTHER, "id_no": "无", "sex": Sex.UNKNOWN, "birth_date": date(1990, 1, 1)}
        paper = WANG if name == "王芳" else paper | {"id_no": "无号" + name[0]}
        await registered(unit, **{**paper, "name": name})


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("欧阳", ["欧阳修"]),
        ("欧", ["欧阳修"]),
        ("芳", ["单田芳", "王芳"]),
        ("zsf", ["张三丰"]),
        ("stf", ["单田芳"]),
        ("张sf", ["张三丰"]),
        ("oy", ["欧阳修"]),
        ("丽娜丽", ["丽娜丽"]),
        ("娜丽娜", []),
        ("买买提", ["阿依古丽·买买提"]),
        ("ann", ["Anna Maria Smith"]),
        ("𠮷", ["𠮷野"]),
        ("红", ["红"]),
        ("11010519491231002x", ["王芳"]),
        ("110105491231002", ["王芳"]),
        ("002X", ["王芳"]),
        ("5678", ["王芳"]),
        ("138 1234 5678", ["王芳"]),
        ("1", []),
        ("", []),
        ("王%", ["王芳"]),
        ("李", []),
    ],
)
async def test_a_patient_is_found_by_any_part_of_them(unit, ward, asked, names):
    assert await found(unit, asked) == names


async def test_another_centre_finds_nobody(unit, ward, doctor, centres):
    asked = ["王芳", "wf", "w", "11010519491231002X", "002X", "13812345678", "欧阳"]
    assert all([await service.find(unit, text) for text in asked])
    unit.signed_in = replace(doctor, institution_id=centres[1].id)
    assert [await service.find(unit, text) for text in asked] == [[]] * len(asked)


async def test_who_may_not_read_is_shown_a_surname(unit, ward, doctor):
    unit.signed_in = replace(doctor, role="coordinator")
    card = (await service.find(unit, "王芳"))[0]
    assert (card.name, card.number, card.masked) == ("王*", "1101**********002X", True)


async def test_who_has_no_business_with_patients_finds_none(unit, ward, doctor):
    unit.signed_in = replace(doctor, role="specialist")
    with pytest.raises(NotFound):
        await service.find(unit, "王芳")


async def test_at_most_twenty_are_shown_the_last_registered_first(unit, doctor):
    for number in range(23):
        await registered(unit, name=f"无名氏{number}", id_kind=IdKind.UNKNOWN)
    assert await found(unit, "无名氏") == [f"无名氏{number}" for number in range(22, 2, -1)]


async def test_pages_of_the_list_follow_each_other(unit, doctor):
    for number in range(5):
        await registered(unit, name=f"无名氏{number}", id_kind=IdKind.UNKNOWN)
    above = await service.newest(unit, limit=3)
    below = await service.newest(unit, before=above[-1].id, limit=3)
    assert [card.name[-1] for card in above + below] == list("43210")


# ---- amended ----


async def test_an_amendment_keeps_what_was_on_file(unit, doctor):
    patient = await registered(unit, **WANG)
    changed = await service.amend(
        unit, patient=patient, registrant=registrant(unit, **{**WANG, "name": "王方", "phone": ""}), version=1
    )
    assert changed == ["name", "phone"]
    assert await found(unit, "王方") == ["王方"]
    assert await found(unit, "王芳") == []
    assert await found(unit, "5678") == []
    [revision] = await queries.revisions(unit, patient.id)
    assert (revision.version, revision.fields) == (1, ["name", "phone"])
    assert sealing.open_before(revision, unit.keys).identity.name == "王芳"


async def test_an_amendment_of_nothing_leaves_no_trace(unit, doctor):
    patient = await registered(unit, **WANG)
    assert await service.amend(unit, patient=patient, registrant=registrant(unit, **WANG), version=1) == []
    assert await queries.revisions(unit, patient.id) == []


async def test_an_amendment_of_an_older_state_is_refused(unit, doctor):
    patient = await registered(unit, **WANG)
    await service.amend(unit, patient=patient, registrant=registrant(unit, **{**WANG, "name": "王方"}), version=1)
    with pytest.raises(Stale):
        await service.amend(unit, patient=patient, registrant=registrant(unit, **WANG), version=1)


async def test_an_amendment_does_not_take_somebody_elses_paper(unit, doctor):
    wang = await registered(unit, **WANG)
    stranger = await registered(unit, id_kind=IdKind.UNKNOWN)
    with pytest.raises(service.AlreadyKnown) as caught:
        await service.amend(unit, patient=stranger, registrant=registrant(unit, **WANG), version=1)
    assert caught.value.patient_id == wang.id


async def test_the_door_opens_to_the_own_centre_only(unit, doctor, centres):
    patient = await registered(unit, **WANG)
    assert await queries.get_for(unit, "patient.read", patient.id) is patient
    unit.signed_in = replace(doctor, institution_id=centres[1].id)
    for id in (patient.id, "f" * 32):
        with pytest.raises(NotFound):
            await queries.get_for(unit, "patient.read", id)


# ---- unreadable ----


async def test_two_desks_at_once_register_one_patient(database, acting):
    async with database.unit() as unit:
        centre = await health_centre(unit, "A1", "城厢卫生院")
        person = await accounts.enrol(unit, login="lin", name="林医生", password_hash="x")
        actor = acting("applicant", person_id=person.id, institution_id=centre.id)
    async with database.unit(actor) as unit:
        first = await registered(unit, **WANG)
    async with database.unit(actor) as unit:
        # what the other desk sees when both looked before either wrote
        patient = type(first)(id=unit.new_id(), institution_id=centre.id, created_at=unit.now)
        sealing.seal_into(patient, registrant(unit, **WANG), unit.keys)
        with pytest.raises(service.AlreadyKnown) as caught:
            await service._keep(unit, patient, registrant(unit, **WANG).identity)
        assert caught.value.patient_id == first.id
        unit.undo()


async def test_no_name_number_or_phone_is_readable_in_the_store(database, database_url, acting, tmp_path):
    luck = random.Random(7)
    async with database.unit() as unit:
        centre = await health_centre(unit, "A1", "城厢卫生院")
        person = await accounts.enrol(unit, login="lin", name="林医生", password_hash="x")
        actor = acting("applicant", person_id=person.id, institution_id=centre.id)
    planted = []
    async with database.unit(actor) as unit:
        for _ in range(30):
            one = invent_person(luck, today=date(2026, 11, 23), youngest=14)
            planted += [one.name, one.id_no, one.phone, one.address]
            typed = {"name": one.name, "id_no": one.id_no, "phone": one.phone, "address": one.address}
            patient = await registered(unit, **typed, allergies="青霉素过敏史", past_history="高血压十年")
            again = registrant(unit, **{**typed, "phone": "13812345678"})
            await service.amend(unit, patient=patient, registrant=again, version=1)
            await service.find(unit, one.name)
    planted += ["青霉素过敏史", "高血压十年", "13812345678"]
    stored = await everything_stored(database, tmp_path)
    assert "城厢卫生院".encode() in stored, "the search below would find a plain name"
    assert [secret for secret in planted if secret.encode() in stored] == []
    assert [secret for secret in planted if secret.encode("utf-16-le") in stored] == []


async def everything_stored(database, folder):
    if database.is_sqlite:
        files = [file.read_bytes() for file in folder.iterdir() if file.is_file()]
        return b"".join(files)
    async with database.unit(writes=False) as unit:
        tables = await unit.session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        rows = [row for table in tables for row in await unit.session.execute(text(f'SELECT * FROM "{table}"'))]
    values = [value for row in rows for value in row]
    return b"\n".join(bytes(v) if isinstance(v, bytes | memoryview) else repr(v).encode() for v in values)
