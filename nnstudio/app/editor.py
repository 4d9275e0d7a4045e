"""The editor of one project: canvas, panels and plots around it, joined by their signals.

Parts do not know one another; this is where one's selection becomes another's. The bar above, the
run and the panels' places belong to it as well. It is built in slices, so the window stays alive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QWidget

from nnstudio.app.continuing import Continuing
from nnstudio.app.dock import Dock
from nnstudio.app.docking import Docking
from nnstudio.app.figures import problems_title, status_line
from nnstudio.app.forecast_page import ForecastPage
from nnstudio.app.heat import HeatControl
from nnstudio.app.link import Link
from nnstudio.app.middle import Middle, StatusLine
from nnstudio.app.parts import Parts
from nnstudio.app.pointing import Pointing
from nnstudio.app.presenting import Presenting
from nnstudio.app.regions import first_stop
from nnstudio.app.run_control import RunControl
from nnstudio.app.run_view import RunView
from nnstudio.app.runs_page import RunsPage
from nnstudio.app.topbar import TopBar
from nnstudio.app.use_page import UsePage

if TYPE_CHECKING:
    from nnstudio.app.canvas_look import CanvasLook
    from nnstudio.app.drawing_work import DrawingWork
    from nnstudio.app.drawings import Drawings
    from nnstudio.app.finder import Finder
    from nnstudio.app.window import Window
    from nnstudio.canvas import CanvasView
    from nnstudio.document.document import Document
    from nnstudio.document.events import Event

DRAWING_ACTIONS = (
    "drawing.new_block", "drawing.new_python", "drawing.new_network", "drawing.rename",
    "drawing.duplicate", "drawing.delete",
)  # fmt: skip


class Editor(QMainWindow):
    """Everything that is seen of an open project."""

    ready = Signal()

    canvas_look: CanvasLook
    drawings: Drawings
    finder: Finder
    work: DrawingWork

    def __init__(self, window: Window, document: Document, link: Link) -> None:
        super().__init__(window)
        self.setObjectName("editor")
        self.setWindowFlags(Qt.WindowType.Widget)
        self._window, self.document, self._link = window, document, link
        self.read_only_reason = ""
        self.docking = Docking(self)
        self.presenting = Presenting(self)
        self._parts = Parts(document, link, self.docking)
        self.pointing = Pointing(self)
        self._blocks_stale = False
        self.run = RunControl(document, link, self)
        self._continuing = Continuing(document, self.run)

    # Building, slice by slice

    def build(self) -> Iterator[None]:
        """Make the parts one after another; the window's clock asks for the next."""
        self._build_frame()
        yield
        self._build_drawings()
        yield
        yield from self._parts.build(self._window.start.gallery.all_cards)
        self._take_parts()
        self.docking.lay_out(self._window.settings.docks, self._window.settings.rails)
        yield
        self._connect()
        self.ready.emit()

    def _build_frame(self) -> None:
        self.bar = TopBar(self._window.actions_made.by_id, self._window.main_menu(self))
        self.setMenuWidget(self.bar)
        by_id = self._window.actions_made.by_id
        self._middle = Middle(by_id[id] for id in DRAWING_ACTIONS)
        self.tabs, self.notices = self._middle.tabs, self._middle.notices
        self.crumbs, self.drawings_button = self._middle.crumbs, self._middle.drawings_button
        self.tabs.currentChanged.connect(self._tab_chosen)
        self.setCentralWidget(self._middle)
        self._status = StatusLine()
        self.setStatusBar(self._status)

    def _build_drawings(self) -> None:
        from nnstudio.app.canvas_look import CanvasLook
        from nnstudio.app.drawing_work import DrawingWork
        from nnstudio.app.drawings import Drawings
        from nnstudio.app.finder import Finder

        self.drawings = Drawings(self.document)
        self.canvas_look = CanvasLook(self._window.settings, self.drawings)
        self.finder = Finder(self.document, self.drawings)
        self.work = DrawingWork(self)
        self._parts.keep(self.drawings)
        self._middle.pages.insertWidget(0, self.drawings)
        self._middle.pages.setCurrentIndex(0)

    @property
    def canvas(self) -> CanvasView:
        """The canvas of the drawing shown."""
        return self.drawings.canvas

    def _take_parts(self) -> None:
        parts = self._parts
        self.palette_panel, self.inspector, self.code = parts.palette, parts.inspector, parts.code
        self.training, self.gap, self.problems = parts.training, parts.gap, parts.problems
        self.plan, self.data, self.variables = parts.plan, parts.data, parts.variables
        self.use, self.runs = parts.use, parts.runs

    @property
    def docks(self) -> dict[str, Dock]:
        """The panels by name."""
        return self.docking.docks

    def _connect(self) -> None:
        self.view = RunView(self, self._link)
        self.heat = HeatControl(self, self._link)
        self._use_page = UsePage(self, self._link)
        self.runs_page = RunsPage(self, self._link)
        self.forecast_page = ForecastPage(self, self._link)
        self.docking.tidied.connect(self.view.catch_up)
        drawings = self.drawings
        pointing = self.pointing
        drawings.selection_changed.connect(pointing.canvas_selected)
        drawings.chosen_changed.connect(self.refresh_actions)
        drawings.message.connect(self.say)
        drawings.inspect_requested.connect(pointing.inspect)
        drawings.shown_changed.connect(self._drawing_shown)
        self.crumbs.place_chosen.connect(lambda many: drawings.go(drawings.trail[:many]))
        self.drawings_button.drawing_chosen.connect(pointing.drawing)
        self.code.place_activated.connect(pointing.place)
        self.inspector.open_requested.connect(pointing.into)
        self.inspector.page_requested.connect(pointing.page)
        for part in (self.inspector, self.plan, self.data):
            part.variable_activated.connect(pointing.variable)
        self.data.kept_wanted.connect(self._window.actions_made.by_id["file.kept"].trigger)
        self.problems.problem_activated.connect(pointing.problem)
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
        palette.block_opened.connect(pointing.drawing)
        palette.block_renamed.connect(self.work.rename)
        palette.block_duplicated.connect(self.work.duplicate)
        palette.block_deleted.connect(self.work.delete)
        settings = self._window.settings
        palette.show_kept(settings.layers("recent"), settings.layers("favourite"))
        palette.recent_changed.connect(lambda types: settings.set_layers("recent", types))
        palette.favourites_changed.connect(lambda types: settings.set_layers("favourite", types))
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
                self.refresh_actions()
            case events.PlanChanged() | events.DataChanged() | events.VariablesChanged():
                self.view.drawing_changed()

    def _show_figures(self) -> None:
        shown = self.drawings.shown
        line = status_line(self.document.report(shown))
        if self.document.project.networks[shown].code is not None:
            line = "a layer written in Python"
        self._status.show_figures(line if shown == "main" else f"{shown} · {line}")

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
        self.pointing.drawing(name)

    def name_drawing(self) -> None:
        """Put the cursor into the name of the drawing shown."""
        self.pointing.drawing_name()

    def _drawing_shown(self, name: str) -> None:
        """Every part follows the drawing shown."""
        self.crumbs.show_trail(self.drawings.trail)
        self._show_drawing_list()
        self.code.show_drawing(self.drawings.root, name)
        self.inspector.show_way("/".join(one.node for one in self.drawings.trail if one.node))
        self.palette_panel.show_drawing(name)
        self._show_figures()
        self.pointing.canvas_selected(self.canvas.selected())

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

    def show_path(self, path: str, network: str = "") -> None:
        """A node by its path, such as `stage1[0]/conv1`: go there and select it."""
        self.pointing.path(path, network)

    def select_node(self, name: str) -> None:
        """Select one node everywhere."""
        self.pointing.node(name)

    def say(self, text: str) -> None:
        """A sentence in the status line, for some seconds."""
        self._status.say(text)

    def refresh_actions(self) -> None:
        """What can be done may be something else now."""
        self._window.actions_made.refresh_soon()

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
        self.view.graph.forget()
        self.tabs.setCurrentIndex(1)
        self.view.graph.look()

    def show_panel(self, name: str) -> None:
        """Open a panel and bring it to the front."""
        self.docking.show_panel(name)

    def panel_toggles(self) -> list[tuple[str, QAction]]:
        """Title and toggle of each panel, for the View menu."""
        return self.docking.toggles()

    def reset_panels(self) -> None:
        """All panels open and where they were at first."""
        self.docking.reset()

    def regions(self) -> list[QWidget]:
        """Where F6 goes, in its order."""
        parts: list[QWidget | None] = [self.bar, self._middle.pages.currentWidget()]
        found = [*(p for p in parts if p is not None), *self.docking.shown()]
        return [region for region in found if first_stop(region) is not None]

    def _tab_chosen(self, index: int) -> None:
        if index == 1:
            self._middle.pages.setCurrentWidget(self.view.graph.page())
            self.view.graph.look()
        else:
            self._middle.pages.setCurrentIndex(0)

    def add_page(self, page: QWidget) -> None:
        """Take a page into the middle."""
        self._middle.pages.addWidget(page)

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
        self._parts.commit()

    # Ending

    def dispose(self) -> None:
        """Let go of document, run and timers; the panels' places are remembered."""
        self.presenting.end()
        if hasattr(self, "view"):
            self._window.settings.docks = self.docking.state()
            self._window.settings.rails = self.docking.rails.state()
            self._window.actions_made.use_canvas(None)
            self._unsubscribe()
            self._use_page.dispose()
            self.runs_page.dispose()
            self.forecast_page.dispose()
            self.heat.dispose()
            self.view.dispose()
        self._continuing.dispose()
        self.run.close()
        self.docking.dispose()
        self._parts.dispose()
