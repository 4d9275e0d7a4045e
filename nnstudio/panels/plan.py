"""The plan: its stages, and how the chosen one trains, on one card with one line that says it all.

The fields come from the recipe's own table of settings. Mirrors the document; changes it by steps
alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from graph_compiler.layer import Bool, Choice, Param, Text
from graph_compiler.model import Project, Stage, Value, Variable
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.events import (
    DataChanged,
    Event,
    HistoryChanged,
    NodeAdded,
    NodeRemoved,
    NodeRenamed,
    PlanChanged,
    VariablesChanged,
)
from nnstudio.document.first_weights import in_words
from nnstudio.document.groups import told
from nnstudio.document.plan_hints import plan_hints
from nnstudio.document.rates import has_schedule, rate_curve
from nnstudio.document.recipes import RecipeSpec, networks_of, recipes, settings_and_faults
from nnstudio.document.sources import DataError, facts
from nnstudio.document.values import now
from nnstudio.fields.kinds import ChoiceField, words
from nnstudio.fields.scope import scope_of
from nnstudio.panels.forecast_line import ForecastLine
from nnstudio.panels.form import ParamForm
from nnstudio.panels.goal_form import GoalForm
from nnstudio.panels.group_form import FIELD as GROUPS
from nnstudio.panels.group_form import GroupForm
from nnstudio.panels.stage_bar import StageBar
from nnstudio.panels.stage_form import StageForm
from nnstudio.panels.text import count, label, number
from nnstudio.theme import style

MOST_TOLD = 2
"""Rates of their own that the summary tells one by one."""
UNKNOWN_STEPS = 100
"""Steps of an epoch in the picture of a schedule where the number of rows is not known."""


class PlanPanel(QWidget):
    """The stages of the plan; of the chosen one the recipe, what it trains, and its settings."""

    summary_changed = Signal(str)
    variable_activated = Signal(str)
    """The variable that a person wants to see."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plan_panel")
        self.setAccessibleName("Plan")
        self._document = document
        self._stale = True
        self._other_nodes = False
        """Whether nodes came or went since they were offered for rates of their own."""
        self.number = 0
        """The stage that is shown."""
        self._build()
        self._unsubscribe = document.subscribe(self._heard)
        self._refresh()

    def _build(self) -> None:
        self.bar = StageBar()
        self.bar.chosen.connect(self._choose)
        self.bar.add_wanted.connect(self._add)
        self.bar.remove_wanted.connect(self._remove)
        self.bar.move_wanted.connect(self._move)
        self._summary = label("", "title", "plan_summary")
        self._doc = label("", "muted", "plan_doc")
        self._hint = label("", "", "plan_hint")
        self.forecast = ForecastLine()
        self.form = StageForm()
        self.form.setObjectName("plan_form")
        self.form.value_edited.connect(self._set)
        self.form.variable_requested.connect(self._make_variable)
        self.form.variable_activated.connect(self.variable_activated)
        self.about = ParamForm(with_variables=False)
        self.about.setObjectName("stage_form")
        self.about.value_edited.connect(self._set)
        self.goals = GoalForm()
        self.goals.value_edited.connect(self._set)
        self.groups = GroupForm()
        self.groups.value_edited.connect(self._set)
        card = QFrame()
        card.setObjectName("plan_card")
        style.role(card, "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(12, 12, 8, 12)
        inside.setSpacing(4)
        inside.addWidget(self._summary)
        inside.addWidget(self._doc)
        inside.addWidget(self._hint)
        inside.addWidget(self.forecast)
        inside.addSpacing(4)
        inside.addWidget(self.form)
        inside.addSpacing(4)
        inside.addWidget(label("What it trains", "section"))
        inside.addWidget(self.about)
        inside.addWidget(self.goals)
        inside.addWidget(self.groups)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.bar)
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
        self.about.commit()
        self.goals.rows.commit()

    @property
    def summary(self) -> str:
        """The plan in one line."""
        return self._summary.text()

    def _set(self, name: str, value: Value, gesture: str) -> None:
        try:
            self._document.do(steps.set_stage(self._document, name, value, self.number), gesture)
        except Refused as refused:
            if name == GROUPS:
                stage = self._document.project.plan.stages[self.number]
                self.groups.refuse(self._document.project, stage, refused.reason)
                return
            form = self.about if name in {one.name for one in self.about.params} else self.form
            form = self.goals.rows if self.goals.has(name) else form
            form.refuse(name, value, refused.reason)
        else:
            self._refresh()

    def _make_variable(self, name: str, variable: str) -> None:
        try:
            step = steps.make_setting_variable(self._document, name, variable, self.number)
            self._document.do(step)
        except Refused as refused:
            self.form.row(name).show_error(refused.reason)

    def _choose(self, number: int) -> None:
        self.commit()
        self.number = number
        self._refresh()

    def _add(self) -> None:
        self.commit()
        self._document.do(steps.add_stage(self._document, self.number))
        self._choose(self.number + 1)

    def _remove(self) -> None:
        self._document.do(steps.remove_stage(self._document, self.number))
        self._choose(max(0, self.number - 1))

    def _move(self, ways: int) -> None:
        self.commit()
        self._document.do(steps.move_stage(self._document, self.number, ways))
        self._choose(self.number + ways)

    def _heard(self, event: Event) -> None:
        match event:
            case PlanChanged() | VariablesChanged() | DataChanged():
                self._stale = True
            case NodeAdded() | NodeRemoved() | NodeRenamed():
                self._other_nodes = True
                self._stale |= self.goals.isVisibleTo(self)
            case HistoryChanged() if self._stale:
                self._refresh()
            case HistoryChanged() if self._other_nodes and self.isVisible():
                self._show_groups()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()
        elif self._other_nodes:
            self._show_groups()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.commit()

    def _show_groups(self) -> None:
        self._other_nodes = False
        project = self._document.project
        self.groups.show_groups(project, project.plan.stages[self.number])

    def _refresh(self) -> None:
        self._stale = False
        stages, variables = self._document.project.plan.stages, self._document.project.variables
        self.number = min(self.number, len(stages) - 1)
        stage = stages[self.number]
        self.bar.show_stages([one.name for one in stages], self.number)
        known = recipes()
        spec = known.get(stage.recipe)
        choices = tuple(known) if spec else (*known, stage.recipe)
        recipe = Choice("recipe", "supervised", choices, doc="how the network learns")
        values, faults = settings_and_faults(stage, variables)
        self._summary.setText(summary(spec, values, stage) if spec else stage.recipe)
        self.summary_changed.emit(plan_summary(stages, variables))
        self._doc.setText(spec.doc if spec else f"This program has no recipe “{stage.recipe}”.")
        hints = plan_hints(self._document.project, values)
        self._hint.setText(" ".join(hints))
        self._hint.setVisible(bool(hints))
        settings = spec.settings if spec else ()
        about = about_params(self._document.project, stage)
        self.about.set_params(about)
        self.about.set_values(about_values(stage))
        self.goals.show_goals(self._document.project, stage)
        self._show_groups()
        self.form.set_params((recipe, *settings), spec.places if spec else {})
        field = self.form.row("recipe").field
        assert isinstance(field, ChoiceField)
        field.set_titles({name: one.title for name, one in known.items()})
        self.form.hide_rows(without_effect(spec, values) if spec else ())
        given = {param.name: stage.settings.get(param.name, param.default) for param in settings}
        real = {param.name: now(param, given[param.name], variables) for param in settings}
        errors = {
            fault.port: f"Expected {fault.expected}, got {fault.got}. {fault.remedy}"
            for fault in faults
        }
        scope = scope_of(self._document.project)
        self.form.set_values({"recipe": stage.recipe, **given}, real, errors, scope)
        at, rates = planned_rates(self._document.project, values)
        self.form.show_rates(at, rates, int(values.get("epochs", 0)))


