"""The house rules a reader of the code may rely on."""

import ast
import importlib
import pkgutil
import re
import tomllib
from functools import cache

import pytest

import server
from server.core.access import Matrix
from server.core.errors import Refusal
from tests.rules.source import CHINESE, ROOT, SERVER, SIGNALING, nothing, python_files, relative

LONGEST_MODULE = 400
VAGUE = re.compile(r"(Manager|Helper|Utils?|Handler)$")
METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}


@cache
def trees():
    return {path: ast.parse(path.read_text()) for path in python_files(SERVER, SIGNALING)}


def test_only_the_settings_read_the_environment():
    reading = re.compile(r"\b(os\.environ|os\.getenv|from os import .*\b(environ|getenv))\b")
    nothing(
        relative(path, number)
        for path in python_files(SERVER, SIGNALING)
        if path != SERVER / "settings.py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if reading.search(line)
    )


def test_no_module_is_longer_than_a_reader_can_hold():
    lengths = {path: len(path.read_text().splitlines()) for path in python_files(SERVER, SIGNALING)}
    nothing(f"{relative(path, 1)} {length} lines" for path, length in lengths.items() if length > LONGEST_MODULE)


def test_no_class_has_a_name_that_says_nothing():
    nothing(
        f"{relative(path, node.lineno)} {node.name}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and VAGUE.search(node.name)
    )


# ---- refusals ----


@pytest.fixture(scope="module")
def refusals():
    for module in pkgutil.walk_packages(server.__path__, "server."):
        if not module.name.startswith(("server.__main__", "server.migrations.env")):
            importlib.import_module(module.name)
    return descendants(Refusal)


def descendants(kind):
    return [one for child in kind.__subclasses__() for one in [child, *descendants(child)]]


def test_every_refusal_has_a_sentence_a_code_of_its_own_and_a_status(refusals):
    nothing(
        f"{refusal.__module__}.{refusal.__name__} {field}"
        for refusal in refusals
        for field in ("code", "says")
        if field not in vars(refusal)
    )
    nothing(refusal.__name__ for refusal in refusals if not CHINESE.search(refusal.says))
    nothing(refusal.__name__ for refusal in refusals if not 400 <= refusal.status < 600)


def test_no_two_refusals_share_a_code(refusals):
    named = {}
    for refusal in refusals:
        named.setdefault(refusal.code, []).append(refusal.__name__)
    nothing(f"{code}: {', '.join(names)}" for code, names in named.items() if len(names) > 1)


# ---- the access matrix ----


def access():
    return tomllib.loads((SERVER / "access.toml").read_text())


def route_actions():
    """(action, place) of every route, as written at it."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr in METHODS:
                    action = mark.args[1] if len(mark.args) > 1 else None
                    yield action.value if isinstance(action, ast.Constant) else None, relative(path, node.lineno), mark


def test_every_route_names_an_action_of_the_matrix_or_says_that_none_is_needed():
    actions = access()["actions"]
    unnamed = []
    for action, place, mark in route_actions():
        free = len(mark.args) > 1 and isinstance(mark.args[1], ast.Name) and mark.args[1].id in ("PUBLIC", "SIGNED_IN")
        if not free and action not in actions:
            unnamed.append(f"{place} {action}")
    nothing(unnamed)


def test_every_action_of_the_matrix_is_asked_for_somewhere():
    strings = {
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    table = access()
    nothing(action for action in [*table["actions"], *table.get("reauthenticate", ())] if action not in strings)


def test_the_matrix_speaks_of_roles_and_relations_that_exist():
    from server.accounts.model import Role

    matrix = Matrix.read(SERVER / "access.toml")
    known = {role.value for role in Role}
    nothing(f"{action} {role}" for action, roles in matrix.grants.items() for role in roles if role not in known)
    nothing(action for action in matrix.stepped_up if action not in matrix.grants)


# ---- documents ----


def code_of(document):
    """The commands a document tells its reader to type."""
    text = (ROOT / document).read_text()
    blocks = re.findall(r"^```(?:sh|bash|console|shell)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [*re.findall(r"`([^`\n]+)`", text), *(line for block in blocks for line in block.splitlines())]


@pytest.mark.parametrize("document", ["README.md", "server/README.md", "deploy/README.md"])
def test_the_commands_of_the_documents_exist(document):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = [command.split() for command in code_of(document)]
    nothing(
        " ".join(words)
        for words in told
        if words[:1] == ["make"] and len(words) > 1 and "=" not in words[1] and words[1] not in targets
    )
    commands = cli_commands()
    nothing(
        " ".join(words)
        for words in told
        if words[:1] in (["lianzhen"], [".venv/bin/lianzhen"])
        and len(words) > 1
        and not words[1].startswith("-")
        and words[1] not in commands
    )


def cli_commands():
    import typer.main

    from server.cli import app

    return set(typer.main.get_command(app).commands)


def test_the_map_shows_every_directory_and_no_other():
    text = (SERVER / "README.md").read_text()
    there = {path.name for path in SERVER.iterdir() if path.is_dir() and not path.name.startswith((".", "__", "_"))}
    named = set(re.findall(r"`(?:server/)?(\w+)/", text))
    assert there - named == set(), "not on the map"
    nothing(name for name in named - there if not (ROOT / name).is_dir() and not any(SERVER.rglob(f"{name}/")))
