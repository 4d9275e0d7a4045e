"""What the window's process loads and when, asked of a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from nnstudio.app.launch import HEAVY

ROOT = Path(__file__).parents[3]

FIRST_PAINT = """
import json, os, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from nnstudio.app import launch
app = QApplication([])
window = launch.open_window(app, {target!r})
loaded = []
def painted():
    print(json.dumps([name for name in {heavy!r} if name in sys.modules]), flush=True)
    os._exit(0)
window.first_painted.disconnect()
window.first_painted.connect(painted)
window.show()
app.exec()
"""

WHOLE_LIFE = """
import json, os, sys, time
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication
from nnstudio.app import launch
from nnstudio.document import steps
FORBIDDEN = ("torch", "sklearn", "pandas", "nnstudio.engine.worker")
app = QApplication([])
window = launch.open_window(app, "template:mlp")
window.show()
def until(what):
    end = time.monotonic() + 90
    while not what():
        assert time.monotonic() < end, "it did not come"
        app.processEvents()
        time.sleep(0.005)
def held(moment):
    print(json.dumps({"moment": moment, "held": [n for n in FORBIDDEN if n in sys.modules]}))
until(lambda: window.editor is not None)
held("start")
editor = window.editor
document = editor.document
document.do(steps.set_stage(document, "epochs", 3))
document.do(steps.append_layer(document, "main", "relu2", "Dropout"))
for panel in editor.docks:
    editor.show_panel(panel)
    app.processEvents()
editor.code.tabs.setCurrentIndex(1)
held("edit")
editor.show_panel("training")
editor.run.toggle()
until(lambda: editor.run.phase == "finished")
editor.show_panel("gap")
until(lambda: not editor.view._catch_up.isActive())
held("train")
editor.show_graph()
until(lambda: editor.view.graph.shown)
held("plot")
window.files.forget_changes()
window.close_at_once()
held("close")
"""


def run(script: str, home: Path) -> list[object]:
    """The JSON lines that a script prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "NNSTUDIO_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_nothing_heavy_before_the_first_paint(own_home: Path) -> None:
    for target in (None, "template:lenet5"):
        assert run(FIRST_PAINT.format(target=target, heavy=HEAVY), own_home) == [[]]


def test_the_window_never_holds_torch(own_home: Path) -> None:
    assert run(WHOLE_LIFE, own_home) == [
        {"moment": moment, "held": []} for moment in ("start", "edit", "train", "plot", "close")
    ]


def test_a_signal_ends_the_program_and_keeps_what_is_not_saved(own_home: Path) -> None:
    script = """
import json, os, signal, sys, threading, time
from nnstudio.app import launch
from nnstudio.app.window import Window
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
app = QApplication([])
def edit():
    window = next(w for w in app.topLevelWidgets() if isinstance(w, Window))
    if window.editor is None:
        QTimer.singleShot(50, edit)
        return
    from nnstudio.document import steps
    document = window.editor.document
    document.do(steps.append_layer(document, "main", "relu2", "Dropout"))
    QTimer.singleShot(0, lambda: os.kill(os.getpid(), signal.SIGTERM))
QTimer.singleShot(50, edit)
status = launch.main("template:mlp")
from nnstudio.document.autosave import Recovery
from nnstudio import places
kept = list(places.recovery().glob("*.nns"))
print(json.dumps([status, len(kept), "dropout1" in kept[0].read_text()]))
"""
    assert run(script, own_home) == [[0, 1, True]]
