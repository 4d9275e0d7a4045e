"""The program around a recipe: the loop, a line an epoch, the files it leaves.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import csv
import json
import os

import numpy as np
import torch

from nnstudio.engine.parts.processes import is_first
from nnstudio.engine.recipes.supervised import Supervised

VERDICT = False
SEVERAL = False
SHARED = True
FITS = True
WORDS = False
TOKENIZED = False
LIMITS = False


def device_named(name: str) -> torch.device:
    """The device with this name; for `auto` an accelerator where there is one, else the CPU."""
    if name == "auto":
        found = torch.accelerator.is_available()
        return (torch.accelerator.current_accelerator() if found else None) or torch.device("cpu")
    return torch.device(name)


def repeat_exactly() -> None:
    """Let torch take only algorithms that give the same numbers every time."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(True)


def spare_cores() -> int:
    """The cores for this process: all but one, shared with the others of `torchrun`, at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, ((cores or 1) - 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def run(training: Supervised) -> None:
    """Train, print a line an epoch, and leave losses.csv and weights.pt."""
    if SHARED and not is_first():
        for _ in training.steps():
            pass  # the first process prints and writes
        training.finish()
        return
    with open("losses.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["step", "loss"])
        step = 0
        losses: list[torch.Tensor] = []
        for metrics in training.steps():
            losses.append(metrics["train_loss"])
            if training.position == 0:  # an epoch has ended
                values = torch.stack(losses).tolist()
                rows.writerows(enumerate(values, step + 1))
                step += len(values)
                losses.clear()
                metrics["train_loss"] = torch.tensor(values).mean()
                print(f"epoch {training.epoch}/{training.epochs}  {shown(metrics)}", flush=True)
        if LIMITS:  # the last epoch may have been cut short
            rows.writerows(enumerate((loss.item() for loss in losses), step + 1))
    print(shown(training.finish()))
    if VERDICT:
        print(training.verdict)
    if FITS:
        with open("fitted.json", "w", encoding="utf-8") as file:
            json.dump(training.data.fitted, file, default=np.ndarray.tolist)
    if WORDS:
        with open("vocabulary.json", "w", encoding="utf-8") as file:
            json.dump(training.data.vocabulary, file)
    if TOKENIZED:
        with open("tokenizer.json", "w", encoding="utf-8") as file:
            file.write(training.data.tokenizer.saved())
    if SEVERAL:
        for name, network in training.networks.items():
            torch.save(network.state_dict(), f"{name}.pt")
    else:
        torch.save(training.networks["main"].state_dict(), "weights.pt")


def shown(metrics: dict[str, torch.Tensor]) -> str:
    """Names and values on one line."""
    return "  ".join(f"{name} {value.item():.4f}" for name, value in metrics.items())
