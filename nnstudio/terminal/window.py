"""Opening the window from the terminal; the only place here that imports Qt."""

from __future__ import annotations

from pathlib import Path

from nnstudio import doctor
from nnstudio.terminal.outcome import WRONG_USE, Failure


def names_something(target: str) -> bool:
    """Whether a word is meant as FILE: a template, an existing path, or like one."""
    return (
        target.startswith("template:")
        or Path(target.rpartition("@")[0] or target).exists()
        or Path(target).exists()
        or any(sign in target for sign in "./\\")
    )


def can_open() -> bool:
    """Whether a window can be opened here."""
    return doctor.has_display() and not doctor.missing_libraries(window=True)


def open_window(*targets: str) -> int:
    """Open a window for each target, and stay until all are closed."""
    for target in targets:
        _check(target)
    if not doctor.has_display():
        raise Failure(
            WRONG_USE,
            "nnstudio: there is no display here. Do the same jobs in the terminal (nnstudio "
            "--help), or bring a display along with ssh -X.",
        )
    missing = doctor.missing_libraries(window=True)
    if missing:
        command = doctor.install_command(missing)
        how = f"Install them: {command}" if command else "Install them with the package manager."
        raise Failure(WRONG_USE, f"nnstudio: Qt misses {', '.join(missing)}. {how}")
    from nnstudio.app.launch import main

    return main(*targets)


def _check(target: str) -> None:
    """A missing file is told here, in the terminal that it was typed in."""
    path = Path(target)
    if target.startswith("template:") or path.exists() or Path(target.rpartition("@")[0]).is_file():
        return
    raise Failure(
        WRONG_USE,
        f"{target}: expected a project file, got nothing under this name. Check the path, or make "
        f"one: nnstudio new template:lenet5 -o {path.name}",
    )
