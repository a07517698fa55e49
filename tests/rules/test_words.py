"""Chinese is what the code says; everything it says, it says in English too."""

import re

import pytest

from tests.rules.source import (
    CHINESE,
    SCRIPTS,
    SERVER,
    TEMPLATES,
    english,
    nothing,
    python_files,
    python_words,
    relative,
    report_words,
    script_words,
    template_words,
    without_names,
)

PLACE = re.compile(r"%\((\w+)\)")
NOT_FOR_READERS = {
    "server/core/i18n.py": "dates, written for each language in place",
    "server/demo": "people and cases of the demonstration, who are Chinese",
    "server/migrations": "speaks to nobody",
    "server/documents/pki.py": "names in certificates",
    "templates/partials/gallery.html": "samples for who writes pages",
    "server/patients/surnames.py": "a table of surnames",
    "server/patients/names.py": "tables of names",
    "server/casebook/deidentify.py": "what is looked for in a text",
    "server/casebook/pieces.py": "what stands in a text, in the language of the text",
}


def for_readers(path):
    name = str(path.relative_to(SERVER.parent))
    return not any(name == skipped or name.startswith(f"{skipped}/") for skipped in NOT_FOR_READERS)


def pages_say():
    code = [words for path in python_files(SERVER) if for_readers(path) for words in python_words(path)]
    pages = [words for path in sorted(TEMPLATES.rglob("*.html")) if for_readers(path) for words in template_words(path)]
    reports = [words for path in sorted(TEMPLATES.rglob("*.typ")) for words in report_words(path)]
    return code + pages + reports


def scripts_say():
    return [words for path in sorted(SCRIPTS.rglob("*.js")) for words in script_words(path)]


@pytest.fixture(scope="module", params=[(pages_say, False), (scripts_say, True)], ids=["pages", "scripts"])
def spoken(request):
    say, scripts = request.param
    return say(), english(scripts)


def test_everything_said_is_said_in_english_too(spoken):
    said, known = spoken
    nothing(words for words in sorted(said) if words.translatable and words.text not in known)


def test_nothing_is_said_in_a_way_that_cannot_be_translated(spoken):
    said, _ = spoken
    nothing(words for words in sorted(said) if not words.translatable)


def test_no_catalogue_holds_what_nobody_says(spoken):
    said, known = spoken
    texts = {words.text for words in said}
    nothing(f"{place} {text}" for text, (_, place) in known.items() if text not in texts)


def test_english_has_the_places_of_the_chinese_and_no_chinese_left(spoken):
    _, known = spoken
    nothing(
        f"{place} {text}"
        for text, (words, place) in known.items()
        if set(PLACE.findall(text)) != set(PLACE.findall(words)) or CHINESE.search(without_names(words))
    )


def test_one_word_in_english_for_who_one_is_being_verified(spoken):
    _, known = spoken
    nothing(
        f"{place} {words}"
        for text, (words, place) in known.items()
        if re.search(r"\bprov(e|ed|ing)\b", words, re.IGNORECASE) and "验证" in text
    )


def test_the_list_of_what_is_not_for_readers_is_true():
    assert [name for name in NOT_FOR_READERS if not (SERVER.parent / name).exists()] == []


def test_words_are_found_where_they_stand(tmp_path, monkeypatch):
    """The finder itself: it must not miss what it is there for."""
    monkeypatch.setattr("tests.rules.source.ROOT", tmp_path)
    (tmp_path / "a.py").write_text('"""说明"""\nx = "请填写"\nz = "欧阳"  # not words\ny = f"第{x}个"\n# 注释\n')
    assert [(w.text, w.translatable) for w in python_words(tmp_path / "a.py")] == [
        ("请填写", True),
        ("第", False),
        ("个", False),
    ]
    (tmp_path / "a.html").write_text('{# 注 #}<p title="裸">{{ _("会诊") }}{{ label("姓名") }}</p>')
    assert {(w.text, w.translatable) for w in template_words(tmp_path / "a.html")} == {
        ("会诊", True),
        ('<p title="裸">', False),
        ('"姓名"', False),
    }
    script = """// 注
t("重新连接中…"); const r = /"/.test(x) ? a / 2 : '甲';
const a = `第${n}页${m ? `/${m}` : ""}`; /* "注" */
x(`${t("导联", {a: 1})} · ${b}`);
"""
    (tmp_path / "a.js").write_text(script)
    assert [(w.place, w.text, w.translatable) for w in script_words(tmp_path / "a.js")] == [
        ("a.js:2", "重新连接中…", True),
        ("a.js:2", "甲", True),
        ("a.js:3", "第页", False),
        ("a.js:4", "导联", True),
    ]
    assert relative(tmp_path / "a.js", 2) == "a.js:2"
