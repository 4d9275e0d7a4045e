"""Strange places: full and closed outputs, small terminals, names that a shell takes apart."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnstudio import places
from nnstudio.runs.reader import RunReader
from nnstudio.terminal import follow, output, projects
from nnstudio.terminal.follow import Lines

ROOT = Path(__file__).parents[3]
STAND_IN = ROOT / "tests" / "nnstudio" / "runs" / "stand_in_worker.py"
NNSTUDIO = f"""
import sys
from nnstudio.runs import launch, service, worker
def command(*arguments):
    return [sys.executable, {str(STAND_IN)!r}, *arguments]
launch.command = service.command = worker.command = command
from nnstudio.cli import main
sys.exit(main(sys.argv[1:]))
"""


def in_shell(words: str, mood: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess:
    """A command line of `nnstudio` with what a shell may put behind it."""
    line = f"exec {shlex.quote(sys.executable)} -P -c {shlex.quote(NNSTUDIO)} {words}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "STAND_IN": mood}
    return subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, env=environment, cwd=cwd, timeout=180
    )


def test_closed_streams_are_no_failure() -> None:
    assert in_shell("templates <&- >&-").returncode == 0
    said = in_shell("check nothing.nns <&- 2>&-")
    assert (said.returncode, said.stdout) == (2, "")


def test_an_output_that_is_full_is_told_and_stops_the_run() -> None:
    if not Path("/dev/full").exists():
        return  # only Linux has a device that is always full
    said = in_shell("templates >/dev/full")
    assert (said.returncode, said.stderr) == (
        2,
        "nnstudio: no space left on device. Check path, permission and free space.\n",
    )
    assert in_shell("check nothing.nns 2>/dev/full").returncode == 2
    said = in_shell("train template:mlp --epochs 1000 >/dev/full", "slow")
    assert said.returncode == 2
    (run,) = places.runs().glob("[!.]*")
    reader = RunReader(run)
    reader.poll()
    assert (reader.state().status, reader.state().live) == ("stopped", False)


def test_a_folder_that_was_removed(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = f"rmdir {shlex.quote(str(gone))}; exec {shlex.quote(sys.executable)} -P -c "
    said = subprocess.run(
        ["sh", "-c", line + shlex.quote(NNSTUDIO) + " train template:mlp"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=gone,
    )
    assert (said.returncode, said.stderr) == (
        2,
        "nnstudio: expected to be in a folder, got one that was removed. Change to another.\n",
    )


def test_commands_to_type_next_are_quoted(
    terminal: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.sys, "platform", "linux")
    target = tmp_path / "it's a pröject.nns"
    said = terminal("new", "template:mlp", "-o", target)
    words = shlex.split(said.out.rpartition("Next: ")[2])
    assert words == ["nnstudio", "check", str(target)]
    folder = tmp_path / "my export"
    said = terminal("export", target, "--to", "script", "-o", folder)
    assert shlex.split(said.out.rpartition("Next: ")[2]) == ["python", str(folder / "train.py")]
    run = tmp_path / "some runs" / "run-1"
    assert shlex.split(follow.resume_command(run))[-1] == str(run)
    monkeypatch.setattr(output.sys, "platform", "win32")
    assert output.quoted("my file") == '"my file"'


def test_an_export_that_fails_leaves_no_folder(
    terminal: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(target: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(projects, "write_text", full)
        said = terminal("export", "template:mlp", "--to", "script", "-o", tmp_path / "out")
    assert said.status == 2
    assert not (tmp_path / "out").exists()
    assert terminal("export", "template:mlp", "--to", "script", "-o", tmp_path / "out").status == 0


@pytest.mark.parametrize(
    ("columns", "lines", "term", "drawn"),
    [
        (80, 24, "xterm", True),
        (50, 10, "xterm", True),
        (49, 24, "xterm", False),
        (80, 9, "xterm", False),
        (1, 1, "xterm", False),
        (80, 24, "dumb", False),
    ],
)
def test_a_picture_is_drawn_where_it_has_room(
    monkeypatch: pytest.MonkeyPatch, columns: int, lines: int, term: str, drawn: bool
) -> None:
    monkeypatch.setattr(output, "fancy", lambda: True)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(
        output.shutil, "get_terminal_size", lambda fallback: os.terminal_size((columns, lines))
    )
    assert isinstance(follow.display_for(as_json=False), Lines) is not drawn


@pytest.mark.parametrize(
    ("flag", "value", "told"),
    [
        ("--threads", "0", "argument --threads: expected a whole number from 1 to 1024, got '0'"),
        (
            "--threads",
            "99999999",
            "argument --threads: expected a whole number from 1 to 1024, got '99999999'",
        ),
        (
            "--device",
            "gpu",
            "argument --device: expected auto, cpu, cuda, cuda:1, xpu or mps, got 'gpu'",
        ),
    ],
)
def test_flags_that_no_machine_can_meet(
    terminal: Callable[..., Any], flag: str, value: str, told: str
) -> None:
    said = terminal("train", "template:mlp", flag, value)
    assert (said.status, said.err) == (2, f"nnstudio train: {told}. See: nnstudio train --help\n")


def test_a_run_without_a_worker_is_not_watched(terminal: Callable[..., Any], make_run: Any) -> None:
    run = make_run()
    said = terminal("watch", run)
    assert (said.status, said.err) == (
        2,
        "run-1: expected a run that goes on or has ended, got one without a worker. "
        f"Put one to it: nnstudio train --resume {run}\n",
    )
