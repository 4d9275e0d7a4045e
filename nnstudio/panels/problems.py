"""What is wrong in the project, with its cures: one row a problem, errors first.

Mirrors the document's reports; a fix is one undoable step. Owns the row that the inspector shows as
well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from graph_compiler.model import Network
from graph_compiler.problems import Fix, Problem
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.events import Event, HistoryChanged, ReportChanged
from nnstudio.panels.flow import FlowLayout
from nnstudio.panels.text import label, spaced
from nnstudio.theme import icons, notifier, style

RANK = {"error": 0, "warning": 1, "hint": 2}
COLOUR = {"error": "bad", "warning": "warning", "hint": "muted"}
MOST_ROWS = 100
"""A drawing may be wrong in ten thousand places; nobody reads more rows than these."""


Shown = tuple[Problem, Problem]
"""A problem as it is told, and where its fixes apply: the same one, or the one in its block."""


def where(problem: Problem) -> str:
    """`Bottleneck › ` for a problem that is told of another drawing than the main one."""
    return "" if problem.network == "main" else f"{problem.network} › "


def all_problems(document: Document) -> list[Shown]:
    """The problems of all drawings, each once.

    What is wrong in a block that is used is told by the path of its first use, `stage1[0]/conv1`,
    with the fixes of the block; what else is said of a block, as hints are, by the block's name.
    """
    networks = document.project.networks
    order = sorted(networks.values(), key=lambda network: network.is_block)
    reports = {network.name: document.report(network.name).problems for network in order}
    keyed = {name: list(_keyed(networks, name, problems)) for name, problems in reports.items()}
    own = {key: problem for name, rows in keyed.items() for key, problem in rows if key[0] == name}
    found: dict[_Key, Shown] = {}
    for rows in keyed.values():
        for key, problem in rows:
            inner = own.get(key, problem)
            # A fix fits what it was worked out for: the block as it is looked at may see others.
            found.setdefault(key, (problem, inner if inner.got == problem.got else problem))
    return list(found.values())


_Key = tuple[str, str, str, str, int]
"""Drawing, node, port and code of a problem, and the number of those before that have the same."""


def _keyed(
    networks: Mapping[str, Network], name: str, problems: Iterable[Problem]
) -> Iterator[tuple[_Key, Problem]]:
    seen: Counter[tuple[str, str, str, str]] = Counter()
    for problem in problems:
        place = (*_innermost(networks, name, problem.node), problem.port, problem.code)
        yield (*place, seen[place]), problem
        seen[place] += 1


def _innermost(networks: Mapping[str, Network], drawing: str, path: str) -> tuple[str, str]:
    """The drawing that a path ends in, and the node's name there."""
    *above, last = path.split("/")
    for name in above:
        node = networks[drawing].nodes.get(name.split("[", 1)[0])
        if node is None or node.type not in networks:
            return drawing, path
        drawing = node.type
    return drawing, last.split("[", 1)[0]


