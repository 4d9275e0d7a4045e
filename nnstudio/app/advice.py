"""What a finished run suggests: the first hint on the drawing that has a cure, and its button.

Reads the document's report; a cure is one undoable step. Never imports the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph_compiler.problems import Fix, Problem
    from nnstudio.app.editor import Editor

KEY = "advice"


def show_advice(editor: Editor) -> None:
    """Below the result, a strip with the first curable hint; none where nothing is hinted at."""
    clear_advice(editor)
    for problem in editor.document.report(editor.document.trained).problems:
        if problem.severity == "hint" and problem.fixes:
            fix = problem.fixes[0]
            button = (fix.label, "apply_advice", lambda p=problem, f=fix: _apply(editor, p, f))
            editor.notices.show_notice(KEY, "hint", problem.text, button)
            return


def clear_advice(editor: Editor) -> None:
    """Take the strip away: the drawing is another one, or a new run begins."""
    editor.notices.clear(KEY)


def _apply(editor: Editor, problem: Problem, fix: Fix) -> None:
    editor.problems.apply(problem, fix)
    clear_advice(editor)
