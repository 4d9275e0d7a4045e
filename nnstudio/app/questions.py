"""Questions and statements in dialogs that do not stop the event loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QMessageBox, QWidget

Role = QMessageBox.ButtonRole

_ROLES = {
    "yes": Role.AcceptRole,
    "danger": Role.DestructiveRole,
    "other": Role.ActionRole,
    "cancel": Role.RejectRole,
}


def ask(
    parent: QWidget,
    name: str,
    text: str,
    more: str,
    choices: tuple[tuple[str, str, str], ...],
    then: Callable[[str], None],
    no_more: Callable[[], None] | None = None,
) -> QMessageBox:
    """Ask once; `choices` are (answer, words on the button, `yes`, `danger`, `other` or `cancel`).

    `then` gets the answer; closing the dialog is the answer "cancel". With `no_more` a person can
    ask not to be asked again; it is called before `then`, unless the answer is "cancel".
    """
    box = QMessageBox(parent)
    box.setObjectName(name)
    box.setWindowTitle("NN Studio")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.setInformativeText(more)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    answers = {}
    for i, (answer, words, role) in enumerate(choices):
        button = box.addButton(words, _ROLES[role])
        button.setObjectName(f"{name}_{answer}")
        answers[button] = answer
        if i == 0:
            box.setDefaultButton(button)
            button.setProperty("role", "primary")
        if role == "cancel":
            box.setEscapeButton(button)
    if no_more is not None:
        again = QCheckBox("Do not ask again", box)
        again.setObjectName(f"{name}_again")
        again.setToolTip("The settings bring the question back.")
        box.setCheckBox(again)

    def finished() -> None:
        answer = answers.get(box.clickedButton(), "cancel")
        if no_more is not None and box.checkBox().isChecked() and answer != "cancel":
            no_more()
        then(answer)

    box.finished.connect(lambda _: finished())
    box.open()
    return box


def tell(parent: QWidget, name: str, text: str, more: str = "", details: str = "") -> QMessageBox:
    """Say something that must be read; `details` are one click away."""
    box = ask(parent, name, text, more, (("ok", "OK", "cancel"),), lambda _: None)
    if details:
        box.setDetailedText(details)
    return box