class FixButton(QPushButton):
    """One fix; ends in … where it is too narrow."""

    def __init__(self, fix: Fix, first: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fix = fix
        self._full = f"{fix.label}  →  {fix.preview}" if fix.preview else fix.label
        self.setText(self._full)
        self.setAccessibleName(self._full)
        self.setToolTip(self._full)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setProperty("role", "primary" if first else "")

    def sizeHint(self) -> QSize:
        return QSize(self._width_of(self._full), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(48, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._width_of(self._full) <= self.width():
            self.setText(self._full)
        else:
            metrics, room = QFontMetrics(self._font()), self.width() - 28
            self.setText(metrics.elidedText(self.fix.label, Qt.TextElideMode.ElideRight, room))

    def _width_of(self, text: str) -> int:
        return QFontMetrics(self._font()).horizontalAdvance(text) + 30

    def _font(self) -> QFont:
        """The font that the style sheet gives the button, which the widget itself does not know."""
        bold = self.property("role") == "primary"
        return style.sans(weight=QFont.Weight.DemiBold if bold else QFont.Weight.Normal)


class ProblemRow(QFrame):
    """One problem: severity by shape, place, what was expected and found, remedy, fixes."""

    activated = Signal(object)
    """The problem, when its row is clicked or reached by the keyboard."""
    fix_chosen = Signal(object, object)
    """Problem and fix."""

    def __init__(
        self, problem: Problem, parent: QWidget | None = None, cure: Problem | None = None
    ) -> None:
        """`cure` is the same problem inside its block, where its fixes apply."""
        super().__init__(parent)
        self.problem, self.cure = problem, cure or problem
        self.buttons: list[FixButton] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{problem.severity}: {where(problem)}{problem.text}")
        self.setObjectName("problem_row")
        self.setProperty("role", "row")
        self._icon = QLabel(self)
        self._icon.setFixedSize(16, 16)
        self._icon.setAccessibleName(problem.severity)
        self._paint_icon()
        place = f"{where(problem)}{problem.place}"
        what = label(spaced(f"{place}: expected {problem.expected}, got {problem.got}."), "")
        remedy = label(spaced(problem.remedy), "muted")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(what)
        words.addWidget(remedy)
        if self.cure.fixes:
            words.addSpacing(4)
            words.addLayout(self._fix_buttons(self.cure))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        notifier.theme_changed.connect(self._paint_icon)

    def _fix_buttons(self, problem: Problem) -> FlowLayout:
        flow = FlowLayout()
        for index, fix in enumerate(problem.fixes):
            button = FixButton(fix, index == 0 and problem.severity == "error", self)
            button.setObjectName(f"fix_{index}")
            button.clicked.connect(lambda _=False, f=fix: self.fix_chosen.emit(problem, f))
            self.buttons.append(button)
            flow.addWidget(button)
        return flow

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.activated.emit(self.problem)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.activated.emit(self.problem)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.cure.fixes:
                self.fix_chosen.emit(self.cure, self.cure.fixes[0])
            else:
                self.activated.emit(self.problem)
            return
        super().keyPressEvent(event)

    def _paint_icon(self, _theme: object = None) -> None:
        colour = COLOUR[self.problem.severity]
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(icons.pixmap(self.problem.severity, colour, 16, ratio))


class ProblemsPanel(QWidget):
    """All problems of the project."""

    problem_activated = Signal(object)
    """The `Problem` whose row was clicked or reached by the keyboard."""
    counts_changed = Signal(object)
    """A mapping of severity to number, for the tab's title."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problems_panel")
        self.setAccessibleName("Problems")
        self._document = document
        self._problems: tuple[Shown, ...] = ()
        self._stale = True
        self._rows: list[ProblemRow] = []
        self.counts: dict[str, int] = {}
        self._build()
        self._unsubscribe = document.subscribe(self._heard)
        self._refresh()

    def _build(self) -> None:
        self._head = QLabel(self)
        self._head.setObjectName("problems_head")
        style.role(self._head, "section")
        self._refused = label("", "bad")
        self._refused.setObjectName("problems_refused")
        self._refused.hide()
        self._inside = QWidget()
        self._list = QVBoxLayout(self._inside)
        self._list.setContentsMargins(4, 0, 4, 8)
        self._list.setSpacing(0)
        self._list.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._inside)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area = area
        self._empty = QLabel("No problems", self)
        self._empty.setObjectName("problems_empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style.role(self._empty, "muted")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 8, 0, 0)
        outer.setSpacing(4)
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 12, 0)
        head.addWidget(self._head)
        outer.addLayout(head)
        refused = QHBoxLayout()
        refused.setContentsMargins(12, 0, 12, 0)
        refused.addWidget(self._refused)
        outer.addLayout(refused)
        outer.addWidget(area, 1)
        outer.addWidget(self._empty, 1)

    def dispose(self) -> None:
        """Stop listening."""
        self._unsubscribe()

    def apply(self, problem: Problem, fix: Fix) -> None:
        """Do a fix as one step; what keeps it from being done is shown above the list."""
        try:
            self._document.do(steps.apply_fix(self._document, problem.network, fix))
        except Refused as refused:
            self._refused.setText(refused.reason)
            self._refused.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self._rows:
            here = self._focused_row()
            here = -1 if here is None else here
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            row = self._rows[min(max(here + step, 0), len(self._rows) - 1)]
            row.setFocus(Qt.FocusReason.TabFocusReason)
            self._area.ensureWidgetVisible(row)
            return
        super().keyPressEvent(event)

    def _heard(self, event: Event) -> None:
        match event:
            case ReportChanged():
                self._stale = True
            case HistoryChanged() if self._stale:
                self._refresh()

    def _refresh(self) -> None:
        self._stale = False
        self._refused.hide()
        problems = tuple(
            sorted(all_problems(self._document), key=lambda one: RANK[one[0].severity])
        )
        if problems == self._problems and self.counts:
            return
        self._problems = problems
        self.counts = dict.fromkeys(RANK, 0) | Counter(problem.severity for problem, _ in problems)
        self._show(problems)
        self.counts_changed.emit(self.counts)

    def _show(self, problems: tuple[Shown, ...]) -> None:
        focused = self._focused_row()
        kept = {(row.problem, row.cure): row for row in self._rows}
        rows: list[ProblemRow] = []
        for index, shown in enumerate(problems[:MOST_ROWS]):
            row = kept.pop(shown, None) or self._new_row(*shown)
            self._list.insertWidget(index, row)
            rows.append(row)
        for row in kept.values():
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = rows
        self._head.setText(_summary(self.counts, len(problems)))
        self._head.setVisible(bool(problems))
        self._area.setVisible(bool(problems))
        self._empty.setVisible(not problems)
        if focused is not None and rows:
            rows[min(focused, len(rows) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)

    def _focused_row(self) -> int | None:
        """The row that has the focus, or holds the button that has it."""
        focus = QApplication.focusWidget()
        for index, row in enumerate(self._rows):
            if focus is row or (focus is not None and row.isAncestorOf(focus)):
                return index
        return None

    def _new_row(self, problem: Problem, cure: Problem) -> ProblemRow:
        row = ProblemRow(problem, self._inside, cure)
        row.activated.connect(self.problem_activated)
        row.fix_chosen.connect(self.apply)
        return row


def _summary(counts: dict[str, int], total: int) -> str:
    parts = [
        f"{number} {severity}{'s' if number > 1 else ''}"
        for severity, number in counts.items()
        if number
    ]
    if total > MOST_ROWS:
        parts.append(f"the first {MOST_ROWS} are shown")
    return " · ".join(parts)
