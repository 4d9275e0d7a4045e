"""The data panel: where the examples come from, how they are split, and what they look like.

Sources and options come from the sources' own tables. A CSV file is looked at by the worker first,
and what it found out comes with the file in one step. Mirrors the document; changes it by steps
alone.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from graph_compiler.layer import Bool, Choice, Float, Int
from graph_compiler.model import DataSource, Value
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.dropped_data import source_for
from nnstudio.document.edits import Refused, Step
from nnstudio.document.events import DataChanged, Event, HistoryChanged, VariablesChanged
from nnstudio.document.kept import painted_points
from nnstudio.document.sources import SourceSpec, no_data, options_and_faults, sources
from nnstudio.document.values import now
from nnstudio.fields.kinds import ChoiceField
from nnstudio.fields.scope import scope_of
from nnstudio.panels.data_opening import OpeningBox
from nnstudio.panels.data_pictures import SplitBar
from nnstudio.panels.data_preparation import PreparationForm
from nnstudio.panels.data_preview import DataPreview, Request
from nnstudio.panels.data_source import SourceBox
from nnstudio.panels.form import ParamForm
from nnstudio.panels.points_editor import PointsEditor
from nnstudio.panels.points_plane import Point
from nnstudio.panels.text import label, spaced

WIDE, FIELDS = 640, 300
"""Pixels from which on the preview stands beside the fields, and how wide those are there."""

PARTS = ("training", "validation", "test")
_SPLIT = (
    Float("training", 60.0, low=1, high=100, unit="%", doc="what the network learns from"),
    Float(
        "validation", 15.0, low=0, high=99, unit="%", doc="what tells while it learns how it does"
    ),
    Float("test", 25.0, low=0, high=99, unit="%", doc="what tells at the very end, read once"),
)
_SCALES = {
    "none": "none",
    "standard": "standardized",
    "unit": "0 to 1",
    "robust": "by median and quartiles",
}
_HOW = (
    Bool("stratified", True, doc="every part has the classes in the same proportion"),
    Choice(
        "scale",
        "standard",
        tuple(_SCALES),
        label="scaling",
        doc="how features are scaled, fitted on the training part alone",
    ),
    Int("seed", 0, low=0, high=2**31 - 1, doc="number from which the split follows"),
)


class DataPanel(QWidget):
    """The description of the data and its preview."""

    variable_activated = Signal(str)
    """The variable that a person wants to see."""
    kept_wanted = Signal()
    """A person wants to see all data that are kept."""

    def __init__(self, document: Document, request: Request, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_panel")
        self.setAccessibleName("Data")
        self._document = document
        self._stale = True
        self._adopting = False
        self._previewed: tuple[object, ...] | None = None
        """What the shown preview is of."""
        self._request = request
        self.preview = DataPreview(request)
        self._build()
        self.preview.found.connect(self._adopt)
        self.preview.column_changed.connect(self._change_column)
        self._unsubscribe = document.subscribe(self._heard)
        self._refresh()

    def _build(self) -> None:
        self.source = SourceBox()
        self.source.activated.connect(self._choose_source)
        self._doc = label("", "muted", "data_doc")
        self.opening = OpeningBox(self._request)
        self.opening.chosen.connect(self.choose_file)
        self.opening.renewed.connect(lambda: self.look_again(self.opening.path))
        self.opening.kept_wanted.connect(self.kept_wanted)
        self.choose_button = self.opening.choose_button
        self.painting = PointsEditor()
        self.painting.points_edited.connect(self._paint)
        self.painting.noise_edited.connect(lambda *edit: self._set_option("noise", *edit))
        self.painting.training_edited.connect(lambda *edit: self._set_split("training", *edit))
        self._refused = label("", "bad", "data_refused")
        self._refused.hide()
        self.options = ParamForm()
        self.options.value_edited.connect(self._set_option)
        self.options.variable_requested.connect(self._make_variable)
        self.options.variable_activated.connect(self.variable_activated)
        self._bar = SplitBar()
        self.split = ParamForm(_SPLIT, with_variables=False)
        self.split.value_edited.connect(self._set_split)
        self.how = ParamForm(_HOW, with_variables=False)
        self.how.value_edited.connect(self._set_how)
        scale = self.how.row("scale").field
        assert isinstance(scale, ChoiceField)
        scale.set_titles(_SCALES)
        fields = QWidget()
        left = QVBoxLayout(fields)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(8)
        for widget in (self.source, self._doc, self.opening, self._refused, self.options):
            left.addWidget(widget)
        left.addSpacing(4)
        left.addWidget(label("Split", "section"))
        self.preparation = PreparationForm()
        self.preparation.value_edited.connect(self._set_preparation)
        for widget in (self._bar, self.split, self.how, self.preparation):
            left.addWidget(widget)
        left.addStretch(1)
        page = QWidget()
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom, page)
        self._sides.setContentsMargins(12, 12, 12, 12)
        self._sides.setSpacing(16)
        self._sides.addWidget(fields, 0, Qt.AlignmentFlag.AlignTop)
        self._sides.addWidget(self.preview, 1)
        self._sides.addWidget(self.painting, 1)
        self._fields = fields
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def dispose(self) -> None:
        """Stop listening and asking."""
        self._unsubscribe()
        self.preview.dispose()
        self.opening.dispose()

    def commit(self) -> None:
        """Do what stands typed in a field, as before a run."""
        for form in (self.options, self.split, self.how, self.preparation):
            form.commit()

    def choose_file(self, path: str) -> None:
        """Look at a file or folder, and use it if it can be read; else what is wrong is shown."""
        self._refused.hide()
        at_hand = self._data.source
        source = source_for(Path(path), at_hand) or (at_hand if self._is_opened else "csv")
        keeps = source == at_hand and self._keeps_form
        form = self._form_of_file() if keeps else {}
        self._look_at({**form, "path": path}, source)

    def look_again(self, path: str) -> None:
        """The file at a place has other rows than before; its columns stay as they were chosen."""
        if self._is_opened and path and path == self._data.options.get("path"):
            self._refused.hide()
            self.opening.show_source(sources()[self._data.source], path)
            self._look_at(self._form_of_file())

    # Changing

    def _do(self, make: Step, gesture: str = "") -> None:
        self._document.do(make, gesture)

    def _choose_source(self) -> None:
        name = self.source.currentData()
        if name == self._data.source:
            return
        try:
            self._do(steps.set_source(self._document, name))
        except Refused as refused:
            self._refuse(refused.reason)
        spec = sources().get(name)
        if spec is not None and spec.opens:
            self.opening.ask()

    def _paint(self, points: list[Point], names: tuple[str, ...], text: str) -> None:
        try:
            self._do(steps.paint_points(self._document, points, names, text))
        except Refused as refused:
            self._refuse(refused.reason)
        self._refresh()

    def _set_option(self, name: str, value: Value, gesture: str) -> None:
        if self._is_opened:
            self._look_at({**self._form_of_file(), name: value})
            return
        try:
            self._do(steps.set_option(self._document, name, value), gesture)
        except Refused as refused:
            self.options.refuse(name, value, refused.reason)
        else:
            self._refresh()

    def _make_variable(self, name: str, variable: str) -> None:
        try:
            self._do(steps.make_option_variable(self._document, name, variable))
        except Refused as refused:
            self.options.row(name).show_error(refused.reason)

    def _set_split(self, name: str, value: Value, gesture: str) -> None:
        part = PARTS.index(name)
        share = _SPLIT[part].default if value is None else value
        try:
            if not isinstance(share, int | float):
                raise Refused("A part of the data is a number between 0 and 100.")
            self._do(steps.set_split(self._document, part, round(float(share) / 100, 6)), gesture)
        except Refused as refused:
            self.split.refuse(name, value, refused.reason)
        else:
            self._refresh()

    def _set_how(self, name: str, value: Value, gesture: str) -> None:
        data = self._data
        try:
            match name, value:
                case "stratified", bool() | None:
                    data = replace(data, stratified=value is None or value)
                case "scale", str() | None:
                    data = replace(data, scale=value or "standard")
                case "seed", int() | None if not value or 0 <= value < 2**31:
                    data = replace(data, seed=value or 0)
                case _:
                    raise Refused("The seed is a whole number from 0 on.")
            self._do(steps.set_data(self._document, data), gesture)
        except Refused as refused:
            self.how.refuse(name, value, refused.reason)
        else:
            self._refresh()

    def _set_preparation(self, name: str, value: Value, gesture: str) -> None:
        try:
            self._do(steps.set_preparation(self._document, name, value), gesture)
        except Refused as refused:
            self.preparation.refuse(name, value, refused.reason)
        else:
            self._refresh()

    def _change_column(self, name: str, field: str, value: str) -> None:
        """Another role or type of a column: the file is looked at anew, for the categories."""
        rows = self._data.options.get("columns")
        place = 1 if field == "role" else 2
        columns = []
        for row in rows if isinstance(rows, tuple) else ():
            entry = list(row)
            if entry[0] == name:
                entry[place] = value
            elif field == "role" and value == "target" and entry[1] == "target":
                entry[1] = "feature"
            columns.append(entry)
        self._look_at({**self._form_of_file(), "columns": columns})

    def _form_of_file(self) -> dict[str, Any]:
        """What is known of the file, from which a look at it starts."""
        spec = sources()[self._data.source]
        return {
            **{param.name: param.default for param in spec.options},
            **self._data.options,
        }

    def _look_at(self, options: dict[str, Any], source: str = "") -> None:
        """Have the worker look at a file; `_adopt` puts what it found into the document."""
        source = source or self._data.source
        self.preview.ask(self._payload(source, options), adopt=True)

    def _adopt(self, result: dict[str, Any]) -> None:
        found = result.get("options")
        try:
            if not isinstance(found, dict):
                raise Refused("The file could not be understood. Choose another one.")
            step = steps.use_found(self._document, str(result.get("source", "csv")), found)
            # What is shown is the preview of what comes into the document now.
            self._adopting = True
            self._do(step)
        except Refused as refused:
            self._refuse(refused.reason)
        finally:
            self._adopting = False

    def _refuse(self, text: str) -> None:
        self._refused.setText(text)
        self._refused.show()

    # Following

    @property
    def _is_opened(self) -> bool:
        """Whether the data are the user's file or folder, which is looked at before it is used."""
        spec = sources().get(self._data.source)
        return spec is not None and bool(spec.opens)

    @property
    def _keeps_form(self) -> bool:
        """Whether another file or folder is read in the same way; a table is guessed anew."""
        return self._is_opened and not sources()[self._data.source].is_table

    @property
    def _data(self) -> DataSource:
        return self._document.project.data

    def _payload(self, source: str, options: dict[str, Any]) -> dict[str, Any]:
        variables = {name: one.value for name, one in self._document.project.variables.items()}
        data = {"source": source, "options": options, "seed": self._data.seed}
        return {"data": data, "variables": variables}

    def _heard(self, event: Event) -> None:
        match event:
            case DataChanged() | VariablesChanged():
                self._stale = True
            case HistoryChanged() if self._stale:
                self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.commit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= WIDE
        way = QBoxLayout.Direction
        self._sides.setDirection(way.LeftToRight if wide else way.TopToBottom)
        self._fields.setMinimumWidth(FIELDS if wide else 0)
        self._fields.setMaximumWidth(FIELDS if wide else 16777215)

    def _refresh(self) -> None:
        self._stale = False
        data = self._data
        spec = sources().get(data.source)
        self.source.show_source(data.source)
        unknown = no_data(data) or f"This program has no data source “{data.source}”."
        self._doc.setText(spaced(spec.doc) if spec else unknown)
        self._show_options(spec)
        self._bar.show_split(data.split)
        shares = {
            name: round(100 * share, 4) for name, share in zip(PARTS, data.split, strict=True)
        }
        self.split.set_values(shares)
        facts = self._document.purpose.data
        classes = facts is None or facts.target == "class"
        # Words are divided whole and have no size that could be scaled.
        words = spec is not None and spec.form != "examples"
        self.how.hide_rows(("stratified", "scale") if words else () if classes else ("stratified",))
        self.how.set_values({"stratified": data.stratified, "scale": data.scale, "seed": data.seed})
        self.preparation.show_settings(data, facts, self._document.project)
        self._show_painting(spec)
        if self.isVisible():
            self._ask_for_preview(spec)

    def _show_painting(self, spec: SourceSpec | None) -> None:
        """The plane to paint on, in the place of the preview."""
        painted = spec is not None and spec.kind == "painted"
        self.painting.setVisible(painted)
        self.preview.setVisible(not painted)
        if painted:
            known = painted_points(self._data)
            noise = options_and_faults(self._data, self._document.project.variables)[0]["noise"]
            self.painting.show_points(*known, float(noise), self._data.split[0])

    def _show_options(self, spec: SourceSpec | None) -> None:
        data, variables = self._data, self._document.project.variables
        is_file = spec is not None and bool(spec.opens)
        params = tuple(
            param
            for param in (spec.options if spec else ())
            if not (is_file and param.name == "path")
        )
        path = str(data.options.get("path", ""))
        self.opening.show_source(spec, path)
        self.options.set_params(params)
        self.options.setVisible(bool(params) and not (is_file and not path))
        values = {param.name: data.options.get(param.name, param.default) for param in params}
        real = {param.name: now(param, values[param.name], variables) for param in params}
        _, faults = options_and_faults(data, variables)
        errors = {
            fault.port: f"Expected {fault.expected}, got {fault.got}. {fault.remedy}"
            for fault in faults
        }
        scope = scope_of(self._document.project)
        self.options.set_values(values, real, errors, scope)

    def _ask_for_preview(self, spec: SourceSpec | None) -> None:
        data = self._data
        state = self._state()
        if state == self._previewed or self._adopting:
            self._previewed = state
            return
        self._previewed = state
        self._refused.hide()
        if spec is None:
            self.preview.say("Choose a source of data.")
        elif spec.kind == "painted":
            self.preview.say(spec.doc)
        elif spec.opens and not data.options.get("path"):
            self.preview.say(
                "Choose a file. Its first row may hold names, one column is the target."
                if spec.is_table
                else f"Choose a {spec.opens}. {spec.doc}"
            )
        else:
            self.preview.ask(self._payload(data.source, dict(data.options)))

    def _state(self) -> tuple[object, ...]:
        variables = tuple(self._document.project.variables.values())
        return (self._data.source, repr(dict(self._data.options)), self._data.seed, variables)
