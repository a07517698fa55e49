"""The room says everything in English as well."""

import re
from pathlib import Path

import pytest
from jinja2.ext import babel_extract

from server.core.i18n import Translations

ROOT = Path(__file__).parents[2]
TRANSLATIONS = Translations(ROOT / "server/locale")
PAGES = [
    ROOT / "templates/meeting" / f"{name}.html"
    for name in ("room", "call", "after", "precall", "precall_guest", "hall")
]
SCRIPTS = [
    *(
        path
        for folder in ("ui/room", "ui/hall", "media", "net")
        for path in sorted((ROOT / "static/js" / folder).glob("*.js"))
    ),
    *(
        ROOT / "static/js" / name
        for name in ("pages/room.js", "pages/hall.js", "lib/sayings.js", "lib/faces.js", "lib/hall-sayings.js")
    ),
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_sentence_of_the_rooms_page_has_its_english(path):
    with path.open("rb") as file:
        words = {message for _, _, message, _ in babel_extract(file, ["_"], [], {"newstyle_gettext": "true"})}
    assert {message for message in words if TRANSLATIONS.say("en", message) == message} == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_sentence_of_its_scripts_has_its_english(path):
    words = re.findall(r'\bt\(\s*"((?:[^"\\]|\\.)+)"', path.read_text())
    assert {message for message in words if message not in TRANSLATIONS.browser["en"]} == set()
