"""The warm worker's answers: one JSON object a line in, one a line out, each with its id.

Owns the frames and what may be asked. A request that fails is answered with its reason; nothing
that a request holds ends the process.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

MAX_FRAME = 16 << 20
MAX_DETAIL = 20_000


class Refusal(Exception):
    """A request that cannot be answered, in words for people."""


@dataclass(frozen=True, slots=True)
class Order:
    """The request to train: this process belongs to the run from now on."""

    run: Path
    resume: bool


class Service:
    """Reads requests from one stream and writes answers to another."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests, self._answers = requests, answers

    def answer_all(self) -> Order | None:
        """Answer until the stream ends, or until an order to train comes, which is returned."""
        while line := self._requests.readline(MAX_FRAME + 1):
            if not line.endswith(b"\n"):
                return None  # cut off or too long: nothing behind it could be understood
            order = self._answer(line)
            if order is not None:
                return order
        return None

    def _answer(self, line: bytes) -> Order | None:
        try:
            frame = json.loads(line)
            number, kind = frame["id"], frame["do"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        if kind == "train":
            return Order(Path(str(frame["run"])), bool(frame.get("resume")))
        try:
            answer = {"id": number, "ok": True, "result": _result(kind, frame)}
            data = _line(answer)
            if len(data) > MAX_FRAME:
                raise Refusal(
                    f"{kind}: expected an answer of at most 16 MB, got more. Ask for less."
                )
        except Exception as error:  # the process must outlive every request
            data = _line({"id": number, "ok": False, "error": _words(kind, error)})
        view = memoryview(data)
        while view:
            view = view[self._answers.write(view) or 0 :]
        return None


def _result(kind: str, frame: Mapping[str, Any]) -> Any:
    answers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "ping": lambda frame: {},
        "devices": _devices,
        "preview": _preview,
        "probe": _probe,
        "shape": _shape,
    }
    if kind not in answers:
        raise Refusal(f"{ascii(kind)[:40]}: expected one of {', '.join(answers)}.")
    return answers[kind](frame)


def _devices(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.devices import devices

    return {"devices": devices()}


def _preview(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.preview import preview

    return preview(frame.get("data") or {}, frame.get("variables") or {})


def _probe(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.probe import probe_request

    return probe_request(
        str(frame.get("project") or ""), frame.get("weights"), int(frame.get("rows") or 8)
    )


def _shape(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.shapes import measure_request

    names = frame.get("layers")
    return measure_request(
        str(frame.get("project") or ""),
        [str(name) for name in names] if isinstance(names, list) else [],
    )


def _words(kind: Any, error: Exception) -> dict[str, str]:
    detail = "".join(traceback.format_exception(error))[-MAX_DETAIL:]
    if isinstance(error, Refusal | ValueError) and str(error):
        text = str(error)
    else:
        text = f"{kind}: {type(error).__name__}: {error}"
    return {"text": text[:MAX_DETAIL], "detail": detail}


def _line(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def load_libraries() -> None:
    """Import in advance what a run needs, so that it can begin at once.

    torch imports `torch._dynamo` with the first optimizer, which takes as long as torch itself.
    """
    for name in ("nnstudio.engine.job", "torch._dynamo", "sklearn.datasets"):
        with suppress(ImportError):  # whoever needs it will say so
            import_module(name)
