"""The settings of one stage: in groups, the rare ones folded away, those without effect left out.

It does not know where values come from or go to; the groups are what the recipe's tables say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from graph_compiler.layer import Param
from graph_compiler.model import Value
from nnstudio.document.places import GROUPS, Place
from nnstudio.fields.scope import Scope
from nnstudio.panels.form import ParamForm
from nnstudio.panels.rate_curve import RateCurve
from nnstudio.panels.row import Row
from nnstudio.panels.text import label
from nnstudio.theme import style

SCHEDULE = "Schedule"


class StageForm(QWidget):
    """A form for each group of settings; edits come out as from one form."""

    value_edited = Signal(str, object, str)
    """Setting's name, value (None for the default) and gesture."""
    variable_requested = Signal(str, str)
    variable_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._params: tuple[Param, ...] = ()
        self._places: Mapping[str, Place] = {}
        self._hidden: frozenset[str] = frozenset()
        self._set: frozenset[str] = frozenset()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._forms = {group: self._form() for group in ("", *GROUPS)}
        self._titles = {group: label(group, "section") for group in GROUPS}
        for title in self._titles.values():
            title.setContentsMargins(0, 8, 0, 0)
        self.curve = RateCurve()
        self.more = QPushButton()
        self.more.setObjectName("stage_more")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._arrange)
        style.role(self.more, "flat")
        self._column.addWidget(self._forms[""])
        for group in GROUPS:
            self._column.addWidget(self._titles[group])
            self._column.addWidget(self._forms[group])
            if group == SCHEDULE:
                self._column.addWidget(self.curve)
        self._column.addWidget(self.more)
        self.curve.hide()

    @property
    def params(self) -> tuple[Param, ...]:
        """The settings, those included that are not shown."""
        return self._params

    def set_params(
        self, params: tuple[Param, ...], places: Mapping[str, Place] | None = None
    ) -> None:
        """Other settings; one without a place stands first, above the groups."""
        self._params, self._places = params, places or {}
        for group, form in self._forms.items():
            form.set_params(tuple(one for one in params if self._group(one.name) == group))
        self._arrange()

    def hide_rows(self, names: Collection[str]) -> None:
        """Leave out settings that have no effect at present."""
        self._hidden = frozenset(names)
        self._arrange()

    def set_values(
        self,
        values: Mapping[str, Value],
        resolved: Mapping[str, Value] | None = None,
        errors: Mapping[str, str] | None = None,
        scope: Scope | None = None,
    ) -> None:
        """Show values; a rare setting that is not at its default is not folded away."""
        for form in self._forms.values():
            form.set_values(values, resolved, errors, scope)
        self._set = frozenset(errors or ()) | {
            one.name for one in self._params if values.get(one.name, one.default) != one.default
        }
        self._arrange()

    def show_rates(self, steps: list[int], rates: list[float], epochs: int) -> None:
        """Draw the learning rate over the steps; nothing where it stays the same."""
        self.curve.setVisible(bool(rates))
        if rates:
            self.curve.show_rates(steps, rates, epochs)

    def refuse(self, name: str, value: Value, reason: str) -> None:
        """The last edit of a setting was not accepted."""
        if any(one.name == name for one in self._params):
            self._forms[self._group(name)].refuse(name, value, reason)

    def commit(self) -> None:
        """Tell what stands in a field and has not been told yet."""
        for form in tuple(self._forms.values()):
            form.commit()

    def row(self, name: str) -> Row:
        """The row of a setting."""
        return self._forms[self._group(name)].row(name)

    def _form(self) -> ParamForm:
        form = ParamForm()
        form.value_edited.connect(self.value_edited)
        form.variable_requested.connect(self.variable_requested)
        form.variable_activated.connect(self.variable_activated)
        return form

    def _group(self, name: str) -> str:
        place = self._places.get(name)
        return place.group if place is not None else ""

    def _arrange(self) -> None:
        """Show what has an effect and is not rare, or was asked for."""
        rare = {
            one.name
            for one in self._params
            if one.name in self._places
            and self._places[one.name].rare
            and one.name not in self._set
            and one.name not in self._hidden
        }
        folded = frozenset() if self.more.isChecked() else frozenset(rare)
        left_out = self._hidden | folded
        for group, form in self._forms.items():
            form.hide_rows(left_out & {one.name for one in form.params})
            shown = any(one.name not in left_out for one in form.params)
            form.setVisible(shown)
            if group:
                self._titles[group].setVisible(shown)
        self.more.setVisible(bool(rare))
        self.more.setText("Fewer settings" if self.more.isChecked() else f"{len(rare)} more…")
        self.more.setToolTip("Settings that are seldom changed")
