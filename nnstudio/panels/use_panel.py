"""The panel in which a person uses what was learned: an input, options, the answer beside them.

Made from the worker's description of the run, so that it fits whatever was trained. Where an answer
is quick it follows the input; a text comes piece by piece and ends when it is told to.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from graph_compiler.layer import Param
from nnstudio.panels.busy import BusyBar
from nnstudio.panels.form import ParamForm
from nnstudio.panels.text import label, number
from nnstudio.panels.use_input import NoInput, UseInput, accept_drag, accept_drop, input_for
from nnstudio.panels.use_result import ResultView
from nnstudio.panels.use_seen import SeenView
from nnstudio.panels.use_talk import Talk
from nnstudio.theme import style

Request = Callable[[str, dict[str, Any], Callable[[Any], None], Callable[[str], None]], None]
NOTHING = (
    "Nothing has been trained here yet. Press Run; as soon as the run has a checkpoint, what it "
    "has learned can be used here: on a row that you type, a digit that you draw, a text, …"
)
TOO_EARLY = "The run has no checkpoint yet. What it learns can be used after its first epoch."
TOO_LATE = "The run ended without a checkpoint, so it has learned nothing to use. Run it again."
UNTRUSTED = "expected trust in"
WIDE, FIELDS = 620, 340
"""Pixels from which on the answer stands beside the input, and how wide the input is there."""


class UsePanel(QWidget):
    """Input, options and answer of a run."""

    trust_wanted = Signal()
    """The run keeps Python that nobody has trusted, and a person wants to look at it."""
    look_wanted = Signal(int)
    """The moment of what was seen over time that is to be shown, as its place."""

    def __init__(self, request: Request, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use_panel")
        self.setAccessibleName("Use it")
        self.setAcceptDrops(True)
        self._run: Path | None = None
        self._live = False
        self._ways: list[dict[str, Any]] = []
        self._weights: list[dict[str, Any]] = []
        self._example = 0
        self._described = self._describing = False
        self._stale = True
        self.input: UseInput = NoInput()
        self.talk = Talk(request, self)
        self._build()
        self.talk.answered.connect(self._answered)
        self.talk.began.connect(self._began)
        self.talk.wrote.connect(self.result.add_text)
        self.talk.ended.connect(self._show_buttons)
        self.talk.refused.connect(self._refused)
        self._say(NOTHING)

    def _build(self) -> None:
        self._state = label(NOTHING, "muted", "use_state")
        self._busy = BusyBar("use_busy", "Reading what was learned")
        self.trust_button = QPushButton("Read its Python…")
        self.trust_button.setObjectName("use_trust")
        self.trust_button.clicked.connect(self.trust_wanted)
        self.again_button = QPushButton("Try again")
        self.again_button.setObjectName("use_again")
        self.again_button.clicked.connect(self._describe)
        self._page = QWidget()
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._page)
        self._sides.setContentsMargins(0, 0, 0, 0)
        self._sides.setSpacing(16)
        self._sides.addWidget(self._build_left(), 0, Qt.AlignmentFlag.AlignTop)
        self.result = ResultView()
        self.seen = SeenView()
        self.seen.wanted.connect(self.look_wanted)
        right = QVBoxLayout()
        right.addWidget(self.result)
        right.addWidget(self.seen, 1)
        self._sides.addLayout(right, 1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        left = Qt.AlignmentFlag.AlignLeft
        column.addWidget(self._busy)
        column.addWidget(self._state)
        column.addWidget(self.trust_button, 0, left)
        column.addWidget(self.again_button, 0, left)
        column.addWidget(self._page, 1)
        column.addStretch(0)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _build_left(self) -> QWidget:
        self.way = QComboBox()
        self.way.setObjectName("use_way")
        self.way.setAccessibleName("What is wanted")
        self.way.activated.connect(self._choose_way)
        self.weights = QComboBox()
        self.weights.setObjectName("use_weights")
        self.weights.setAccessibleName("Weights")
        self.weights.setMinimumContentsLength(12)
        self.weights.setToolTip("Which weights of the run answer")
        self.weights.activated.connect(self._ask_soon)
        self._doc = label("", "muted", "use_doc")
        self._place = QVBoxLayout()
        self._place.setContentsMargins(0, 0, 0, 0)
        self._place.addWidget(self.input)
        self.options = ParamForm(with_variables=False)
        self.options.setObjectName("use_options")
        self.options.value_edited.connect(self._set_option)
        self._values: dict[str, Any] = {}
        self.ask_button = QPushButton("Predict")
        self.ask_button.setObjectName("use_ask")
        style.role(self.ask_button, "primary")
        self.ask_button.clicked.connect(self.ask)
        self.stop_button = QPushButton("Stop")
        self.stop_button.setObjectName("use_stop")
        self.stop_button.clicked.connect(self.stop)
        self.example_button = QPushButton("Example")
        self.example_button.setObjectName("use_example")
        self.example_button.setToolTip("Take a row that was not learned from; each click another")
        self.example_button.clicked.connect(self._take_example)
        self._example_told = label("", "small", "use_example_told")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.way, 1)
        top.addWidget(self.weights, 1)
        top.addWidget(self.example_button)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.ask_button, self.stop_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._left = QWidget()
        column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._doc)
        column.addLayout(self._place)
        column.addWidget(self._example_told)
        column.addLayout(buttons)
        column.addWidget(self.options)
        return self._left

    def dispose(self) -> None:
        """Ask for nothing more."""
        self.talk.dispose()
        self.input.dispose()

    def commit(self) -> None:
        """Take what stands typed in a field."""
        self.input.commit()
        self.options.commit()

    # The run

    def set_run(self, run: Path | None) -> None:
        """Another run, or none."""
        self._run, self._stale, self._described = run, True, False
        self._describing = False
        self.talk.forget()
        self.seen.show_moments([])
        self._weights = []
        if run is None:
            self._say(NOTHING)
        else:
            self._say(TOO_EARLY)

    def show_weights(self, weights: list[dict[str, Any]], live: bool) -> None:
        """What weights the run has by now, and whether it is still in training."""
        if not weights and self._run is not None:
            self._say(TOO_EARLY if live else TOO_LATE)
        if weights == self._weights and live == self._live:
            return
        fresh = self._live != live
        self._live = live
        self._weights = weights
        self._fill_weights(fresh)
        if not self.isVisible():
            self._stale = True
        elif not self._described:
            if not self._describing:
                self._describe()
        elif weights and not self.talk.is_writing and self._way.get("live"):
            self._ask_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale and self._run is not None and self._weights and not self._described:
            self._describe()

    def _fill_weights(self, fresh: bool) -> None:
        chosen = "" if fresh else str(self.weights.currentData() or "")
        names = [str(row["name"]) for row in self._weights]
        wanted = chosen if chosen in names else "last" if self._live else "best"
        self.weights.clear()
        for row in self._weights:
            name, step = str(row["name"]), number(int(row["step"]))
            title = {"best": "Best weights", "last": "Newest weights"}.get(name, "Weights")
            self.weights.addItem(f"{title} (step {step})", name)
        self.weights.setCurrentIndex(names.index(wanted) if wanted in names else 0)

    # The description

    def _describe(self) -> None:
        if self._run is None or not self._weights:
            return
        self._stale, self._describing = False, True
        self._wait("Reading what was learned…")
        self.talk.describe(self._run, self._show_description, self._not_described)

    def _show_description(self, found: dict[str, Any]) -> None:
        ways = [way for way in _list(found.get("ways")) if isinstance(way, dict)]
        if not ways:
            self._not_described("This run cannot be used here: its worker told no way.")
            return
        before = str(self.way.currentData() or "")
        self._described, self._describing, self._ways = True, False, ways
        self.way.clear()
        for way in ways:
            self.way.addItem(str(way.get("title", "")), str(way.get("name", "")))
        place = self.way.findData(before)
        self.way.setCurrentIndex(max(0, place))
        self.way.setVisible(len(ways) > 1)
        for widget in (self._busy, self._state, self.trust_button, self.again_button):
            widget.hide()
        self._page.show()
        self.result.clear()
        self._choose_way()

    def _not_described(self, text: str) -> None:
        # Asked for again by hand alone, not with every checkpoint.
        self._say(text, bad=True)
        self.trust_button.setVisible(UNTRUSTED in text)
        self.again_button.setVisible(UNTRUSTED not in text)

    def _say(self, text: str, bad: bool = False) -> None:
        """The text in the place of everything else."""
        self._page.hide()
        for widget in (self._busy, self.trust_button, self.again_button):
            widget.hide()
        style.role(self._state, "bad" if bad else "muted")
        self._state.setText(text)
        self._state.show()

    def _wait(self, text: str) -> None:
        self._say(text)
        self._busy.show()

    # Input and options

    @property
    def _way(self) -> dict[str, Any]:
        place = self.way.currentIndex()
        return self._ways[place] if 0 <= place < len(self._ways) else {}

    def _choose_way(self) -> None:
        way = self._way
        self.stop()
        self._doc.setText(str(way.get("doc", "")))
        entry = way.get("input")
        self._place.removeWidget(self.input)
        self.input.hide()
        self.input.deleteLater()
        self.input = input_for(entry)
        self.input.changed.connect(self._input_changed)
        self._place.addWidget(self.input)
        rows = [row for row in _list(way.get("options")) if isinstance(row, dict)]
        self.options.set_params(tuple(_param(row) for row in rows))
        self._values = {row["name"]: row.get("default") for row in rows}
        self.options.set_values(self._values)
        self.options.setVisible(bool(rows))
        self.ask_button.setText(str(way.get("title", "Predict")))
        kind = entry.get("kind") if isinstance(entry, dict) else ""
        has = kind in ("row", "picture", "sound", "sequence")
        self.example_button.setVisible(has and entry.get("examples", True))
        self._example_told.hide()
        self.result.clear()
        self._show_buttons()
        if way.get("live"):
            self._ask_soon()

    def _set_option(self, name: str, value: Any, gesture: str) -> None:
        param = self.options.row(name).param
        value = param.default if value is None else value
        if isinstance(value, str) and param.kind in ("int", "float"):
            self.options.refuse(name, value, "This is a number.")
            return
        self._values[name] = value
        self.options.set_values(self._values)
        if self._way.get("live"):
            self._ask_soon()

    def _input_changed(self) -> None:
        self._example_told.hide()
        if self._way.get("live"):
            self._ask_soon()

    def _take_example(self) -> None:
        if self._run is not None:
            number, self._example = self._example, self._example + 1
            self.talk.example(self._run, self._chosen, number, self._show_example, self._refused)

    def _show_example(self, found: dict[str, Any]) -> None:
        self.input.show_example(found)
        self._example_told.setText(str(found.get("words", "")))
        self._example_told.setVisible(self._way.get("input", {}).get("kind") in ("row", "sequence"))

    # Asking

    @property
    def _chosen(self) -> str:
        return str(self.weights.currentData() or "best")

    def _question(self) -> dict[str, Any] | None:
        given = self.input.given()
        if self._run is None or given is None:
            return None
        options = {name: value for name, value in self._values.items() if value is not None}
        return {
            "run": str(self._run),
            "weights": self._chosen,
            "way": str(self._way.get("name", "")),
            "input": given,
            "options": options,
        }

    def ask(self) -> None:
        """Ask for an answer, or for a text, now."""
        self.commit()
        question = self._question()
        if question is None:
            return
        if self._way.get("name") == "complete":
            self.talk.write(question)
        else:
            self.talk.ask(question)
        self._show_buttons()

    def stop(self) -> None:
        """Let a text that is being written end here, and wait for no answer."""
        self.talk.forget()
        self._show_buttons()

    def _ask_soon(self) -> None:
        if not self._way.get("live"):
            return
        question = self._question()
        if question is None:
            self.talk.forget()
            self.result.clear()
        else:
            self.talk.ask_soon(question)

    def _show_buttons(self) -> None:
        busy = self.talk.is_busy
        live = bool(self._way.get("live"))
        self.ask_button.setVisible(not live)
        self.ask_button.setEnabled(not busy)
        self.stop_button.setVisible(not live)
        self.stop_button.setEnabled(busy)

    def _answered(self, answer: dict[str, Any]) -> None:
        self.result.show_answer(answer, self._step_words(answer))
        self._show_buttons()

    def _began(self, answer: dict[str, Any]) -> None:
        given = self.input.given() or {}
        notes = answer.get("notes")
        self.result.begin_text(str(given.get("text", "")), self._step_words(answer), notes)
        self._show_buttons()

    def _refused(self, text: str) -> None:
        self.result.refuse(text)
        self._show_buttons()

    def _step_words(self, answer: dict[str, Any]) -> str:
        step = answer.get("step")
        if not isinstance(step, int) or step < 0:
            return ""
        going = " The run is still in training." if self._live else ""
        return f"The weights after step {number(step)} answered.{going}"

    # Layout, drops

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= WIDE
        way = QBoxLayout.Direction
        self._sides.setDirection(way.LeftToRight if wide else way.TopToBottom)
        self._left.setMinimumWidth(FIELDS if wide else 0)
        self._left.setMaximumWidth(FIELDS if wide else 16777215)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        accept_drag(event, self.input)

    def dropEvent(self, event: QDropEvent) -> None:
        accept_drop(event, self.input)


def _param(row: dict[str, Any]) -> Param:
    """An option as a form knows it."""
    kept = {name: row[name] for name in row if name in Param.__dataclass_fields__}
    return Param(**kept)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
