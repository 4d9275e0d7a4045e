"""A run that goes another way from a checkpoint of an earlier one.

Owns what a fork carries over. Without a change but of the number of epochs it is the whole state,
so that it goes on as the original would have. Where only painted points have changed it is all but
the place in the data: weights and optimizer go on, and the next epoch begins. With other settings
or another drawing it is the first network's weights of nodes that have the same path and shape, and
training begins anew with them. Files are read and written as numbers alone, without torch.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import struct
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.runs.create import create_run
from nnstudio.runs.info import read_info
from nnstudio.runs.kept import BEST, kept_of
from nnstudio.runs.layout import CHECKPOINTS, RunError
from nnstudio.runs.requests import send
from nnstudio.runs.trust import project_of_run

if TYPE_CHECKING:
    from graph_compiler.model import Project

NEWEST = "newest"
PAINTED = "painted"
_NETWORKS = "networks"
_STATE = "nnstudio"
"""Under which a checkpoint's file says where the training stands."""


def checkpoints_of(run: str | os.PathLike[str]) -> list[str]:
    """The names of a run's checkpoints, the oldest first and the best last."""
    return [one.name for one in kept_of(run)]


def fork_run(
    run: str | os.PathLike[str],
    project: Project | None = None,
    *,
    at: str = NEWEST,
    epochs: int | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> tuple[Path, bool]:
    """A new run from the checkpoint `at`, and whether to resume it, with the whole state.

    `project` is what it shall train where that differs from the run's own. `at` is a checkpoint's
    name, `newest` or `best`. Raises `RunError` where there is no such checkpoint, and what
    `create_run` raises.
    """
    source = Path(run)
    own, info = project_of_run(source), read_info(source)
    wanted = project or own
    file = _checkpoint(source, at)
    options: dict[str, Any] = {"device": info.device, "threads": info.threads}
    options["evaluates"] = info.evaluates
    options["processes"] = info.processes
    options |= {"folder": folder or source.parent, "base": source}
    if file.stem != BEST and own == wanted:
        made = create_run(wanted, **options)
        shutil.copyfile(file, made / CHECKPOINTS / file.name)
        if epochs is not None:
            send(made, "epochs", epochs=epochs)
        return made, True
    if file.stem != BEST and only_points_differ(own, wanted):
        made = create_run(wanted, epochs=epochs, **options)
        _write_at_an_epochs_begin(file, made / CHECKPOINTS / file.name)
        return made, True
    with tempfile.TemporaryDirectory(prefix="nnstudio-") as place:
        carried = Path(place) / file.name
        _write_weights(file, wanted, carried)
        return create_run(wanted, carried=carried, epochs=epochs, **options), False


def only_points_differ(one: Project, other: Project) -> bool:
    """Whether two projects learn from painted points and differ in nothing else."""
    if not one.data.source == other.data.source == PAINTED:
        return False
    names = [dict(project.data.options).get("names") for project in (one, other)]
    return names[0] == names[1] and replace(one, data=other.data) == other


def _write_at_an_epochs_begin(file: Path, target: Path) -> None:
    """A checkpoint as it would be had its epoch just ended and nothing been measured yet.

    The tensors stay as they are; only what says where the training stands is another.
    """
    text = file.read_bytes()
    try:
        (length,) = struct.unpack("<Q", text[:8])
        header = json.loads(text[8 : 8 + length])
        told = json.loads(header["__metadata__"][_STATE])
        told["facts"]["best_loss"] = "inf"
        told["state"]["$map"] = [
            [key, _anew(value) if key == "recipe" else value]
            for key, value in told["state"]["$map"]
        ]
    except (struct.error, ValueError, LookupError, TypeError) as error:
        raise RunError(
            f"{CHECKPOINTS}/{file.name}",
            "a checkpoint",
            "a file that cannot be read",
            "Choose another.",
        ) from error
    header["__metadata__"][_STATE] = json.dumps(told, separators=(",", ":"))
    words = json.dumps(header, separators=(",", ":")).encode("utf-8")
    words += b" " * (-len(words) % 8)
    made = target.with_name(f".{target.name}")
    made.write_bytes(struct.pack("<Q", len(words)) + words + text[8 + length :])
    os.replace(made, target)


def _anew(value: Any) -> Any:
    """What a recipe kept of its place in the data and of the losses there, at their beginnings."""
    if not isinstance(value, dict) or "$map" not in value:
        return value
    rows = []
    for key, kept in value["$map"]:
        if key in ("position", "worse_epochs"):
            kept = 0
        elif key == "best_loss":
            kept = math.inf
        elif key == "plateau":
            kept = {"$tuple": [kept["$tuple"][0], math.inf, 0]}
        rows.append([key, _anew(kept)])
    return {"$map": rows}


def _checkpoint(run: Path, at: str) -> Path:
    known = checkpoints_of(run)
    steps = [name for name in known if name != BEST]
    name = (steps[-1] if steps else BEST) if at == NEWEST else at
    if at.isdecimal():
        name = f"step-{int(at):09d}"
    if name not in known:
        listed = ", ".join(known) or "none there"
        raise RunError(run.name, f"a checkpoint ({listed})", f'"{at}"', "Choose one of them.")
    return run / CHECKPOINTS / f"{name}.safetensors"


def _write_weights(file: Path, wanted: Project, target: Path) -> None:
    """The first network's weights of a checkpoint, by the names that modules have now."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file, save_file

    from nnstudio.document.planned import network_keys, planned_source

    key, network = next(iter(network_keys(wanted).items()))
    modules = planned_source(wanted).networks[network].modules
    try:
        tensors = load_file(file)
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise RunError(
            f"{CHECKPOINTS}/{file.name}",
            "a checkpoint",
            "a file that cannot be read",
            "Choose another.",
        ) from error
    found = {}
    for name, tensor in tensors.items():
        node, _, rest = name.removeprefix(f"{_NETWORKS}/{key}/").partition(".")
        if name.startswith(f"{_NETWORKS}/{key}/") and node in modules:
            found[".".join(filter(None, (modules[node], rest)))] = tensor
    save_file(found, target)
