"""`run.json`: how a run was made, read back with every field checked."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nnstudio.runs import jsonl
from nnstudio.runs.layout import FORMAT, MAX_STEP, RUN, RUN_ID, RunError, read_small


@dataclass(frozen=True, slots=True)
class RunInfo:
    """How a run was made."""

    id: str
    created: float
    project_name: str
    network: str
    device: str
    """As asked for: `auto`, `cpu`, `cuda`, …; what it became is in the run's state."""
    threads: int
    epochs: int
    seed: int
    processes: int = 1
    """How many share every batch."""
    test_part: str = ""
    """The same in all runs that test on the same rows; empty in runs of older versions."""
    evaluates: bool = True
    """Whether it reads the test part at its end."""
    code: str = ""
    """Fingerprint of the project's own Python, which was trusted then; empty where it has none."""


def write_info(folder: Path, info: RunInfo) -> None:
    """Write `run.json` into a run that is being made."""
    (folder / RUN).write_bytes(jsonl.line({"format": FORMAT, **asdict(info)}))


def read_info(path: str | os.PathLike[str]) -> RunInfo:
    """What `run.json` in the run at `path` says; `RunError` where it is no run of this format."""
    run = Path(path)
    try:
        values = jsonl.parse(read_small(run / RUN))
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(
            str(path), "a run directory", "no run.json in it", "Choose one of `nnstudio runs`."
        ) from None
    except ValueError as error:
        expected, _, got = str(error).removeprefix("expected ").partition(", got ")
        raise RunError(f"{run.name}/{RUN}", expected, got, "Copy the run anew.") from None
    version = values.get("format")
    if type(version) is int and version > FORMAT:
        raise RunError(
            f"{run.name}/{RUN}",
            f"format {FORMAT} or older",
            f"format {version}",
            "Open it with a newer NN Studio.",
        )
    if version != FORMAT or type(version) is not int:
        raise RunError(
            f"{run.name}/{RUN}", f"format {FORMAT}", "another value", "Copy the run anew."
        )
    return RunInfo(
        id=_text(run, values, "id", run.name) if _is_id(values.get("id")) else run.name,
        created=_number(run, values, "created"),
        project_name=_text(run, values, "project_name", ""),
        network=_text(run, values, "network", "main"),
        device=_text(run, values, "device", "auto"),
        threads=int(_number(run, values, "threads")),
        epochs=int(_number(run, values, "epochs")),
        seed=int(_number(run, values, "seed")),
        processes=max(1, int(_number(run, values, "processes"))),
        test_part=_text(run, values, "test_part", ""),
        evaluates=values.get("evaluates") is not False,
        code=_text(run, values, "code", ""),
    )


def _is_id(value: object) -> bool:
    return isinstance(value, str) and RUN_ID.fullmatch(value) is not None


def _text(run: Path, values: dict[str, Any], field: str, default: str) -> str:
    value = values.get(field, default)
    if not isinstance(value, str) or len(value) > 1000:
        raise _wrong(run, field, "a short text")
    return value


def _number(run: Path, values: dict[str, Any], field: str) -> float:
    value = values.get(field)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= MAX_STEP:
        raise _wrong(run, field, "a number")
    return value


def _wrong(run: Path, field: str, expected: str) -> RunError:
    return RunError(f"{run.name}/{RUN}: {field}", expected, "something else", "Copy the run anew.")
