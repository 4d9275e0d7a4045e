"""Loss and metrics of a run that grows: what is drawn is what was written."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio import theme
from nnstudio.plots.panel import MetricPanel
from nnstudio.plots.training import TrainingPlots

MakeRun = Callable[..., Any]
Show = Callable[..., Any]


def series_of(plots: TrainingPlots, column: str) -> Any:
    found = [p.items_by_column[column] for p in plots.panels() if column in p.items_by_column]
    return found[0].series


def refresh(run: Any, plots: TrainingPlots) -> None:
    """As the window does, until everything new is drawn."""
    run.poll()
    for _ in range(4):
        plots.refresh()
        QApplication.processEvents()


def typical(run: Any, epochs: int = 6) -> np.ndarray:
    rng = np.random.default_rng(0)
    steps = epochs * 40
    losses = 2.3 * np.exp(-np.arange(steps) / 80) + 0.1 * rng.random(steps)
    run.dense(*losses)
    for n in range(1, epochs + 1):
        error = 0.9 * math.exp(-n / 2)
        run.epoch(
            n,
            val_loss=2.3 * error + 0.2,
            fit_loss=2.3 * error,
            val_accuracy=0.96 - error,
            fit_accuracy=0.99 - error,
        )
    return losses


def test_without_a_run_it_says_what_to_do(show: Show) -> None:
    plots = show(TrainingPlots())
    assert plots.empty_text() == "Press Run to see the loss fall"
    assert plots.panels() == ()


def test_curves_grow_with_the_run_and_hold_what_was_written(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    plots.set_run(run.reader)
    assert plots.empty_text() == "Press Run to see the loss fall"
    written: list[float] = []
    for part in range(5):
        values = [1.0 / (part + k + 1) for k in range(17)]
        run.dense(*values)
        written += values
        refresh(run, plots)
        assert series_of(plots, "train_loss").values.tolist() == written
    run.epoch(1, val_loss=0.5, val_accuracy=0.75, fit_accuracy=0.8)
    refresh(run, plots)
    assert plots.empty_text() == ""
    assert [p.panel.title for p in plots.panels()] == ["Loss", "Accuracy"]
    assert series_of(plots, "val_loss").steps.tolist() == [40]
    assert series_of(plots, "fit_accuracy").values.tolist() == [0.8]


def test_after_a_resume_the_newer_losses_count(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    run.dense(*range(50))
    plots.set_run(run.reader)
    refresh(run, plots)
    run.resume(30)
    run.dense(100, 101, 102)
    refresh(run, plots)
    assert series_of(plots, "train_loss").values.tolist() == [*range(30), 100, 101, 102]


def test_training_is_solid_validation_dashed_and_named_at_the_ends(
    growing: MakeRun, show: Show
) -> None:
    run, plots = growing(), show(TrainingPlots())
    typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    for panel in plots.panels():
        names = panel.names.placed()
        assert [name.label for name in names] == ["training", "validation"]
        view = panel.view.rect()
        for name in names:
            assert view.contains(name.rect)
            assert name.rect.left() >= name.end.x()
        assert not names[0].rect.intersects(names[1].rect)
    accuracy = plots.panels()[1]
    ends = [name.end.y() for name in accuracy.names.placed()]
    assert abs(ends[0] - ends[1]) < 16  # they had to be pushed apart


def test_names_have_room_when_the_run_is_done(growing: MakeRun, show: Show) -> None:
    run, plots = growing(6), show(TrainingPlots(), 620, 230)
    typical(run)
    run.writer.event("done", metrics={"test_loss": 0.1})
    run.poll()
    plots.set_run(run.reader)
    refresh(run, plots)
    for panel in plots.panels():
        for name in panel.names.placed():
            assert panel.view.rect().contains(name.rect)
            assert name.rect.left() > name.end.x()


@pytest.mark.parametrize("end", [{"event": "done", "metrics": {"test_loss": 0.1}},
                                 {"event": "stopped", "step": 240, "reason": "asked"}])  # fmt: skip
def test_after_a_run_the_axis_ends_with_its_last_step(
    growing: MakeRun, show: Show, end: dict[str, Any]
) -> None:
    run, plots = growing(10), show(TrainingPlots(), 900, 260)
    typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    assert all(panel.steps_axis.end == 400 for panel in plots.panels())
    run.writer.event(end.pop("event"), **end)
    if "metrics" in end:
        run.writer.append_at("test_loss", 240, 0.1)
    refresh(run, plots)
    plots.resize(700, 260)
    refresh(run, plots)
    for panel in plots.panels():
        assert panel.steps_axis.end == 240
        assert [text for _, text in panel.steps_axis.epoch_ends()][-1] in ("5", "6")


def test_the_crosshair_reads_all_curves_at_measured_steps(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    losses = typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    loss = plots.panels()[0]
    loss.step_hovered.emit(118)
    readings = [(r.label, r.step, r.value) for r in loss.crosshair.readings()]
    assert readings == [
        ("training", 118, losses[117]),
        ("validation", 120, series_of(plots, "val_loss").values[2]),
    ]
    assert loss.crosshair.headline() == "step 118 · epoch 3"
    assert plots.panels()[1].crosshair.step == 118
    loss.step_hovered.emit(None)
    assert loss.crosshair.readings() == ()


def test_the_pointer_moves_the_crosshair(growing: MakeRun, show: Show, qtbot: QtBot) -> None:
    run, plots = growing(), show(TrainingPlots())
    typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    loss = plots.panels()[0]
    place = loss.mapFromScene(
        loss.view.mapToScene(loss.items_by_column["train_loss"].pixels(90, 1))
    )
    qtbot.mouseMove(loss.viewport(), place + QPoint(0, 5))
    qtbot.mouseMove(loss.viewport(), place)
    qtbot.waitUntil(lambda: loss.crosshair.step is not None, timeout=60_000)
    assert abs(loss.crosshair.step - 90) <= 1


def test_a_spike_among_many_steps_is_drawn(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    values = np.full(200_000, 0.5)
    values[123_457] = 42.0
    run.dense(*values)
    plots.set_run(run.reader)
    refresh(run, plots)
    panel = plots.panels()[0]
    left, right = panel.view.viewRange()[0]
    pixels = int(panel.view.rect().width())
    line = series_of(plots, "train_loss").polyline(left, right, pixels)
    assert line.y.max() == 42.0
    assert len(line.x) <= 2 * pixels + 2
    assert panel.view.viewRange()[1][1] >= 42.0


def test_a_loss_that_is_no_number_is_a_gap(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    run.dense(1.0, 0.5, math.nan, 0.25, 0.2)
    plots.set_run(run.reader)
    refresh(run, plots)
    line = series_of(plots, "train_loss").polyline(0, 5, 300)
    assert line.joined.tolist() == [True, False, False, True, False]


def test_a_run_that_failed_says_why_and_marks_the_step(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    run.dense(1.0, 0.5, math.nan)
    text = "The loss is not a number in fc1. Lower the learning rate."
    run.writer.event("failed", reason="non-finite loss", node="fc1", text=text, detail="")
    run.poll()
    plots.set_run(run.reader)
    refresh(run, plots)
    assert plots.notice() == f"Training failed at step 3: {text}"
    assert (plots.panels()[0].mark.step, plots.panels()[0].mark.text) == (3, "failed here")


def test_a_run_that_failed_before_its_first_step_says_why(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    run.writer.event("failed", reason="no data", node="", text="The file is gone.", detail="")
    run.poll()
    plots.set_run(run.reader)
    refresh(run, plots)
    assert plots.empty_text() == "Training failed before the first step"


def test_one_plot_is_redrawn_at_a_time(
    growing: MakeRun, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, plots = growing(), show(TrainingPlots())
    typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    drawn: list[str] = []
    for panel in plots.panels():
        monkeypatch.setattr(panel, "redraw", lambda m=panel.panel.metric: drawn.append(m))
    run.dense(0.1)
    run.epoch(7, val_loss=0.3, val_accuracy=0.9)
    run.poll()
    plots.refresh()
    assert len(drawn) == 1
    plots.refresh()
    assert sorted(drawn) == ["accuracy", "loss"]
    plots.refresh()
    assert len(drawn) == 2  # nothing new, nothing drawn


def test_ranges_stay_while_the_data_is_inside(growing: MakeRun, show: Show) -> None:
    run, plots = growing(100), show(TrainingPlots())
    run.dense(2.3, 2.0)
    run.epoch(1, val_loss=2.2)
    plots.set_run(run.reader)
    refresh(run, plots)
    before = plots.panels()[0].view.viewRange()
    run.dense(*np.linspace(2, 0.1, 500))
    refresh(run, plots)
    assert plots.panels()[0].view.viewRange() == before
    assert before[0][1] > 4000  # the whole plan


def test_smoothing_draws_the_average_over_the_raw_values(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    losses = typical(run)
    plots.set_run(run.reader)
    plots.set_smoothing(10)
    refresh(run, plots)
    item = plots.panels()[0].items_by_column["train_loss"]
    total = weight = 0.0
    for value in losses:
        total, weight = 0.9 * total + value, 0.9 * weight + 1
    assert item.shown().values[-1] == pytest.approx(total / weight)
    assert item.series.values.tolist() == losses.tolist()
    plots.set_smoothing(1)
    assert item.shown() is item.series


def test_smoothing_follows_a_resumed_run(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    run.dense(*([5.0] * 50))
    plots.set_run(run.reader)
    plots.set_smoothing(2)
    refresh(run, plots)
    run.resume(10)
    run.dense(*([1.0] * 60))
    refresh(run, plots)
    smoothed = plots.panels()[0].items_by_column["train_loss"].shown().values
    assert len(smoothed) == 70
    assert smoothed[9] == pytest.approx(5.0)
    assert smoothed[-1] == pytest.approx(1.0, abs=1e-6)
    assert smoothed[10] == pytest.approx(3.0, abs=0.01)


def test_logarithmic_values_leave_zero_out(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    run.dense(1.0, 0.0, 0.01)
    run.epoch(1, val_accuracy=0.5)
    plots.set_run(run.reader)
    plots.set_log(True)
    refresh(run, plots)
    loss, accuracy = plots.panels()
    low, high = loss.view.viewRange()[1]
    assert low < -2 < 0 < high
    assert loss.items_by_column["train_loss"].pixels(1, 0.0) is None
    assert "0.1" in [text for _, text in loss.values_axis.places()]
    assert not accuracy.log


def test_the_wheel_zooms_at_the_cursor_in_all_plots_and_home_shows_everything(
    growing: MakeRun, show: Show, qtbot: QtBot
) -> None:
    run, plots = growing(), show(TrainingPlots())
    typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    loss, accuracy = plots.panels()
    before = loss.view.viewRange()[0]
    middle = loss.mapFromScene(loss.view.mapToScene(loss.view.rect().center()))
    event = QWheelEvent(
        QPointF(middle),
        QPointF(loss.viewport().mapToGlobal(middle)),
        QPoint(),
        QPoint(0, 360),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(loss.viewport(), event)
    left, right = loss.view.viewRange()[0]
    assert right - left < before[1] - before[0]
    assert (left + right) / 2 == pytest.approx((before[0] + before[1]) / 2, rel=0.02)
    assert accuracy.view.viewRange()[0] == pytest.approx([left, right])
    run.dense(*([0.1] * 80))
    refresh(run, plots)
    assert loss.view.viewRange()[0] == [left, right]  # it follows no more
    qtbot.keyClick(loss, Qt.Key.Key_Home)
    assert loss.view.viewRange()[0] == before
    assert accuracy.follows


def test_arrow_keys_walk_the_crosshair(growing: MakeRun, show: Show, qtbot: QtBot) -> None:
    run, plots = growing(), show(TrainingPlots())
    typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    loss = plots.panels()[0]
    qtbot.keyClick(loss, Qt.Key.Key_Left)
    first = loss.crosshair.step
    qtbot.keyClick(loss, Qt.Key.Key_Left)
    assert loss.crosshair.step < first
    qtbot.keyClick(loss, Qt.Key.Key_Escape)
    assert loss.crosshair.step is None


def test_another_theme_recolours_at_once(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    panel = plots.panels()[0]

    def corner() -> str:
        return panel.grab().toImage().pixelColor(2, panel.height() // 2).name()

    assert corner() == theme.DARK.panel
    theme.use(theme.LIGHT)
    assert corner() == theme.LIGHT.panel


def test_pictures_are_written_as_png_and_svg(growing: MakeRun, show: Show, tmp_path: Path) -> None:
    run, plots = growing(), show(TrainingPlots())
    typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    for name in ("curves.png", "curves.svg"):
        plots.export(tmp_path / name)
    image = QImage(str(tmp_path / "curves.png"))
    colours = {
        image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, 400, 3)
    }
    assert {theme.DARK.panel, theme.DARK.training} <= colours
    assert QSvgRenderer(str(tmp_path / "curves.svg")).isValid()
    svg = (tmp_path / "curves.svg").read_text(encoding="utf-8")
    assert "validation" in svg
    assert "Accuracy" in svg


def test_all_values_are_written_as_csv(
    growing: MakeRun, show: Show, tmp_path: Path, qtbot: QtBot
) -> None:
    run, plots = growing(), show(TrainingPlots())
    losses = typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    with qtbot.waitSignal(plots.message) as heard:
        plots.export(tmp_path / "curves.csv")
    assert heard.args == ["Saved curves.csv"]
    with (tmp_path / "curves.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(r["train_loss"]) for r in rows if r["train_loss"]] == losses.tolist()
    assert [int(r["step"]) for r in rows if r["val_loss"]] == [40 * n for n in range(1, 7)]


def test_a_file_that_cannot_be_written_is_told(
    growing: MakeRun, show: Show, tmp_path: Path, qtbot: QtBot
) -> None:
    run, plots = growing(), show(TrainingPlots())
    typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    for name in ("no/curves.svg", "no/curves.csv", "no/curves.png"):
        with qtbot.waitSignal(plots.message) as heard:
            plots.export(tmp_path / name)
        assert str(tmp_path / name) in heard.args[0]
        assert heard.args[0].endswith("Choose another folder.")


def test_letting_go_of_a_run_leaves_nothing(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    typical(run)
    plots.set_run(run.reader)
    refresh(run, plots)
    panels = plots.panels()
    plots.set_run(None)
    assert plots.panels() == ()
    assert plots.empty_text() == "Press Run to see the loss fall"
    assert not any(panel.isVisible() or panel.items_by_column for panel in panels)
    plots.dispose()
    panels[0].setBackground("#123456")
    theme.use(theme.LIGHT)  # and nobody listens any more
    assert panels[0].backgroundBrush().color().name() == "#123456"


def test_a_second_run_begins_where_the_first_one_began(growing: MakeRun, show: Show) -> None:
    first, second, plots = growing(), growing(4), show(TrainingPlots())
    typical(first)
    plots.set_run(first.reader)
    plots.set_log(True)
    refresh(first, plots)
    used = plots.panels()
    used[0].show_steps(10, 20)
    plots.set_log(False)
    plots.set_run(None)
    second.dense(3.0, 2.0)
    second.poll()
    plots.set_run(second.reader)
    refresh(second, plots)
    (panel,) = plots.panels()
    assert panel in used
    assert panel.isVisible()
    assert panel.follows
    assert not panel.log
    assert list(panel.items_by_column) == ["train_loss"]
    assert panel.view.viewRange()[0][0] == 0
    assert panel.view.viewRange()[1][1] >= 3


def test_names_stand_at_the_drawn_end_until_the_curve_is_drawn_anew(
    growing: MakeRun, show: Show
) -> None:
    run, plots = growing(), show(TrainingPlots())
    plots.set_smoothing(1)
    run.dense(3.0, 2.0, 1.0)
    run.poll()
    plots.set_run(run.reader)
    refresh(run, plots)
    (panel,) = plots.panels()
    panel.grab()
    before = panel.names.placed()[0].end
    series_of(plots, "train_loss").append_dense(4, np.array([0.5]))
    assert panel.names.placed()[0].end == before
    panel.redraw()
    assert panel.names.placed()[0].end != before


def test_plots_are_made_ahead(show: Show) -> None:
    plots = show(TrainingPlots())
    while plots.prepare():
        pass
    assert len(plots.findChildren(MetricPanel)) == 2
    assert plots.panels() == ()


def test_texts_can_be_read_in_both_themes() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, two: str) -> float:
        high, low = sorted((luminance(one), luminance(two)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for look in (theme.DARK, theme.LIGHT):
        for text in (look.text, look.muted, look.bad, look.gradient):
            for ground in (look.panel, look.raised):
                assert contrast(text, ground) >= 4.5
        for line in (look.training, look.validation):
            assert contrast(line, look.panel) >= 3


def test_many_metrics_are_scrolled_and_named_by_their_output(growing: MakeRun, show: Show) -> None:
    run, plots = growing(), show(TrainingPlots())
    plots.resize(900, 260)
    plots.set_run(run.reader)
    run.dense(*np.linspace(2, 1, 10))
    values = {
        f"val_{output}_{metric}": 0.5
        for output in ("thing", "mask", "other_mask")
        for metric in ("loss", "accuracy", "iou", "mae")
    }
    run.epoch(1, val_loss=1.0, **values)
    refresh(run, plots)
    assert len(plots.panels()) == 13
    assert min(panel.height() for panel in plots.panels()) >= 130
    titles = [panel.panel.title for panel in plots.panels()]
    assert titles[:5] == [
        *("Loss", "Mask accuracy", "Mask IoU", "Mask loss"),
        "Mask mean absolute error",
    ]
    assert "Other mask IoU" in titles
    plots.set_log(True)
    logs = {panel.panel.metric for panel in plots.panels() if panel.log}
    assert "mask_accuracy" not in logs
    assert "mask_loss" in logs
    plots.set_run(growing().reader)
    assert plots.panels() == ()
