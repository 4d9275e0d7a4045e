"""Export: the very text that runs, as `model.py`, or with `train.py` beside it in a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from nnstudio.app.dialogs import file_dialog
from nnstudio.app.questions import ask

if TYPE_CHECKING:
    from nnstudio.app.window import Window

PICTURE_FILTER = "SVG picture (*.svg);;PDF page (*.pdf);;PNG picture (*.png)"


class Exporting(QObject):
    """Asks where to, writes in a thread, says what was written."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window

    def model(self) -> None:
        """Ask for a file and write the network's Python to it."""
        editor = self._window.editor
        source = editor.document.source(editor.document.trained) if editor else None
        if source is None:
            return
        dialog = file_dialog(
            self._window,
            "export_model_dialog",
            "Export model.py",
            "Python (*.py)",
            self._window.settings.folder,
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("py")
        dialog.selectFile("model.py")
        dialog.fileSelected.connect(lambda to: self._write({Path(to): source.text}, Path(to)))
        dialog.open()

    def script(self) -> None:
        """Ask for a folder and write `model.py` and `train.py` into it."""
        editor = self._window.editor
        source = editor.document.planned_source() if editor else None
        if editor is None or source is None:
            return
        from nnstudio.document.exported import exported_texts

        project = editor.document.project
        home = editor.document.path.parent if editor.document.path else Path.cwd()
        texts = exported_texts(project, source, {"folder": str(home), "fingerprint": True})
        dialog = file_dialog(
            self._window,
            "export_script_dialog",
            "Export model.py and train.py into a folder",
            "",
            self._window.settings.folder,
        )
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)

        def chosen(folder: str) -> None:
            home = Path(folder)
            files = {home / name: text for name, text in texts.items()}
            there = [path.name for path in files if path.exists()]
            if there:
                self._ask_to_replace(there, home, lambda: self._write(files, home))
            else:
                self._write(files, home)

        dialog.fileSelected.connect(chosen)
        dialog.open()

    def picture(self) -> None:
        """Ask for a file and draw the drawing shown into it."""
        editor = self._window.editor
        if editor is None:
            return
        from graph_compiler.files import project_text
        from nnstudio.canvas.picture import KINDS, NothingToShow, picture

        document, drawing = editor.document, editor.drawings.shown
        dialog = file_dialog(
            self._window,
            "export_picture_dialog",
            "Export picture",
            PICTURE_FILTER,
            self._window.settings.folder,
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("svg")
        dialog.selectFile(f"{drawing}.svg")

        def chosen(to: str) -> None:
            path = Path(to)
            kind = next((k for k in KINDS if path.suffix.lower() == f".{k}"), None)
            if kind is None:
                endings = ", ".join(f".{k}" for k in KINDS)
                self._not_exported(f"{path.name}: expected a name that ends in one of {endings}.")
                return
            try:
                text, wires = project_text(document.project), editor.canvas_look.wires
                made = picture(document, drawing, kind, text, wires)
            except NothingToShow as nothing:
                self._not_exported(str(nothing))
                return
            self._write({path: made}, path, "")

        dialog.fileSelected.connect(chosen)
        dialog.open()

    def _not_exported(self, reason: str) -> None:
        editor = self._window.editor
        if editor is not None:
            editor.notices.show_notice("exported", "error", f"Not exported. {reason}")

    def _ask_to_replace(self, names: list[str], folder: Path, then: Callable[[], None]) -> None:
        ask(
            self._window,
            "replace_question",
            f"Replace {' and '.join(names)}?",
            f"{folder} has {'them' if len(names) > 1 else 'it'} already; a copy is kept as NAME~.",
            (("replace", "Replace", "yes"), ("cancel", "Cancel", "cancel")),
            lambda answer: then() if answer == "replace" else None,
        )

    def _write(
        self,
        files: Mapping[Path, str | bytes],
        shown: Path,
        more: str = " They run without NN Studio.",
    ) -> None:
        def job() -> None:
            from graph_compiler.safe_io import safe_write

            for path, text in files.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                safe_write(path, text)

        def done(_: None) -> None:
            editor = self._window.editor
            folder = shown if shown.is_dir() else shown.parent
            self._window.settings.folder = folder
            if editor is not None:
                names = " and ".join(path.name for path in files)
                editor.notices.show_notice(
                    "exported",
                    "good",
                    f"Wrote {names} to {folder}.{more}",
                    ("Open folder", "open_folder", lambda: self._open_folder(folder)),
                )

        def failed(error: Exception) -> None:
            self._not_exported(str(error))

        self._window.link.work(job, done, failed)

    @staticmethod
    def _open_folder(folder: Path) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
