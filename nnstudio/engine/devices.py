"""Which devices there are, and how much memory each has.

Owns the names that people choose from. The script chooses by itself in the same order.
"""

from __future__ import annotations

import platform
from typing import Any

import psutil
import torch


def devices() -> list[dict[str, Any]]:
    """Every usable device: `id` as torch has it, `name`, `memory`, `free` in bytes, `default`.

    The first is what `auto` takes; the CPU is always among them.
    """
    found = [_cuda(number) for number in range(torch.cuda.device_count())]
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        found += [_xpu(number) for number in range(torch.xpu.device_count())]
    if torch.backends.mps.is_available():
        found.append(_mps())
    found.append(_cpu())
    for number, device in enumerate(found):
        device["default"] = number == 0
    return found


def _cuda(number: int) -> dict[str, Any]:
    properties = torch.cuda.get_device_properties(number)
    try:
        free, total = torch.cuda.mem_get_info(number)
    except RuntimeError:
        free, total = 0, properties.total_memory
    name = f"cuda:{number}" if torch.cuda.device_count() > 1 else "cuda"
    return {"id": name, "name": properties.name, "memory": total, "free": free}


def _xpu(number: int) -> dict[str, Any]:
    properties = torch.xpu.get_device_properties(number)
    name = f"xpu:{number}" if torch.xpu.device_count() > 1 else "xpu"
    total = properties.total_memory
    return {"id": name, "name": properties.name, "memory": total, "free": total}


def _mps() -> dict[str, Any]:
    total = int(torch.mps.recommended_max_memory())
    free = max(0, total - int(torch.mps.driver_allocated_memory()))
    return {"id": "mps", "name": "Apple GPU", "memory": total, "free": free}


def _cpu() -> dict[str, Any]:
    memory = psutil.virtual_memory()
    name = f"CPU, {psutil.cpu_count() or 1} threads"
    if machine := platform.machine():
        name += f", {machine}"
    return {"id": "cpu", "name": name, "memory": memory.total, "free": memory.available}
