"""What `nnstudio doctor` finds out: versions, missing system libraries, folders to write to.

Imports neither Qt nor torch: versions come from the installed packages' descriptions.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from nnstudio import places

PACKAGES = (
    "torch",
    "PySide6-Essentials",
    "pyqtgraph",
    "numpy",
    "networkx",
    "pydantic",
    "scikit-learn",
    "pandas",
    "matplotlib",
    "safetensors",
    "psutil",
    "pillow",
    "pygments",
    "rich",
    "platformdirs",
)

DRAWING = (
    "libEGL.so.1",
    "libGL.so.1",
    "libxkbcommon.so.0",
    "libfontconfig.so.1",
    "libfreetype.so.6",
    "libglib-2.0.so.0",
    "libdbus-1.so.3",
)
"""What Qt needs on Linux even when it draws into memory only."""
X11 = ("libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-keysyms.so.1", "libxkbcommon-x11.so.0")
"""What it needs besides to open a window under X11."""

_NAMES: dict[str, dict[str, str]] = {
    "libEGL.so.1": {
        "apt-get": "libegl1",
        "dnf": "libglvnd-egl",
        "zypper": "libEGL1",
        "pacman": "libglvnd",
    },
    "libGL.so.1": {
        "apt-get": "libgl1",
        "dnf": "libglvnd-glx",
        "zypper": "libGL1",
        "pacman": "libglvnd",
    },
    "libxkbcommon.so.0": {
        "apt-get": "libxkbcommon0",
        "dnf": "libxkbcommon",
        "zypper": "libxkbcommon0",
        "pacman": "libxkbcommon",
    },
    "libfontconfig.so.1": {
        "apt-get": "libfontconfig1",
        "dnf": "fontconfig",
        "zypper": "libfontconfig1",
        "pacman": "fontconfig",
    },
    "libfreetype.so.6": {
        "apt-get": "libfreetype6",
        "dnf": "freetype",
        "zypper": "libfreetype6",
        "pacman": "freetype2",
    },
    "libglib-2.0.so.0": {
        "apt-get": "libglib2.0-0",
        "dnf": "glib2",
        "zypper": "libglib-2_0-0",
        "pacman": "glib2",
    },
    "libdbus-1.so.3": {
        "apt-get": "libdbus-1-3",
        "dnf": "dbus-libs",
        "zypper": "libdbus-1-3",
        "pacman": "dbus",
    },
    "libxcb-cursor.so.0": {
        "apt-get": "libxcb-cursor0",
        "dnf": "xcb-util-cursor",
        "zypper": "libxcb-cursor0",
        "pacman": "xcb-util-cursor",
    },
    "libxcb-icccm.so.4": {
        "apt-get": "libxcb-icccm4",
        "dnf": "xcb-util-wm",
        "zypper": "libxcb-icccm4",
        "pacman": "xcb-util-wm",
    },
    "libxcb-keysyms.so.1": {
        "apt-get": "libxcb-keysyms1",
        "dnf": "xcb-util-keysyms",
        "zypper": "libxcb-keysyms1",
        "pacman": "xcb-util-keysyms",
    },
    "libxkbcommon-x11.so.0": {
        "apt-get": "libxkbcommon-x11-0",
        "dnf": "libxkbcommon-x11",
        "zypper": "libxkbcommon-x11-0",
        "pacman": "libxkbcommon-x11",
    },
}
"""Library to the package that brings it, by package manager."""

_COMMANDS = {
    "apt-get": "sudo apt-get install -y",
    "dnf": "sudo dnf install -y",
    "zypper": "sudo zypper install -y",
    "pacman": "sudo pacman -S --needed",
}


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that the product writes to; `trouble` says why it cannot."""

    purpose: str
    path: Path
    trouble: str = ""


def versions() -> dict[str, str]:
    """Package to its version, empty where it is not installed."""
    found = {"nnstudio": _version("nnstudio") or _own_version()}
    return found | {name: _version(name) for name in PACKAGES}


def system() -> str:
    """The operating system and the machine, in one line."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"


def has_display() -> bool:
    """Whether a window could be opened here."""
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def missing_libraries(
    window: bool | None = None, loads: Callable[[str], bool] | None = None
) -> list[str]:
    """System libraries that Qt misses, `window` saying whether it shall open one on a screen.

    By default that is decided by whether there is a screen.
    """
    if not sys.platform.startswith("linux"):
        return []
    wanted = DRAWING
    if window or (window is None and os.environ.get("DISPLAY") and has_display()):
        wanted += X11
    return [name for name in wanted if not (loads or _loads)(name)]


def install_command(missing: Iterable[str], manager: str | None = None) -> str:
    """The command that installs libraries; empty where the package manager is not known."""
    manager = manager or next((name for name in _COMMANDS if shutil.which(name)), "")
    packages = dict.fromkeys(_NAMES[name][manager] for name in missing) if manager else {}
    return f"{_COMMANDS[manager]} {' '.join(packages)}" if packages else ""


def folders() -> tuple[Folder, ...]:
    """Where the product writes, and whether it may."""
    return tuple(
        Folder(purpose, path, _trouble(path))
        for purpose, path in (("runs", places.runs()), ("recovery", places.recovery()))
    )


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _trouble(path: Path) -> str:
    """Why nothing can be written below `path`, tried at the nearest folder that exists."""
    place = path
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return f"{place}: {(error.strerror or type(error).__name__).lower()}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _own_version() -> str:
    from nnstudio import __version__

    return __version__
