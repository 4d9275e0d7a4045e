"""What a person at a terminal sees of a run."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from nnstudio.runs.reader import RunReader
from nnstudio.runs.writer import RunWriter
from nnstudio.terminal import live, output


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "72")


def drawn(thing) -> list[str]:
    console = Console(file=io.StringIO(), width=90, color_system=None)
    console.print(thing)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def a_run(make_run):
    run = make_run(epochs=4)
    writer = RunWriter(run)
    writer.event("started", device="cuda:0", threads=1, epochs=4, steps_per_epoch=10, first_step=0)
    writer.append("train_loss", np.linspace(1, 0.25, 20))
    for step, loss in ((10, 0.8), (20, 0.4)):
        writer.append_at("val_loss", step, loss)
        writer.append_at("val_accuracy", step, 1 - loss)
    writer.event("epoch", epoch=2, step=20, metrics={"val_loss": 0.4})
    writer.close()
    reader = RunReader(run)
    reader.poll()
    return reader


def test_picture_of_a_running_run(make_run):
    reader = a_run(make_run)
    assert drawn(live.picture(reader, reader.state(), 4.0, ["fc1 has dead units"])) == [
        "Digits  run-1  training on cuda:0",
        "━━━━━      epoch 2/4 step 20 4 steps/s 0:05 left",
        "Loss     training   ████▇▇▇▆▆▆▆▅▅▅▄▄▄▃▃▃▃▃▂▂▂▁▁▁▁▁ 0.25",
        "         validation               ███████████████▁ 0.4",
        "Accuracy validation               ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█ 0.6",
        "▲ fc1 has dead units",
    ]


def test_names_of_strangers_cannot_steer_the_terminal(make_run):
    from nnstudio.runs.info import RunInfo, write_info

    run = make_run()
    write_info(run, RunInfo("run-1", 1.0, "a\x1b[2Jb [bold]c[/]", "main", "auto", 1, 3, 0))
    reader = RunReader(run)
    assert drawn(live.picture(reader, reader.state(), 0.0, []))[0] == (
        "a [2Jb [bold]c[/]  run-1  starting"
    )


def test_whole_life_on_a_terminal(make_run, monkeypatch):
    told = io.StringIO()
    monkeypatch.setattr(live, "console", lambda: Console(file=told, force_terminal=True, width=90))
    display = live.Live()
    display.close()
    reader = a_run(make_run)
    display.show(reader, [{"event": "problem", "text": "fc1 has dead\nunits"}])
    display.show(reader, [])
    display.close()
    display.close()
    assert "fc1 has dead units" in told.getvalue()
    assert told.getvalue().count("\x1b[?25h") == 1  # the cursor is given back


def test_pace_is_that_of_the_last_moments():
    pace = live.Pace()
    assert pace.rate == 0.0
    for second in range(20):
        pace.add(second, second * (10 if second < 10 else 100))
    assert pace.rate == pytest.approx(100)
    pace.add(21.0, 3)
    assert pace.rate == 0.0


def test_curves_share_one_axis_of_steps():
    steps, values = np.array([5, 10]), np.array([1.0, 3.0])
    nan = float("nan")
    assert str(live.condense(steps, values, 20, 4)) == str([1.0, 3.0, 3.0, 3.0])
    assert str(live.condense(steps, values, 20, 10)) == str([nan, nan, 1.0, 1.0, *[3.0] * 6])
    gap = live.condense(np.arange(4), np.array([1.0, nan, nan, 2.0]), 3, 2)
    assert gap[0] == 1.0
    assert gap[1] == 2.0


def test_sparkline():
    nan = float("nan")
    assert output.sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert output.sparkline([1, nan, 0]) == "█ ▁"
    assert output.sparkline([nan, nan]) == "  "
    assert output.sparkline([2, nan, 2]) == "▄ ▄"
    assert output.sparkline([]) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0.98765, "0.9877"),
        (123456.0, "1.235e+05"),
        (float("inf"), "inf"),
    ],
)
def test_figures(value, text):
    assert output.figure(value) == text


def test_table_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(output, "fancy", lambda: True)
    output.table(("A", "B"), [("one", "[red]two[/]"), ("three\x07", "")])
    out = capsys.readouterr().out
    assert "[red]two[/]" in out
    assert "\x07" not in out
