"""Predictions of a run for new examples: read by the run's own rules, every oddity told in words.

Owns what is refused, what is noted, and that a table of any length is answered piece by piece. The
answers come from the text of `predict.py`, which is what an export holds.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from graph_compiler.model import DataFacts
from nnstudio.document import sources
from nnstudio.document.planned import planned_source
from nnstudio.document.preparation import preparation_settings
from nnstudio.document.script_data import fits
from nnstudio.document.script_predict import (
    input_kind,
    predict_script,
    raw_columns,
    why_not,
)
from nnstudio.document.sources import DataError
from nnstudio.document.tabular import Column, empty_words
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_checking import column_values, form_of
from nnstudio.engine.csv_reading import (
    Form,
    TextTable,
    count_cells,
    names_of,
    open_data,
    quoted,
    rows,
)
from nnstudio.engine.loading import load_text
from nnstudio.engine.parquet_reading import is_parquet, parquet_pieces
from nnstudio.engine.trained import Trained, load_trained
from nnstudio.runs.layout import FITTED, RunError

MOST_CELLS = 2_000_000
"""Cells of a table that are held at a time, however many columns a file has."""


@dataclass(slots=True)
class Notes:
    """What is to be said of the examples beside the answers, counted while they are read."""

    ignored: tuple[str, ...] = ()
    empty: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    strange: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    """Column to the number of cells with a category of no input, the first one and its place."""
    not_finite: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Some examples with their answers."""

    given: pd.DataFrame
    """What stands before the answers: the table's own cells, or names of files."""
    answers: pd.DataFrame

    def whole(self) -> pd.DataFrame:
        """Both side by side; answers of an earlier time give way."""
        kept = self.given.drop(columns=list(self.answers.columns), errors="ignore")
        return pd.concat([kept, self.answers], axis=1)


