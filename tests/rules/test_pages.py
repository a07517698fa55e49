"""Pages obey the strict policy: nothing inline, nothing from elsewhere."""

import re

import pytest

from server.accounts.routes import FILE
from tests.rules.source import ROOT, SCRIPTS, TEMPLATES, nothing, relative

COMMENT = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)
HOST = re.compile(r"(?:https?:|wss?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.IGNORECASE)
INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an event attribute": re.compile(r"<[a-z][^>]*\s(?:on[a-z]+|hx-on[:\w-]*)\s*=\s*[\"'{]", re.IGNORECASE),
    "a script that is not a file or data": re.compile(
        r"<script\b(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE
    ),
    "an address that is a script": re.compile(r"=\s*[\"']?\s*javascript:", re.IGNORECASE),
    "a mark that lets markup through": re.compile(r"\|\s*safe\b(?!\s*\}\}</script>)"),
}
# in the text of packages: namespaces, and addresses in messages and comments that nobody fetches
MENTIONED = {"www.w3.org", "localhost"}


def templates():
    return sorted(TEMPLATES.rglob("*.html"))


def lines_with(pattern, path, text):
    for found in pattern.finditer(text):
        yield f"{relative(path, text.count(chr(10), 0, found.start()) + 1)} {found[0][:80]}"


@pytest.mark.parametrize("what", INLINE)
def test_no_page_has(what):
    plain = {path: COMMENT.sub(lambda part: "\n" * part[0].count("\n"), path.read_text()) for path in templates()}
    nothing(line for path, text in plain.items() for line in lines_with(INLINE[what], path, text))


def test_no_form_both_asks_and_wants_a_proof():
    """Each would hold what the other lets go: the question belongs on the button."""
    form = re.compile(r"<form\b(?:\{%.*?%\}|\{\{.*?\}\}|[^>{])*>", re.DOTALL)
    texts = {path: path.read_text() for path in templates()}
    nothing(
        f"{relative(path, text.count(chr(10), 0, found.start()) + 1)}"
        for path, text in texts.items()
        for found in form.finditer(text)
        if "data-prove" in found[0] and "data-confirm" in found[0]
    )


def test_every_download_that_wants_a_proof_is_known_for_one_by_its_address():
    """Without scripts a page says that it comes, in place of the form that was asked before."""
    link = re.compile(r'href="([^"]*)"[^>]*data-prove="download"')
    texts = {path: path.read_text() for path in templates()}
    links = [found[1] for text in texts.values() for found in link.finditer(text)]
    assert len(links) == sum(text.count('data-prove="download"') for text in texts.values())
    nothing(one for one in links if not FILE.search(one.partition("{% if")[0]))


def test_no_page_or_script_of_ours_names_a_foreign_host():
    files = [*templates(), *SCRIPTS.rglob("*.js"), *(ROOT / "static" / "css").rglob("*.css")]
    texts = {path: COMMENT.sub("", path.read_text()) for path in files}
    nothing(
        f"{path.relative_to(ROOT)} {found[0]}"
        for path, text in texts.items()
        for found in HOST.finditer(text)
        if found[1] not in MENTIONED and not found[1].endswith(("example", "example.cn", "example.com"))
    )


def test_the_bundles_fetch_nothing_from_elsewhere():
    """In a style sheet every address is fetched; in a script, what is imported."""
    dist = ROOT / "static" / "dist"
    assert (dist / "manifest.json").exists(), "the front end is not built: make setup"
    fetched = re.compile(r"(?:url\(\s*[\"']?|@import\s+[\"']|\bimport\(?\s*[\"']|\bfrom\s*[\"'])(?:https?:)?//[^\"')]+")
    sheets = {path: path.read_text() for path in dist.rglob("*.css") if path.name != "swagger-ui.css"}
    scripts = {path: path.read_text() for path in (dist / "js").rglob("*.js")}
    nothing(line for path, text in (sheets | scripts).items() for line in lines_with(fetched, path, text))
