"""The panels of one editor: made in slices, docked, told together to finish and to let go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from nnstudio.app.dock import scrolled
from nnstudio.app.docking import BOTTOM, LEFT, RIGHT, Docking

if TYPE_CHECKING:
    from nnstudio.app.gallery import Card
    from nnstudio.app.link import Link
    from nnstudio.document.document import Document


class Parts:
    """Palette, inspector, code, plots and the panels below; each is imported when it is made."""

    def __init__(self, document: Document, link: Link, docking: Docking) -> None:
        self._document, self._link, self._docking = document, link, docking
        self._kept: list[object] = []

    def build(self, cards: Iterable[Card]) -> Iterator[None]:
        """Make the panels one after another."""
        self._build_palette(cards)
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
        yield from self._build_use()
        yield
        self._build_runs()
        yield
        self._build_problems()
        yield
        yield from self._build_plan()
        yield
        yield from self._build_data()
        yield
        self._build_variables()
        yield

    def _build_palette(self, cards: Iterable[Card]) -> None:
        from nnstudio.panels.palette import PalettePanel

        self.palette = PalettePanel(self._docking.host("palette", "Layers"))
        self.palette.show_templates(tuple((card.id, card.name) for card in cards))
        self._dock("palette", self.palette, LEFT)

    def _build_inspector(self) -> Iterator[None]:
        from nnstudio.panels.inspector import InspectorPanel

        self.inspector = InspectorPanel(
            self._document, self._docking.host("inspector", "Inspector")
        )
        yield
        self._dock("inspector", self.inspector, RIGHT)

    def _build_code(self) -> Iterator[None]:
        from nnstudio.panels.code import CodePanel

        self.code = CodePanel(self._document, self._docking.host("code", "Code"))
        yield
        self._dock("code", self.code, RIGHT)

    def _build_training(self) -> None:
        from nnstudio.plots.training import TrainingPlots

        self.training = TrainingPlots(self._docking.host("training", "Training"))
        self._dock("training", self.training, BOTTOM)

    def _build_gap(self) -> Iterator[None]:
        from nnstudio.plots.gap import GapPlot

        self.gap = GapPlot(self._docking.host("gap", "Bias and variance"))
        yield
        self._dock("gap", self.gap, BOTTOM)

    def _build_use(self) -> Iterator[None]:
        from nnstudio.panels.use_panel import UsePanel

        self.use = UsePanel(self._link.request, self._docking.host("use", "Use it"))
        yield
        self._dock("use", self.use, BOTTOM)

    def _build_runs(self) -> None:
        from nnstudio.panels.runs import RunsPanel

        self.runs = RunsPanel(self._docking.host("runs", "Runs"))
        self._dock("runs", self.runs, BOTTOM)

    def _build_problems(self) -> None:
        from nnstudio.panels.problems import ProblemsPanel

        self.problems = ProblemsPanel(self._document, self._docking.host("problems", "Problems"))
        self._dock("problems", self.problems, BOTTOM)

    def _build_plan(self) -> Iterator[None]:
        from nnstudio.panels.plan import PlanPanel

        self.plan = PlanPanel(self._document, self._docking.host("plan", "Plan"))
        yield
        self._dock("plan", self.plan, BOTTOM)

    def _build_data(self) -> Iterator[None]:
        from nnstudio.panels.data import DataPanel

        self.data = DataPanel(
            self._document, self._link.request, self._docking.host("data", "Data")
        )
        yield
        self._dock("data", self.data, BOTTOM)

    def _build_variables(self) -> None:
        from nnstudio.panels.variables import VariablesPanel

        dock = self._docking.host("variables", "Variables")
        self.variables = VariablesPanel(self._document, dock)
        self.keep(self.variables)
        self._dock("variables", scrolled(self.variables, dock), BOTTOM)

    def _dock(self, name: str, content: QWidget, area: Qt.DockWidgetArea) -> None:
        self.keep(content)
        self._docking.add(name, content, area)

    def keep(self, part: object) -> None:
        """Take in a part that is told as the panels are."""
        self._kept.append(part)

    def commit(self) -> None:
        """Do what stands typed in a field, before it is saved or run."""
        self._tell("commit")

    def dispose(self) -> None:
        """Let all parts go."""
        self._tell("dispose")
        self._kept.clear()

    def _tell(self, what: str) -> None:
        for part in self._kept:
            does: Callable[[], None] | None = getattr(part, what, None)
            if does is not None:
                does()
