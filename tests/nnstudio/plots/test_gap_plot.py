"""Bias and variance: the errors by epoch, the gap, the verdict beside them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from graph_compiler.files import save_project
from graph_compiler.model import DataFacts, DataSource, Project, Purpose
from nnstudio import theme
from nnstudio.plotdata.history import History
from nnstudio.plotdata.verdict import Verdict, judge
from nnstudio.plots import gap
from nnstudio.plots.gap import GapPlot

MakeRun = Callable[..., Any]
Show = Callable[..., Any]

DIGITS = Purpose(DataFacts("digits", (1, 8, 8), "class", 10, 1797))


def refresh(run: Any, plot: GapPlot) -> None:
    run.poll()
    plot.refresh()
    QApplication.processEvents()


def by_heart(run: Any, epochs: int) -> None:
    """A network that learns its training rows by heart."""
    for n in range(1, epochs + 1):
        falling = math.exp(-n / 3)
        run.epoch(
            n,
            fit_loss=2 * falling,
            val_loss=1.8 * falling + 0.4 + 0.03 * n,
            fit_accuracy=1 - 0.8 * falling,
            val_accuracy=0.7 - 0.5 * falling,
        )


def test_without_a_run_it_says_what_it_will_show(show: Show) -> None:
    plot = show(GapPlot())
    assert plot.empty_text() == "Press Run to compare training and validation"
    assert plot.verdict() is None


def test_before_the_first_epoch_it_waits(growing: MakeRun, show: Show) -> None:
    run, plot = growing(), show(GapPlot())
    run.dense(1.0, 0.9)
    plot.set_run(run.reader, DIGITS)
    refresh(run, plot)
    assert plot.empty_text() == "Waiting for the first epoch"


def test_errors_are_drawn_by_epoch_and_silent_early(growing: MakeRun, show: Show) -> None:
    run, plot = growing(), show(GapPlot())
    plot.set_run(run.reader, DIGITS, rows=270)
    run.epoch(1, fit_accuracy=0.5, val_accuracy=0.25, fit_loss=1.0, val_loss=2.0)
    run.epoch(2, fit_accuracy=0.75, val_accuracy=0.5, fit_loss=0.5, val_loss=1.5)
    refresh(run, plot)
    items = plot.panel().items_by_column
    assert items["fit"].series.steps.tolist() == [1, 2]
    assert items["fit"].series.values.tolist() == [0.5, 0.25]
    assert items["val"].series.values.tolist() == [0.75, 0.5]
    assert plot.panel().title.text == "Error rate by epoch"
    assert plot.verdict().kind == "too_early"


def test_the_verdict_comes_with_the_epochs(growing: MakeRun, show: Show) -> None:
    run, plot = growing(30), show(GapPlot())
    plot.set_run(run.reader, DIGITS, rows=270)
    by_heart(run, 30)
    refresh(run, plot)
    verdict = plot.verdict()
    assert verdict.kind == "high_variance"
    assert verdict.remedies[0].startswith("Stop early, at epoch ")
    names = plot.panel().names.placed()
    assert [name.label for name in names] == ["training", "validation"]
    assert all(plot.panel().view.rect().contains(name.rect) for name in names)


def test_the_losses_can_be_shown_instead(growing: MakeRun, show: Show) -> None:
    run, plot = growing(30), show(GapPlot())
    plot.set_run(run.reader, DIGITS, rows=270)
    by_heart(run, 30)
    refresh(run, plot)
    before = plot.verdict()
    plot.show_loss(True)
    values = plot.panel().items_by_column["val"].series.values
    assert values[-1] == pytest.approx(0.4 + 0.9 + 1.8 * math.exp(-10))
    assert plot.panel().title.text == "Loss by epoch"
    assert plot.verdict() == before


def test_another_run_starts_afresh_and_none_clears(growing: MakeRun, show: Show) -> None:
    first, second, plot = growing(30), growing(30), show(GapPlot())
    by_heart(first, 30)
    first.poll()
    plot.set_run(first.reader, DIGITS, rows=270)
    refresh(first, plot)
    second.epoch(1, fit_accuracy=0.5, val_accuracy=0.5, fit_loss=1.0, val_loss=1.0)
    second.poll()
    plot.set_run(second.reader, DIGITS, rows=270)
    assert len(plot.panel().items_by_column["val"].series) == 1
    assert plot.verdict().kind == "too_early"
    plot.set_run(None, None)
    assert plot.empty_text() == "Press Run to compare training and validation"


def test_another_theme_recolours_at_once(growing: MakeRun, show: Show) -> None:
    run, plot = growing(30), show(GapPlot())
    by_heart(run, 30)
    run.poll()
    plot.set_run(run.reader, DIGITS, rows=270)
    theme.use(theme.LIGHT)
    image = plot.panel().grab().toImage()
    assert image.pixelColor(2, image.height() // 2).name() == theme.LIGHT.panel


def test_the_gap_is_shaded(growing: MakeRun, show: Show) -> None:
    run, plot = growing(30), show(GapPlot())
    by_heart(run, 30)
    run.poll()
    plot.set_run(run.reader, DIGITS, rows=270)
    refresh(run, plot)
    panel = plot.panel()
    inside = panel.items_by_column["val"].pixels(15, 0.15)
    place = panel.mapFromScene(panel.view.mapToScene(inside))
    image = panel.grab().toImage()
    assert image.pixelColor(place).name() != theme.DARK.panel
    below = panel.mapFromScene(panel.view.mapToScene(panel.items_by_column["val"].pixels(15, 0.5)))
    assert image.pixelColor(below).name() == theme.DARK.panel


def test_the_validation_rows_are_those_of_the_runs_own_project(
    growing: MakeRun, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, plot = growing(30), show(GapPlot())
    seen: list[History] = []

    def judged(found: History, purpose: Purpose | None) -> Verdict:
        seen.append(found)
        return judge(found, purpose)

    monkeypatch.setattr(gap, "judge", judged)
    by_heart(run, 8)
    run.poll()
    plot.set_run(run.reader, DIGITS)
    assert seen[-1].rows is None  # the run has no project that could be read
    save_project(Project(data=DataSource(split=(0.5, 0.2, 0.3))), run.path / "project.nns")
    plot.set_run(run.reader, DIGITS)
    assert seen[-1].rows == 359
