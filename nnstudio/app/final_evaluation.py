"""Final evaluation from the window: the shown run's test part read on purpose, and counted.

Owns when that can be done and how it is told. The worker measures.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.app.outcome import FINISHED, result_words

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor

NOTICE = "evaluated"


def refused(editor: Editor) -> str:
    """Why the shown run cannot be evaluated now; "" where it can."""
    run = editor.run
    if run.path is None:
        return "There is no run to evaluate."
    if run.live:
        return "The run is still at work."
    if run.state is None or not run.state.checkpoint:
        return "The run has kept no weights yet."
    return ""


def evaluate(editor: Editor) -> None:
    """Have the worker read the test part with the run's last weights."""
    path = editor.run.path
    if path is None:
        return
    from nnstudio.runs.layout import RunError
    from nnstudio.runs.trust import TrustNeeded, require_of_run

    run = Path(path)
    try:
        require_of_run(run)
    except TrustNeeded:
        from nnstudio.app.trust import when_run_trusted

        when_run_trusted(editor, run, lambda: evaluate(editor))
        return
    except RunError as error:
        editor.notices.show_notice(NOTICE, "error", str(error))
        return
    editor.notices.show_notice(NOTICE, "hint", "Final evaluation: reading the test part…")

    def done(answer: Any) -> None:
        editor.notices.show_notice(NOTICE, "hint", told(answer))

    def failed(reason: str) -> None:
        editor.notices.show_notice(NOTICE, "error", f"Not evaluated. {reason}")

    editor.link.request("evaluate", {"run": str(run), "weights": "last"}, done, failed)


def told(answer: dict[str, Any]) -> str:
    """The scores and how often there was a look before, in two sentences."""
    result = result_words(answer["metrics"])
    scores = f": {result}" if result != FINISHED else ""
    return f"Final evaluation{scores}. {answer['text']}"
