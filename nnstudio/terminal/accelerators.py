"""Which GPUs the machine has, which of them torch can use, and the command that closes the gap.

Asks `nvidia-smi` and the system's device tree about the machine and a process of its own about
torch, so that a torch that crashes takes nobody along. The advice is a pure function of both.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TORCH_RANGE = "torch>=2.6,<2.14"
WHEELS = "https://download.pytorch.org/whl"

_VENDORS = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel"}
_PROBE = """
import json, torch
devices = []
def add(kind, api):
    for i in range(api.device_count()):
        p = api.get_device_properties(i)
        devices.append({"kind": kind, "name": p.name, "memory": p.total_memory})
if torch.cuda.is_available(): add("cuda", torch.cuda)
xpu = getattr(torch, "xpu", None)
if xpu is not None and xpu.is_available(): add("xpu", xpu)
if torch.backends.mps.is_available():
    memory = torch.mps.recommended_max_memory()
    devices.append({"kind": "mps", "name": "Apple GPU", "memory": memory})
print(json.dumps({"version": torch.__version__, "cuda": torch.version.cuda,
                  "hip": torch.version.hip, "devices": devices}))
"""

Run = Callable[[list[str]], str | None]
"""Runs a program and returns what it printed; None where it is missing or failed."""


@dataclass(frozen=True, slots=True)
class Card:
    """A GPU as the machine describes it; sizes in bytes, 0 where unknown."""

    vendor: str
    name: str
    memory: int = 0
    capability: float = 0.0
    """NVIDIA's compute capability; 0 where unknown."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The GPUs of the machine, whoever can use them."""

    cards: tuple[Card, ...] = ()
    driver_cuda: tuple[int, int] | None = None
    """The newest CUDA that NVIDIA's driver understands."""
    driver_missing: bool = False
    """Whether there is an NVIDIA card that no driver answers for."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device that torch can use."""

    kind: str
    name: str
    memory: int


@dataclass(frozen=True, slots=True)
class Torch:
    """What the installed torch says of itself; `error` where it could not be imported."""

    version: str = ""
    cuda: str = ""
    hip: str = ""
    devices: tuple[Device, ...] = ()
    error: str = ""


