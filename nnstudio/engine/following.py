"""A further process of a run (`RUN FOLDER RANK COUNT`): does the steps that the first one grants.

It writes nothing into the run's folder. It ends when the first process ends, however that does.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import torch
import torch.distributed as dist

from nnstudio.engine import checkpoints
from nnstudio.engine.failures import explained
from nnstudio.engine.loading import load_script
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.processes import (
    BEGIN,
    DEVICE,
    EPOCHS,
    FAILED,
    GRACE,
    LEFT,
    STATE,
    meet,
    order,
    own_state,
    state_of,
)
from nnstudio.engine.states import Recipe, restore

_LOST = re.compile(r"[Cc]onnection (closed|reset|refused)|[Tt]imed out|[Bb]roken pipe|NCCL")
"""What is said where another process is gone: not this one is to blame."""


def end_with_first(folder: Path) -> None:
    """Leave as soon as the first process is gone: its end of our standard input closes then."""
    with suppress(OSError):
        sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(LEFT)


def begin(run: Path, folder: Path, rank: int, count: int, nodes: NodeMap) -> Recipe:
    """The recipe where training begins, once the first process has told it."""
    script = load_script(run)
    options = script.arguments([])
    while not (folder / BEGIN).exists():
        threading.Event().wait(0.02)
    options.device = (folder / DEVICE).read_text(encoding="utf-8")
    meet(folder, rank, count, options.device)
    recipe = cast(Recipe, script.build(options))
    if path := (folder / BEGIN).read_text(encoding="utf-8"):
        go_on_from(Path(path), recipe, script, options, nodes)
    return recipe


def go_on_from(
    path: Path, recipe: Recipe, script: ModuleType, options: Any, nodes: NodeMap
) -> None:
    """Put back what a checkpoint holds, with this process's own part of it."""
    found, rank = checkpoints.load(path, nodes), dist.get_rank()
    restore(recipe, state_of(found.state, rank))
    recipe.epochs = max(recipe.epochs, int(found.facts.get("epochs", 0)))
    if rank > len(found.state.get("others", [])) and hasattr(script, "vary"):
        torch.manual_seed(options.seed + rank + found.step)


def follow(recipe: Recipe, folder: Path, nodes: NodeMap) -> None:
    """Do what the first process says, for ever."""
    steps = recipe.steps()
    while True:
        kind, value = order()
        if kind == EPOCHS:
            recipe.epochs = value
        elif kind == STATE:
            name = f"{dist.get_rank()}.state"
            checkpoints.save(folder, 0, own_state(recipe), nodes, {}, name)
            dist.barrier()
        for _ in range(value if kind not in (EPOCHS, STATE) else 0):
            if next(steps, None) is None:
                steps = recipe.steps()
                break


def main(arguments: list[str]) -> int:
    """The command line."""
    run, folder, rank, count = Path(arguments[0]), Path(arguments[1]), *map(int, arguments[2:])
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):  # the first process decides when all end
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    threading.Thread(target=end_with_first, args=(folder,), daemon=True).start()
    nodes, recipe = NodeMap({}, {}, ""), None
    try:
        nodes = NodeMap.of_run(run)
        recipe = begin(run, folder, rank, count, nodes)
        follow(recipe, folder, nodes)
    except Exception as error:  # the first process tells what it was
        if isinstance(error, RuntimeError) and _LOST.search(str(error)):
            threading.Event().wait(GRACE)  # the first process, if it lives, ends this one
            os._exit(LEFT)
        networks = recipe.networks if recipe is not None else {}
        failure = explained(error, nodes, networks, doing="a step")
        print(failure.text, failure.detail, sep="\n", file=sys.stderr, flush=True)
        made = folder / f".{rank}.failed"
        with suppress(OSError):
            made.write_text(f"process {rank + 1} of {count}: {failure.text}", encoding="utf-8")
            os.replace(made, folder / f"{rank}.failed")
        os._exit(FAILED)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
