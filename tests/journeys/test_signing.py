"""What can go wrong at a signature: a password guessed at, a section forgotten; nothing typed is lost. Both stores."""

from server.demo import PASSWORD
from tests.journeys.test_road import house  # noqa: F401 - the fixture
from tests.journeys.test_session import acts, planned
from tests.web.accounts_site import said_at

TYPED = {
    "findings": "心电图 V4–V6 ST 段压低 0.1 mV。",
    "diagnoses-0-text": "不稳定型心绞痛",
    "plan": "当日转至市一院心内科。",
}


async def in_session(house):  # noqa: F811
    """Doctor, expert and the address of a case whose people are in the room."""
    doctor, expert, case, room = await planned(house)
    for one in (doctor, expert):
        await one.enter(room)
    return doctor, expert, case


# ---- guessing


async def test_guesses_at_a_signature_are_counted_and_on_record_and_nobody_is_put_out(house):  # noqa: F811
    _, expert, case = await in_session(house)
    for _ in range(5):
        guess = await expert.post(f"{case}/opinion/sign", {**TYPED, "secret": "guess"})
        assert (guess.status, said_at(guess, "secret")) == (422, "密码不对")
    shut = await expert.post(f"{case}/opinion/sign", {**TYPED, "secret": PASSWORD})
    assert (shut.status, "操作太频繁" in said_at(shut, "secret")) == (422, True)
    assert await acts(house, "accounts.password_refused") == 5
    assert (await expert.says("hand", {"up": True}))["ok"]
    assert "会诊中" in await expert.get(case)


async def test_the_right_password_starts_the_count_anew_and_none_at_all_is_no_guess(house):  # noqa: F811
    _, expert, case = await in_session(house)
    for secret in (*["guess"] * 4, *[""] * 4):
        assert (await expert.post(f"{case}/opinion/sign", {**TYPED, "secret": secret})).status == 422
    signed = await expert.post(f"{case}/opinion/sign", {**TYPED, "secret": PASSWORD})
    assert (signed.status, "意见已出具" in signed) == (200, True), signed.text[-3000:]
    assert await acts(house, "accounts.password_refused") == 4


# ---- what is missing


async def test_what_is_missing_stands_at_its_field_and_what_was_sent_is_still_there(house):  # noqa: F811
    _, expert, case = await in_session(house)
    page = await expert.post(f"{case}/opinion/sign", {"findings": TYPED["findings"], "secret": PASSWORD})
    assert (page.status, said_at(page, "diagnoses"), said_at(page, "plan")) == (422, "请写诊断意见", "请写处理建议")
    assert TYPED["findings"] in page
    assert "会诊中" in await expert.get(case)


async def test_a_wrong_password_keeps_what_was_sent_and_never_saved(house):  # noqa: F811
    _, expert, case = await in_session(house)
    await expert.post(f"{case}/opinion/draft", {**TYPED, "plan": "门诊随访。"})
    page = await expert.post(f"{case}/opinion/sign", {**TYPED, "tests-0-name": "冠脉造影", "secret": "guess"})
    kept = [words in page for words in (*TYPED.values(), "冠脉造影", "门诊随访。")]
    assert (page.status, kept) == (422, [True, True, True, True, False])
