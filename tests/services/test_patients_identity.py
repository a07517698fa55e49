"""Names, phones, ages and masks."""

import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from server.patients.identity import (
    Age,
    Guardian,
    Identity,
    age_on,
    day_in_clinic,
    masked_name,
    masked_number,
    masked_phone,
    name_for_unknown,
    needs_guardian,
    read_name,
    read_phone,
)
from server.patients.papers import IdKind, Unfit


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("王芳", "王芳"),
        (" 王  芳 ", "王芳"),
        ("王　芳", "王芳"),
        ("红", "红"),
        ("𠮷野𪚥", "𠮷野𪚥"),
        ("王𰻝", "王𰻝"),
        ("李𱎕", "李𱎕"),
        ("王〇", "王〇"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽 ． 买买提", "阿依古丽·买买提"),
        ("扎西・多吉", "扎西·多吉"),
        ("Anna  Maria   Smith", "Anna Maria Smith"),
        ("Ｊｏｈｎ　Ｓｍｉｔｈ", "John Smith"),
        ("O'Brien-José Jr.", "O'Brien-José Jr."),
        ("Иван Петров", "Иван Петров"),
        ("ئايگۈل", "ئايگۈل"),
        ("王YÙ", "王YÙ"),
        # a compatibility ideograph stays as its bearer writes it
        ("王\ufa19", "王\ufa19"),
    ],
)
def test_a_name_is_kept_as_its_bearer_writes_it(typed, kept):
    assert read_name(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "name_missing"),
        (" · ", "name_missing"),
        ("..", "name_missing"),
        ("王" * 61, "name_too_long"),
        ("王\ue863", "name_private_character"),
        ("王1", "name_character"),
        ("王<b>", "name_character"),
        ("王😀", "name_character"),
        ("王\u202e芳", "name_character"),
        ("王\x00", "name_character"),
    ],
)
def test_what_is_no_name_is_refused_with_its_reason(typed, code):
    with pytest.raises(Unfit) as caught:
        read_name(typed)
    assert caught.value.code == code


def test_the_desk_names_a_stranger_by_the_minute():
    name = name_for_unknown(datetime(2026, 11, 22, 17, 30, tzinfo=UTC))
    assert name == "无名氏11230130"
    assert read_name(name, made_up=True) == name


letters = st.characters(categories=["L", "M"]) | st.sampled_from(" ·•・.-'〇王芳　Ａ")


@given(st.text(letters, max_size=30))
def test_a_name_once_kept_reads_as_itself(typed):
    try:
        kept = read_name(typed)
    except Unfit:
        assume(False)
    assert read_name(kept) == kept
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs") for character in kept)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("138 1234 5678", "13812345678"),
        ("+86 138-1234-5678".replace("-", " "), "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("(0595) 2312 3456", "059523123456"),
        ("0595-23123456转8012", "059523123456-8012"),
        ("23123456", "23123456"),
        ("+852 9123 4567", "+85291234567"),
        ("+1-202-555-0143", "+12025550143"),
    ],
)
def test_a_phone_is_kept_as_it_is_dialled(typed, kept):
    assert read_phone(typed) == kept


@pytest.mark.parametrize("typed", ["12812345678", "1381234567", "abc", "0595", "+12", "1381234567８９"])
def test_what_cannot_be_dialled_is_refused(typed):
    with pytest.raises(Unfit, match="电话"):
        read_phone(typed)


@pytest.mark.parametrize(
    ("born", "day", "age", "says"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), Age(0, 0, 0), "0天"),
        (date(2026, 11, 1), date(2026, 11, 23), Age(0, 0, 22), "22天"),
        (date(2026, 8, 20), date(2026, 11, 23), Age(0, 3, 3), "3月3天"),
        (date(2025, 1, 31), date(2025, 2, 28), Age(0, 0, 28), "28天"),
        (date(2025, 1, 31), date(2025, 3, 1), Age(0, 1, 0), "1月0天"),
        (date(2024, 12, 1), date(2026, 11, 23), Age(1, 11, 22), "1岁11月"),
        (date(1959, 11, 24), date(2026, 11, 23), Age(66, 11, 30), "66岁"),
        (date(1959, 11, 23), date(2026, 11, 23), Age(67, 0, 0), "67岁"),
        (date(2012, 2, 29), date(2026, 2, 28), Age(13, 11, 30), "13岁"),
        (date(2012, 2, 29), date(2026, 3, 1), Age(14, 0, 0), "14岁"),
    ],
)
def test_ages_are_told_as_wards_tell_them(born, day, age, says):
    assert age_on(day, born) == age
    sentence, facts = age.text
    assert sentence % facts == says


lives = st.tuples(st.dates(date(1880, 1, 1), date(2100, 12, 31)), st.integers(0, 130 * 366))


@given(lives)
def test_an_age_never_jumps_back_and_stays_in_its_units(life):
    born, days = life
    day = min(born.toordinal() + days, date.max.toordinal() - 1)
    today, tomorrow = (age_on(date.fromordinal(day + later), born) for later in (0, 1))
    assert (today.years, today.months, today.days) < (tomorrow.years, tomorrow.months, tomorrow.days)
    assert today.years >= 0
    assert 0 <= today.months < 12
    assert 0 <= today.days <= 30


def test_the_fourteenth_birthday_begins_at_midnight_in_shanghai():
    born = date(2012, 11, 23)
    before = datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)
    assert needs_guardian(born, day_in_clinic(before))
    assert not needs_guardian(born, day_in_clinic(before + timedelta(seconds=1)))
    assert not needs_guardian(None, day_in_clinic(before))


moments = st.integers(-2_840_000_000, 4_100_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(moments)
def test_the_clinics_day_is_never_more_than_a_day_away(at):
    assert 0 <= (day_in_clinic(at) - at.date()).days <= 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王芳", "王*"),
        ("张三丰", "张**"),
        ("欧阳修", "欧阳*"),
        ("欧阳娜娜", "欧阳**"),
        ("欧阳", "欧*"),
        ("红", "*"),
        ("𠮷野", "𠮷*"),
        ("阿依古丽·买买提", "阿***"),
        ("Anna Smith", "A***"),
    ],
)
def test_a_masked_name_keeps_the_surname(name, shown):
    assert masked_name(name) == shown


def test_numbers_show_their_ends_only():
    assert masked_number("350124194912311234") == "3501**********1234"
    assert masked_number("E12345678") == "E******78"
    assert masked_number("号1") == "**"
    assert masked_number("") == ""
    assert masked_phone("13812345678") == "138****5678"
    assert masked_phone("059523123456") == "********3456"
    assert masked_phone("") == ""


@given(st.text("王欧阳红张abc·", min_size=1, max_size=12))
def test_a_mask_never_shows_the_whole_name(name):
    assert masked_name(name) != name or set(name) == {"*"}


texts = st.text(max_size=30)
guardians = st.none() | st.builds(Guardian, name=texts, relation=texts, phone=texts)
identities = st.builds(
    Identity, name=texts, id_kind=st.sampled_from(IdKind), id_no=texts, phone=texts, address=texts, guardian=guardians
)


@given(identities)
def test_an_identity_survives_its_bytes(identity):
    assert Identity.from_bytes(identity.to_bytes()) == identity
