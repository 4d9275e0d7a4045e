"""Settings, questions, reports and errors: what stands over the window."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from screens import screen

if TYPE_CHECKING:
    from studio import Studio


@screen
def settings(studio: Studio) -> None:
    from nnstudio.app.settings_dialog import KEYBOARD, PAGES

    window = studio.open("template:lenet5")
    for page in (*PAGES, KEYBOARD):
        window.show_settings(page)
        studio.keep(page.lower(), studio.dialog("settings"))


@screen
def questions(studio: Studio) -> None:
    from nnstudio.document import steps

    with TemporaryDirectory() as folder:
        window = studio.open("template:lenet5")
        document = window.editor.document
        document.do(steps.set_param(document, "main", ("fc1",), "out_features", 200))
        window.files.leaving.ask(lambda: None)
        _keep_and_close(studio, "unsaved", "save_question")
        window.files.saving._ask_about_change(Path(folder) / "lenet.nns", None)
        _keep_and_close(studio, "changed", "changed_on_disk")


@screen
def trust(studio: Studio) -> None:
    from nnstudio.app.trust import TrustQuestion

    window = studio.open("template:lenet5")
    code = "import torch\nfrom torch import nn\n\n\nclass Twice(nn.Module):\n"
    code += "    def forward(self, x: torch.Tensor) -> torch.Tensor:\n        return 2 * x\n"
    question = TrustQuestion(window, (("Twice", code), ("Thrice", code.replace("2", "3"))))
    question.open()
    studio.keep(of=question)
    question.close()


@screen
def error(studio: Studio) -> None:
    from nnstudio.app.errors import ErrorReport

    window = studio.open("template:lenet5")
    where = "Traceback (most recent call last):\n  File “canvas.py”, line 3, in draw\nValueError: 7"
    window._show_error(ErrorReport("The picture could not be drawn: 7 is no size.", where))
    studio.keep()
    window._show_error(ErrorReport("A second thing went wrong.", where))
    studio.keep("two")


@screen
def finished(studio: Studio) -> None:
    from nnstudio.document import steps

    editor = studio.open("template:lenet5").editor
    editor.document.do(steps.set_stage(editor.document, "epochs", 4))
    studio.until(lambda: editor.view.devices.known)
    editor.run.toggle()
    studio.until(lambda: editor.run.live)
    studio.until(lambda: not editor.run.live)
    studio.rest(1.0)
    studio.keep()


def _keep_and_close(studio: Studio, part: str, name: str) -> None:
    box = studio.dialog(name)
    studio.keep(part, box)
    box.close()
    studio.rest(0.1)
