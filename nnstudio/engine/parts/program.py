"""The program around a recipe: the loop, a line an epoch, the files it leaves.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import csv
import os

import torch

from nnstudio.engine.recipes.supervised import Supervised

RECIPE_NAME = "supervised"


def device_named(name: str) -> torch.device:
    """The device with this name; for `auto` an accelerator where there is one, else the CPU."""
    if name == "auto":
        found = torch.accelerator.is_available()
        return (torch.accelerator.current_accelerator() if found else None) or torch.device("cpu")
    return torch.device(name)


def spare_cores() -> int:
    """All cores that this process may use but one, at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (cores or 1) - 1)


def run(training: Supervised) -> None:
    """Train, print a line an epoch, and leave losses.csv and weights.pt."""
    with open("losses.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["step", "loss"])
        step = 0
        losses: list[torch.Tensor] = []
        for metrics in training.steps():
            losses.append(metrics["train_loss"])
            if len(metrics) > 1:  # an epoch has ended
                values = torch.stack(losses).tolist()
                rows.writerows(enumerate(values, step + 1))
                step += len(values)
                losses.clear()
                metrics["train_loss"] = torch.tensor(values).mean()
                print(f"epoch {training.epoch}/{training.epochs}  {shown(metrics)}", flush=True)
    print(shown(training.finish()))
    if RECIPE_NAME == "perceptron":
        print(training.verdict)
    torch.save(training.networks["main"].state_dict(), "weights.pt")


def shown(metrics: dict[str, torch.Tensor]) -> str:
    """Names and values on one line."""
    return "  ".join(f"{name} {value.item():.4f}" for name, value in metrics.items())
