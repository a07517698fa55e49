"""Pages: one Jinja environment a language, and the names every template may use."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from server.core.i18n import LOCALES, Translations, local_date, local_time


class Templates:
    def __init__(self, folder: Path, static: Path, translations: Translations) -> None:
        self.translations = translations
        self._static = static
        self._environments = {locale: self._environment(folder, locale) for locale in LOCALES}

    def _environment(self, folder: Path, locale: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=CompiledOnce(),
        )
        environment.install_gettext_translations(self.translations.catalogue(locale), newstyle=True)  # type: ignore[attr-defined]
        environment.globals.update(
            locale=locale, asset=self.asset, imports=self.imports, words_json=self._browser_words(locale)
        )
        time: Callable[[datetime], str] = partial(local_time, locale=locale)
        date: Callable[[datetime], str] = partial(local_date, locale=locale)
        environment.filters.update(time=time, date=date)
        return environment

    def _browser_words(self, locale: str) -> str:
        words = self.translations.browser[locale]
        return json.dumps(words, ensure_ascii=True).replace("<", "\\u003c") if words else ""

    def asset(self, name: str) -> str:
        """The address of a bundled file, e.g. asset("js/pages/app.js"). Raises KeyError when it was never built."""
        return "/static/" + _manifest(self._static / "dist" / "manifest.json")[name]

    def imports(self, name: str) -> list[str]:
        """The addresses of all that a page's script imports, for the page to name in its head."""
        return ["/static/" + path for path in _imports(self._static / "dist" / "imports.json").get(name, ())]

    def render(self, locale: str, name: str, context: dict[str, Any]) -> str:
        return self._environments[locale].get_template(name).render(context)


class CompiledOnce(BytecodeCache):
    """A template is compiled once a process: what it says in which language is found when it is rendered."""

    _known: ClassVar[dict[tuple[str, str], CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._known[bucket.key, bucket.checksum] = bucket.code


@lru_cache
def _manifest(path: Path) -> dict[str, str]:
    manifest: dict[str, str] = json.loads(path.read_text())
    return manifest


@lru_cache
def _imports(path: Path) -> dict[str, list[str]]:
    """Empty for a front end built in one piece, as some tests do."""
    imports: dict[str, list[str]] = json.loads(path.read_text()) if path.exists() else {}
    return imports
