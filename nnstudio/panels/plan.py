"""The plan: how the network is trained, on one card with one line that says it all.

The fields come from the recipe's own table of settings. Mirrors the document; changes it by steps
alone.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from graph_compiler.layer import Choice
from graph_compiler.model import Value
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.events import (
    DataChanged,
    Event,
    HistoryChanged,
    PlanChanged,
    VariablesChanged,
)
from nnstudio.document.recipes import RecipeSpec, recipes, settings_and_faults
from nnstudio.document.values import now
from nnstudio.panels.fields import ChoiceField, words
from nnstudio.panels.form import ParamForm
from nnstudio.panels.text import count, label, number
from nnstudio.theme import style


class PlanPanel(QWidget):
    """The first stage of the plan: recipe and settings."""

    summary_changed = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plan_panel")
        self.setAccessibleName("Plan")
        self._document = document
        self._stale = True
        self._build()
        self._unsubscribe = document.subscribe(self._heard)
        self._refresh()

    def _build(self) -> None:
        self._summary = label("", "title", "plan_summary")
        self._doc = label("", "muted", "plan_doc")
        self.form = ParamForm()
        self.form.setObjectName("plan_form")
        self.form.value_edited.connect(self._set)
        self.form.variable_requested.connect(self._make_variable)
        card = QFrame()
        card.setObjectName("plan_card")
        style.role(card, "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(12, 12, 8, 12)
        inside.setSpacing(4)
        inside.addWidget(self._summary)
        inside.addWidget(self._doc)
        inside.addSpacing(4)
        inside.addWidget(self.form)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(card)
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def dispose(self) -> None:
        """Stop listening."""
        self._unsubscribe()

    def commit(self) -> None:
        """Do what stands typed in a field, as before a run."""
        self.form.commit()

    @property
    def summary(self) -> str:
        """The plan in one line."""
        return self._summary.text()

    def _set(self, name: str, value: Value, gesture: str) -> None:
        try:
            self._document.do(steps.set_stage(self._document, name, value), gesture)
        except Refused as refused:
            self.form.refuse(name, value, refused.reason)
        else:
            self._refresh()

    def _make_variable(self, name: str) -> None:
        try:
            self._document.do(steps.make_setting_variable(self._document, name))
        except Refused as refused:
            self.form.row(name).show_error(refused.reason)

    def _heard(self, event: Event) -> None:
        match event:
            case PlanChanged() | VariablesChanged() | DataChanged():
                self._stale = True
            case HistoryChanged() if self._stale:
                self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.commit()

    def _refresh(self) -> None:
        self._stale = False
        stage, variables = self._document.project.plan.stages[0], self._document.project.variables
        known = recipes()
        spec = known.get(stage.recipe)
        choices = tuple(known) if spec else (*known, stage.recipe)
        recipe = Choice("recipe", "supervised", choices, doc="how the network learns")
        values, faults = settings_and_faults(stage, variables)
        self._summary.setText(summary(spec, values) if spec else stage.recipe)
        self.summary_changed.emit(self.summary)
        self._doc.setText(spec.doc if spec else f"This program has no recipe “{stage.recipe}”.")
        settings = spec.settings if spec else ()
        self.form.set_params((recipe, *settings))
        field = self.form.row("recipe").field
        assert isinstance(field, ChoiceField)
        field.set_titles({name: one.title for name, one in known.items()})
        self.form.hide_rows(without_effect(values))
        given = {param.name: stage.settings.get(param.name, param.default) for param in settings}
        real = {param.name: now(param, given[param.name], variables) for param in settings}
        errors = {
            fault.port: f"Expected {fault.expected}, got {fault.got}. {fault.remedy}"
            for fault in faults
        }
        self.form.set_values({"recipe": stage.recipe, **given}, real, errors)


def summary(spec: RecipeSpec, values: dict[str, Any]) -> str:
    """A plan in one line: “Adam 0.002 · batch 32 · 20 epochs · cross-entropy”."""
    parts: list[str] = []
    rate = values.get("learning_rate")
    title = words(values["optimizer"]) if "optimizer" in values else spec.title
    parts.append(f"{title} {rate:g}" if isinstance(rate, int | float) else title)
    if "batch_size" in values:
        parts.append(f"batch {number(values['batch_size'])}")
    if "epochs" in values:
        parts.append(count(values["epochs"], "epoch"))
    if "loss" in values:
        parts.append(words(values["loss"]))
    if values.get("patience"):
        parts.append(f"stops after {count(values['patience'], 'epoch')} without progress")
    return " · ".join(parts)


def without_effect(values: dict[str, Any]) -> tuple[str, ...]:
    """Settings that the chosen optimizer does not read."""
    if values.get("optimizer") in ("adam", "adamw"):
        return ("momentum",)
    return ()
