"""The lines of a sheet that somebody filled in: found by the heads of its columns, each right or wrong by itself."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from server.core import forms
from server.core.errors import Refusal

BETWEEN_WORDS = re.compile(r"[,，、;；/\s]+")  # not words

Row = TypeVar("Row", bound=BaseModel)


class NotTheTemplate(Refusal):
    code = "sheets.without_heads"
    status = 422
    says = "第一行要是列名，至少有这几列：%(needed)s；请用下载的模板"


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What the words of a sheet stand for, in every language of the site."""

    heads: Mapping[str, str]
    """What stands over a column, in lower case → the field."""
    words: Mapping[str, Mapping[str, Any]]
    """Field → a word, in lower case → what it stands for."""
    lists: Collection[str] = ()
    """Fields whose cells hold several words."""
    say: Any
    """Sentence of a msgid and facts in the reader's language."""

    def meant(self, name: str, cell: str) -> Any:
        known = self.words.get(name)
        if known is None:
            return cell
        if name in self.lists:
            return [known.get(word.lower(), word) for word in BETWEEN_WORDS.split(cell.strip()) if word]
        return known.get(cell.strip().lower(), cell)


@dataclass(kw_only=True)
class Line(Generic[Row]):
    """A row of the sheet: `number` as the spreadsheet counts, what was typed, what is wrong with it."""

    number: int
    typed: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    row: Row | None = None

    @property
    def right(self) -> Row:
        """What a row says that can be read."""
        assert self.row is not None, "a line with unreadable cells has no row"
        return self.row

    @property
    def kind(self) -> str:
        """wrong · new · changed · same"""
        return "wrong" if self.errors else self.effect

    @property
    def effect(self) -> str:
        raise NotImplementedError

    @property
    def mark(self) -> tuple[Any, ...]:
        """What the reader was shown would happen."""
        return (self.number, self.kind)


AnyLine = TypeVar("AnyLine", bound=Line[Any])


def lines_of(
    table: Sequence[Sequence[str]],
    words: Vocabulary,
    *,
    needed: Collection[str],
    model: type[BaseModel],
    line: type[AnyLine],
) -> list[AnyLine]:
    """The rows that say anything; those that cannot be read have errors. Raises NotTheTemplate."""
    heads = [words.heads.get(cell.strip().lower(), "") for cell in table[0]] if table else []
    if not set(needed) <= set(heads):
        shown = {name: head for head, name in reversed([*words.heads.items()])}
        raise NotTheTemplate(needed=words.say("、").join(shown[name] for name in needed))
    lines = []
    for number, cells in enumerate(table[1:], 2):
        typed = {name: cell for name, cell in zip(heads, cells, strict=False) if name and cell}
        if typed:
            form = forms.read(model, {name: words.meant(name, cell) for name, cell in typed.items()}, words.say)
            row = None if form.errors else form.value
            lines.append(line(number=number, typed=typed, errors=dict(form.errors), row=row))
    return lines
