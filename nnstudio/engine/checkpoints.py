"""Checkpoints: one safetensors file each, tensors by node path, the rest as JSON in its metadata.

Owns the files in `checkpoints/`: written aside and renamed, and a file that cannot be read is
passed over for the one before. Which are kept says `nnstudio.runs.kept`. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from nnstudio.engine.nodes import NodeMap

FORMAT = 1
BEST = "best.safetensors"
_NAME = re.compile(r"step-([0-9]{9,16})\.safetensors")
_KEY = "nnstudio"
_TENSOR = "$tensor"


class CheckpointError(Exception):
    """A checkpoint that cannot be used, in words."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file read back: the number of steps done before it, and the captured state."""

    path: Path
    step: int
    state: dict[str, Any]
    facts: dict[str, Any]


def save(
    folder: Path,
    step: int,
    state: Mapping[str, Any],
    nodes: NodeMap,
    facts: Mapping[str, Any],
    name: str = "",
) -> Path:
    """Write a captured state; returns the file. `facts` are further JSON values."""
    tensors: dict[str, torch.Tensor] = {}
    tree = _packed(_by_node(state, nodes), "", tensors, {})
    header = {"format": FORMAT, "step": step, "facts": dict(facts), "state": tree}
    path = folder / (name or f"step-{step:09d}.safetensors")
    made = folder / f".{path.name}.{os.getpid()}"
    try:
        save_file(tensors, made, {_KEY: json.dumps(header, separators=(",", ":"))})
        _sync(made)
        os.replace(made, path)
    finally:
        made.unlink(missing_ok=True)
    _sync(folder)
    return path


def newest(folder: Path, nodes: NodeMap) -> tuple[Checkpoint | None, str]:
    """The newest checkpoint that can be read, if any, and what was wrong with the one after it."""
    fault = ""
    for _, path in reversed(_listed(folder)):
        try:
            return load(path, nodes), fault
        except CheckpointError as error:
            fault = fault or str(error)
    return None, fault


def load(path: Path, nodes: NodeMap) -> Checkpoint:
    """Read one file; raises `CheckpointError`."""
    where = f"checkpoints/{path.name}"
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[_KEY])
            if header["format"] != FORMAT:
                raise CheckpointError(
                    f"{where}: expected format {FORMAT}, got {header['format']}. "
                    "Resume with a newer NN Studio."
                )
            # A copy each: the file's own memory is not aligned as torch's allocator would do it.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        state = _by_module(_unpacked(header["state"], tensors), nodes)
        return Checkpoint(path, int(header["step"]), state, dict(header["facts"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{where}: expected a checkpoint, got a file that cannot be read. Copy the run anew."
        ) from error


def weights(path: Path, network: str = "") -> dict[str, torch.Tensor]:
    """Parameters and buffers in a checkpoint by `node.name`; raises `CheckpointError`.

    Those of the network that a recipe calls by this name, or without one of the first.
    """
    found = load(path, NodeMap({}, {}, "")).state["networks"]
    kept = found.get(network, {}) if network else next(iter(found.values()))
    return {name.removeprefix(":"): tensor for name, tensor in kept.items()}


def _listed(folder: Path) -> list[tuple[int, Path]]:
    if not folder.is_dir():
        return []
    found = [(_NAME.fullmatch(path.name), path) for path in folder.iterdir()]
    return sorted((int(match[1]), path) for match, path in found if match)


def _by_node(state: Mapping[str, Any], nodes: NodeMap) -> dict[str, Any]:
    networks = {
        name: {nodes.of(name).weight_name(path): one for path, one in weights.items()}
        for name, weights in state["networks"].items()
    }
    return {**state, "networks": networks}


def _by_module(state: dict[str, Any], nodes: NodeMap) -> dict[str, Any]:
    networks = {
        name: {nodes.of(name).module_path(key): tensor for key, tensor in weights.items()}
        for name, weights in state["networks"].items()
    }
    return {**state, "networks": networks}


def _packed(value: Any, name: str, tensors: dict[str, torch.Tensor], known: dict[int, str]) -> Any:
    """The value as JSON; its tensors are put aside under the path that leads to them.

    A tensor that comes again, as a tied weight does, is named by its first path.
    """
    if isinstance(value, torch.Tensor):
        first = known.setdefault(id(value), name)
        if first == name:
            tensors[name] = value.cpu().contiguous()
        return {_TENSOR: first}
    if isinstance(value, Mapping):
        return {
            "$map": [
                [key, _packed(item, f"{name}/{key}" if name else str(key), tensors, known)]
                for key, item in value.items()
            ]
        }
    if isinstance(value, list | tuple):
        rows = [_packed(item, f"{name}/{i}", tensors, known) for i, item in enumerate(value)]
        return {"$tuple": rows} if isinstance(value, tuple) else rows
    return value


def _unpacked(value: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    match value:
        case {"$tensor": str(name)}:
            return tensors[name]
        case {"$map": list(rows)}:
            return {key: _unpacked(item, tensors) for key, item in rows}
        case {"$tuple": list(rows)}:
            return tuple(_unpacked(item, tensors) for item in rows)
        case list():
            return [_unpacked(item, tensors) for item in value]
    return value


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
