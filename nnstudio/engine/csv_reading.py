"""A CSV file read as texts: regular files only, with caps, every fault named by its row.

Owns what a file must be before anyone looks at its cells. Rows count from 1, the header among them,
as spreadsheets show them.
"""

from __future__ import annotations

import csv
import io
import os
import stat
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from nnstudio.document.tabular import empty_words
from nnstudio.engine.bad_data import BadData

MAX_LINE = 1 << 20
"""Bytes of one line."""
MAX_COLUMNS = 10_000
MAX_FILE = 1 << 30
"""Bytes of a file; reading takes a multiple of it as memory."""
FEWEST_READ = 1000
"""Rows that are read in any case, however many columns there are."""
MOST_WORDS = 1000
PIECE = 20_000
"""Rows held at a time while words are counted."""
MAX_SHOWN = 40
"""Characters of a cell or name in a message."""


def count_cells(count: int) -> str:
    """`3 cells`."""
    return "1 cell" if count == 1 else f"{count} cells"


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written."""

    separator: str = ","
    decimal: str = "."
    header: bool = True
    thousands: str = "none"
    encoding: str = "utf-8"
    signs: bool = False
    """Whether numbers stand with a sign of money or of hundredths."""
    blanks: str = ""
    """Words of this file that stand for an empty cell, between semicolons."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A file's cells as texts, missing where they are empty; `numbers` are their rows' numbers."""

    name: str
    form: Form
    cells: pd.DataFrame
    numbers: array[int]
    whole: bool = True
    """Whether these are all rows of the file."""

    def place(self, row: int, column: str) -> str:
        """Where a cell stands, for messages; `row` counts the table's rows from 0."""
        return f"{self.name}, row {self.numbers[row]}, column {quoted(column)}"


