"""What the editor shows of its run: progress, plots, how it ended.

Mirrors `RunControl`; only the plot that can be seen is refreshed, since drawing takes the core that
training needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from nnstudio.app.advice import clear_advice, show_advice
from nnstudio.app.device_choice import DeviceChoice
from nnstudio.app.difference import Difference
from nnstudio.app.figures import count, duration, rate
from nnstudio.app.graph_page import GraphPage
from nnstudio.app.link import Link
from nnstudio.app.outcome import result_words, told
from nnstudio.app.run_control import LIVE, Phase
from nnstudio.app.trail import plain
from nnstudio.document.sources import no_data

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor

PLOT_EVERY = 0.1
"""Seconds between two refreshes of a plot."""

TURN, TURNS = 30, 8
"""Milliseconds between refreshes of plots that lag behind, and how many at least."""


class RunView(QObject):
    """Joins one editor with its run."""

    def __init__(self, editor: Editor, link: Link) -> None:
        super().__init__(editor)
        self._editor, self._link, self._run = editor, link, editor.run
        self.devices = DeviceChoice(editor)
        self.graph = GraphPage(editor, link)
        self.difference = Difference(editor)
        self._plotted = 0.0
        self._turns = 0
        self._catch_up = QTimer(self)
        self._catch_up.setInterval(TURN)
        self._catch_up.timeout.connect(self._one_turn)
        run, bar = self._run, editor.bar
        run.phase_changed.connect(self._phase_changed)
        run.progressed.connect(self._progressed)
        run.run_changed.connect(self._run_changed)
        run.refused_to_start.connect(self._refused)
        run.ended.connect(self._ended)
        run.message.connect(editor.say)
        run.trust_needed.connect(self._ask_for_trust)
        run.run_trust_needed.connect(self._ask_for_trust_in_run)
        bar.speed_changed.connect(run.set_speed)
        self._phase_changed(run.phase)
        self.devices.show()
        bar.show_progress("", "", None)

    def dispose(self) -> None:
        """Let go of plots and timers."""
        self.difference.dispose()
        self._catch_up.stop()
        self._editor.training.set_run(None)
        self._editor.gap.set_run(None, self._editor.document.purpose)
        self.graph.dispose()

    def _ask_for_trust(self, project: Any, then: Callable[[], None]) -> None:
        from nnstudio.app.trust import when_trusted

        when_trusted(self._editor, project, then)

    def _ask_for_trust_in_run(self, path: Any, then: Callable[[], None]) -> None:
        from nnstudio.app.trust import when_run_trusted

        when_run_trusted(self._editor, path, then)

    # The run

    def _run_changed(self, reader: Any) -> None:
        self._editor.training.set_run(reader)
        self._editor.gap.set_run(reader, self._editor.document.purpose)
        for key in ("ended", "failed", "lost", "differs", "refused"):
            self._editor.notices.clear(key)
        clear_advice(self._editor)
        self.difference.take_run()
        self.graph.forget()
        if reader is None:
            self._editor.bar.show_progress("", "", None)
        self.difference.look_soon()

    def _phase_changed(self, phase: Phase) -> None:
        self._editor.bar.show_running(phase in (Phase.RUNNING, Phase.STARTING))
        self._window_actions().refresh()
        if phase in (Phase.STARTING, Phase.RUNNING):
            for key in ("failed", "lost", "ended", "refused", "evaluated"):
                self._editor.notices.clear(key)
        if phase is Phase.STARTING:
            self._editor.bar.show_progress("starting…", "", 0.0)
            if not self._editor.docks["gap"].in_front:
                self._editor.show_panel("training")
        self._progressed()

    def _progressed(self) -> None:
        state = self._run.state
        if state is None:
            return
        self._editor.bar.show_progress(*self._words(state))
        self.devices.show()
        over = self._run.phase not in LIVE
        if over or time.monotonic() - self._plotted >= PLOT_EVERY:
            self.refresh()

    def refresh(self) -> None:
        """Bring the plot in front up to date."""
        self._plotted = time.monotonic()
        if self._run.reader is None:
            return
        if self._editor.docks["training"].in_front:
            self._editor.training.refresh()
        if self._editor.docks["gap"].in_front:
            self._editor.gap.refresh()

    def catch_up(self) -> None:
        """Bring the plot in front up to date, panel by panel, also when the run has ended."""
        self._turns = TURNS
        self._catch_up.start()

    def _one_turn(self) -> None:
        self.refresh()
        self._turns -= 1
        training = self._editor.training
        behind = self._editor.docks["training"].in_front and training.behind
        if self._turns <= 0 and (self._run.live or not behind):
            self._catch_up.stop()

    def _words(self, state: Any) -> tuple[str, str, float | None]:
        run = self._run
        total = run.steps_in_all
        share = min(1.0, state.step / total) if total else 0.0
        epoch = min(state.epoch + (0 if state.over else 1), state.epochs or 1)
        where = f"epoch {epoch} of {state.epochs or '?'} · step {count(state.step)}"
        match run.phase:
            case Phase.STARTING:
                return "starting…", "", 0.0
            case Phase.RUNNING if run.rate > 0:
                left = (total - state.step) / run.rate if total else 0.0
                fast = f"{rate(run.rate * run.batch_size)} samples/s"
                return where, f"{fast} · {duration(left)} left" if total else fast, share
            case Phase.RUNNING:
                return where, "", share
            case Phase.FINISHED:
                return where, result_words(state.metrics), 1.0
            case phase:
                return where, str(phase), share

    def _ended(self, state: Any) -> None:
        notices, run = self._editor.notices, self._run
        self.catch_up()
        if run.phase is Phase.FINISHED and state is not None:
            self._tell_result(state)
            show_advice(self._editor)
        elif run.phase is Phase.FAILED:
            failure = run.last_failure
            node = str(failure.get("node") or "")
            words = str(failure.get("text") or (state.reason if state else "")) or "no reason given"
            buttons = []
            if self._outermost(node) in self._editor.document.network(self._trained).nodes:
                self._show_node(node)
                buttons.append(("Show node", "show_node", lambda: self._show_node(node)))
            detail = str(failure.get("detail") or "")
            if detail:
                buttons.append(("Details", "show_details", lambda: self._details(words, detail)))
            if not run.refused("resume") and state is not None and state.checkpoint:
                buttons.append(("Resume from the last checkpoint", "resume_run", run.resume))
            notices.show_notice("failed", "error", f"The run failed: {words}", *buttons)
        elif run.phase is Phase.LOST:
            reason = state.reason if state else ""
            notices.show_notice(
                "lost",
                "warning",
                f"The worker is gone: {reason or 'it ended without a word'} The curves are kept.",
                ("Resume", "resume_run", run.resume),
            )
        self._window_actions().refresh()

    def _tell_result(self, state: Any) -> None:
        """The result in a strip; what is not a success does not look like one."""
        editor = self._editor
        editor.gap.refresh()
        verdict = editor.gap.verdict()
        kind, title = (verdict.kind, verdict.title) if verdict is not None else ("", "")
        facts = editor.document.purpose.data
        look, text = told(state.metrics, state.epoch, facts, kind, title, state.test_readings)
        why = ("Show why", "show_verdict", lambda: editor.show_panel("gap"))
        editor.notices.show_notice("ended", look, text, *((why,) if look == "warning" else ()))

    def _refused(self, reason: str) -> None:
        notices, editor = self._editor.notices, self._editor
        notices.clear("ended")
        if reason == no_data(editor.document.project.data):
            choose = ("Choose data", "choose_data", lambda: editor.show_panel("data"))
            notices.show_notice("refused", "error", reason, choose)
            editor.show_panel("data")
            return
        show = ("Show problems", "show_problems", lambda: editor.show_panel("problems"))
        notices.show_notice("refused", "error", f"This cannot run yet. {reason}", show)
        if self._run.hindrance():
            editor.show_panel("problems")

    def _show_node(self, node: str) -> None:
        self._editor.show_network()
        self._editor.show_path(node, self._trained)
        self._editor.canvas.frame_selection()

    @staticmethod
    def _outermost(path: str) -> str:
        return plain(path).split("/", 1)[0]

    def _details(self, words: str, detail: str) -> None:
        from nnstudio.app.reports import show_text

        show_text(self._editor, "run_details", "Why the run failed", f"{words}\n\n{detail}")

    # The drawing against the run

    def drawing_changed(self) -> None:
        """Something was edited; compare when it is quiet."""
        self._editor.notices.clear("refused")
        clear_advice(self._editor)
        self.difference.look_soon()

    def checkpoint(self) -> str | None:
        """The weights of the run, where they fit the drawing as it is now."""
        state, path = self._run.state, self._run.path
        if path is None or state is None or not state.checkpoint or self.difference.differs:
            return None
        return str(Path(path) / state.checkpoint)

    @property
    def _trained(self) -> str:
        """The network that runs."""
        return self._editor.document.trained

    def _window_actions(self) -> Any:
        return self._editor.window().actions_made