def plan_summary(stages: Sequence[Stage], variables: Mapping[str, Variable]) -> str:
    """The plan in one line: of several stages their names."""
    if len(stages) > 1:
        return " → ".join(stage.name for stage in stages)
    spec = recipes().get(stages[0].recipe)
    values, _ = settings_and_faults(stages[0], variables)
    return summary(spec, values, stages[0]) if spec else stages[0].recipe


def about_params(project: Project, stage: Stage) -> tuple[Param, ...]:
    """What a stage has beside recipe and settings, as far as there is anything to choose."""
    found: list[Param] = []
    if len(project.plan.stages) > 1:
        found.append(Text("name", "", doc="the stage's name"))
    networks = tuple(name for name, one in project.networks.items() if not one.is_block)
    roles = networks_of(stage)
    if len(networks) > 1 or len(roles) > 1:
        for number, (role, name) in enumerate(roles.items()):
            choices = networks if name in networks else (*networks, name)
            title = role if len(roles) > 1 else "network"
            field = "network" if number == 0 else role
            found.append(Choice(field, choices[0], choices, label=title, doc=f"the {title}"))
    spec = recipes().get(stage.recipe)
    if stage.frozen or spec is None or spec.freezes:
        found.append(
            Text(
                "frozen",
                "",
                doc="nodes, blocks or patterns such as features/* that stay as they are",
            )
        )
    if stage.frozen:
        found.append(
            Bool(
                "frozen_running",
                False,
                label="frozen parts keep running",
                doc="whether their dropout and running statistics go on as in training",
            )
        )
    found.append(
        Text(
            "weights",
            "",
            label="start from",
            doc="a file with weights (safetensors or a state dict) to begin from; empty for none",
        )
    )
    if stage.first_weights or spec is None or "initialization" in known_settings(spec):
        found.append(
            Text(
                "first_weights",
                "",
                label="first weights of",
                doc="nodes or patterns with a rule each, such as conv1: normal(0.02), head: zeros",
            )
        )
    return tuple(found)


