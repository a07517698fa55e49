"""Who must not be named in a caption: in writing, by the sound of the name, and whatever has the form of a number."""

from datetime import date

import pytest

from server.casebook.hearing import unnamed
from server.casebook.known import known_of
from server.patients.identity import Identity
from server.patients.papers import IdKind

PATIENT = Identity(
    name="秦文远", id_kind=IdKind.RESIDENT, id_no="11010519491231002X", phone="13812345678", address="", record_no=""
)


def read(text, *patients):
    known = [known_of(one, born=date(1949, 12, 31)) for one in patients]
    return unnamed(text, known, [one.name for one in patients], year=2026)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("患者秦文远今天血压高", "患者[姓名]今天血压高"),
        ("患者勤闻远今天血压高", "患者[姓名]今天血压高"),
        ("琴文远和亲闻院都是他", "[姓名]和[姓名]都是他"),
        ("文远同志的心电图", "[姓名]同志的心电图"),
        ("请秦先生坐下", "请[姓名]坐下"),
        ("电话是13812345678", "电话是[编号]"),
        ("阿司匹林 100 mg，每日一次", "阿司匹林 100 mg，每日一次"),
    ],
)
def test_the_patient_is_not_named(said, shown):
    assert read(said, PATIENT) == shown


def test_where_nobody_is_known_numbers_go_all_the_same():
    assert read("身份证11010519491231002X，血压160") == "身份证[编号]，血压160"