class Predictor:
    """A run that answers; raises `RunError` where it cannot."""

    def __init__(self, run: Path, weights: str = "best") -> None:
        self.run = Path(run)
        self.trained: Trained = load_trained(self.run, weights)
        project = self.trained.project
        try:
            reason = why_not(project)
            if reason:
                raise RunError(
                    self.run.name,
                    "a run that answers questions about examples",
                    f"another. {reason}",
                    "Choose another run.",
                )
            self.facts: DataFacts = sources.facts(project.data, project.variables)
            self.input = input_kind(project, self.facts)
            self.columns: tuple[Column, ...] = _columns(project, self.input)
            options = sources.source_options(project.data, project.variables)
            text = predict_script(project, planned_source(project), {})
        except DataError as error:
            raise RunError(
                f"{self.run.name}: {error.option}", error.expected, error.got, error.remedy
            ) from error
        self.form = form_of(options) if project.data.source == "csv" else Form()
        self.missing = str(options.get("missing", "refuse"))
        self.script: ModuleType = load_text("predict", text, [type(self.trained.network)])
        self.notes = Notes()
        if fits(project) and not (self.run / FITTED).is_file():
            raise RunError(
                f"{self.run.name}/fitted.json",
                "what was fitted on the training part",
                "nothing: the run was made by an older version",
                "Train it anew.",
            )

    def pieces(self, path: Path) -> Iterator[Piece]:
        """The examples in a file or folder with their answers; raises `BadData` and `RunError`."""
        self.notes = Notes()
        if path.suffix.lower() == ".npy":
            yield from self._of_array(path)
        elif self.input == "rows":
            yield from self._of_table(path)
        elif self.input == "arrays":
            raise BadData(
                path.name,
                f"an .npy file with examples of the shape {_shape(self.facts.shape)}",
                "another file",
                "Save them with numpy.save.",
            )
        else:
            yield from self._of_files(path)

    def answered(self, given: Any) -> pd.DataFrame:
        """The answers of some examples in the form that `predict.py` takes them."""
        try:
            found: pd.DataFrame = self.script.answered(
                self.trained.network, given, self.trained.fitted
            )
        except (KeyError, TypeError, IndexError, ValueError, RuntimeError) as error:
            raise RunError(
                self.run.name,
                "what was fitted to go with its network",
                f"{type(error).__name__}: {error}",
                "Copy the run anew.",
            ) from error
        values = found.select_dtypes("number").to_numpy(float)
        self.notes.not_finite += int((~np.isfinite(values)).any(1).sum())
        return found

    def _of_table(self, path: Path) -> Iterator[Piece]:
        size = int(self.script.PIECE)
        number = 0
        found = (
            parquet_pieces(path, size, masked=False)
            if is_parquet(path)
            else tables(path, self.form, size)
        )
        for table in found:
            if number == 0:
                self._look_at_names(path.name, table.cells.columns)
            number += 1
            checked = self._checked(table)
            yield Piece(table.cells, self.answered(checked))
        if number == 0:
            raise BadData(path.name, "rows of data", "only a header", "Add rows.")

    def _look_at_names(self, file: str, names: Sequence[str]) -> None:
        """Every feature has to be there; what else is there is noted."""
        wanted = [column.name for column in self.columns]
        missing = [name for name in wanted if name not in names]
        if missing:
            raise BadData(
                file,
                f"the columns that the network was trained with ({_listed(wanted)})",
                f"none named {_listed(missing)}",
                "Add what is missing, under these names.",
            )
        self.notes.ignored = tuple(name for name in names if name not in wanted)

    def _checked(self, table: TextTable) -> pd.DataFrame:
        """The cells, missing where they are empty; raises `BadData` for the first bad one."""
        wanted = [column.name for column in self.columns]
        cells = table.cells.copy()
        cells[wanted] = cells[wanted].mask(cells[wanted].isin(empty_words(self.form.blanks)))
        masked = TextTable(table.name, table.form, cells, table.numbers, table.whole)
        for column in self.columns:
            values = column_values(masked, column, others=True)
            if column.type == "category":
                self._look_at_words(masked, column, values)
        self._look_at_empty(masked, wanted)
        return cells

    def _look_at_words(self, table: TextTable, column: Column, places: np.ndarray) -> None:
        known = self._known(column)
        strange = np.array(
            [
                place >= 0 and column.categories[int(place)] not in known
                for place in np.nan_to_num(places, nan=-2)
            ]
        ) | (places == -1)
        if strange.any():
            row = int(np.argmax(strange))
            count, word, place = self.notes.strange.get(column.name, (0, "", ""))
            if not count:
                word = str(table.cells[column.name].iloc[row])
                place = f"row {table.numbers[row]}"
            self.notes.strange[column.name] = (count + int(strange.sum()), word, place)

    def _known(self, column: Column) -> set[str]:
        """The categories that have an input of their own."""
        known = self.trained.fitted.get("known")
        if isinstance(known, Mapping):
            return set(known.get(column.name, column.categories))
        if isinstance(known, list):  # of a table that was read in pieces: by place
            names = list(self.script.FEATURES)
            flags = known[names.index(column.name)] if column.name in names else []
            return {word for word, there in zip(column.categories, flags, strict=False) if there}
        return set(column.categories)

    def _look_at_empty(self, table: TextTable, wanted: Sequence[str]) -> None:
        empty = table.cells[list(wanted)].isna().to_numpy()
        if not empty.any():
            return
        if self.missing == "refuse":
            row, column = (int(one) for one in np.argwhere(empty)[0])
            raise BadData(
                table.place(row, wanted[column]),
                "a value",
                "an empty cell, which the run was told to refuse",
                "Fill the cell, or leave the row out.",
            )
        if self.missing == "drop":
            self.notes.dropped += int(empty.any(1).sum())
            return
        for number in np.flatnonzero(empty.any(0)):
            name = wanted[int(number)]
            count = int(empty[:, number].sum())
            self.notes.empty[name] = self.notes.empty.get(name, 0) + count

    def _of_array(self, path: Path) -> Iterator[Piece]:
        values = _array(path)
        wanted = (len(raw_columns(self.trained.project)),) if self.input == "rows" else self._shape
        if self.input == "rows" and any(column.type != "number" for column in self.columns):
            raise BadData(path.name, "a table with columns", "an array", "Save it as CSV.")
        if values.dtype.kind not in "biuf" or values.shape[1:] != wanted or not len(values):
            got = f"{_shape(values.shape)} {values.dtype}"
            raise BadData(
                path.name, f"numbers of the shape rows×{_shape(wanted)}", got, "Choose another."
            )
        size = int(self.script.PIECE)
        for first in range(0, len(values), size):
            piece = np.array(values[first : first + size], np.float64)
            if not np.isfinite(piece).all():
                row = int(np.argmin(np.isfinite(piece).reshape(len(piece), -1).all(1)))
                raise BadData(
                    f"{path.name}, row {first + row + 1}", "finite numbers", "others", "Mend it."
                )
            places = pd.DataFrame({"row": np.arange(len(piece)) + first + 1})
            if self.input == "rows":
                names = [column.name for column in self.columns]
                given: Any = pd.DataFrame(piece, columns=pd.Index(names)).map(repr)
                yield Piece(places, self.answered(given))
            else:
                yield Piece(places, self.answered(piece))

    @property
    def _shape(self) -> tuple[int, ...]:
        return tuple(self.facts.shape)

    def _of_files(self, path: Path) -> Iterator[Piece]:
        what = self.input
        if not path.exists():
            raise BadData(path.name, "a file or folder", "nothing at this place", "Choose another.")
        found = getattr(self.script, what)(path) if path.is_dir() else [path]
        if not found:
            inside = next((one.name for one in sorted(path.iterdir()) if one.is_dir()), "")
            remedy = f"Choose a folder in it, as {inside}." if inside else "Choose another folder."
            raise BadData(path.name, f"{what} in the folder", "none", remedy)
        size = int(self.script.PIECE)
        for first in range(0, len(found), size):
            files = found[first : first + size]
            for file in files:
                if not file.is_file():
                    raise BadData(file.name, "a file", "none", "Choose another.")
            try:
                examples = self.script.read(files)
            except ValueError as error:
                where, _, rest = str(error).partition(": expected ")
                expected, _, got = rest.partition(", got ")
                raise BadData(
                    Path(where).name,
                    expected or "a file that can be read",
                    got.rstrip(".") or str(error),
                    "Choose another, or take it out of the folder.",
                ) from error
            names = pd.DataFrame({"file": [file.name for file in files]})
            yield Piece(names, self.answered(examples))

    def told(self) -> list[str]:
        """The notes in sentences."""
        notes, found = self.notes, []
        if self.trained.note:
            found.append(self.trained.note)
        if notes.ignored:
            found.append(f"Not looked at: {_listed(notes.ignored)}.")
        for name, (count, word, place) in notes.strange.items():
            counts_as = self._counts_as()
            cells = "1 cell holds" if count == 1 else f"{count} cells hold"
            found.append(
                f"{name}: {cells} a category that training did not know (first {quoted(word)} in "
                f"{place}); it counts as {counts_as}."
            )
        for name, count in notes.empty.items():
            cells = "1 empty cell was" if count == 1 else f"{count} empty cells were"
            found.append(f"{name}: {cells} filled with what was usual in training.")
        if notes.dropped:
            rows_ = "1 row has" if notes.dropped == 1 else f"{notes.dropped} rows have"
            found.append(
                f"{rows_} empty cells and no prediction, as such rows were not trained with."
            )
        if notes.not_finite:
            rows_ = "1 row" if notes.not_finite == 1 else f"{notes.not_finite} rows"
            found.append(f"{rows_}: the answer is no finite number.")
        return found

    def _counts_as(self) -> str:
        project = self.trained.project
        settings = preparation_settings(project.data, project.variables)
        if settings["categories_as"] == "ordinal":
            return "-1, before the first of the known ones"
        return "“other”" if settings["rare"] else "none of the known ones"


