"""The guards of tests/conftest.py catch what they promise, shown in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

CASES = {
    "window": (
        "window QWidget 'leaked'",
        "w = QWidget(); w.setObjectName('leaked'); KEPT.append(w)",
    ),
    "timer": (
        "active timer leaked",
        "t = QTimer(); t.setObjectName('leaked'); t.start(5000); KEPT.append(t)",
    ),
    "thread": (
        "thread leaked",
        "threading.Thread(target=time.sleep, args=(6,), name='leaked', daemon=True).start()",
    ),
    "qt thread": (
        "Qt thread leaked",
        "t = QThread(); t.setObjectName('leaked'); t.start(); KEPT.append(t)",
    ),
    "warning": ("Qt message: mind the gap", "qWarning('mind the gap')"),
    "slot": ("ValueError: in a slot", "QTimer.singleShot(0, fail); qtbot.wait(30)"),
    "reported": (
        "error reported by the product: ValueError: caught",
        "from nnstudio.app import errors; errors.report_exception(ValueError('caught'))",
    ),
}

HEAD = """
import threading, time, os
from pathlib import Path
from PySide6.QtCore import QSettings, QThread, QTimer, qWarning
from PySide6.QtWidgets import QWidget
KEPT = []
def fail(): raise ValueError('in a slot')
"""


def run_pytest(folder: Path, body: str) -> str:
    """What a pytest under the same conftest says about one test."""
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (folder / "test_case.py").write_text(f"{HEAD}\ndef test_it(qtbot, tmp_path):\n    {body}\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(folder),
            str(folder),
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        timeout=120,
    )
    return done.stdout


@pytest.mark.parametrize("kind", CASES)
def test_a_guard_catches(kind: str, tmp_path: Path) -> None:
    said, body = CASES[kind]
    output = run_pytest(tmp_path, body)
    assert said in output
    assert "1 error" in output or "1 failed" in output


def test_a_clean_test_passes(tmp_path: Path) -> None:
    body = "w = QWidget(); qtbot.addWidget(w); w.show(); t = QTimer(w); t.start(1); qtbot.wait(5)"
    assert "1 passed" in run_pytest(tmp_path, body)


def test_home_and_settings_are_the_tests_own(tmp_path: Path) -> None:
    body = (
        "home = os.environ['NNSTUDIO_HOME']; assert Path(home).is_dir();"
        " assert QSettings('a', 'b').fileName().startswith(home)"
    )
    assert "1 passed" in run_pytest(tmp_path, body)
