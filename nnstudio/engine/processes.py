"""The other processes of a run: started, met, told what to do, watched, and ended.

The run's own worker is the first process: it alone writes into the run's folder and decides. It
grants steps, so that all do the same number of them; the others (`following`) do what it grants.
They meet in a folder, never by a port that others could reach, and end with it, however it ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from nnstudio.engine import checkpoints
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.states import random_states
from nnstudio.runs.launch import environment
from nnstudio.runs.writer import append_event

STEPS, EPOCHS, STATE = 1, 2, 3
"""What the first process tells the others: do so many steps, plan so many epochs, tell yours."""
BEAT = 1.0
"""Seconds between two signs of life of the first process while it rests."""
LOOK = 0.2
"""Seconds between two looks whether the others live."""
GRACE = 5.0
"""Seconds that a process gets to end by itself."""
TIMEOUT = timedelta(minutes=30)
OWN = ("chains", "states")
"""What a recipe's state holds for the rows of one process alone."""
FAILED, LEFT = 3, 4
"""Status of a process that could not go on, and of one that left because another was gone."""
PLACE = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE")
"""What `torchrun` would tell each process of its place among the others."""
STORE, BEGIN, DEVICE = "meeting", "begin", "device"


def meet(folder: Path, rank: int, count: int, device: str) -> None:
    """Become one of the run's processes; waits for all others."""
    os.environ |= dict(zip(PLACE, map(str, (rank, rank, count, count)), strict=True))
    if sys.platform != "win32":  # nothing leaves this machine
        loop = "lo0" if sys.platform == "darwin" else "lo"
        os.environ.update(GLOO_SOCKET_IFNAME=loop, NCCL_SOCKET_IFNAME=loop)
    if device.startswith("cuda"):
        torch.cuda.set_device(rank)
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if device.startswith("cuda") else "gloo",
        store=dist.FileStore(str(folder / STORE), count),
        rank=rank,
        world_size=count,
        timeout=TIMEOUT,
    )


def order(kind: int = 0, value: int = 0) -> tuple[int, int]:
    """What the first process says, in every process."""
    told = torch.tensor([kind, value])
    dist.broadcast(told, 0)
    return int(told[0]), int(told[1])


def own_state(recipe: Any) -> dict[str, Any]:
    """What only this process knows of where training stands."""
    state = recipe.state()
    state = state.get("running", state)
    own = {name: state[name] for name in OWN if name in state}
    return {"networks": {}, "random": random_states(), "recipe": own}


def state_of(state: dict[str, Any], rank: int) -> dict[str, Any]:
    """A captured state as the process with this number had it."""
    others = state.get("others", [])
    if rank == 0 or rank > len(others):
        return state
    own, whole = others[rank - 1], dict(state["recipe"])
    if "running" in whole:
        whole["running"] = {**whole["running"], **own["recipe"]}
    else:
        whole |= own["recipe"]
    return {**state, "random": own["random"], "recipe": whole}


class Group:
    """The processes of one run, seen from the first."""

    def __init__(self, run: Path, count: int) -> None:
        self.run, self.count = run, count
        os.environ["WORLD_SIZE"] = str(count)
        self.lost = ""
        """What became of a process that ended before its time, in words."""
        self.folder = Path(tempfile.mkdtemp(prefix="nnstudio-"))
        self._granted = 0
        self._told = time.perf_counter()
        self._ended = False
        self._lock = threading.Lock()
        self._others = [self._start(run, rank) for rank in range(1, count)]
        threading.Thread(target=self._watch, name="processes", daemon=True).start()

    def _start(self, run: Path, rank: int) -> subprocess.Popen[bytes]:
        place = (str(run), str(self.folder), str(rank), str(self.count))
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "nnstudio.engine.following", *place],
            stdin=subprocess.PIPE,  # its end is the end of the first process
            env=environment(),
            cwd=run,
        )

    def begin(self, device: str, checkpoint: Path | None) -> None:
        """Tell all where training begins, and wait until they are there."""
        (self.folder / DEVICE).write_text(device, encoding="utf-8")
        made = self.folder / f".{BEGIN}"
        made.write_text(str(checkpoint or ""), encoding="utf-8")
        os.replace(made, self.folder / BEGIN)
        meet(self.folder, 0, self.count, device)

    @property
    def granted(self) -> int:
        """Steps that all processes have yet to do before anything else can be told."""
        return self._granted

    def step(self, most: int) -> None:
        """Before every step of this process; grants up to `most` where none is left."""
        if self._ended:
            return
        if not self._granted:
            self._order(STEPS, most)
            self._granted = most
        self._granted -= 1

    def no_more(self) -> None:
        """There were fewer steps than granted."""
        self._granted = 0

    def beat(self) -> None:
        """A sign of life while no steps are done."""
        if not self._ended and time.perf_counter() - self._told > BEAT:
            self._order(STEPS, 0)

    def plan(self, epochs: int) -> None:
        """Plan so many epochs."""
        if not self._ended:
            self._order(EPOCHS, epochs)

    def states(self) -> list[dict[str, Any]]:
        """What the other processes know of where training stands."""
        if self._ended:
            return []
        self._order(STATE, 0)
        dist.barrier()
        nodes = NodeMap({}, {}, "")
        found = [checkpoints.load(self.folder / f"{rank}.state", nodes) for rank in self._ranks()]
        return [{name: one.state[name] for name in ("random", "recipe")} for one in found]

    def why(self) -> str:
        """What became of a lost process; waits a moment, for its end may not be known yet."""
        until = time.perf_counter() + 2
        while not self.lost and not self._ended and time.perf_counter() < until:
            time.sleep(LOOK / 4)
        return self.lost

    def end(self) -> None:
        """End the other processes; from then on this one works alone."""
        with self._lock:
            if self._ended:
                return
            self._ended, self._granted = True, 0
        for process in self._others:
            assert process.stdin is not None
            with suppress(OSError):
                process.stdin.close()
        if dist.is_initialized():
            with suppress(RuntimeError):
                dist.destroy_process_group()
        for name in PLACE:
            os.environ.pop(name, None)
        until = time.perf_counter() + GRACE
        for process in self._others:
            try:
                process.wait(max(0.0, until - time.perf_counter()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ranks(self) -> range:
        return range(1, self.count)

    def _order(self, kind: int, value: int) -> None:
        order(kind, value)
        self._told = time.perf_counter()

    def _watch(self) -> None:
        while not self._ended:
            for rank, process in zip(self._ranks(), self._others, strict=True):
                if process.poll() not in (None, LEFT) and not self._ended:
                    self.lost = self._words(rank, process.returncode)
                    self._end_if_stuck()
                    return
            time.sleep(LOOK)

    def _end_if_stuck(self) -> None:
        """End this process where it waits for a lost one and does not find out by itself."""
        until = time.perf_counter() + GRACE
        while time.perf_counter() < until:
            if self._ended:
                return
            time.sleep(LOOK)
        append_event(self.run, "failed", reason="process", node="", text=self.lost, detail="")
        for process in self._others:
            process.kill()
        os._exit(FAILED)

    def _words(self, rank: int, status: int) -> str:
        said = self.folder / f"{rank}.failed"
        with suppress(OSError):
            return said.read_text(encoding="utf-8")
        how = f"ended with status {status}"
        if status < 0:
            with suppress(ValueError):
                how = f"killed by {signal.Signals(-status).name}"
        return (
            f"process {rank + 1} of {self.count}: expected it to work until the end, got it {how}. "
            "Resume the run from its last checkpoint."
        )
