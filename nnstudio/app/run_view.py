"""What the editor shows of its run: progress, plots, notices, device, computational graph.

Mirrors `RunControl`; only the plot that can be seen is refreshed, since drawing takes the core that
training needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from nnstudio.app.advice import clear_advice, show_advice
from nnstudio.app.figures import count, duration, rate, size
from nnstudio.app.link import Link
from nnstudio.app.outcome import result_words, told
from nnstudio.app.run_control import LIVE, Phase
from nnstudio.app.trail import plain, prefix
from nnstudio.document.sources import no_data

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor
    from nnstudio.plots.graph import GraphPlot

PROBE_ROWS = 8
DIFFERENCE_DELAY = 400
"""Milliseconds of quiet after an edit before the drawing is compared with the run's."""

PLOT_EVERY = 0.1
"""Seconds between two refreshes of a plot."""

TURN, TURNS = 30, 8
"""Milliseconds between, and number of, refreshes of a plot that was hidden."""


class RunView(QObject):
    """Joins one editor with its run."""

    def __init__(self, editor: Editor, link: Link) -> None:
        super().__init__(editor)
        self._editor, self._link, self._run = editor, link, editor.run
        self._devices: list[dict[str, Any]] = []
        self._graph: GraphPlot | None = None
        self._graph_of: tuple[str, int] | None = None
        self.graph_shown = False
        """Whether a computed graph is to be seen."""
        self._model_text: str | None = None
        self._plotted = 0.0
        self._turns = 0
        self._catch_up = QTimer(self)
        self._catch_up.setInterval(TURN)
        self._catch_up.timeout.connect(self._one_turn)
        self._compare = QTimer(self)
        self._compare.setSingleShot(True)
        self._compare.setInterval(DIFFERENCE_DELAY)
        self._compare.timeout.connect(self._compare_drawing)
        run, bar = self._run, editor.bar
        run.phase_changed.connect(self._phase_changed)
        run.progressed.connect(self._progressed)
        run.run_changed.connect(self._run_changed)
        run.refused_to_start.connect(self._refused)
        run.ended.connect(self._ended)
        run.message.connect(editor.say)
        run.trust_needed.connect(self._ask_for_trust)
        bar.speed_changed.connect(run.set_speed)
        bar.device_chosen.connect(self._device_chosen)
        self._phase_changed(run.phase)
        self._show_device()
        bar.show_progress("", "", None)

    def dispose(self) -> None:
        """Let go of plots and timers."""
        self._compare.stop()
        self._catch_up.stop()
        self._editor.training.set_run(None)
        self._editor.gap.set_run(None, self._editor.document.purpose)
        if self._graph is not None and hasattr(self._graph, "dispose"):
            self._graph.dispose()

    def _ask_for_trust(self, project: Any, then: Callable[[], None]) -> None:
        from nnstudio.app.trust import when_trusted

        when_trusted(self._editor, project, then)

    # The run

    def _run_changed(self, reader: Any) -> None:
        self._editor.training.set_run(reader)
        self._editor.gap.set_run(reader, self._editor.document.purpose)
        for key in ("ended", "failed", "lost", "differs", "refused"):
            self._editor.notices.clear(key)
        clear_advice(self._editor)
        self._model_text = self._read_model()
        self.forget_graph()
        if reader is None:
            self._editor.bar.show_progress("", "", None)
        self._compare.start()

    def _phase_changed(self, phase: Phase) -> None:
        self._editor.bar.show_running(phase in (Phase.RUNNING, Phase.STARTING))
        self._window_actions().refresh()
        if phase in (Phase.STARTING, Phase.RUNNING):
            for key in ("failed", "lost", "ended", "refused"):
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
        self._show_device()
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
        self._turns -= 1
        if self._turns <= 0:
            self._catch_up.stop()
        self.refresh()

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
        look, text = told(state.metrics, state.epoch, facts, kind, title)
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
        if self._run.reader is not None:
            self._compare.start()

    def _read_model(self) -> str | None:
        path = self._run.path
        if path is None:
            return None
        try:
            return (path / "model.py").read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None

    @property
    def _trained(self) -> str:
        """The network that runs."""
        return self._editor.document.trained

    def _compare_drawing(self) -> None:
        source = self._editor.document.source(self._trained)
        data = self._run.data
        if self._model_text is None or self._run.path is None:
            self._editor.notices.clear("differs")
        elif source is not None and source.text == self._model_text:
            if data is None or data == self._editor.document.project.data:
                self._editor.notices.clear("differs")
            else:
                self._editor.notices.show_notice(
                    "differs", "hint", "The data have changed since this run. Run trains on them."
                )
        else:
            self._editor.notices.clear("ended")
            self._editor.notices.show_notice(
                "differs",
                "hint",
                "The drawing has changed since this run. Run starts the new version.",
                ("Show the difference", "show_difference", self._show_difference),
                ("Open the run's drawing", "open_run_drawing", self._open_drawing),
            )

    def _show_difference(self) -> None:
        import difflib

        from nnstudio.app.reports import show_text

        source = self._editor.document.source(self._trained)
        now = source.text if source else "# The drawing has errors; there is no code.\n"
        lines = difflib.unified_diff(
            (self._model_text or "").splitlines(), now.splitlines(), "run", "drawing", lineterm=""
        )
        show_text(self._editor, "difference", "From the run to the drawing", "\n".join(lines))

    def _open_drawing(self) -> None:
        if self._run.path is not None:
            self._editor.window().files.opening.open_run_drawing(self._run.path)

    # Devices

    def _device_chosen(self, id: str) -> None:
        self._run.device = id
        self._show_device()
        self._show_devices()
        if self._run.live:
            self._editor.say("The next run uses that device.")

    def know_devices(self, answer: Any) -> None:
        """Take in what the worker says of the machine's devices."""
        found = answer.get("devices", answer) if isinstance(answer, dict) else answer
        self._devices = [d for d in found if isinstance(d, dict)] if isinstance(found, list) else []
        self._show_device()
        self._show_devices()

    @property
    def devices_known(self) -> bool:
        """Whether the worker has told which devices there are."""
        return bool(self._devices)

    def _show_devices(self) -> None:
        rows = [("auto", "Choose by itself", self._run.device == "auto")]
        for device in self._devices:
            id = str(device.get("id") or device.get("device") or "")
            rows.append((id, self._device_words(device), self._run.device == id))
        self._editor.bar.show_devices(rows)

    def _device_words(self, device: dict[str, Any]) -> str:
        name = str(device.get("name") or device.get("id") or "").strip()
        memory = device.get("memory") or device.get("total_memory")
        return f"{name} · {size(memory)}" if isinstance(memory, int | float) and memory else name

    def _show_device(self) -> None:
        state = self._run.state
        id = (state.device if state and state.device else "") or self._run.device
        known = {str(d.get("id") or d.get("device")): d for d in self._devices}
        if id == "auto":
            id = str(self._devices[0].get("id") or "") if self._devices else ""
        if not id:
            self._editor.bar.show_device("Device", "The devices are being looked up.", False)
            return
        threads = state.threads if state and state.threads else 0
        short = id.upper() if id.split(":")[0] in ("cpu", "mps", "xpu") else id
        if threads and id == "cpu":
            short += f", {threads} thread{'s' if threads > 1 else ''}"
        hint = self._device_words(known[id]) if id in known else id
        self._editor.bar.show_device(short, f"{hint}\nClick to choose another.")

    # The computational graph

    def graph_page(self) -> QWidget:
        """The page in the middle, made when it is first wanted."""
        if self._graph is None:
            from nnstudio.plots.graph import GraphPlot

            self._graph = GraphPlot()
            self._graph.node_activated.connect(self._graph_activated)
            self._editor.add_page(self._graph)
        return self._graph

    def forget_graph(self) -> None:
        """What is shown is old: compute it anew when it is looked at again."""
        self._graph_of = None

    def look_inside(self) -> None:
        """Compute the graph of one batch, unless it is shown already."""
        if self._graph is None:
            return
        from graph_compiler.files import project_text
        from nnstudio.runs.trust import is_trusted

        document = self._editor.document
        refused = self._editor.code_refused()
        if refused:
            self._graph.clear(refused)
            return
        if not is_trusted(document.project):
            self._graph.clear(
                "Looking inside runs the Python that this project brings along. "
                "Press Run once: you are then shown the code and asked."
            )
            return
        text = project_text(document.project)
        step = self._run.state.step if self._run.state else -1
        if self._graph_of == (text, step):
            return
        self._graph_of = (text, step)
        payload = {"project": text, "weights": self._checkpoint(), "rows": PROBE_ROWS}
        self.graph_shown = False
        self._graph.clear("Computing one batch, forward and backward…")
        self._link.request("probe", payload, self._show_graph, self._graph_failed)

    def _checkpoint(self) -> str | None:
        state, path = self._run.state, self._run.path
        source = self._editor.document.source(self._trained)
        same = source is not None and source.text == self._model_text
        if path is None or state is None or not state.checkpoint or not same:
            return None
        return str(Path(path) / state.checkpoint)

    def _show_graph(self, result: Any) -> None:
        if self._graph is not None:
            self.graph_shown = True
            self._graph.show_graph(result)
            self.select_nodes(self._editor.canvas.selected())

    def _graph_failed(self, reason: str) -> None:
        self._graph_of = None
        if self._graph is not None:
            self._graph.clear(reason)

    def _graph_activated(self, node: str) -> None:
        self._editor.show_path(node, self._trained)

    def select_nodes(self, names: tuple[str, ...]) -> None:
        """Mark the operations of these nodes of the drawing shown, in every turn and block."""
        if self._graph is None:
            return
        drawings = self._editor.drawings
        above = prefix(drawings.trail)
        if drawings.trail[0].drawing != self._trained:
            names = ()
        wanted = tuple(f"{above}{name}" for name in names)
        operations = self._graph.view().graph.operations.values()
        self._graph.select_nodes(
            {one.node for one in operations if _lies_in(plain(one.node), wanted)}
        )

    def _window_actions(self) -> Any:
        return self._editor.window().actions_made


def _lies_in(path: str, above: tuple[str, ...]) -> bool:
    """Whether a node is one of these or lies inside one."""
    return any(path == one or path.startswith(f"{one}/") for one in above)
