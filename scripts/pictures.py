"""Render the real window's screens to PNG files: `python scripts/pictures.py FOLDER`.

Each picture is the window itself, opened, trained and driven as a person would, without a display.
`--scale 2` renders at 200 %; without it both scales are made.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

PATIENCE = 120.0


def main() -> int:
    """Render everything, each scale in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=int, choices=(1, 2))
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    if chosen.scale is not None:
        return Pictures(chosen.folder, chosen.scale).render()
    for scale in (1, 2):
        with tempfile.TemporaryDirectory() as home:
            environment = {**os.environ, "QT_SCALE_FACTOR": str(scale), "NNSTUDIO_HOME": home}
            command = [sys.executable, __file__, str(chosen.folder), "--scale", str(scale)]
            status = subprocess.run(command, env=environment, check=False).returncode
            if status:
                return status
    return 0


class Pictures:
    """The screens, one method each."""

    def __init__(self, folder: Path, scale: int) -> None:
        from PySide6.QtWidgets import QApplication

        from nnstudio.app import launch

        self._folder, self._scale, self._launch = folder, scale, launch
        self._app = QApplication.instance() or QApplication([])

    def render(self) -> int:
        """All screens of this scale."""
        if self._scale == 2:
            self._training("dark", (1440, 900), "window-200-percent")
            return 0
        self._start("dark")
        self._start("light")
        self._training("dark", (1680, 1050), "window-dark", more=True)
        self._training("light", (1680, 1050), "window-light")
        self._training("dark", (1366, 768), "window-1366x768")
        self._problems()
        return 0

    def _open(self, target: str | None, theme: str, size: tuple[int, int]):
        from nnstudio.app.settings import Settings

        settings = Settings()
        settings.theme = theme
        settings.sync()
        window = self._launch.open_window(self._app, target)
        window.resize(*size)
        window.show()
        self._until(lambda: hasattr(window, "actions_made"))
        if target is not None:
            self._until(lambda: window.editor is not None)
        self._rest(0.5)
        return window

    def _until(self, what: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not what():
            if time.monotonic() > end:
                raise TimeoutError("the window did not get where its picture was to be taken")
            self._app.processEvents()
            time.sleep(0.005)

    def _rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self._until(lambda: time.monotonic() > end)

    def _keep(self, window, name: str) -> None:
        self._rest(0.3)
        window.grab().save(str(self._folder / f"{name}.png"))
        print(self._folder / f"{name}.png")

    def _close(self, window) -> None:
        from nnstudio.app.settings import Settings

        window.files.forget_changes()
        window.close_at_once()
        window.deleteLater()
        Settings().docks = window.settings.docks.__class__()
        self._app.processEvents()

    def _start(self, theme: str) -> None:
        window = self._open(None, theme, (1440, 900))
        self._keep(window, f"start-{theme}")
        self._close(window)

    def _training(
        self, theme: str, size: tuple[int, int], name: str, *, more: bool = False
    ) -> None:
        from nnstudio.document import steps

        window = self._open("template:lenet5", theme, size)
        editor = window.editor
        editor.document.do(steps.set_name(editor.document, "LeNet-5 on digits"))
        editor.select_node("fc1")
        self._until(lambda: editor.view.devices_known)
        editor.run.set_speed(60)
        editor.run.toggle()
        self._until(lambda: editor.run.state is not None and editor.run.state.epoch >= 1)
        editor.run.set_speed(None)
        self._until(lambda: editor.run.state.epoch >= 14)
        editor.run.set_speed(5)
        self._rest(0.6)
        self._keep(window, name)
        if more:
            window.editor.show_panel("gap")
            self._keep(window, "bias-and-variance")
            window.show_command_palette()
            self._keep(window, "actions")
            window._palette.dismiss()
            editor.run.set_speed(None)
            self._until(lambda: not editor.run.live)
            editor.show_panel("training")
            self._keep(window, "finished")
            editor.notices.clear("ended")
            editor.show_graph()
            self._until(lambda: editor.view.graph_shown)
            self._keep(window, "computational-graph")
            editor.show_network()
            for panel in ("plan", "data", "variables"):
                editor.show_panel(panel)
                self._rest(1.5)
                self._keep(window, panel)
        if editor.run.live:
            editor.run.stop()
            self._until(lambda: not editor.run.live)
        self._close(window)

    def _problems(self) -> None:
        from nnstudio.document import steps

        window = self._open("template:lenet5", "dark", (1440, 900))
        editor = window.editor
        document = editor.document
        document.do(steps.set_param(document, "main", ("fc3",), "out_features", 12))
        editor.show_panel("problems")
        self._keep(window, "problems")
        self._close(window)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