def known_settings(spec: RecipeSpec) -> set[str]:
    """The names of a recipe's settings."""
    return {param.name for param in spec.settings}


def about_values(stage: Stage) -> dict[str, Value]:
    """The values of those."""
    return {
        "name": stage.name,
        "network": stage.network,
        **stage.others,
        "frozen": ", ".join(stage.frozen),
        "frozen_running": stage.frozen_running,
        "weights": stage.weights,
        "first_weights": in_words(stage.first_weights),
    }


def summary(spec: RecipeSpec, values: dict[str, Any], stage: Stage) -> str:
    """A stage in one line: “Adam 0.002 · batch 32 · 20 epochs · cross-entropy”."""
    parts: list[str] = []
    rate = values.get("learning_rate")
    title = words(values["optimizer"]) if "optimizer" in values else spec.title
    parts.append(f"{title} {rate:g}" if isinstance(rate, int | float) else title)
    if "batch_size" in values:
        parts.append(f"batch {number(values['batch_size'])}")
    if values.get("most_steps"):
        parts.append(count(values["most_steps"], "step"))
    elif "epochs" in values:
        parts.append(count(values["epochs"], "epoch"))
    if "loss" in values:
        parts.append(words(values["loss"]))
    if values.get("patience"):
        parts.append(f"stops after {count(values['patience'], 'epoch')} without progress")
    if len(stage.groups) > MOST_TOLD:
        parts.append(f"{len(stage.groups)} rates of their own")
    elif stage.groups:
        parts.append(told(stage.groups))
    return " · ".join(parts)


def without_effect(spec: RecipeSpec, values: dict[str, Any]) -> tuple[str, ...]:
    """Settings that do nothing beside the others as they are."""
    return tuple(name for name, place in spec.places.items() if not place.has_effect(values))


def planned_rates(project: Project, values: dict[str, Any]) -> tuple[list[int], list[float]]:
    """Steps and their learning rates; nothing where the rate stays the same."""
    if not has_schedule(values):
        return [], []
    try:
        rows = facts(project.data, project.variables).rows * project.data.split[0]
    except DataError:
        rows = 0
    wide = int(values.get("batch_size", 1)) * int(values.get("accumulation", 1))
    return rate_curve(values, max(1, ceil(rows / wide)) if rows else UNKNOWN_STEPS)
