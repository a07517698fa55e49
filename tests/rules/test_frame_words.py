"""The frame says everything in English as well, and every state in a word."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jinja2.ext import babel_extract

from server.core.i18n import Translations
from server.core.templates import Templates

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
TRANSLATIONS = Translations(ROOT / "server/locale")
HOMES = ("applicant", "specialist", "admin", "plain", "groups")
PARTIALS = ("bell", "flash", "forms", "gallery", "head", "icon", "language", "rail", "ui")
OWN = [
    *(TEMPLATES / name for name in ("base.html", "accounts/sign_in.html", "errors/page.html")),
    *(TEMPLATES / f"partials/{name}.html" for name in PARTIALS),
    *(TEMPLATES / f"home/{name}.html" for name in HOMES),
]
SCRIPTS = [*sorted((ROOT / "static/js/ui").glob("*.js")), ROOT / "static/js/lib/due.js"]


@pytest.fixture
def said():
    """Says a macro call of partials/ui.html as a page of a language does."""
    templates = Templates(TEMPLATES, ROOT / "static", TRANSLATIONS)

    def say(call, locale="zh", **context):
        head = '{% from "partials/ui.html" import due, when, status_badge, facts with context %}'
        page = templates._environments[locale].from_string(head + "{{ " + call + " }}")
        text = re.sub(r"<[^>]+>", " ", page.render(now=NOW, **context))
        return " ".join(text.split())

    return say


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_every_sentence_of_the_frame_has_its_english(path):
    with path.open("rb") as file:
        found = babel_extract(file, ["_"], [], {"newstyle_gettext": "true", "extensions": "jinja2.ext.do"})
        words = {message if isinstance(message, str) else message[0] for _, _, message, _ in found if message}
    assert {message for message in words if TRANSLATIONS.say("en", message) == message} == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_sentence_of_its_scripts_has_its_english(path):
    words = re.findall(r'\bt\(\s*"((?:[^"\\]|\\.)+)"', path.read_text())
    assert {message for message in words if message not in TRANSLATIONS.browser["en"]} == set()


def test_both_languages_fill_the_same_places():
    for catalogue in (TRANSLATIONS.catalogue("en").words, TRANSLATIONS.browser["en"]):
        for chinese, english in catalogue.items():
            assert set(re.findall(r"%\(\w+\)s", chinese)) == set(re.findall(r"%\(\w+\)s", english)), chinese


@pytest.mark.parametrize(
    ("minutes", "chinese", "english"),
    [
        (38, "还剩 38 分", "38 min left"),
        (125, "还剩 2 小时 5 分", "2 h 5 min left"),
        (4470, "还剩 3 天 2 小时", "3 d 2 h left"),
        (0, "时限已到", "Due now"),
        (-12, "已超时 12 分", "12 min overdue"),
    ],
)
def test_a_deadline_is_said_in_words(said, minutes, chinese, english):
    at = NOW + timedelta(minutes=minutes)
    assert (said("due(at)", at=at), said("due(at)", "en", at=at)) == (chinese, english)


def test_no_deadline_says_nothing(said):
    assert said("due(none)") == ""


def test_a_time_names_its_year_only_when_it_is_another(said):
    assert said("when(at)", at=NOW) == "11月22日 周日 14:30"
    assert said("when(at)", "en", at=NOW) == "Sun 22 Nov 14:30"
    assert said('when(at, "date")', at=NOW) == "11月22日 周日"
    assert said('when(at, "time")', at=NOW) == "14:30"
    assert said("when(at)", at=NOW - timedelta(days=365)) == "2025年11月22日 周六 14:30"


def test_what_people_wrote_is_never_markup(said):
    assert said("facts([('目的', '<b>x</b>')])") == "目的 &lt;b&gt;x&lt;/b&gt;"