def run_program(command: list[str]) -> str | None:
    """What a program prints, within a minute."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


def look_at_machine(run: Run = run_program, tree: Path = Path("/sys/bus/pci/devices")) -> Machine:
    """The GPUs there are."""
    listed = run(
        ["nvidia-smi", "--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader,nounits"]
    )
    cards = [card for line in (listed or "").splitlines() if (card := _nvidia_card(line))]
    driver = re.search(
        r"CUDA Version:\s*(\d+)\.(\d+)", (run(["nvidia-smi"]) or "") if cards else ""
    )
    vendors = _vendors(tree)
    missing = "NVIDIA" in vendors and not cards
    if missing:
        cards.append(Card("NVIDIA", "NVIDIA GPU"))
    cards += [Card(vendor, f"{vendor} GPU") for vendor in ("AMD", "Intel") if vendor in vendors]
    cuda = (int(driver[1]), int(driver[2])) if driver else None
    return Machine(tuple(cards), cuda, missing)


def look_at_torch(run: Run = run_program) -> Torch:
    """What the installed torch can use, asked in a process of its own."""
    printed = run([sys.executable, "-c", _PROBE])
    if printed is None:
        return Torch(error="torch could not be imported; see: python -c 'import torch'")
    try:
        told: dict[str, Any] = json.loads(printed.strip().splitlines()[-1])
        devices = tuple(Device(d["kind"], d["name"], int(d["memory"])) for d in told["devices"])
        return Torch(told["version"], told["cuda"] or "", told["hip"] or "", devices)
    except (ValueError, KeyError, TypeError, IndexError):
        return Torch(error="torch gave an answer that could not be read")


def advice(
    machine: Machine,
    torch: Torch,
    *,
    system: str = sys.platform,
    python: str = sys.executable,
    environment: Mapping[str, str] = os.environ,
) -> list[str]:
    """What to do about GPUs that this torch cannot use; empty where nothing is to be done."""
    usable = {device.kind for device in torch.devices}
    vendors = {card.vendor for card in machine.cards}
    if "NVIDIA" in vendors and "cuda" not in usable:
        return _nvidia_advice(machine, torch, python, environment)
    if "AMD" in vendors and not usable:
        return _amd_advice(torch, system, python)
    if vendors == {"Intel"} and not usable and system in ("linux", "win32"):
        return [
            "Intel graphics are present. If they are an Arc card or a Core Ultra, torch can use "
            f"them. {_install('xpu', python)}"
        ]
    return []


def cuda_wheels(driver: tuple[int, int], capability: float) -> str:
    """The newest kind of torch wheel that a driver and a card can both run; empty for none.

    A driver for 12.0 runs programs of every 12.x. Wheels for 13 leave out cards before Turing
    (7.5); only those from 12.8 on know Blackwell (10.0).
    """
    if capability >= 10:
        return "cu130" if driver >= (13, 0) else "cu128" if driver >= (12, 8) else ""
    if driver >= (13, 0) and (capability == 0 or capability >= 7.5):
        return "cu130"
    if driver >= (12, 0):
        return "cu126"
    return "cu118" if driver >= (11, 8) else ""


def _nvidia_advice(
    machine: Machine, torch: Torch, python: str, environment: Mapping[str, str]
) -> list[str]:
    card = next(card for card in machine.cards if card.vendor == "NVIDIA")
    if machine.driver_missing:
        return [
            f"{card.name}: no driver answers for it. Install NVIDIA's driver, restart, and ask "
            "again."
        ]
    hidden = environment.get("CUDA_VISIBLE_DEVICES")
    if torch.cuda and hidden is not None and hidden.strip() in ("", "-1"):
        return [f"{card.name}: CUDA_VISIBLE_DEVICES={hidden} hides it. Unset the variable."]
    newest = machine.driver_cuda or (12, 0)
    wheels = cuda_wheels(newest, card.capability)
    if not wheels:
        return [
            f"{card.name}: its driver knows CUDA {newest[0]}.{newest[1]}, too old for torch with "
            "this card. Update NVIDIA's driver and ask again."
        ]
    has = f"is built for CUDA {torch.cuda}" if torch.cuda else "is built without CUDA"
    version = torch.version or "that is installed"
    return [
        f"{card.name}: the torch {version} here {has}, the driver knows CUDA "
        f"{newest[0]}.{newest[1]}. {_install(wheels, python)}"
    ]


def _amd_advice(torch: Torch, system: str, python: str) -> list[str]:
    if system != "linux":
        return ["AMD GPU: torch can use it on Linux only."]
    if torch.hip:
        return [
            "AMD GPU: this torch is built for ROCm but sees no device. Install the ROCm driver, "
            "and join its groups: sudo usermod -aG render,video $USER"
        ]
    return [f"AMD GPU: the torch here is built without ROCm. {_install('rocm7.2', python)}"]


def _install(wheels: str, python: str) -> str:
    program = f'"{python}"' if " " in python else python
    return (
        f"Install the right one: {program} -m pip install --upgrade --force-reinstall "
        f'"{TORCH_RANGE}" --index-url {WHEELS}/{wheels}'
    )


def _nvidia_card(line: str) -> Card | None:
    name, _, rest = line.rpartition(", ")[0].partition(", ")
    capability = line.rpartition(", ")[2]
    if not name:
        return None
    memory = int(rest) << 20 if rest.strip().isdigit() else 0
    try:
        return Card("NVIDIA", name.strip(), memory, float(capability))
    except ValueError:
        return Card("NVIDIA", name.strip(), memory)


def _vendors(tree: Path) -> set[str]:
    """Vendors of the display controllers in the system's device tree."""
    found = set()
    try:
        devices = list(tree.iterdir())
    except OSError:
        return set()
    for device in devices:
        try:
            kind = (device / "class").read_text(encoding="ascii").strip()
            vendor = (device / "vendor").read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        if kind.startswith(("0x0300", "0x0302", "0x0380", "0x1200")) and vendor in _VENDORS:
            found.add(_VENDORS[vendor])
    return found
