"""The editor of one project: canvas, panels and plots around it, joined by their signals.

Parts do not know one another; this is where one's selection becomes another's. The bar above, the
run and the panels' places belong to it as well. It is built in slices, so the window stays alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QStatusBar,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.breadcrumbs import Breadcrumbs, DrawingsButton
from nnstudio.app.dock import Dock, dress_tabs, scrolled
from nnstudio.app.figures import problems_title, status_line
from nnstudio.app.labels import ElidedLabel
from nnstudio.app.link import Link
from nnstudio.app.notices import Notices
from nnstudio.app.regions import first_stop
from nnstudio.app.run_control import RunControl
from nnstudio.app.run_view import RunView
from nnstudio.app.topbar import TopBar

if TYPE_CHECKING:
    from nnstudio.app.drawing_work import DrawingWork
    from nnstudio.app.drawings import Drawings
    from nnstudio.app.window import Window
    from nnstudio.canvas import CanvasView
    from nnstudio.document.document import Document
    from nnstudio.document.events import Event

LAYOUT_VERSION = 1
BOTTOM, LEFT, RIGHT = (
    Qt.DockWidgetArea.BottomDockWidgetArea,
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
)
MESSAGE_SECONDS = 8
DRAWING_ACTIONS = (
    "drawing.new_block", "drawing.new_python", "drawing.new_network", "drawing.rename",
    "drawing.duplicate", "drawing.delete",
)  # fmt: skip
TALL = 980
"""From this height on the inspector takes what the code panel can spare."""
SMALL = QSize(1440, 860)
"""Below this, panels are narrower and inspector and code share one place."""


class Editor(QMainWindow):
    """Everything that is seen of an open project."""

    ready = Signal()

    drawings: Drawings
    work: DrawingWork

    def __init__(self, window: Window, document: Document, link: Link) -> None:
        super().__init__(window)
        self.setObjectName("editor")
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks
        )
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
        self.setCorner(Qt.Corner.BottomRightCorner, BOTTOM)
        self.setCorner(Qt.Corner.TopLeftCorner, LEFT)
        self.setCorner(Qt.Corner.TopRightCorner, RIGHT)
        self._window, self.document, self._link = window, document, link
        self.read_only_reason = ""
        self.docks: dict[str, Dock] = {}
        self._parts: list[Any] = []
        self._syncing = False
        self._blocks_stale = False
        self._default_state = QByteArray()
        self.run = RunControl(document, link, self)
        self._tidy = QTimer(self)
        self._tidy.setSingleShot(True)
        self._tidy.setInterval(0)
        self._tidy.timeout.connect(self._tidy_docks)

    # Building, slice by slice

    def build(self) -> Iterator[None]:
        """Make the parts one after another; the window's clock asks for the next."""
        self._build_frame()
        yield
        self._build_drawings()
        yield
        self._build_palette()
        yield
        yield from self._build_inspector()
        yield
        yield from self._build_code()
        yield
        self._build_training()
        yield
        while self.training.prepare():
            yield
        yield
        yield from self._build_gap()
        yield
        self._build_lists()
        yield
        yield from self._build_plan()
        yield
        yield from self._build_data()
        yield
        self._build_variables()
        yield
        self._lay_out()
        yield
        self._connect()
        self.ready.emit()

    def _build_frame(self) -> None:
        self.bar = TopBar(self._window.actions_made.by_id, self._window.main_menu(self))
        self.setMenuWidget(self.bar)
        middle = QWidget()
        middle.setObjectName("middle")
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        strip = QFrame()
        strip.setProperty("role", "bar")
        across = QHBoxLayout(strip)
        across.setContentsMargins(8, 0, 8, 0)
        self.tabs = QTabBar()
        self.tabs.setObjectName("middle_tabs")
        self.tabs.setAccessibleName("Views of the network")
        self.tabs.setProperty("role", "top")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.addTab("Network")
        self.tabs.addTab("Computational graph")
        self.tabs.currentChanged.connect(self._tab_chosen)
        across.addWidget(self.tabs)
        across.addSpacing(8)
        self.crumbs = Breadcrumbs()
        across.addWidget(self.crumbs, 1)
        by_id = self._window.actions_made.by_id
        self.drawings_button = DrawingsButton(by_id[id] for id in DRAWING_ACTIONS)
        across.addWidget(self.drawings_button)
        column.addWidget(strip)
        self.notices = Notices()
        self.notices.setObjectName("notices")
        column.addWidget(self.notices)
        self._stack = QStackedWidget()
        column.addWidget(self._stack, 1)
        self.setCentralWidget(middle)
        foot = QStatusBar()
        foot.setObjectName("status_line")
        foot.setAccessibleName("Status")
        foot.setSizeGripEnabled(False)
        foot.setContentsMargins(6, 0, 6, 0)
        self._figures, self._said = ElidedLabel(), ElidedLabel()
        self._figures.setObjectName("status_figures")
        self._said.setObjectName("status_message")
        self._said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for words in (self._figures, self._said):
            words.setProperty("role", "small")
        foot.addWidget(self._figures, 1)
        foot.addPermanentWidget(self._said, 1)
        self.setStatusBar(foot)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(MESSAGE_SECONDS * 1000)
        self._quiet.timeout.connect(lambda: self._said.setText(""))

    def _build_drawings(self) -> None:
        from nnstudio.app.drawing_work import DrawingWork
        from nnstudio.app.drawings import Drawings

        self.drawings = Drawings(self.document)
        self.work = DrawingWork(self)
        self._keep(self.drawings)
        self._stack.insertWidget(0, self.drawings)
        self._stack.setCurrentIndex(0)

    @property
    def canvas(self) -> CanvasView:
        """The canvas of the drawing shown."""
        return self.drawings.canvas

    def _build_palette(self) -> None:
        from nnstudio.panels.palette import PalettePanel

        self.palette_panel = PalettePanel()
        cards = self._window.start.gallery.all_cards
        self.palette_panel.show_templates(tuple((card.id, card.name) for card in cards))
        self._dock("palette", "Layers", self.palette_panel, LEFT)

    def _build_inspector(self) -> Iterator[None]:
        from nnstudio.panels.inspector import InspectorPanel

        self.inspector = InspectorPanel(self.document)
        yield
        self._dock("inspector", "Inspector", self.inspector, RIGHT)

    def _build_code(self) -> Iterator[None]:
        from nnstudio.panels.code import CodePanel

        self.code = CodePanel(self.document)
        yield
        self._dock("code", "Code", self.code, RIGHT)

    def _build_training(self) -> None:
        from nnstudio.plots.training import TrainingPlots

        self.training = TrainingPlots()
        self._dock("training", "Training", self.training, BOTTOM)

    def _build_gap(self) -> Iterator[None]:
        from nnstudio.plots.gap import GapPlot

        self.gap = GapPlot()
        yield
        self._dock("gap", "Bias and variance", self.gap, BOTTOM)

    def _build_lists(self) -> None:
        from nnstudio.panels.problems import ProblemsPanel

        self.problems = ProblemsPanel(self.document)
        self._dock("problems", "Problems", self.problems, BOTTOM)

    def _build_plan(self) -> Iterator[None]:
        from nnstudio.panels.plan import PlanPanel

        self.plan = PlanPanel(self.document)
        yield
        self._dock("plan", "Plan", self.plan, BOTTOM)

    def _build_data(self) -> Iterator[None]:
        from nnstudio.panels.data import DataPanel

        self.data = DataPanel(self.document, self._link.request)
        yield
        self._dock("data", "Data", self.data, BOTTOM)

    def _build_variables(self) -> None:
        from nnstudio.panels.variables import VariablesPanel

        self.variables = VariablesPanel(self.document)
        self._keep(self.variables)
        self._dock("variables", "Variables", scrolled(self.variables), BOTTOM)

    def _dock(self, name: str, title: str, content: QWidget, area: Qt.DockWidgetArea) -> None:
        dock = Dock(name, title, content, self)
        self._keep(content)
        self.docks[name] = dock
        self.addDockWidget(area, dock)
        dock.visibilityChanged.connect(self._tidy_soon)
        dock.topLevelChanged.connect(self._tidy_soon)
        dock.dockLocationChanged.connect(self._tidy_soon)

    def _keep(self, part: Any) -> None:
        self._parts.append(part)

    def _lay_out(self) -> None:
        bottom = [
            self.docks[n] for n in ("training", "gap", "problems", "plan", "data", "variables")
        ]
        for first, second in pairwise(bottom):
            self.tabifyDockWidget(first, second)
        self.docks["training"].raise_()
        self._default_sizes()
        self._default_state = self.saveState(LAYOUT_VERSION)
        stored = self._window.settings.docks
        if stored.isEmpty() or not self.restoreState(stored, LAYOUT_VERSION):
            self._default_sizes()
        self._tidy_docks()

    def _default_sizes(self) -> None:
        wide, high = max(self.width(), 860), max(self.height(), 540)
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        small, low = wide < SMALL.width(), high < SMALL.height()
        inspector, code = self.docks["inspector"], self.docks["code"]
        if low:
            self.tabifyDockWidget(inspector, code)
            inspector.raise_()
        else:
            self.splitDockWidget(inspector, code, down)
        bottom = round(high * (0.31 if low else 0.36))
        self.resizeDocks([self.docks["palette"]], [184 if small else 212], across)
        self.resizeDocks([inspector], [272 if small else 324], across)
        self.resizeDocks([self.docks["training"]], [bottom], down)
        if not low:
            upper, lower = (0.38, 0.22) if high >= TALL else (0.34, 0.26)
            self.resizeDocks([inspector, code], [round(high * upper), round(high * lower)], down)

    def _connect(self) -> None:
        self.view = RunView(self, self._link)
        drawings = self.drawings
        drawings.selection_changed.connect(self._canvas_selected)
        drawings.message.connect(self.say)
        drawings.inspect_requested.connect(self.inspect)
        drawings.shown_changed.connect(self._drawing_shown)
        self.crumbs.place_chosen.connect(lambda many: drawings.go(drawings.trail[:many]))
        self.drawings_button.drawing_chosen.connect(self.open_drawing)
        self.code.place_activated.connect(self._show_place)
        self.inspector.open_requested.connect(self._open_node)
        self.problems.problem_activated.connect(self._show_problem)
        self.problems.counts_changed.connect(lambda _: self._show_problem_count())
        palette = self.palette_panel
        palette.layer_activated.connect(lambda type: self.canvas.append(type))
        palette.placing_started.connect(lambda type: self.canvas.start_placing(type))
        palette.placing_moved.connect(lambda at: self.canvas.move_placing(at))
        palette.placing_finished.connect(lambda at: self.canvas.finish_placing(at))
        palette.placing_cancelled.connect(lambda: self.canvas.cancel_placing())
        palette.block_wanted.connect(self.work.new_block)
        palette.code_wanted.connect(self.work.new_python_layer)
        self.inspector.measure_requested.connect(self.work.measure)
        palette.block_opened.connect(self.open_drawing)
        palette.block_renamed.connect(self.work.rename)
        palette.block_duplicated.connect(self.work.duplicate)
        palette.block_deleted.connect(self.work.delete)
        palette.template_activated.connect(self._window.files.opening.open_template)
        self.bar.name_edited.connect(self._rename)
        self.bar.plan_clicked.connect(lambda: self.show_panel("plan"))
        self.plan.summary_changed.connect(self.bar.show_plan)
        self.bar.show_plan(self.plan.summary)
        self.bar.search_clicked.connect(self._window.show_command_palette)
        self._window.actions_made.use_canvas(drawings)
        self._unsubscribe = self.document.subscribe(self._heard)
        self._show_blocks()
        self._drawing_shown(drawings.shown)
        self._show_problem_count()
        self.show_saved()
        self.canvas.frame_all()
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    # Following

    def _heard(self, event: Event) -> None:
        from nnstudio.document import events

        match event:
            case events.ReportChanged():
                self._show_figures()
                self.view.drawing_changed()
            case (
                events.NetworkAdded() | events.NetworkRemoved() | events.NetworkRenamed()
                | events.BlockParamsChanged()
            ):  # fmt: skip
                self._blocks_stale = True
            case events.HistoryChanged() | events.Saved() | events.ProjectChanged():
                if self._blocks_stale or isinstance(event, events.ProjectChanged):
                    self._show_blocks()
                self.show_saved()
                self.view.drawing_changed()
                self._window.actions_made.refresh_soon()
            case events.PlanChanged() | events.DataChanged() | events.VariablesChanged():
                self.view.drawing_changed()

    def _show_figures(self) -> None:
        shown = self.drawings.shown
        line = status_line(self.document.report(shown))
        if self.document.project.networks[shown].code is not None:
            line = "a layer written in Python"
        self._figures.setText(line if shown == "main" else f"{shown} · {line}")

    def _show_problem_count(self) -> None:
        self.docks["problems"].setWindowTitle(problems_title(self.problems.counts))

    def show_saved(self) -> None:
        """Bring name and saved state in bar and title up to date."""
        state = self.saved_words()
        self.bar.show_name(self.document.project.name, state)
        self._window.show_title(self.document.project.name, self.document.dirty)

    def saved_words(self) -> str:
        """`saved`, `not saved`, `read only`, or what else there is to say of the file."""
        if self.read_only_reason:
            return "read only"
        if self._window.files.saving.busy:
            return "saving…"
        if self.document.path is None:
            return "not saved" if self.document.dirty else "new"
        return "not saved" if self.document.dirty else "saved"

    # Drawings

    def open_drawing(self, name: str) -> None:
        """Show a drawing, by the way that leads there."""
        self.show_network()
        self.drawings.show_drawing(name)
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_node(self, node: str) -> None:
        """Go into the block that a node of the drawing shown is."""
        self.show_network()
        self.drawings.enter(node)
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def name_drawing(self) -> None:
        """Put the cursor into the name of the drawing shown."""
        self.canvas.select(())
        self._spread((), from_canvas=True)
        self.show_panel("inspector")
        self.inspector.edit_name()

    def _drawing_shown(self, name: str) -> None:
        """Every part follows the drawing shown."""
        self.crumbs.show_trail(self.drawings.trail)
        self._show_drawing_list()
        self.code.show_drawing(self.drawings.root, name)
        self.palette_panel.show_drawing(name)
        self._show_figures()
        self._spread(self.canvas.selected(), from_canvas=True)

    def _show_blocks(self) -> None:
        """What the project has in blocks, for the palette and the list."""
        self._blocks_stale = False
        self.palette_panel.show_blocks(self.document.project.networks)
        self._show_drawing_list()

    def _show_drawing_list(self) -> None:
        networks = self.document.project.networks.values()
        self.drawings_button.show_drawings(
            ((one.name, one.is_block, one.about) for one in networks), self.drawings.shown
        )

    def _show_place(self, drawing: str, node: str) -> None:
        """A node of any drawing, chosen elsewhere."""
        self.drawings.show_drawing(drawing)
        self._select((node,))

    def show_path(self, path: str, network: str = "") -> None:
        """A node by its path, such as `stage1[0]/conv1`: go there and select it."""
        name = self.drawings.go_to(path, network)
        self._select((name,) if name else ())

    def _canvas_selected(self, names: tuple[str, ...]) -> None:
        self._spread(names, from_canvas=True)

    def _select(self, names: tuple[str, ...]) -> None:
        self._spread(tuple(names), from_canvas=False)

    def _spread(self, names: tuple[str, ...], *, from_canvas: bool) -> None:
        """One selection for all parts, whichever it came from."""
        if self._syncing:
            return
        self._syncing = True
        try:
            if not from_canvas:
                self.canvas.select(names)
            self.inspector.show_nodes(self.drawings.shown, names)
            self.code.show_nodes(names)
            self.view.select_nodes(names)
        finally:
            self._syncing = False
        self._window.actions_made.refresh_soon()

    def select_node(self, name: str) -> None:
        """Select one node everywhere."""
        nodes = self.document.project.networks[self.drawings.shown].nodes
        self._select((name,) if name in nodes else ())

    def inspect(self, name: str) -> None:
        """Put the cursor into the first of a node's parameters."""
        self.select_node(name)
        self.show_panel("inspector")
        fields = [
            widget
            for widget in self.inspector.findChildren(QWidget)
            if widget.objectName().startswith("field_") and widget.isVisible()
        ]
        first = fields[0] if fields else first_stop(self.inspector)
        if first is not None:
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _show_problem(self, problem: Any) -> None:
        if problem.node:
            self.show_network()
            self.show_path(problem.node, problem.network)
            self.canvas.frame_selection()
        elif problem.network in self.document.project.networks:
            self.open_drawing(problem.network)

    def say(self, text: str) -> None:
        """A sentence in the status line, for some seconds."""
        self._said.setText(text)
        self._said.setToolTip(text)
        self._quiet.start()

    # Actions

    def code_refused(self) -> str:
        """Why there is no code to export or look into; "" where there is."""
        if self.document.source(self.document.trained) is not None:
            return ""
        return "The network has errors: mend what the Problems panel lists first."

    def apply_variant(self, name: str) -> None:
        """Apply one of the project's variants, as one undoable step."""
        from nnstudio.document.steps import Refused, apply_variant

        if self.read_only_reason:
            self.say(self.read_only_reason)
            return
        try:
            self.document.do(apply_variant(self.document, name))
        except Refused as refused:
            self.say(str(refused))

    def _rename(self, name: str) -> None:
        from nnstudio.document.steps import Refused, set_name

        if name.strip() and name != self.document.project.name and not self.read_only_reason:
            try:
                self.document.do(set_name(self.document, name.strip()))
            except Refused as refused:
                self.say(str(refused))
        self.show_saved()

    def edit_name(self) -> None:
        """Put the cursor into the project's name."""
        self.bar.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.name.selectAll()

    @property
    def link(self) -> Link:
        """The line to the worker and to background work."""
        return self._link

    def show_network(self) -> None:
        """Bring the canvas to the front."""
        self.tabs.setCurrentIndex(0)

    def show_graph(self) -> None:
        """Bring the computational graph to the front."""
        self.tabs.setCurrentIndex(1)

    def look_inside(self) -> None:
        """Bring the computational graph to the front, computed anew."""
        self.view.forget_graph()
        self.tabs.setCurrentIndex(1)
        self.view.look_inside()

    def show_panel(self, name: str) -> None:
        """Open a panel and bring it to the front."""
        self.docks[name].show()
        self.docks[name].raise_()

    def panel_toggles(self) -> list[tuple[str, QAction]]:
        """Title and toggle of each panel, for the View menu."""
        return [(dock.windowTitle(), dock.toggleViewAction()) for dock in self.docks.values()]

    def reset_panels(self) -> None:
        """All panels open and where they were at first."""
        for dock in self.docks.values():
            dock.setFloating(False)
            dock.show()
        self.restoreState(self._default_state, LAYOUT_VERSION)
        self._default_sizes()
        self._tidy_soon()

    def regions(self) -> list[QWidget]:
        """Where F6 goes, in its order."""
        shown = [dock for dock in self.docks.values() if dock.in_front]
        parts: list[QWidget | None] = [self.bar, self._stack.currentWidget()]
        found = [*(p for p in parts if p is not None), *(d.widget() for d in shown)]
        return [region for region in found if first_stop(region) is not None]

    def _tab_chosen(self, index: int) -> None:
        if index == 1:
            self._stack.setCurrentWidget(self.view.graph_page())
            self.view.look_inside()
        else:
            self._stack.setCurrentIndex(0)

    def add_page(self, page: QWidget) -> None:
        """Take a page into the middle."""
        self._stack.addWidget(page)

    def _tidy_soon(self) -> None:
        self._tidy.start()

    def _tidy_docks(self) -> None:
        for dock in self.docks.values():
            dock.follow_tabs()
        dress_tabs(self, list(self.docks.values()))
        if hasattr(self, "view"):
            self.view.catch_up()

    def set_read_only(self, reason: str) -> None:
        """Let nothing be changed, and say why; "" lifts it."""
        self.read_only_reason = reason
        self.drawings.set_read_only(reason)
        for part in (self.inspector, self.plan, self.data, self.variables):
            part.setProperty("read_only", bool(reason))
        for part in (self.palette_panel, self.inspector, self.plan, self.data, self.variables):
            part.setEnabled(not reason)
        self.bar.name.setReadOnly(bool(reason))
        self.show_saved()

    def commit(self) -> None:
        """Do what stands typed in a field of a panel, before it is saved or run."""
        for part in self._parts:
            commit: Callable[[], None] | None = getattr(part, "commit", None)
            if commit is not None:
                commit()

    # Ending

    def dispose(self) -> None:
        """Let go of document, run and timers; the panels' places are remembered."""
        if hasattr(self, "view"):
            self._window.settings.docks = self.saveState(LAYOUT_VERSION)
            self._window.actions_made.use_canvas(None)
            self._unsubscribe()
            self.view.dispose()
        self.run.close()
        self._tidy.stop()
        for part in self._parts:
            dispose: Callable[[], None] | None = getattr(part, "dispose", None)
            if dispose is not None:
                dispose()
        self._parts.clear()
