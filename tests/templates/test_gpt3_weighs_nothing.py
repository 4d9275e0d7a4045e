"""GPT-3 opens, checks, counts and exports on any machine: no torch, and no memory for weights."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from graph_compiler import emit
from nnstudio.document.templates import load_target

TARGET = "template:gpt3@175b"
SCRIPT = f"""
import json, sys, tracemalloc
tracemalloc.start()
from graph_compiler import check_project
from graph_compiler.summary import summarize
from nnstudio import cli
from nnstudio.document.templates import load_target

project = load_target("{TARGET}")
report = check_project(project)["main"]
summary = summarize(project.graph("main"), batch=8)
codes = [cli.main(["check", "{TARGET}"]), cli.main(["export", "{TARGET}", *sys.argv[1:]])]
heavy = sorted({{"torch", "numpy", "PySide6"}} & {{*sys.modules}})
print(json.dumps([
    report.parameters, summary.parameters, summary.macs, len(report.problems), codes, heavy,
    tracemalloc.get_traced_memory()[1],
]))
"""


def test_it_is_checked_counted_and_exported_without_weights(tmp_path: Path) -> None:
    path = tmp_path / "gpt3.py"
    command = [sys.executable, "-c", SCRIPT, "--to", "model", "-o", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *told, peak = json.loads(done.stdout.splitlines()[-1])
    tokens, layers, d_model, words = 2048, 96, 12_288, 50_257
    dense = layers * 12 * d_model**2 + words * d_model
    attention = layers * 2 * tokens * d_model
    macs = 8 * tokens * (dense + attention)
    assert told == [174_604_259_328, 174_604_259_328, macs, 0, [0, 0], []]
    assert peak < 256 * 2**20
    assert path.read_text(encoding="utf-8") == emit(load_target(TARGET).graph("main")).text
