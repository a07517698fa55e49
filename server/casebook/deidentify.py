"""Takes out of a text who it speaks of, and moves its dates. Pure.

The patient's own values are looked for in every form (see known.py) with spaces, signs, width and case set aside;
whatever merely has the form of an identifier (a telephone, a number of a paper, an address of mail) goes too. The
safe harbour list of 45 CFR 164.514(b)(2) and GB/T 37964-2019 are the measure; a second person looks all the same.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from server.casebook.known import Known
from server.casebook.pieces import STANDS_FOR, Piece, What

_TITLES = "先生|女士|小姐|老师|大爷|大妈|大娘|阿姨|叔叔|奶奶|爷爷|师傅|同志|某某|某|[*＊×xX○〇]{1,3}"
_DOCTORS = "主任医师|副主任|主任|医生|医师|大夫|护士长|护士|教授|院长|主治"
_CLINICS = "人民医院|中心医院|中医院|妇幼保健院|医院|卫生院|卫生室|卫生服务中心|卫生服务站|诊所"
_NOT_NAME = "科上下级主副任请会诊转值班管"
_NOT_PLACE = "上下级某在于到至去从由经往被转我院本外当地的后前为是和与及曾就诊天日月年时分，。；、：（）()"
_STAR = "[*＊×xX•]"

PATTERNS: tuple[tuple[What, re.Pattern[str]], ...] = (
    (What.CONTACT, re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+", re.ASCII)),
    (What.CONTACT, re.compile(r"(?:微信号?|QQ号?|wechat|vx)[ :：]*[A-Za-z0-9_-]{5,}", re.IGNORECASE)),
    (What.NUMBER, re.compile(r"(?<!\d)\d(?:[ -]?\d){16}[ -]?[\dXx](?![\dA-Za-z])")),
    (What.NUMBER, re.compile(rf"(?<!\d)\d{{2,6}}{_STAR}{{3,}}\d{{2,4}}[\dXx]?")),
    (What.PHONE, re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9](?:[ -]?\d){9}(?!\d)")),
    (What.PHONE, re.compile(r"(?<!\d)\(?0\d{2,3}\)?[ -]?\d{7,8}(?:[-转]\d{1,6})?(?!\d)")),
    (What.PHONE, re.compile(r"[〇零一二三四五六七八九幺两]{7,}")),
    (What.NUMBER, re.compile(r"(?:尾号|后四位|末四位)[为是:： ]*\d{3,4}[\dXx]?")),
    (
        What.NUMBER,
        re.compile(r"(?:住院|门诊|病案|病历|就诊|检查|影像|床|医保|社保|护照)(?:卡|证)?号[ :：]*[A-Za-z0-9-]{2,}"),
    ),
    (What.NUMBER, re.compile(r"(?<![A-Za-z\d])(?:[A-Z]{1,3}\d{7,}(?:-\d+)?|[EGDPSHM][A-Z]?\d{7,8})(?![\d])")),
    (
        What.NUMBER,
        re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][A-Z0-9]{5,6}"),
    ),
    (What.ADDRESS, re.compile(r"\d+(?:号楼|栋|幢|单元|号院|室)(?:\d+(?:单元|室|号)?)*")),
    (What.INSTITUTION, re.compile(rf"[^\W{_NOT_PLACE}\d]{{2,10}}?(?:{_CLINICS})")),
    (
        What.STAFF,
        re.compile(
            rf"(?<![^\W{_NOT_NAME}])[^\W\d{_NOT_NAME}](?:{_DOCTORS})|(?<=[由请经，。、])[^\W\d{_NOT_NAME}]{{2,3}}(?:{_DOCTORS})"
        ),
    ),
    (What.AGE, re.compile(r"(?<!\d)(?:9\d|1[01]\d) ?岁")),
)
_DATES = (
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d) ?年 ?(?P<m>\d{1,2}) ?月(?: ?(?P<d>\d{1,2}) ?[日号])?"),
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(r"(?<!\d)(?P<m>1[0-2]|0?[1-9]) ?月 ?(?P<d>[12]\d|3[01]|0?[1-9]) ?[日号]"),
)
_LONG = re.compile(r"(?<![\d.])\d{7,}(?![\d.])")
_HAN_DATE = re.compile(
    r"[一二〇零]九?[〇零一二三四五六七八九]{2,3}年[一二三四五六七八九十]{1,2}月(?:[一二三四五六七八九十廿]{1,3}[日号])?"
)


@dataclass(frozen=True)
class Found:
    start: int
    stop: int
    what: What
    instead: str


def cut(text: str, known: Known, *, shift: int, year: int) -> list[Piece]:
    """The pieces of `text`. `shift`: days by which dates move; `year`: the year meant where none is written."""
    pieces, at = [], 0
    for one in _in_order(_all(text, known, shift, year)):
        pieces.append(Piece(text[at : one.start]))
        pieces.append(Piece(text[one.start : one.stop], one.what, one.instead))
        at = one.stop
    return [piece for piece in [*pieces, Piece(text[at:])] if piece.text]


def still_known(text: str, known: Known) -> list[str]:
    """What of the patient's, and whatever has the form of an identifier, is left in a text about to be released."""
    found = [*_of_patient(text, known), *_patterned(text)]
    return [text[one.start : one.stop] for one in found if one.what is not What.AGE]