def tables(path: Path, form: Form, size: int) -> Iterator[TextTable]:
    """The file's cells as texts, `size` rows at a time; raises `BadData`."""
    names: list[str] = []
    numbers: array[int] = array("q")
    cells: list[list[str]] = []
    for number, row in rows(path, form):
        if not names:
            names = names_of(path.name, row, form)
            size = max(1, min(size, max(100, MOST_CELLS // len(names))))
            if form.header:
                continue
        if len(row) != len(names):
            raise BadData(
                f"{path.name}, row {number}",
                f"{count_cells(len(names))}, as in the first row",
                f"{len(row)}",
                "Mend the row, or give the file the separator of the training data.",
            )
        numbers.append(number)
        cells.append(row)
        if len(cells) == size:
            yield _table(path.name, form, names, cells, numbers)
            cells, numbers = [], array("q")
    if not names:
        raise BadData(path.name, "rows of data", "an empty file", "Choose another file.")
    if cells:
        yield _table(path.name, form, names, cells, numbers)


def _table(
    name: str, form: Form, names: list[str], cells: list[list[str]], numbers: array[int]
) -> TextTable:
    return TextTable(
        name, form, pd.DataFrame(cells, columns=pd.Index(names), dtype=str), numbers, whole=False
    )


def _columns(project: Any, kind: str) -> tuple[Column, ...]:
    """The columns that a table of new rows has to have."""
    if kind != "rows":
        return ()
    if sources.sources()[project.data.source].is_table:
        return tuple(one for one in sources.columns_of(project.data) if one.role == "feature")
    return tuple(Column(name, "feature", "number") for name in raw_columns(project))


def _array(path: Path) -> np.ndarray:
    open_data(path, 0).close()  # a pipe would keep the reader waiting
    try:
        found: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BadData(
            path.name, "an .npy file with an array of numbers", "another file", "Choose another."
        ) from error
    return found


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "no axes"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(quoted(name)[1:-1] for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown
