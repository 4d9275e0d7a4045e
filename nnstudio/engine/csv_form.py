"""How a CSV file is written: encoding, separator, marks within numbers, header, guessed.

Owns the guesses from a file's first rows; what its columns are is for `csv_guessing`.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from nnstudio.document.tabular import EMPTY
from nnstudio.engine.csv_reading import MAX_LINE, Form, open_data

SEPARATORS = (",", ";", "\t", "|")
LOOKED_AT = 200
"""Rows from which separator, marks and header are guessed."""
FEW = 20
"""Of so many cells one may be a word where a column is taken for one of numbers."""
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+")
_SIGN = re.compile(r"\s*[$€£¥%]\s*")
_SIGNED = re.compile(r"[+-]?\s*[$€£¥]?\s*[+-]?\d[\d.,'\s]*[$€£¥%]?")
_POINT_NUMBER = re.compile(r"[+-]?\d*\.\d+")


def form_of_file(path: Path, given: Mapping[str, Any]) -> Form:
    """What is given, the rest guessed from the first rows."""
    encoding = str(given.get("encoding") or _encoding(path))
    lines = _first_lines(path, encoding)
    separator = given.get("separator") or _separator(lines)
    rows = _rows(lines, separator)
    signs = given.get("signs")
    has_signs = _has_signs(rows) if signs is None else bool(signs)
    if has_signs:
        rows = [[_SIGN.sub("", cell) for cell in row] for row in rows]
    marks = _marks(rows, separator)
    decimal = str(given.get("decimal") or marks[0])
    header = given.get("header")
    has_header = _has_header(rows, decimal) if header is None else bool(header)
    thousands = str(given.get("thousands") or (marks[1] if decimal == marks[0] else "none"))
    blanks = str(given.get("blanks") or "")
    return Form(separator, decimal, has_header, thousands, encoding, has_signs, blanks)


def _encoding(path: Path) -> str:
    """UTF-8 where its beginning can be read so, else what older programs write."""
    with open_data(path, 0) as file:
        beginning = file.read(MAX_LINE)
    if beginning[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        # Bytes that neither encoding knows are told by whoever reads all of the file.
        unknown = set(beginning) & {0x00, 0x81, 0x8D, 0x8F, 0x90, 0x9D}
        return "utf-8" if unknown else "cp1252"
    return "utf-8"


def _first_lines(path: Path, encoding: str) -> list[str]:
    """Enough of the file to guess from; what is wrong with it is told by the reader of all."""
    if encoding == "utf-16":
        with open_data(path, 0) as file, io.TextIOWrapper(file, encoding, "replace") as text:
            return list(islice(iter(lambda: text.readline(MAX_LINE), ""), LOOKED_AT))
    with open_data(path, 0) as file:
        lines = list(islice(iter(lambda: file.readline(MAX_LINE), b""), LOOKED_AT))
    return [line.decode(encoding, "replace").removeprefix("\ufeff") for line in lines]


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    """The rows that can be told apart; the reader of all says what is wrong with the others."""
    found = []
    with suppress(csv.Error, TypeError):
        for row in csv.reader(lines, delimiter=separator, skipinitialspace=True):
            if row:
                found.append(row)
    return found


def _separator(lines: Sequence[str]) -> str:
    """The one that cuts the most rows into the same number of cells, several if possible."""

    def fit(separator: str) -> tuple[float, int]:
        counts = Counter(map(len, _rows(lines, separator)))
        if not counts:
            return (0.0, 0)
        columns, rows = counts.most_common(1)[0]
        return (rows / counts.total() if columns > 1 else 0.0, columns)

    return max(SEPARATORS, key=fit)


def _has_signs(rows: Sequence[Sequence[str]]) -> bool:
    """Whether some column holds numbers, a few words aside, and signs of money or hundredths."""
    for column in zip_longest(*rows[1:], fillvalue=""):
        cells = [cell for cell in map(str.strip, column) if cell not in EMPTY]
        numbers = [cell for cell in cells if _SIGNED.fullmatch(cell)]
        words = len(cells) - len(numbers)
        if words <= len(cells) // FEW and any(_SIGN.search(cell) for cell in numbers):
            return True
    return False


def _marks(rows: Sequence[Sequence[str]], separator: str) -> tuple[str, str]:
    """Decimal mark and thousands mark, by what only one of them can have written."""
    cells = [cell.strip() for row in rows[1:] for cell in row]
    for thousands, decimal in ((",", "."), (".", ","), ("'", "."), (" ", "."), (" ", ",")):
        mark = r"[ \u00a0\u202f]" if thousands == " " else re.escape(thousands)
        point = re.escape(decimal)
        one, many = rf"({mark}\d{{3}})", rf"({mark}\d{{3}}){{2,}}"
        sure = rf"[+-]?\d{{1,3}}({one}+{point}\d+|{many})"
        if thousands in "' " and decimal == ".":
            sure = rf"[+-]?\d{{1,3}}{one}+({point}\d+)?"
        if any(re.fullmatch(sure, cell) for cell in cells):
            return decimal, thousands
    commas = [cell for cell in cells if _COMMA_NUMBER.fullmatch(cell)]
    if separator == ",":
        # In quotation marks: three figures behind each comma are thousands.
        if commas and all(len(cell.partition(",")[2]) == 3 for cell in commas):
            return ".", ","
        return ("," if commas else "."), "none"
    points = sum(_POINT_NUMBER.fullmatch(cell) is not None for cell in cells)
    return ("," if len(commas) > points else "."), "none"


def _has_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Names are no numbers, stand there once, and do not come again below."""
    if len(rows) < 2:
        return bool(rows)
    first, others = rows[0], rows[1:]
    if any(is_number(cell, decimal) for cell in first):
        return False
    for number, name in enumerate(first):
        below = [row[number] for row in others if number < len(row)]
        if any(is_number(cell, decimal) for cell in below):
            return True
        if name in below:
            return False
    return len(set(first)) == len(first)


def is_number(cell: str, decimal: str) -> bool:
    """Whether a cell is a number with this decimal mark."""
    try:
        return not math.isnan(float(cell.replace(",", ".") if decimal == "," else cell))
    except ValueError:
        return False
