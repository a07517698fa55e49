"""What comes from the pages of patients, and refusals told at the field they are about."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from server.core.errors import Invalid, Refusal
from server.core.forms import Form
from server.patients.particulars import Particulars

Say = Callable[[str], str]


class Search(BaseModel):
    q: str = Field("", max_length=80)


class Page(BaseModel):
    before: str = Field("", max_length=32)


class Amendment(Particulars):
    version: int


@dataclass
class Told:
    """The refusal that a form was answered with, if there was one."""

    refusal: Refusal | None = None


@contextmanager
def told_at_fields(form: Form[Any], say: Say, fields: Mapping[type[Refusal], str] | None = None) -> Iterator[Told]:
    """Turns what a service refuses into errors of the form: Invalid by its own fields, others at the field given."""
    told, known = Told(), dict(fields or {})
    try:
        yield told
    except Invalid as invalid:
        form.errors.update({name: say(sentence) for name, sentence in invalid.errors.items()})
        told.refusal = invalid
    except tuple(known) as refusal:
        form.errors[known[type(refusal)]] = say(refusal.says)
        told.refusal = refusal
