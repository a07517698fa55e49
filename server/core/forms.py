"""Untrusted input into frozen values: pydantic decides, the reader is told in plain words at the field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from multidict import MultiDict
from pydantic import AfterValidator, BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)

SENTENCES = {
    "missing": "请填写",
    "string_too_short": "太短，至少 %(min_length)s 个字",
    "string_too_long": "太长，最多 %(max_length)s 个字",
    "int_parsing": "请填写整数",
    "int_type": "请填写整数",
    "float_parsing": "请填写数字",
    "decimal_parsing": "请填写数字",
    "decimal_max_places": "最多 %(decimal_places)s 位小数",
    "too_short": "请至少选一项",
    "too_long": "最多选 %(max_length)s 项",
    "greater_than_equal": "不能小于 %(ge)s",
    "less_than_equal": "不能大于 %(le)s",
    "enum": "请从所列选项中选择",
    "literal_error": "请从所列选项中选择",
    "date_from_datetime_parsing": "请填写日期，例如 2026-11-22",
    "date_parsing": "请填写日期，例如 2026-11-22",
    "datetime_from_date_parsing": "请填写时间，例如 2026-11-22 14:30",
    "datetime_parsing": "请填写时间，例如 2026-11-22 14:30",
    "time_parsing": "请填写时刻，例如 14:30",
    "bool_parsing": "请选择是或否",
    "string_pattern_mismatch": "格式不对",
}


class WrongField(ValueError):
    """Raised in a validator: `says` is the sentence (a msgid) shown at the field."""

    def __init__(self, says: str, **facts: Any) -> None:
        super().__init__(says)
        self.says, self.facts = says, facts


EARLIEST, LATEST = date(1900, 1, 1), date(2100, 1, 1)


def _near_day(day: date) -> date:
    """Centuries away is a slip of the fingers, and out of what zones and stores can count. Raises WrongField."""
    if not EARLIEST <= day < LATEST:
        raise WrongField("请核对年份")
    return day


def _near(moment: datetime) -> datetime:
    _near_day(moment.date())
    return moment


Day = Annotated[date, AfterValidator(_near_day)]
"""Every date that is typed."""
Moment = Annotated[datetime, AfterValidator(_near)]
"""Every date and time that is typed."""

UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters but tabs and ends of lines: nobody types them, and PostgreSQL keeps no NUL."""


def readable(value: Any) -> Any:
    """What was sent without them, however deep in lists and objects."""
    if isinstance(value, str):
        return UNREADABLE.sub("", value)
    if isinstance(value, list):
        return [readable(one) for one in value]
    if isinstance(value, dict):
        return {UNREADABLE.sub("", name): readable(one) for name, one in value.items()}
    return value


PHONE = re.compile(r"\+?[0-9][0-9 -]{4,24}")


def checked_phone(value: str) -> str:
    """A telephone number, or nothing. Raises WrongField."""
    value = value.strip()
    if value and not PHONE.fullmatch(value):
        raise WrongField("电话号码不对")
    return value


@dataclass
class Form(Generic[Model]):
    """What was sent: the value, or what is wrong with it by field; never both. `typed` is shown again as it was."""

    typed: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    _value: Model | None = None

    @property
    def value(self) -> Model:
        assert self._value is not None, "a form with errors has no value"
        return self._value


class Say:
    """Turns a msgid and facts into a sentence of one language."""

    def __call__(self, message: str, facts: Mapping[str, Any] | None = None) -> str:
        return message % facts if facts else message


def read(model: type[Model], sent: Mapping[str, Any], say: Any = None) -> Form[Model]:
    typed = _lists_of(model, sent)
    offered = {name: value for name, value in typed.items() if not _is_empty(value)}
    try:
        return Form(typed, {}, model.model_validate(offered))
    except ValidationError as wrong:
        return Form(typed, _sentences(wrong, say or Say()))


def _is_empty(value: Any) -> bool:
    """Blanks alone are nothing written."""
    return value is None or (isinstance(value, str) and not value.strip())


def _lists_of(model: type[BaseModel], sent: Mapping[str, Any]) -> dict[str, Any]:
    """One value a name, but all of them where the field is a list."""
    if not hasattr(sent, "getall"):
        return dict(sent)
    many: MultiDict[Any] = sent  # type: ignore[assignment]
    return {name: many.getall(name) if _is_list(model, name) else many[name] for name in many}


def _is_list(model: type[BaseModel], name: str) -> bool:
    known = model.model_fields.get(name)
    return known is not None and getattr(known.annotation, "__origin__", None) in (list, tuple, set, frozenset)


def _sentences(wrong: ValidationError, say: Any) -> dict[str, str]:
    sentences: dict[str, str] = {}
    for error in wrong.errors(include_input=False, include_url=False):
        name = str(error["loc"][0]) if error["loc"] else ""
        cause = error.get("ctx", {}).get("error")
        if isinstance(cause, WrongField):
            sentence = say(cause.says, cause.facts)
        else:
            sentence = say(SENTENCES.get(error["type"], "格式不对"), error.get("ctx") or None)
        sentences.setdefault(name, sentence)
    return sentences
