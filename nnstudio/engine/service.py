"""The warm worker's answers: one JSON object a line in, one a line out, each with its id.

Owns the frames and what may be asked. A request that fails is answered with its reason; nothing
that a request holds ends the process.
"""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from nnstudio.runs.layout import RunError

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
            _download_cancel(frame)  # nobody can ask this process after it any more
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
        "evaluate": _evaluate,
        "download": _download,
        "download_state": _download_state,
        "download_cancel": _download_cancel,
        "preview": _preview,
        "propose": _propose,
        "probe": _probe,
        "shape": _shape,
        "timing": _timing,
        "use_describe": _use_describe,
        "use": _use,
        "use_begin": _use,
        "use_more": _use_more,
        "use_stop": _use_more,
        "use_example": _use_example,
    }
    if kind not in answers:
        raise Refusal(f"{ascii(kind)[:40]}: expected one of {', '.join(answers)}.")
    return answers[kind](frame)


def _devices(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.devices import devices

    return {"devices": devices()}


def _evaluate(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.evaluating import evaluate

    run, weights = Path(str(frame.get("run") or "")), str(frame.get("weights") or "last")
    scores, step, known = evaluate(run, weights)
    finite = {name: value for name, value in scores.items() if math.isfinite(value)}
    counted = {"times": known.times, "runs": known.runs, "text": known.text}
    return {"metrics": finite, "step": step, **counted}


def _preview(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.preview import preview

    return preview(frame.get("data") or {}, frame.get("variables") or {})


def _download(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.downloading import begin, begin_table

    if "table" in frame:
        return begin_table(str(frame["table"] or "").strip())
    return begin(str(frame.get("name") or ""), str(frame.get("address") or ""))


def _download_state(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.downloading import state

    return state()


def _download_cancel(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.downloading import cancel

    return cancel()


def _propose(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.csv_proposing import propose

    given = frame.get("options")
    return propose(Path(str(frame.get("path") or "")), given if isinstance(given, dict) else {})


def _probe(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.probe import probe_request

    return probe_request(
        str(frame.get("project") or ""),
        frame.get("weights"),
        int(frame.get("rows") or 8),
        str(frame.get("network") or ""),
    )


def _timing(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.timing import timing_request

    return timing_request(
        str(frame.get("project") or ""),
        frame.get("weights"),
        int(frame.get("rows") or 64),
        str(frame.get("device") or "cpu"),
        str(frame.get("network") or ""),
    )


def _shape(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.shapes import measure_request

    names = frame.get("layers")
    return measure_request(
        str(frame.get("project") or ""),
        [str(name) for name in names] if isinstance(names, list) else [],
    )


def _use_describe(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.using import describe

    return describe(Path(str(frame.get("run") or "")))


def _use(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine import using

    given, options = frame.get("input"), frame.get("options")
    ask = using.begin if frame["do"] == "use_begin" else using.use
    return ask(
        Path(str(frame.get("run") or "")),
        str(frame.get("weights") or "best"),
        str(frame.get("way") or ""),
        given if isinstance(given, dict) else {},
        options if isinstance(options, dict) else {},
    )


def _use_more(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine import using

    ask = using.more if frame["do"] == "use_more" else using.stop
    return ask(int(frame.get("number") or 0))


def _use_example(frame: Mapping[str, Any]) -> Any:
    from nnstudio.engine.using import example

    weights = str(frame.get("weights") or "best")
    return example(Path(str(frame.get("run") or "")), weights, int(frame.get("example") or 0))


def _words(kind: Any, error: Exception) -> dict[str, str]:
    detail = "".join(traceback.format_exception(error))[-MAX_DETAIL:]
    if isinstance(error, Refusal | ValueError | RunError) and str(error):
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
    with suppress(ImportError):
        from graph_compiler.checking import node_checks
        from graph_compiler.registry import layers

        layers()
        node_checks()
