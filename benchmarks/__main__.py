"""`python -m benchmarks [NAME …] [--save]`: run, print the table, keep it if asked."""

from __future__ import annotations

import argparse
import datetime
import importlib
import sys
from pathlib import Path

from benchmarks.ratio import Row, machine

NAMES = (
    "first_paint",
    "edit_feedback",
    "canvas",
    "emission",
    "summary",
    "emitted_module",
    "training_step",
    "window_while_training",
)
HEAD = "| area | ours | yardstick | ratio | goal | met |\n|---|---|---|---|---|---|"


def main() -> int:
    """Each benchmark is a module of this package with a function `rows`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--save", action="store_true", help="add the table to benchmarks/results/")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(
            f"unknown benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}"
        )
    lines: list[str] = []
    print(f"{machine()}, {datetime.date.today()}\n\n{HEAD}", flush=True)
    for name in options.names or NAMES:
        found: list[Row] = importlib.import_module(f"benchmarks.{name}").rows()
        for row in found:
            lines.append(row.line())
            print(row.line(), flush=True)
    if options.save:
        folder = Path(__file__).parent / "results"
        folder.mkdir(exist_ok=True)
        target = folder / f"{datetime.date.today()}.md"
        target.write_text(f"{machine()}\n\n{HEAD}\n" + "\n".join(lines) + "\n", encoding="utf-8")
        print(f"\nkept in {target.relative_to(Path.cwd())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
