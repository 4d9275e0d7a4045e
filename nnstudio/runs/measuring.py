"""Shapes of layers written in Python, measured in a process that lives for that alone.

Owns the time limit and the reading of the answer, which is another program's data. Never blocks
whoever has a window: call it from a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import TimeoutError as NoAnswer
from typing import TYPE_CHECKING, Any

from nnstudio.runs.service import Service, WorkerError
from nnstudio.runs.trust import require

if TYPE_CHECKING:
    from graph_compiler.code_model import Measured
    from graph_compiler.model import Project

START = 120.0
"""Seconds that the process may take until it answers at all."""
LIMIT = 20.0
"""Seconds that the code itself may take."""


class MeasuringFailed(Exception):
    """No shape came back; the text says why, in one line for people."""


def measured_shapes(
    project: Project, layers: Sequence[str] = (), limit: float = LIMIT
) -> dict[str, tuple[Measured, ...]]:
    """What the uses of these layers give, or of all without a stated shape.

    Raises `TrustNeeded` before anything is started, and `MeasuringFailed`.
    """
    from graph_compiler.files import project_text

    require(project)
    text = project_text(project)
    service = Service()
    try:
        service.ask("devices", {}, START).result(START + 5)  # torch is imported by then
        future = service.ask("shape", {"project": text, "layers": list(layers)}, limit)
        answer = future.result(limit + 5)
    except (WorkerError, NoAnswer) as error:
        raise MeasuringFailed(_words(error, limit)) from error
    finally:
        service.end()
    return _read(answer)


def _words(error: Exception, limit: float) -> str:
    text = str(error)
    if isinstance(error, NoAnswer) or text.startswith("The worker gave no answer to 'shape'"):
        return (
            f"The code did not come to an end within {limit:.0f} seconds, so it was stopped. "
            "Look for a loop that never ends."
        )
    return text


def _read(answer: Any) -> dict[str, tuple[Measured, ...]]:
    from pydantic import ValidationError

    from graph_compiler.schema_code import CodeEntry, code_of

    found = answer.get("measured") if isinstance(answer, dict) else None
    if not isinstance(found, dict):
        raise MeasuringFailed("The worker's answer holds no shapes.")
    try:
        return {
            str(name): code_of(CodeEntry.model_validate({"text": [], "measured": rows})).measured
            for name, rows in found.items()
        }
    except ValidationError as error:
        raise MeasuringFailed("The worker's answer holds something else than shapes.") from error
