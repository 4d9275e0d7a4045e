"""The question whether Python that came with a project or a run may run: asked once, all shown.

Owns the dialog. What is trusted is kept by `nnstudio.runs.trust`; nothing is run here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.dialogs import size
from nnstudio.panels.code_view import CodeView
from nnstudio.panels.text import count
from nnstudio.runs.trust import KEPT, code_of, code_of_run, is_trusted, trust, trust_texts

if TYPE_CHECKING:
    from pathlib import Path

    from graph_compiler.model import Project

_OF_RUN = "This run keeps Python that is not what its project comes to."


class TrustQuestion(QDialog):
    """Shows all code that nobody has trusted yet and asks whether it may run."""

    def __init__(
        self, parent: QWidget, texts: tuple[tuple[str, str], ...], *, of_run: bool = False
    ) -> None:
        super().__init__(parent)
        self.setObjectName("trust_question")
        self.setWindowTitle("NN Studio")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        noun = "texts" if of_run else "layers"
        many = "both" if len(texts) == 2 else f"all {len(texts)}"
        these = "it" if len(texts) == 1 else f"{many} {noun}"
        heading = QLabel(_OF_RUN if of_run else "This project brings Python of its own.")
        heading.setProperty("role", "head")
        origin = "Somebody or another version of NN Studio wrote it. " if of_run else ""
        words = QLabel(
            f"{origin}It would run on your computer with all your rights. Read {these} before you "
            "let it: trust only what you understand, or whoever wrote it. If one character "
            "changes, you are asked again."
        )
        for text in (heading, words):
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setWordWrap(True)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("trust_layers")
        self.tabs.setDocumentMode(True)
        for name, text in texts:
            view = CodeView(f"trust_code_{name}")
            view.setAccessibleName(f"Python of {name}")
            view.setLineWrapMode(CodeView.LineWrapMode.WidgetWidth)  # nothing hides at the right
            view.show_code(text)
            self.tabs.addTab(view, f"{name} · {count(text.count(chr(10)) + 1, 'line')}")
        buttons = QDialogButtonBox()
        self.run_button = buttons.addButton(
            "Trust this code and run", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.run_button.setObjectName("trust_yes")
        self.refuse_button = buttons.addButton("Do not run", QDialogButtonBox.ButtonRole.RejectRole)
        self.refuse_button.setObjectName("trust_no")
        self.run_button.setAutoDefault(False)
        self.refuse_button.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(10)
        column.addWidget(heading)
        column.addWidget(words)
        column.addWidget(self.tabs, 1)
        column.addWidget(buttons)
        size(self, 720, 560)
        self.refuse_button.setFocus()


def when_trusted(parent: QWidget, project: Project, then: Callable[[], None]) -> None:
    """Call `then` where the project's code may run; ask first where that is not known.

    What is trusted is the code that was shown, even if the document has changed meanwhile.
    """
    if is_trusted(project):
        then()
        return
    question = TrustQuestion(parent, code_of(project))

    def trusted() -> None:
        trust(project)
        then()

    question.accepted.connect(trusted)
    question.open()


def when_run_trusted(parent: QWidget, run: Path, then: Callable[[], None]) -> None:
    """Ask whether a run may be resumed whose Python nobody has trusted; then call `then`."""
    texts = code_of_run(run)
    question = TrustQuestion(parent, texts, of_run=any(name in KEPT for name, _ in texts))

    def trusted() -> None:
        trust_texts(texts, run.name)
        then()

    question.accepted.connect(trusted)
    question.open()
