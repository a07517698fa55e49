"""People for demonstrations: invented, plausible, the same each time."""

import random
from datetime import date

import pytest

from server.patients.identity import age_on, read_name, read_phone
from server.patients.names import AREAS, invent_person
from server.patients.papers import IdKind, Sex, read_paper

TODAY = date(2026, 11, 23)


def crowd(seed, number=300, today=TODAY, **wanted):
    luck = random.Random(seed)
    return [invent_person(luck, today=today, **wanted) for _ in range(number)]


def test_everybody_passes_every_check_of_the_desk():
    for one in crowd(1):
        paper = read_paper(IdKind.RESIDENT, one.id_no, today=TODAY)
        assert (paper.sex, paper.birth_date) == (one.sex, one.birth_date)
        assert read_name(one.name) == one.name
        assert read_phone(one.phone) == one.phone
        assert one.id_no[:6] in AREAS


def test_the_same_luck_invents_the_same_people():
    assert crowd(7) == crowd(7)
    assert crowd(7) != crowd(8)


@pytest.mark.parametrize("today", [TODAY, date(2024, 2, 29), date(2026, 3, 1), date(2026, 1, 31)])
@pytest.mark.parametrize("ages", [(0, 0), (14, 14), (60, 92)])
def test_ages_are_as_wished(today, ages):
    youngest, oldest = ages
    years = [age_on(today, one.birth_date).years for one in crowd(3, 200, today, youngest=youngest, oldest=oldest)]
    assert set(years) <= set(range(youngest, oldest + 1))


def test_sex_is_as_wished():
    assert {one.sex for one in crowd(5, 50, sex=Sex.FEMALE)} == {Sex.FEMALE}
    assert {one.sex for one in crowd(5, 50)} == {Sex.FEMALE, Sex.MALE}


def test_nobody_has_a_phone_or_a_number_that_could_be_somebodys():
    assert all(one.phone.startswith("1990000") and int(one.id_no[14:17]) >= 900 for one in crowd(6))
