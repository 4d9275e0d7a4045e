"""The settings of one window: the dialog, and that every choice takes effect at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from nnstudio.app.settings import use_theme
from nnstudio.theme import motion, scale

if TYPE_CHECKING:
    from graph_compiler.model import Project
    from nnstudio.app.settings_dialog import SettingsDialog
    from nnstudio.app.window import Window


class Applying(QObject):
    """Follows the settings for one window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.known_devices: dict[str, str] = {}
        """What the worker has said of the machine's devices: id and words."""
        self.checkpoint_size = 0
        """Bytes of one checkpoint of the project at hand; 0 while that is not known."""
        self._dialog: SettingsDialog | None = None
        self._end = window.settings.listen(self._heard)

    def close(self) -> None:
        """Follow no more."""
        self._end()

    def put_on_editor(self) -> None:
        """What an editor needs to know when it is made."""
        for name in ("device", "threads", "processes"):
            self._heard(name)

    def show_settings(self, page: str = "") -> None:
        """Open the dialog, on a page or where it is."""
        from nnstudio.app.settings_dialog import SettingsDialog

        if self._dialog is None:
            self._ask_for_size()
            self._dialog = SettingsDialog(self._window)
            self._dialog.destroyed.connect(self._dialog_gone)
            self.ask_for_devices()
        if page:
            self._dialog.show_page(page)
        self._dialog.open()

    def _dialog_gone(self) -> None:
        self._dialog = None

    def ask_for_devices(self) -> None:
        """Ask the worker which devices this machine has."""
        self._window.link.request("devices", {}, self._know_devices, lambda reason: None)

    def _know_devices(self, answer: object) -> None:
        from nnstudio.app.device_choice import named_devices

        self.known_devices = named_devices(answer)
        if self._window.editor is not None:
            self._window.editor.view.devices.know(answer)
        if self._dialog is not None:
            self._dialog.refresh()

    def _ask_for_size(self) -> None:
        """Work out, in a thread, how large the project's checkpoints are."""
        self.checkpoint_size = 0
        editor = self._window.editor
        if editor is not None:
            from nnstudio.app.snapshot import snapshot

            project = snapshot(editor.document.project)
            self._window.link.work(
                lambda: _checkpoint_size(project), self._know_size, lambda error: None
            )

    def _know_size(self, size: int) -> None:
        self.checkpoint_size = size
        if self._dialog is not None:
            self._dialog.refresh()

    def _heard(self, name: str) -> None:
        window, settings = self._window, self._window.settings
        editor = window.editor
        match name:
            case "theme":
                use_theme(settings.theme)
            case "type_percent":
                scale.use(settings.type_percent)
            case "motion":
                motion.use(settings.motion)
            case "keys":
                window.actions_made.take_keys()
            case "autosave":
                window.files.use_delay()
            case "recent_count":
                window.start.show_recent(settings.recent, settings.pinned)
            case "runs_folder":
                window.files.unfinished.look()
            case "device" if editor is not None:
                editor.run.device = settings.device
                editor.view.devices.refresh()
            case "threads" if editor is not None:
                editor.run.threads = settings.threads
            case "processes" if editor is not None:
                editor.run.processes = settings.processes
                editor.view.devices.refresh()
            case "wires" | "wire_shapes" | "wires_by_size" | "minimap" if editor is not None:
                editor.canvas_look.refresh()
        window.actions_made.refresh_soon()


def _checkpoint_size(project: Project) -> int:
    """Bytes of the weights, of what the optimizer keeps beside them, and of averages."""
    from nnstudio.runs.forecast import forecast
    from nnstudio.runs.readiness import reports

    found = forecast(project, reports(project))
    return found.weights + found.optimizer + found.averages if found is not None else 0