def read_table(path: Path, form: Form, most: int = 0) -> TextTable:
    """The whole file, or the first rows of it that hold `most` cells; raises `BadData`."""
    if len(form.separator) != 1 or form.separator in '\r\n"':
        raise BadData(
            "data.separator",
            "one character",
            quoted(form.separator),
            "Choose a comma, a semicolon, a tab or a bar.",
        )
    numbers = array("q")
    names: list[str] = []
    limit, whole = 0, True
    for number, row in rows(path, form, 0 if most else MAX_FILE):
        if limit and len(numbers) == limit:
            whole = False
            break
        if not names:
            names = names_of(path.name, row, form)
            limit = max(FEWEST_READ, most // len(names)) if most else 0
            if form.header:
                continue
        if len(row) != len(names):
            raise BadData(
                f"{path.name}, row {number}",
                f"{count_cells(len(names))}, as in the first row",
                f"{len(row)}",
                "Mend the row, or choose the right separator.",
            )
        numbers.append(number)
    if not names:
        raise BadData(path.name, "rows of data", "an empty file", "Choose another file.")
    if not numbers:
        raise BadData(
            path.name, "rows of data", "only a header", "Add rows, or say that it has no header."
        )
    cells = _cells(path, form, None if whole else limit)
    if cells is None or cells.shape != (len(numbers), len(names)):
        raise BadData(
            path.name,
            "rows that every reader tells apart",
            "ones that it depends on",
            "Mend the quotation marks, or save the file anew from a spreadsheet.",
        )
    cells.columns = pd.Index(names)
    return TextTable(path.name, form, cells, numbers, whole)


def count_words(
    path: Path, form: Form, names: Sequence[str], wanted: Sequence[str]
) -> tuple[int, dict[str, Counter[str]]] | None:
    """Rows of the whole file, and how often each text stands in each of the `wanted` columns.

    Reads piece by piece, so that memory does not grow with the file, and counts no column with
    more than `MOST_WORDS` texts to its end. None where the file cannot be read.
    """
    places = [names.index(name) for name in wanted] or [0]
    try:
        with pd.read_csv(path, usecols=places, chunksize=PIECE, **_as_texts(form)) as pieces:
            named = [names[place] for place in sorted(places)]
            return tally((piece.set_axis(named, axis=1) for piece in pieces), wanted)
    except (ValueError, OSError):
        return None


def tally(
    pieces: Iterable[pd.DataFrame], wanted: Sequence[str]
) -> tuple[int, dict[str, Counter[str]]]:
    """Rows of all pieces together, and how often each text stands in the `wanted` columns."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in wanted}
    rows = 0
    for piece in pieces:
        rows += len(piece)
        for name, count in counts.items():
            if len(count) <= MOST_WORDS:
                count.update(piece[name].value_counts().to_dict())
    return rows, counts


def _cells(path: Path, form: Form, rows: int | None = None) -> pd.DataFrame | None:
    """The cells as the script will read them; None where it could not."""
    try:
        return pd.read_csv(path, nrows=rows, **_as_texts(form))
    except ValueError:  # pandas' own kinds are such
        return None


def _as_texts(form: Form) -> dict[str, Any]:
    return {
        "sep": form.separator,
        "header": 0 if form.header else None,
        "dtype": str,
        "keep_default_na": False,
        "na_values": empty_words(form.blanks),
        "skipinitialspace": True,
        "encoding": form.encoding,
    }


def names_of(name: str, row: list[str], form: Form) -> list[str]:
    """The columns' names by the first row; raises `BadData`."""
    names = row if form.header else [f"column{n}" for n in range(1, len(row) + 1)]
    _check_names(name, names, form)
    return names


def rows(path: Path, form: Form, most: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every row that is not blank, of a file of at most `most` bytes.

    Raises `BadData`.
    """
    with open_data(path, most) as file:
        lines = (
            _lines(path.name, file)
            if form.encoding == "utf-8"
            else _other_lines(path.name, file, form.encoding)
        )
        reader = csv.reader(lines, delimiter=form.separator, skipinitialspace=True)
        number = 0
        try:
            for row in reader:
                number += 1
                if row:
                    yield number, row
        except csv.Error as error:
            if "new-line" in str(error):
                raise BadData(
                    path.name,
                    "rows that end in a line feed",
                    "ones that end in a carriage return, as on very old systems",
                    "Save the file anew from a spreadsheet.",
                ) from None
            raise BadData(
                f"{path.name}, row {number + 1}",
                "cells between separators",
                f"a row that cannot be read ({error})",
                "Mend its quotation marks.",
            ) from None


def open_data(path: Path, most: int = MAX_FILE) -> BinaryIO:
    """The file's bytes; raises `BadData` for what is no regular file that can be read.

    A file of more than `most` bytes is refused, unless that is 0.
    """
    name = path.name or str(path)
    if not str(path) or str(path) == ".":
        raise BadData("data.path", "a CSV file", "none", "Choose a file.")
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise BadData(name, "a file", "nothing at this place", "Choose the file anew.") from None
    except IsADirectoryError:
        raise BadData(name, "a file", "a folder", "Choose a file in it.") from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise BadData(name, "a file that can be read", reason, "Check its permissions.") from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        got = "a folder" if stat.S_ISDIR(mode) else "a pipe or device"
        raise BadData(name, "a file", got, "Choose a file.")
    size = os.fstat(handle).st_size
    if most and size > most:
        os.close(handle)
        got = f"{size / (1 << 30):.3g} GB" if size > 1.1 * MAX_FILE else "more"
        raise BadData(name, "at most 1 GB", got, "Leave out rows or columns.")
    return open(handle, "rb")


def quoted(text: str) -> str:
    """A stranger's text in a message: short, on one line, in quotation marks."""
    short = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
    return '"' + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short) + '"'


def _lines(name: str, file: BinaryIO) -> Iterator[str]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise BadData(
                f"{name}, line {number}",
                "at most 1 MB in a line",
                "more",
                "Break the line, or choose another file.",
            )
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if b"\0" in line:
            raise BadData(
                f"{name}, line {number}", "text", "a zero byte", "Save the file as UTF-8 text."
            )
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadData(
                f"{name}, line {number}",
                "text in UTF-8",
                f"the byte 0x{line[error.start]:02x} at place {error.start + 1}",
                "Save the file as UTF-8.",
            ) from None


def _other_lines(name: str, file: BinaryIO, encoding: str) -> Iterator[str]:
    """Lines of a file that is not written as UTF-8."""
    number = 0
    with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        try:
            while line := text.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise BadData(
                        f"{name}, line {number}",
                        "at most 1 MB in a line",
                        "more",
                        "Break the line, or choose another file.",
                    )
                yield line
        except UnicodeError:
            raise BadData(
                f"{name}, line {number + 1}",
                f"text in {encoding}",
                "bytes that are none",
                "Choose another encoding.",
            ) from None


def _check_names(name: str, names: list[str], form: Form) -> None:
    if len(names) > MAX_COLUMNS:
        raise BadData(name, f"at most {MAX_COLUMNS} columns", str(len(names)), "Leave columns out.")
    seen: dict[str, int] = {}
    for number, one in enumerate(names, 1):
        if not one.strip():
            raise BadData(
                f"{name}, row 1", f"a name for column {number}", "none", "Name the column."
            )
        if one in seen:
            raise BadData(
                f"{name}, row 1",
                "a name of its own for every column",
                f"{quoted(one)} in columns {seen[one]} and {number}",
                "Rename one of them.",
            )
        seen[one] = number
    if len(names) == 1 and form.header:
        for other, word in ((";", "semicolon"), ("\t", "tab"), ("|", "bar"), (",", "comma")):
            if other != form.separator and names[0].count(other):
                raise BadData(
                    f"{name}, row 1",
                    f"columns between {quoted(form.separator)}",
                    f"one column with a {word} in its name",
                    f"Set the separator to {word}.",
                )
