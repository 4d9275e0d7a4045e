"""`doctor`: versions, devices, what is missing, and the commands that mend it."""

from __future__ import annotations

import argparse
import platform
from dataclasses import asdict

from nnstudio.terminal.outcome import GOOD
from nnstudio.terminal.output import say, say_json, size, table
from nnstudio.terminal.parser import Commands


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "doctor", examine, "tell versions and devices, and what is missing with the cure"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def examine(arguments: argparse.Namespace) -> int:
    """`nnstudio doctor`"""
    from nnstudio import doctor
    from nnstudio.terminal import accelerators

    machine = accelerators.look_at_machine()
    torch = accelerators.look_at_torch()
    missing = doctor.missing_libraries()
    folders = doctor.folders()
    advice = [*accelerators.advice(machine, torch), *_library_advice(missing)]
    advice += [
        f"{folder.purpose}: {folder.trouble}. Set NNSTUDIO_HOME to a folder that you may write to."
        for folder in folders
        if folder.trouble
    ]
    if torch.error:
        advice.append(torch.error)
    if arguments.json:
        say_json(
            {
                "system": doctor.system(),
                "python": platform.python_version(),
                "versions": doctor.versions(),
                "display": doctor.has_display(),
                "devices": [asdict(device) for device in torch.devices],
                "gpus": [asdict(card) for card in machine.cards],
                "missing_libraries": missing,
                "folders": {f.purpose: str(f.path) for f in folders},
                "writable": {f.purpose: not f.trouble for f in folders},
                "advice": advice,
            }
        )
        return GOOD
    say(f"{doctor.system()}, Python {platform.python_version()}")
    rows = [(name, version or "not installed") for name, version in doctor.versions().items()]
    table(("PACKAGE", "VERSION"), rows)
    devices = [(d.kind, d.name, size(d.memory)) for d in torch.devices]
    table(("DEVICE", "NAME", "MEMORY"), [*devices, ("cpu", *_processor())])
    for folder in folders:
        say(f"{folder.purpose}: {folder.path}")
    say(f"display: {'yes' if doctor.has_display() else 'none; the terminal does the same jobs'}")
    for line in advice:
        say(f"▲ {line}")
    if not advice:
        say("Nothing is missing.")
    return GOOD


def _library_advice(missing: list[str]) -> list[str]:
    from nnstudio.doctor import install_command

    if not missing:
        return []
    command = install_command(missing)
    cure = f"Install them: {command}" if command else "Install them with the package manager."
    return [f"Qt misses {', '.join(missing)}, which the window needs. {cure}"]


def _processor() -> tuple[str, str]:
    """Cores and memory."""
    import psutil

    from nnstudio.runs.create import default_threads

    cores = psutil.cpu_count() or 1
    return f"{cores} cores, {default_threads()} used by default", size(
        psutil.virtual_memory().total
    )
