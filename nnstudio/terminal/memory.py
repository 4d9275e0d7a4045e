"""What training will need of memory, in a line of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph_compiler.model import Project


def memory_line(project: Project) -> str:
    """What training will need of memory; empty where that cannot be told."""
    from nnstudio.runs.forecast import forecasts
    from nnstudio.runs.room import memory_words

    found = forecasts(project)
    return f"needs {memory_words(found)}" if found else ""
