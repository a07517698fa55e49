"""Consent: nothing begins without it, a child's guardian gives it, a new text asks again, it can be taken back."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.accounts import service as accounts
from server.core.errors import Invalid, NotFound
from server.directory import service as directory
from server.directory.kinds import Kind, Level
from server.patients import service as patients
from server.patients.consent import queries, service
from server.patients.consent.model import (
    IN_FORCE,
    MOVES,
    Consent,
    ConsentKind,
    ConsentOver,
    ConsentState,
    Method,
    Signer,
)
from server.patients.consent.papers import ConsentPapers
from server.patients.consent.signature import SignatureMissing, SignatureUnreadable, Strokes, read_strokes
from server.patients.consent.signing import Emergency, GuardianNeeded, Shown, SignedBy
from server.patients.consent.texts import TEXTS, TEXTS_OF, ConsentText, ConsentTexts
from server.patients.papers import IdKind, Sex
from server.patients.particulars import Particulars, read_registrant

CASE = "c" * 32
ADULT = {"name": "王芳", "id_no": "11010519491231002X"}
STROKES = Strokes(600, 200, (((10, 20, 0), (200, 120, 300)), ((220, 30, 500), (260, 180, 800))))
SHOWN = Shown(locale="zh", fee="会诊费 300 元")
PATIENT = SignedBy(signer=Signer.PATIENT)
MOTHER = SignedBy(signer=Signer.GUARDIAN, name="李 红", relation="mother", phone="138 1234 5678")
EMERGENCY = Emergency(approver="赵院长", approver_post="副院长", reason="患者昏迷，家属无法取得联系")
consultation, recording, teaching = ConsentKind


@pytest.fixture
async def centre(unit):
    return await directory.add_institution(
        unit, code="A1", name="城厢卫生院", short_name="城厢", level=Level.TOWNSHIP, kind=Kind.TOWNSHIP_CENTRE
    )


@pytest.fixture
async def doctor(unit, centre, acting):
    person = await accounts.enrol(unit, login="lin", name="林医生", password_hash="x")
    unit.signed_in = acting("applicant", person_id=person.id, institution_id=centre.id)
    return unit.signed_in


async def patient_of(unit, **typed):
    return await patients.register(unit, registrant=read_registrant(Particulars(**typed), now=unit.now))


@pytest.fixture
async def adult(unit, doctor):
    return await patient_of(unit, **ADULT)


async def child_born(unit, day):
    guardian = {"guardian_name": "李红", "guardian_relation": "mother"}
    paper = {"id_kind": IdKind.BIRTH_CERTIFICATE, "id_no": "T350123456", "sex": Sex.MALE, "birth_date": day}
    return await patient_of(unit, name="陈小宝", **paper, **guardian)


async def sign(unit, patient, *kinds, signed_by=PATIENT, proof=STROKES, texts=TEXTS, signing_id=None):
    return await service.record(
        unit,
        patient=patient,
        subject_id=CASE,
        kinds=kinds or (consultation,),
        signed_by=signed_by,
        proof=proof,
        shown=SHOWN,
        signing_id=signing_id,
        texts=texts,
    )


async def forces(unit, patient, texts=TEXTS, case=CASE):
    about = {"subject_id": case, "patient_id": patient.id, "texts": texts}
    held = {kind for kind in ConsentKind if await service.in_force(unit, kind=kind, **about)}
    assert held == await service.kinds_in_force(unit, **about)
    return held


async def refusal(unit, patient, texts=TEXTS):
    with pytest.raises(service.Refusal) as caught:
        await service.require(unit, subject_id=CASE, patient_id=patient.id, kind=consultation, texts=texts)
    return caught.value.code


# ---- signing ----


async def test_nothing_is_in_force_before_it_is_signed(unit, adult):
    assert await forces(unit, adult) == set()
    assert await refusal(unit, adult) == "consent.missing"


async def test_what_is_ticked_is_in_force_and_nothing_else(unit, adult):
    await sign(unit, adult, consultation, teaching)
    assert await forces(unit, adult) == {consultation, teaching}
    await service.require(unit, subject_id=CASE, patient_id=adult.id, kind=consultation)


async def test_a_consent_to_one_consultation_is_none_to_another(unit, adult):
    await sign(unit, adult)
    assert await forces(unit, adult, case="d" * 32) == set()


async def test_a_consent_of_one_patient_is_none_of_another(unit, adult):
    other = await patient_of(unit, name="周立民", id_no="350524198001019059")
    exception = await service.record_emergency(unit, patient=adult, subject_id=CASE, emergency=EMERGENCY, shown=SHOWN)
    assert (await forces(unit, other), await refusal(unit, other)) == (set(), "consent.missing")
    await sign(unit, other, consultation, recording)
    assert (await forces(unit, adult), exception.state) == ({consultation}, ConsentState.EMERGENCY)
    [signed, _] = await queries.about(unit, subject_id=CASE, patient_id=other.id)
    await service.withdraw(unit, consent=signed, said="不同意录像")
    assert await forces(unit, adult) == {consultation}
    assert await queries.about(unit, subject_id=CASE, patient_id=None) == []


async def test_the_signature_is_kept_sealed_with_what_was_shown(unit, adult, doctor):
    [consent] = await sign(unit, adult)
    text = TEXTS.current(consultation, "zh")
    assert (consent.form_version, consent.form_digest, consent.fee_shown) == (1, text.digest(SHOWN.fee), SHOWN.fee)
    assert (consent.method, consent.recorded_by_id) == (Method.ON_SCREEN, doctor.person_id)
    sealed = (consent.signer_sealed, consent.signature_sealed)
    assert not any("王芳".encode() in part or b"600" in part for part in sealed)
    evidence = service.open_evidence(unit, consent)
    assert evidence.signed_by == SignedBy(signer=Signer.PATIENT, name="王芳")
    assert evidence.strokes == STROKES
    assert unit.acts[-1].action == "consent.read"


async def test_a_photo_of_the_paper_does_as_well(unit, adult):
    [consent] = await sign(unit, adult, proof="f" * 32)
    assert (consent.method, consent.paper_file_id, consent.signature_sealed) == (Method.PAPER_PHOTO, "f" * 32, None)
    assert await forces(unit, adult) == {consultation}


async def test_a_relative_signs_with_name_and_relation(unit, adult):
    with pytest.raises(Invalid) as caught:
        await sign(unit, adult, signed_by=SignedBy(signer=Signer.RELATIVE, phone="12"))
    assert sorted(caught.value.errors) == ["signer_name", "signer_phone", "signer_relation"]
    [consent] = await sign(unit, adult, signed_by=replace(MOTHER, signer=Signer.RELATIVE))
    assert service.open_evidence(unit, consent).signed_by == SignedBy(
        signer=Signer.RELATIVE, name="李红", relation="mother", phone="13812345678"
    )


async def test_no_tick_no_consent(unit, adult):
    with pytest.raises(Invalid):
        await service.record(
            unit, patient=adult, subject_id=CASE, kinds=(), signed_by=PATIENT, proof=STROKES, shown=SHOWN
        )


async def test_signing_again_replaces_what_stood(unit, adult):
    [first] = await sign(unit, adult)
    await sign(unit, adult)
    assert first.state is ConsentState.SUPERSEDED
    assert len(await queries.standing(unit, subject_id=CASE, patient_id=adult.id, kind=consultation)) == 1


async def test_everybody_at_the_case_is_told(unit, adult):
    await sign(unit, adult, consultation, recording)
    assert [(a.topic, a.kind, a.facts) for a in unit.announcements] == [
        (f"consultation:{CASE}", "consent.signed", {"consent_kind": "consultation"}),
        (f"consultation:{CASE}", "consent.signed", {"consent_kind": "recording"}),
    ]


# ---- children ----


async def test_a_child_is_signed_for_by_the_guardian(unit, doctor):
    child = await child_born(unit, date(2020, 5, 1))
    for signer in (Signer.PATIENT, Signer.RELATIVE):
        with pytest.raises(GuardianNeeded):
            await sign(unit, child, signed_by=replace(MOTHER, signer=signer))
    assert await forces(unit, child) == set()
    await sign(unit, child, signed_by=MOTHER)
    assert await forces(unit, child) == {consultation}


@pytest.mark.parametrize(
    ("utc", "guarded"),
    [(datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC), True), (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), False)],
)
async def test_who_turns_fourteen_at_midnight_in_shanghai_signs_from_then_on(unit, doctor, utc, guarded):
    child = await child_born(unit, date(2012, 11, 23))
    unit.now = utc
    if guarded:
        with pytest.raises(GuardianNeeded):
            await sign(unit, child)
    else:
        await sign(unit, child)
        assert await forces(unit, child) == {consultation}


# ---- texts ----


def with_new_text():
    new = {(consultation, 2, locale): ConsentText(consultation, 2, locale, "新版\n正文") for locale in ("zh", "en")}
    return ConsentTexts({**TEXTS.texts, **new})


async def test_a_new_text_asks_again(unit, adult):
    await sign(unit, adult, consultation, recording)
    assert await forces(unit, adult, with_new_text()) == {recording}
    assert await refusal(unit, adult, with_new_text()) == "consent.text_changed"
    await sign(unit, adult, consultation, texts=with_new_text())
    assert await forces(unit, adult, with_new_text()) == {consultation, recording}


def test_every_text_is_there_in_both_languages_with_as_many_paragraphs():
    everything = [(texts, kind) for texts in TEXTS_OF.values() for kind in texts.kinds]
    assert len(everything) == 5
    for texts, kind in everything:
        chinese, english = (texts.current(kind, locale) for locale in ("zh", "en"))
        assert chinese.version == english.version
        assert len(chinese.paragraphs("无")) == len(english.paragraphs("none"))


def test_the_fee_is_part_of_what_is_signed():
    text = TEXTS.current(consultation, "zh")
    assert any("会诊费 300 元" in line for line in text.paragraphs("会诊费 300 元"))
    assert text.digest("会诊费 300 元") != text.digest("会诊费 30 元")


# ---- emergency and withdrawal ----


async def test_an_emergency_begins_without_consent_and_is_completed_later(unit, adult):
    exception = await service.record_emergency(unit, patient=adult, subject_id=CASE, emergency=EMERGENCY, shown=SHOWN)
    assert await forces(unit, adult) == {consultation}
    assert exception.complete_by == unit.now + timedelta(hours=24)
    assert await queries.to_complete(unit, adult.institution_id) == [exception]
    assert service.open_evidence(unit, exception).emergency == EMERGENCY
    unit.now += timedelta(hours=3)
    await sign(unit, adult)
    assert (exception.state, exception.completed_at) == (ConsentState.COMPLETED, unit.now)
    assert await queries.to_complete(unit, adult.institution_id) == []
    assert await forces(unit, adult) == {consultation}


async def test_an_emergency_holds_under_a_new_text(unit, adult):
    await service.record_emergency(unit, patient=adult, subject_id=CASE, emergency=EMERGENCY, shown=SHOWN)
    assert await forces(unit, adult, with_new_text()) == {consultation}


async def test_an_emergency_names_who_approved_and_why(unit, adult):
    with pytest.raises(Invalid) as caught:
        blank = Emergency(approver=" ", approver_post="", reason="急")
        await service.record_emergency(unit, patient=adult, subject_id=CASE, emergency=blank, shown=SHOWN)
    assert sorted(caught.value.errors) == ["approver", "approver_post", "reason"]


@pytest.mark.parametrize("kind", [recording, teaching])
async def test_no_emergency_excuses_recording_or_teaching(unit, adult, kind):
    with pytest.raises(service.OnlyConsultationInEmergency):
        await service.record_emergency(
            unit, patient=adult, subject_id=CASE, emergency=EMERGENCY, shown=SHOWN, kind=kind
        )


async def test_a_withdrawal_ends_it_and_everybody_at_the_case_is_told(unit, adult):
    [consent] = await sign(unit, adult)
    await service.withdraw(unit, consent=consent, said="家属电话要求停止")
    assert await forces(unit, adult) == set()
    assert await refusal(unit, adult) == "consent.withdrawn"
    assert (unit.announcements[-1].topic, unit.announcements[-1].kind) == (f"consultation:{CASE}", "consent.withdrawn")
    assert service.open_evidence(unit, consent).withdrawal == "家属电话要求停止"
    assert "家属".encode() not in consent.withdrawal_sealed


async def test_without_the_consultation_there_is_nothing_to_record_or_to_teach_with(unit, adult):
    signed = await sign(unit, adult, *ConsentKind)
    [begun] = [one for one in signed if one.kind is consultation]
    ended = await service.withdraw(unit, consent=begun, said="不同意了")
    assert (ended[0], {one.kind for one in ended}) == (begun, set(ConsentKind))
    assert await forces(unit, adult) == set()


async def test_a_permission_to_record_ends_alone(unit, adult):
    signed = await sign(unit, adult, consultation, ConsentKind.RECORDING)
    await service.withdraw(unit, consent=signed[1], said="不要录像")
    assert await forces(unit, adult) == {consultation}


async def test_who_withdrew_may_agree_again(unit, adult):
    [consent] = await sign(unit, adult)
    await service.withdraw(unit, consent=consent, said="再想想")
    await sign(unit, adult)
    assert await forces(unit, adult) == {consultation}


async def test_what_is_over_stays_over(unit, adult):
    [consent] = await sign(unit, adult)
    await service.withdraw(unit, consent=consent, said="不同意")
    with pytest.raises(ConsentOver):
        await service.withdraw(unit, consent=consent, said="不同意")


async def test_another_institution_does_not_reach_a_consent(unit, adult, doctor):
    [consent] = await sign(unit, adult)
    assert await queries.get_for(unit, "consent.withdraw", consent.id) is consent
    unit.signed_in = replace(doctor, institution_id="9" * 32)
    for id in (consent.id, "f" * 32):
        with pytest.raises(NotFound):
            await queries.get_for(unit, "consent.withdraw", id)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(ConsentState, repeat=2)))
def test_every_pair_of_states_is_a_move_or_refused(before, after):
    consent = Consent(state=before)
    if after in MOVES[before]:
        consent.move(after)
        assert consent.state is after
    else:
        with pytest.raises(ConsentOver):
            consent.move(after)
        assert consent.state is before


def test_only_what_can_still_move_is_in_force():
    assert {state for state, moves in MOVES.items() if moves} == IN_FORCE


# ---- strokes ----


def test_strokes_are_drawn_as_they_were_written():
    strokes = read_strokes(STROKES.to_bytes())
    assert strokes == STROKES
    assert strokes.paths == ["M10 20 200 120", "M220 30 260 180"]


def test_a_dot_is_no_signature():
    with pytest.raises(SignatureMissing):
        read_strokes("")
    for lines in ([], [[[10, 10, 0]]], [[[10, 10, 0], [12, 11, 5]]]):
        with pytest.raises(SignatureMissing):
            read_strokes(orjson.dumps({"width": 600, "height": 200, "lines": lines}))


@pytest.mark.parametrize(
    "sent",
    [
        "x",
        "[]",
        "{}",
        '{"width": 600, "height": 200, "lines": "M0 0"}',
        '{"width": 600, "height": 0, "lines": [[[1,2,3]]]}',
        '{"width": 600, "height": 200, "lines": [[[1,2]]]}',
        '{"width": 600, "height": 200, "lines": [[["<script>",2,3]]]}',
        '{"width": 600, "height": 200, "lines": [[[1.5,2,3]]]}',
        '{"width": 600, "height": 200, "lines": [[[true,2,3]]]}',
        orjson.dumps({"width": 600, "height": 200, "lines": [[[0, 0, 0]] * 20_001]}),
        orjson.dumps({"width": 600, "height": 200, "lines": [[[0, 0, 0]]] * 301}),
    ],
)
def test_what_no_pad_sends_is_refused(sent):
    with pytest.raises(SignatureUnreadable):
        read_strokes(sent)


json = st.recursive(
    st.none() | st.integers(-(2**40), 2**40) | st.text(max_size=5), lambda inner: st.lists(inner, max_size=4)
)


@given(st.fixed_dictionaries({"width": json, "height": json, "lines": json}))
def test_no_junk_gets_through_or_crashes(sent):
    try:
        strokes = read_strokes(orjson.dumps(sent))
    except (SignatureMissing, SignatureUnreadable):
        return
    assert read_strokes(strokes.to_bytes()) == strokes


# ---- the photo of the paper ----

SIGNING = "5" * 32


@pytest.mark.parametrize("action", ["read", "attach", "original"])
async def test_before_it_is_signed_a_paper_may_be_added_and_afterwards_only_read(unit, adult, doctor, action):
    papers = ConsentPapers()
    assert await papers.may(unit, "consent", SIGNING, action) is (action != "original")
    await sign(unit, adult, proof="f" * 32, signing_id=SIGNING)
    assert await papers.may(unit, "consent", SIGNING, action) is (action != "attach")
    assert await papers.patient_id(unit, SIGNING) == adult.id
    unit.signed_in = replace(doctor, institution_id="9" * 32)
    assert not await papers.may(unit, "consent", SIGNING, action)


async def test_one_signing_is_recorded_once(unit, adult):
    await sign(unit, adult, signing_id=SIGNING)
    with pytest.raises(service.SignedAlready):
        await sign(unit, adult, recording, signing_id=SIGNING)
