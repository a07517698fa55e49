"""Tables that people fill in and take away in a spreadsheet program: XLSX and CSV, in and out."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import python_calamine
import xlsxwriter
from xlsxwriter.utility import xl_range_abs

from server.core.errors import Refusal

Cell = str | int | float | date | None
LARGEST = 5 * 1024 * 1024
LARGEST_UNPACKED = 100 * 1024 * 1024
"""Bytes of a file, and of what is in it: a sheet of some thousand rows has a hundredth of that."""
MOST_ROWS = 3_000
MOST_COLUMNS = 60
FORMULA = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Unreadable(Refusal):
    code = "sheets.unreadable"
    status = 422
    says = "这个文件读不出表格，请用下载的模板另存为 XLSX 或 CSV 后再传"


class TooLong(Refusal):
    code = "sheets.too_long"
    status = 422
    says = "一次最多 3000 行、5 MB，请分成几份"


def read(content: bytes) -> list[list[str]]:
    """The rows of the first sheet, cells as trimmed text, dates as 2026-11-22. Raises Unreadable, TooLong."""
    if len(content) > LARGEST:
        raise TooLong
    rows = _read_unpanicked(content) if content[:2] == b"PK" else _read_csv(content)
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) > MOST_ROWS + 1:
        raise TooLong
    return [row[:MOST_COLUMNS] for row in rows]


def _read_unpanicked(content: bytes) -> list[list[str]]:
    try:
        return _read_workbook(content)
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if type(error).__name__ == "PanicException":
            raise Unreadable from None
        raise


def _read_workbook(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST_UNPACKED:
                raise TooLong
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, python_calamine.CalamineError, IndexError, ValueError):
        raise Unreadable from None
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "1" if cell else ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a telephone number is a number to a spreadsheet
    return str(cell).strip()


def _read_csv(content: bytes) -> list[list[str]]:
    text = _decoded(content)
    first = text.partition("\n")[0]
    comma = max((",", "\t", ";", "，"), key=first.count)  # not words
    try:
        return [[_plain(cell.strip()) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=comma)]
    except csv.Error:
        raise Unreadable from None


def _decoded(content: bytes) -> str:
    """What Excel writes: UTF-8 with a mark, UTF-16, or the code page of Chinese Windows."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable


def _plain(cell: str) -> str:
    """A cell as it was before `guarded` put its mark."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


def guarded(cell: Cell) -> str:
    """A cell that no spreadsheet program takes for a formula."""
    text = "" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """With a byte-order mark, so that Excel reads the Chinese."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]], choices: Mapping[int, Sequence[str]] | None = None
) -> bytes:
    """One sheet, its head frozen; `choices` gives drop-downs by column."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(title[:31])
        text = book.add_format({"num_format": "@"})
        sheet.set_column(0, max(len(heads) - 1, 0), 16, text)
        sheet.write_row(0, 0, heads, book.add_format({"bold": True, "bg_color": "#e2e8f0"}))
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                shown = cell.isoformat() if isinstance(cell, date) else cell
                sheet.write(number, column, "" if shown is None else shown, text)
        _offer(book, sheet, choices or {})
    return out.getvalue()


def _offer(book: Any, sheet: Any, choices: Mapping[int, Sequence[str]]) -> None:
    """Drop-downs out of a hidden sheet: written into the cell's rule they may not be longer than 255 characters."""
    if not choices:
        return
    hidden = book.add_worksheet("choices")
    hidden.hide()
    for at, (column, offered) in enumerate(choices.items()):
        hidden.write_column(0, at, offered)
        source = f"=choices!{xl_range_abs(0, at, max(len(offered) - 1, 0), at)}"
        allowed = {"validate": "list", "source": source, "ignore_blank": True, "error_type": "warning"}
        sheet.data_validation(1, column, MOST_ROWS, column, allowed)
