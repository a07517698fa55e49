"""Identity papers at the desk: what each number says, and why another is refused."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from server.patients.papers import IdKind, Paper, Sex, Unfit, made_eighteen, read_paper

TODAY = date(2026, 11, 23)
resident = IdKind.RESIDENT


def refused(kind, typed, today=TODAY):
    with pytest.raises(Unfit) as caught:
        read_paper(kind, typed, today=today)
    return caught.value.code


@pytest.mark.parametrize(
    ("typed", "number", "sex", "born"),
    [
        ("11010519491231002X", "11010519491231002X", Sex.FEMALE, date(1949, 12, 31)),
        ("11010519491231002x", "11010519491231002X", Sex.FEMALE, date(1949, 12, 31)),
        ("11010519491231002×", "11010519491231002X", Sex.FEMALE, date(1949, 12, 31)),
        (" 1101 0519 4912 3100 2X ", "11010519491231002X", Sex.FEMALE, date(1949, 12, 31)),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X", Sex.FEMALE, date(1949, 12, 31)),
        ("440524188001010014", "440524188001010014", Sex.MALE, date(1880, 1, 1)),
        # issued before 1999: 15 digits, the century left out
        ("110105491231002", "11010519491231002X", Sex.FEMALE, date(1949, 12, 31)),
        # a place of birth that was no county when its holder was born (110113 is one since 1997)
        ("110113196003076650", "110113196003076650", Sex.MALE, date(1960, 3, 7)),
    ],
)
def test_a_resident_number_says_sex_and_birth_date(typed, number, sex, born):
    assert read_paper(resident, typed, today=TODAY) == Paper(kind=resident, number=number, sex=sex, birth_date=born)


def test_a_residence_permit_of_hong_kong_people_reads_like_a_card():
    body = "81000019900307665"
    number = body + ric.calc_check_digit(body + "0")
    assert read_paper(resident, number, today=TODAY).birth_date == date(1990, 3, 7)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "id_missing"),
        ("  - ", "id_missing"),
        ("1101051949123100", "id_length"),
        ("11010519491231002XX", "id_length"),
        ("1101051949X231002X", "id_characters"),
        ("3501**********1234", "id_characters"),
        ("11O105194912310021", "id_characters"),
        ("000105194912310021", "id_province"),
        ("110105194913310021", "id_birth_date"),
        ("110105190002290021", "id_birth_date"),
        ("110105209912310021", "id_birth_date"),
        ("110105187912310021", "id_birth_date"),
        ("110105194912310021", "id_checksum"),
        ("110105194912310012", "id_checksum"),
        ("110105491331002", "id_birth_date"),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_its_reason(typed, code):
    assert refused(resident, typed) == code


def test_somebody_born_today_has_a_number_and_tomorrow_is_too_far():
    body = "35052420261123901"
    number = body + ric.calc_check_digit(body + "0")
    assert read_paper(resident, number, today=TODAY).birth_date == TODAY
    assert refused(resident, number, today=date(2026, 11, 22)) == "id_birth_date"


@pytest.mark.parametrize(
    ("kind", "typed", "number"),
    [
        (IdKind.PASSPORT, "e1234-5678", "E12345678"),
        (IdKind.HK_MACAU_PERMIT, "h12345678", "H12345678"),
        (IdKind.HK_MACAU_PERMIT, "M1234567801", "M1234567801"),
        (IdKind.TAIWAN_PERMIT, "0123 4567", "01234567"),
        (IdKind.TAIWAN_PERMIT, "1234567890b", "1234567890B"),
        (IdKind.FOREIGN_RESIDENCE, "USA310088010101", "USA310088010101"),
        (IdKind.BIRTH_CERTIFICATE, "t350123456", "T350123456"),
        (IdKind.OTHER, "南字第01234567号", "南字第01234567号"),
        (IdKind.NEWBORN, "whatever", ""),
        (IdKind.UNKNOWN, "", ""),
    ],
)
def test_other_papers_are_kept_tidy(kind, typed, number):
    assert read_paper(kind, typed, today=TODAY) == Paper(kind=kind, number=number)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (IdKind.PASSPORT, "E12"),
        (IdKind.PASSPORT, "E1234 好"),
        (IdKind.HK_MACAU_PERMIT, "X12345678"),
        (IdKind.TAIWAN_PERMIT, "1234567"),
        (IdKind.TAIWAN_PERMIT, "١٢٣٤٥٦٧٨"),
        (IdKind.FOREIGN_RESIDENCE, "US310088010101"),
        (IdKind.BIRTH_CERTIFICATE, "T35012345"),
        (IdKind.OTHER, "号"),
    ],
)
def test_other_papers_of_the_wrong_form_are_refused(kind, typed):
    assert refused(kind, typed) == "id_form"


def test_the_five_star_card_is_known_by_its_first_digit():
    body = "91156019880101001"
    number = body + ric.calc_check_digit(body + "0")
    card = Paper(kind=IdKind.FOREIGN_RESIDENCE, number=number, sex=Sex.MALE, birth_date=date(1988, 1, 1))
    assert read_paper(resident, number, today=TODAY) == card
    assert read_paper(IdKind.FOREIGN_RESIDENCE, number, today=TODAY) == card
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert refused(IdKind.FOREIGN_RESIDENCE, wrong) == "id_checksum"


days = st.dates(date(1900, 1, 1), date(1999, 12, 31))


@given(born=days, sequence=st.integers(0, 999), area=st.sampled_from(["110105", "350524", "653121", "820000"]))
def test_every_right_number_is_read_and_its_old_form_means_the_same(born, sequence, area):
    old = f"{area}{born:%y%m%d}{sequence:03d}"
    paper = read_paper(resident, old, today=TODAY)
    assert paper.number == made_eighteen(old)
    assert (paper.birth_date, paper.sex) == (born, Sex.MALE if sequence % 2 else Sex.FEMALE)
    assert read_paper(resident, paper.number.lower(), today=TODAY) == paper


@given(born=days, sequence=st.integers(0, 999), place=st.integers(0, 16), digit=st.sampled_from(string.digits))
def test_one_wrong_digit_is_always_noticed(born, sequence, place, digit):
    number = made_eighteen(f"110105{born:%y%m%d}{sequence:03d}")
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong != number:
        assert refused(resident, wrong).startswith("id_")


@given(typed=st.text(max_size=40), kind=st.sampled_from(IdKind))
def test_whatever_is_typed_is_read_or_refused_never_a_crash(typed, kind):
    try:
        number = read_paper(kind, typed, today=TODAY).number
    except Unfit:
        return
    assert number == number.upper().strip()
