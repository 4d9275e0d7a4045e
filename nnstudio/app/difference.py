"""Whether the drawing is still what the shown run trains, told in a strip with ways to both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor

DELAY = 400
"""Milliseconds of quiet after an edit before the drawing is compared with the run's."""


class Difference(QObject):
    """Compares one editor's drawing with its run, by the code of both."""

    def __init__(self, editor: Editor) -> None:
        super().__init__(editor)
        self._editor, self._run = editor, editor.run
        self._model_text: str | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(DELAY)
        self._soon.timeout.connect(self._compare_drawing)

    def dispose(self) -> None:
        """Compare no more."""
        self._soon.stop()

    def look_soon(self) -> None:
        """Compare when no more is edited."""
        if self._run.reader is not None or self._model_text is not None:
            self._soon.start()

    def take_run(self) -> None:
        """Another run is shown, or none."""
        self._model_text = self._read_model()
        self._soon.start()

    @property
    def differs(self) -> bool:
        """Whether the drawing's code is another one than the run's."""
        source = self._editor.document.planned_source()
        return source is None or source.text != self._model_text

    def _read_model(self) -> str | None:
        path = self._run.path
        if path is None:
            return None
        try:
            return (path / "model.py").read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None

    def _compare_drawing(self) -> None:
        source = self._editor.document.planned_source()
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

        source = self._editor.document.planned_source()
        now = source.text if source else "# The drawing has errors; there is no code.\n"
        lines = difflib.unified_diff(
            (self._model_text or "").splitlines(), now.splitlines(), "run", "drawing", lineterm=""
        )
        show_text(self._editor, "difference", "From the run to the drawing", "\n".join(lines))

    def _open_drawing(self) -> None:
        if self._run.path is not None:
            self._editor.window().files.opening.open_run_drawing(self._run.path)
