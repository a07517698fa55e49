"""What the rules read: the files of the house, and the Chinese in them."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.ext import babel_extract

from tests.rules.scripts import texts

ROOT = Path(__file__).parents[2]
SERVER, SIGNALING = ROOT / "server", ROOT / "signaling"
TEMPLATES, SCRIPTS = ROOT / "templates", ROOT / "static" / "js"
CATALOGUES = SERVER / "locale" / "en"
CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
NOT_WORDS = "# not words"  # at the end of a line: tables and patterns that no reader sees
NAMES = ("联诊", "中文文本", "中文")  # of the house and of the language: the same in every language
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, order=True)
class Words:
    """A Chinese sentence, and where it stands."""

    place: str
    text: str
    translatable: bool = True

    def __str__(self):
        return f"{self.place} {self.text.strip()[:60]}"


def nothing(found):
    """Asserts that a rule found nothing, and else shows all of it."""
    found = list(map(str, found))
    assert not found, "\n" + "\n".join(found)


def python_files(*folders):
    return sorted(path for folder in folders for path in folder.rglob("*.py") if "versions" not in path.parts)


def relative(path, line):
    return f"{path.relative_to(ROOT)}:{line}"


def python_words(path):
    """Every string with Chinese in it but docstrings and lines marked so. One in an f-string cannot be translated."""
    tree = ast.parse(path.read_text())
    lines = path.read_text().splitlines()
    passed_over = {id(text) for text in docstrings(tree)}
    broken = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    return [
        Words(relative(path, node.lineno), node.value, id(node) not in broken)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(without_names(node.value))
        and id(node) not in passed_over
        and NOT_WORDS not in lines[node.lineno - 1]
    ]


def docstrings(tree):
    """Bare strings: those of modules, classes and functions, and those below an attribute."""
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, DOCUMENTED)]
    return [
        statement.value
        for body in bodies
        for statement in body
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    ]


def template_words(path):
    """What the template says through `_()`; Chinese that stands there bare cannot be translated."""
    with path.open("rb") as file:
        options = {"silent": "false", "trimmed": "true", "extensions": "jinja2.ext.do"}
        said = [
            (line, text)
            for line, _, texts, _ in babel_extract(file, ("_", "gettext", "ngettext:1,2"), [], options)
            for text in filter(None, [texts] if isinstance(texts, str) else texts or ())
        ]
    known = {text for _, text in said}
    lexed = Environment(extensions=["jinja2.ext.do"]).lex(path.read_text())
    bare = [
        Words(relative(path, line), text, translatable=False)
        for line, kind, text in lexed
        if kind in ("data", "string")
        and CHINESE.search(without_names(text))
        and (text[1:-1] if kind == "string" else " ".join(text.split())) not in known
    ]
    return [Words(relative(path, line), text) for line, text in said] + bare


def without_names(text):
    return re.sub("|".join(NAMES), "", text)


def report_words(path):
    """Typst: every literal with Chinese in it."""
    lines = enumerate((line.split("//")[0] for line in path.read_text().splitlines()), 1)
    texts = ((number, text) for number, line in lines for text in re.findall(r'"([^"]*)"', line))
    return [Words(relative(path, number), text) for number, text in texts if CHINESE.search(text)]


def script_words(path):
    """Every string with Chinese in it. A template literal cannot be translated: use `t("… %(name)s", {name})`."""
    found = texts(path.read_text())
    return [Words(relative(path, line), text, string) for line, text, string in found if CHINESE.search(text)]


def english(scripts):
    """msgid → (msgstr, place) of the pages' catalogues, or of those the browser gets."""
    entries = {}
    for path in sorted(CATALOGUES.glob("*.po")):
        if path.name.startswith("js-") == scripts:
            with path.open("rb") as file:
                for entry in read_po(file, locale="en"):
                    if entry.id and entry.string:
                        entries[entry.id] = (entry.string, relative(path, entry.lineno))
    return entries
