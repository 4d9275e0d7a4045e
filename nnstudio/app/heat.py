"""What is shown as heat on the drawing: chosen once, kept up to date while the drawing changes.

Owns the choice and the last measurement. A measurement belongs to the code it was made with: once
that changes, its colours go and the legend offers to measure again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from nnstudio import theme
from nnstudio.app.graph_page import looked_at, refused
from nnstudio.app.trail import prefix
from nnstudio.document import events

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor
    from nnstudio.app.link import Link
    from nnstudio.canvas import CanvasView
    from nnstudio.document.events import Event
    from nnstudio.plotdata.heat import Heat

ROWS = 64
"""Training rows on which times and gradients are measured."""
AGAIN = "Measure again"
_TURN = re.compile(r"\[\d+\]")


class HeatControl(QObject):
    """Heat on the drawing shown in one editor."""

    def __init__(self, editor: Editor, link: Link) -> None:
        super().__init__(editor)
        self._editor, self._link = editor, link
        self.chosen = ""
        """The measure shown, or empty."""
        self._measured: dict[str, tuple[str, dict[str, Any]]] = {}
        """Network to the code that was measured, and what was found."""
        self._asked = False
        self._fault = ""
        self._shown_on: CanvasView | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(30)
        self._soon.timeout.connect(self.refresh)
        self._unsubscribe = editor.document.subscribe(self._heard)
        editor.drawings.shown_changed.connect(lambda _: self.refresh())
        theme.notifier.theme_changed.connect(self._theme_changed)

    def dispose(self) -> None:
        """Stop following the document."""
        self._soon.stop()
        self._unsubscribe()
        theme.notifier.theme_changed.disconnect(self._theme_changed)

    def show(self, measure: str) -> None:
        """Show a measure as heat, or none."""
        from nnstudio.plotdata.heat import BY_ID

        self.chosen, self._fault = measure, ""
        if measure and BY_ID[measure].measured and self._old():
            self.measure()
        self.refresh()

    def measure(self) -> None:
        """Ask the worker for times and gradients of the network in whose drawing a person is."""
        from graph_compiler.files import project_text
        from nnstudio.runs.trust import is_trusted

        if self._asked:
            return
        document = self._editor.document
        reason = refused(self._editor)
        if not reason and not is_trusted(document.project):
            reason = (
                "Measuring runs the Python that this project brings along. "
                "Press Run once: you are then shown the code and asked."
            )
        if reason:
            self._fault = reason
            self.refresh()
            return
        self._asked, self._fault = True, ""
        network, code = looked_at(self._editor), self._code()
        payload = {
            "project": project_text(document.project),
            "weights": self._editor.view.checkpoint(),
            "rows": ROWS,
            "device": self._editor.run.device,
            "network": network,
        }

        def answered(result: Any) -> None:
            self._asked = False
            self._measured[network] = (code, result if isinstance(result, dict) else {})
            self.refresh()

        self._link.request("timing", payload, answered, self._failed)

    def refresh(self) -> None:
        """Bring the canvas shown up to date."""
        canvas = self._editor.canvas
        if self._shown_on is not None and self._shown_on is not canvas:
            self._shown_on.show_marks({})
            self._disconnect(self._shown_on)
            self._shown_on = None
        if not self.chosen:
            if self._shown_on is not None:
                self._shown_on.show_marks({})
                self._disconnect(self._shown_on)
                self._shown_on = None
            return
        if self._shown_on is None:
            canvas.legend.closed.connect(self._put_away)
            canvas.legend.button_pressed.connect(self.measure)
            self._shown_on = canvas
        self._paint(canvas)

    def _paint(self, canvas: CanvasView) -> None:
        from nnstudio.canvas.heat import key_of, tints_of
        from nnstudio.canvas.legend import Key
        from nnstudio.plotdata.heat import BY_ID, HeatError

        measure = BY_ID[self.chosen]
        try:
            heat = self._heat()
        except HeatError as error:
            self._fault, heat = str(error), None
        if heat is None:
            canvas.show_marks({}, key=Key(measure.title, *self._why_not()))
            return
        again = AGAIN if measure.measured else ""
        canvas.show_marks(tints_of(heat, theme.current()), key=key_of(heat, again))

    def _heat(self) -> Heat | None:
        from nnstudio.plotdata.heat import BY_ID, of_facts, of_measurement

        drawings, document = self._editor.drawings, self._editor.document
        if not BY_ID[self.chosen].measured:
            facts = {
                name: known
                for name in document.project.networks[drawings.shown].nodes
                if (known := document.facts(drawings.shown, name)) is not None
            }
            return of_facts(self.chosen, facts)
        if self._fault or self._old():
            return None
        network = drawings.trail[0].drawing
        if network not in self._measured:
            return None
        above = _TURN.sub("", prefix(drawings.trail)).rstrip("/")
        return of_measurement(self.chosen, self._measured[network][1], above)

    def _why_not(self) -> tuple[str, str, str, str]:
        """Low and high end, note and button of a legend without figures."""
        if self._asked:
            return "", "", "Measuring one batch, forward and backward…", ""
        if self._fault:
            return "", "", self._fault, AGAIN
        root = self._editor.drawings.trail[0].drawing
        if reason := refused(self._editor):
            return "", "", reason, ""
        if root != looked_at(self._editor):
            return "", "", f"“{root}” is in no network: it is measured where it is used.", ""
        if root not in self._measured:
            return "", "", f"“{root}” has not been measured yet.", "Measure"
        return "", "", "The drawing has changed since it was measured.", AGAIN

    def _failed(self, reason: str) -> None:
        self._asked, self._fault = False, reason
        self.refresh()

    def _old(self) -> bool:
        found = self._measured.get(looked_at(self._editor))
        return found is None or self._code() != found[0]

    def _code(self) -> str:
        source = self._editor.document.source(looked_at(self._editor))
        return source.text if source is not None else ""

    def _put_away(self) -> None:
        self.show("")

    def _disconnect(self, canvas: CanvasView) -> None:
        canvas.legend.closed.disconnect(self._put_away)
        canvas.legend.button_pressed.disconnect(self.measure)

    def _theme_changed(self, _: object) -> None:
        self.refresh()

    def _heard(self, event: Event) -> None:
        if not self.chosen:
            return
        if isinstance(event, events.ReportChanged | events.HistoryChanged | events.ProjectChanged):
            self._soon.start()
