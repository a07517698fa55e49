"""What a patient is found by: characters, pairs, initials in every reading, last four digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.patients.identity import Identity
from server.patients.papers import IdKind
from server.patients.search_terms import Question, fold, initials, question, terms_of
from server.patients.surnames import COMPOUND, SINGLE, surname_of


def person(name, **known):
    return Identity(name=name, id_kind=known.pop("id_kind", IdKind.RESIDENT), **known)


def finds(text, identity):
    asked = question(text)
    if asked is None:
        return False
    return set(asked.terms) <= terms_of(identity) and asked.name_part in fold(identity.name)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("张三丰", {"zsf"}),
        ("单田芳", {"stf"}),
        ("曾国藩", {"zgf"}),
        ("仇英", {"qy"}),
        ("解晓东", {"xxd"}),
        ("区志明", {"ozm"}),
        ("欧阳娜娜", {"oynn"}),
        ("尉迟恭", {"ycg"}),
        ("万俟明", {"mqm"}),
        ("曾乐", {"zl", "zy"}),
        ("覃长明", {"qzm", "qcm", "tzm", "tcm"}),
        ("𠮷芳", {"jf"}),
        ("Anna Maria Smith", {"ams"}),
        ("José Muñoz", {"jm"}),
    ],
)
def test_initials_are_read_as_families_read_their_names(name, read):
    assert initials(name) == read


def test_a_name_of_many_polyphones_is_not_indexed_without_end():
    assert len(initials("任乐行长重单朝传")) == 24


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("王", "王芳"),
        ("芳", "王芳"),
        ("王芳", "王芳"),
        (" 王 芳 ", "王芳"),
        ("欧阳", "欧阳修"),
        ("阳修", "欧阳修"),
        ("欧阳修", "欧阳修"),
        ("zsf", "张三丰"),
        ("ZSF", "张三丰"),
        ("zs", "张三丰"),
        ("z", "张三丰"),
        ("z s f", "张三丰"),
        ("ｚｓｆ", "张三丰"),
        ("张sf", "张三丰"),
        ("stf", "单田芳"),
        ("oyx", "欧阳修"),
        ("ayglmmt", "阿依古丽·买买提"),
        ("买买提", "阿依古丽·买买提"),
        ("阿依古丽·买", "阿依古丽·买买提"),
        ("anna", "Anna Maria Smith"),
        ("maria sm", "Anna Maria Smith"),
        ("ams", "Anna Maria Smith"),
        ("munoz", "José Muñoz"),
        ("𠮷", "𠮷野"),
        ("王\u795e", "王\ufa19"),
        ("无名氏", "无名氏11230130"),
        ("无名氏11230130", "无名氏11230130"),
    ],
)
def test_a_part_of_a_name_finds_it(text, name):
    assert finds(text, person(name))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("王方", "王芳"),
        ("sf", "张三丰"),
        ("zsfx", "张三丰"),
        ("dtf", "单田芳"),
        ("娜丽娜", "丽娜丽"),
        ("丽娜丽娜", "丽娜丽"),
        ("修欧", "欧阳修"),
    ],
)
def test_another_text_does_not(text, name):
    assert not finds(text, person(name))


def test_numbers_find_whole_or_by_their_last_four():
    wang = person("王芳", id_no="11010519491231002X", phone="13812345678", record_no="A-20260012")
    asked = ["11010519491231002x", "110105491231002", "002X", "002x", "5678", "138 1234 5678", "+8613812345678"]
    assert [text for text in [*asked, "a20260012"] if not finds(text, wang)] == []
    assert [text for text in ["0012", "1101", "11010519491231003X", "13812345679"] if finds(text, wang)] == []


@pytest.mark.parametrize("text", ["", "  ", "1", "12", "123", "··", "%", "\x00"])
def test_too_little_asks_nothing(text):
    assert question(text) is None


def test_a_paper_of_other_lands_is_asked_for_by_its_number():
    assert question("e1234-5678") == Question(("number:E12345678",))
    assert finds("E12345678", person("Anna", id_kind=IdKind.PASSPORT, id_no="E12345678"))


def test_no_term_holds_more_of_a_name_than_two_characters_or_its_initials():
    terms = terms_of(person("欧阳修", id_no="11010519491231002X"))
    assert terms == {
        *("name:欧", "name:阳", "name:修", "name:欧阳", "name:阳修", "from:o", "from:oy", "from:oyx"),
        *("number:11010519491231002X", "tail:002X"),
    }


def test_surname_tables_give_a_reading_for_each_character():
    assert all(len(readings) == len(name) for name, readings in COMPOUND.items())
    assert all(len(name) == 1 and readings for name, readings in SINGLE.items())
    assert [surname_of(name) for name in ("欧阳修", "王芳", "爱新觉罗溥仪", "单", "")] == [
        "欧阳",
        "王",
        "爱新觉罗",
        "单",
        "",
    ]


names = st.text("王单曾欧阳乐长重芳𠮷·abZé ", min_size=1, max_size=8).filter(fold)


@given(names, st.data())
def test_every_part_of_a_han_name_finds_it(name, data):
    folded = fold(name)
    start = data.draw(st.integers(0, len(folded) - 1))
    part = folded[start : data.draw(st.integers(start + 1, len(folded)))]
    if part.isascii() or any(character.isascii() for character in part):
        return
    assert finds(part, person(name))


@given(st.text(max_size=40))
def test_whatever_is_typed_asks_something_or_nothing(text):
    asked = question(text)
    assert asked is None or asked.terms
