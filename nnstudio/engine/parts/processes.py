"""Several processes that learn as one: each does its share of every batch.

This text becomes part of `train.py`; it knows nothing of NN Studio. A process that is alone has
all rows and waits for nobody.
"""

from __future__ import annotations

import os

import torch
import torch.distributed as dist
from torch import nn

BATCH_NORM = False


def join(device: torch.device) -> torch.device:
    """Meet the other processes, if `torchrun` has started some; the device of this one."""
    if "LOCAL_RANK" in os.environ and device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    if "LOCAL_RANK" in os.environ and not dist.is_initialized():
        dist.init_process_group()
    return device


def leave() -> None:
    """Part from the other processes, once all are done."""
    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


def stay_alone(reason: str) -> None:
    """Refuse to be one of several processes."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count > 1:
        raise SystemExit(f"processes: expected 1, since {reason}, got {count}. Start one.")


def is_first() -> bool:
    """Whether this is the process that prints and writes."""
    return not dist.is_initialized() or dist.get_rank() == 0


def vary(seed: int) -> None:
    """Let the dropout of each process leave out other units; weights are made before."""
    if not is_first():
        torch.manual_seed(seed + dist.get_rank())


def alike(network: nn.Module) -> None:
    """Give the network the weights that it has in the first process."""
    if dist.is_initialized():
        for weight in network.parameters():
            dist.broadcast(weight.detach(), 0)


def own(rows: torch.Tensor) -> torch.Tensor:
    """This process's share of a batch's rows; every process does all of a very small batch."""
    if not dist.is_initialized() or len(rows) < dist.get_world_size():
        return rows
    return rows.tensor_split(dist.get_world_size())[dist.get_rank()]


def as_part(loss: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """The mean over this process's rows as its part of the mean over all rows of the batch."""
    if not dist.is_initialized():
        return loss
    if len(rows) < dist.get_world_size():
        return loss / dist.get_world_size()
    return loss * (len(own(rows)) / len(rows))


def as_weighted_part(loss: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The same for a mean in which every row of the batch counts by its weights."""
    if not dist.is_initialized():
        return loss
    if len(weights) < dist.get_world_size():
        return loss / dist.get_world_size()
    return loss * (own(weights).sum() / weights.sum().clamp_min(1e-12))


def add_up(network: nn.Module, loss: torch.Tensor) -> torch.Tensor:
    """Add up what all processes have found: the network's gradients, and the loss."""
    loss = loss.detach()
    if not dist.is_initialized():
        return loss
    values = [loss]
    for weight in network.parameters():
        if weight.requires_grad:
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
            values.append(weight.grad)
    if BATCH_NORM:
        for name, statistic in network.named_buffers():
            layer = network.get_submodule(name.rpartition(".")[0])
            if name.endswith(("running_mean", "running_var")) and layer.training:
                values.append(statistic.div_(dist.get_world_size()))
    message = torch.cat([value.flatten() for value in values])  # one is quicker than many
    dist.all_reduce(message)
    for value, part in zip(values, message.split([v.numel() for v in values]), strict=True):
        value.copy_(part.view_as(value))
    return loss


def summed(part: torch.Tensor) -> torch.Tensor:
    """All processes' parts of a loss, to be told."""
    whole = part.detach().clone()
    if dist.is_initialized():
        dist.all_reduce(whole)
    return whole


def agreed(value: torch.Tensor) -> torch.Tensor:
    """The first process's value, so that all decide alike."""
    if dist.is_initialized():
        dist.broadcast(value, 0)
    return value
