"""Render the real window's screens to PNG files: `python scripts/pictures FOLDER`.

Every screen is made in the dark and the light theme, in high contrast, on a small screen, and on
that screen at 200 %, some also on one of 1920×1080 at 300 %. `--only NAME …` makes some of them,
`--docs` those that the README shows.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]


@dataclass(frozen=True, slots=True)
class Look:
    """One way of looking at every screen."""

    name: str
    theme: str
    size: tuple[int, int]
    scale: int = 1


LOOKS = (
    Look("dark", "dark", (1440, 900)),
    Look("light", "light", (1440, 900)),
    Look("contrast", "high-dark", (1440, 900)),
    Look("small", "dark", (1366, 768)),
    Look("200", "light", (683, 384), 2),
    Look("300", "dark", (640, 360), 3),
    Look("wide", "dark", (1680, 1050)),
)
LARGEST = ("start", "training", "panels", "settings")
DOCS = {
    "wide": ("training", "gap", "graph", "structure", "heat", "compare"),
    "light": ("start",),
    "dark": ("problems",),
}


def main() -> int:
    """Render in one process for each look: Qt reads the scale when it starts."""
    parser = argparse.ArgumentParser(prog="pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--look", choices=[look.name for look in LOOKS])
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    if chosen.inside:
        look = next(one for one in LOOKS if one.name == chosen.look)
        return _render(chosen.folder, look, chosen.only)
    for look in LOOKS:
        names = list(DOCS.get(look.name, ())) if chosen.docs else chosen.only
        if look.name == "300" and not chosen.docs and chosen.look is None:
            names = [one for one in LARGEST if not names or one in names]
            if not names:
                continue
        if chosen.look in (None, look.name) and (names or not chosen.docs):
            if look.name == "wide" and not chosen.docs and chosen.look is None:
                continue
            status = _in_a_process(chosen.folder, look, names)
            if status:
                return status
    return 0


def _in_a_process(folder: Path, look: Look, names: list[str]) -> int:
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "QT_SCALE_FACTOR": str(look.scale), "NNSTUDIO_HOME": home}
        command = [sys.executable, str(HERE), str(folder), "--inside", "--look", look.name]
        if names:
            command += ["--only", *names]
        return subprocess.run(command, env=environment, check=False).returncode


def _render(folder: Path, look: Look, names: list[str]) -> int:
    import canvas_screens  # noqa: F401  they add their screens
    import data_screens  # noqa: F401
    import dialog_screens  # noqa: F401
    import several_screens  # noqa: F401
    from screens import SCREENS
    from studio import Studio

    unknown = sorted(set(names) - set(SCREENS))
    if unknown:
        print(f"{', '.join(unknown)}: expected one of {', '.join(SCREENS)}.", file=sys.stderr)
        return 2
    failed = 0
    for name, draw in SCREENS.items():
        if names and name not in names:
            continue
        studio = Studio(folder, name, look.name, look.theme, look.size)
        try:
            draw(studio)
        except Exception as error:  # one screen that fails must not cost the others
            failed += 1
            print(f"{name}-{look.name}: {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            studio.close()
    return int(failed > 0)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