def spans(text: str, known: Known, *, year: int) -> list[tuple[int, int]]:
    """Where a text that cannot be rewritten (on a picture) names somebody or tells a date."""
    return [(one.start, one.stop) for one in _in_order(_all(text, known, 0, year))]


def _in_order(found: Iterator[Found]) -> Iterator[Found]:
    return _apart(sorted(found, key=lambda one: (one.start, -one.stop)))


def _apart(found: list[Found]) -> Iterator[Found]:
    """Of overlapping finds the first and longest; the rest of another that reaches further goes with it."""
    kept: Found | None = None
    for one in found:
        if kept is None or one.start >= kept.stop:
            if kept is not None:
                yield kept
            kept = one
        elif one.stop > kept.stop:
            kept = Found(kept.start, one.stop, kept.what, STANDS_FOR.get(kept.what, STANDS_FOR[What.NUMBER]))
    if kept is not None:
        yield kept


def _all(text: str, known: Known, shift: int, year: int) -> Iterator[Found]:
    yield from _of_patient(text, known)
    yield from _patterned(text)
    yield from _dates(text, known, shift, year)


# ---- the patient's own values ----


def _folded(text: str) -> tuple[str, list[int]]:
    """Width, case, spaces and signs set aside; and where each character stood."""
    signs, places = [], []
    for place, sign in enumerate(text):
        for plain in unicodedata.normalize("NFKC", sign).casefold():
            if unicodedata.category(plain)[0] in "LNM":
                signs.append(plain)
                places.append(place)
    return "".join(signs), places


def _of_patient(text: str, known: Known) -> Iterator[Found]:
    folded, places = _folded(text)
    for word, what in known.words:
        wanted, _ = _folded(word)
        yield from (_found(places, at, len(wanted), what) for at in _occurrences(folded, wanted))
    for word in known.latin:
        wanted, _ = _folded(word)
        for at in _occurrences(folded, wanted):
            one = _found(places, at, len(wanted), What.NAME)
            if _stands_alone(text, one):
                yield one
    if known.surname:
        for match in re.finditer(rf"{re.escape(known.surname)}\s*(?:{_TITLES})", text):
            yield _stands_for(match, What.NAME)


def _occurrences(text: str, wanted: str) -> Iterator[int]:
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


def _found(places: list[int], at: int, length: int, what: What) -> Found:
    return Found(places[at], places[at + length - 1] + 1, what, STANDS_FOR[what])


def _stands_alone(text: str, one: Found) -> bool:
    before, after = text[one.start - 1 : one.start], text[one.stop : one.stop + 1]
    return not any(unicodedata.normalize("NFKC", sign).isascii() and sign.isalpha() for sign in (before, after) if sign)


# ---- whatever has the form of an identifier ----


def _patterned(text: str) -> Iterator[Found]:
    # of one length with the text, so that places agree: full-width digits and letters only
    plain = "".join(unicodedata.normalize("NFKC", sign) if "！" <= sign <= "～" else sign for sign in text)
    for what, pattern in PATTERNS:
        yield from (_stands_for(match, what) for match in pattern.finditer(plain))
    for match in _LONG.finditer(plain):
        if _day(match) is None and not _is_date(plain, match):
            yield _stands_for(match, What.NUMBER)


def _is_date(text: str, match: re.Match[str]) -> bool:
    return len(match[0]) == 8 and _DATES[2].match(text, match.start()) is not None


def _stands_for(match: re.Match[str], what: What) -> Found:
    return Found(match.start(), match.end(), what, STANDS_FOR[what])


# ---- dates ----


def _dates(text: str, known: Known, shift: int, year: int) -> Iterator[Found]:
    plain = "".join(unicodedata.normalize("NFKC", sign) if "！" <= sign <= "～" else sign for sign in text)
    for match in _HAN_DATE.finditer(plain):
        yield Found(match.start(), match.end(), What.DATE, "[日期]")
    for pattern in _DATES:
        for match in pattern.finditer(plain):
            day = _day(match, year)
            if day is not None and day == known.born:
                yield _stands_for(match, What.BIRTH)
            elif day is not None:
                yield Found(match.start(), match.end(), What.DATE, _written(match, day + timedelta(days=shift)))


def _day(match: re.Match[str], year: int = 0) -> date | None:
    parts = match.groupdict()
    if "m" not in parts:
        return None
    try:
        return date(int(parts.get("y") or year), int(parts["m"]), int(parts.get("d") or 15))
    except ValueError:
        return None


def _written(match: re.Match[str], day: date) -> str:
    """The moved day in the form in which it was written."""
    parts = match.groupdict()
    if parts.get("s"):
        return day.strftime(f"%Y{parts['s']}%m{parts['s']}%d")
    if "月" not in match[0]:
        return day.strftime("%Y%m%d")
    written = f"{day.year}年" if parts.get("y") else ""
    return f"{written}{day.month}月" + (f"{day.day}日" if parts.get("d") else "")
