"""Arrays of NumPy, time series in windows, generated sine mixtures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from graph_compiler.emission import emit
from graph_compiler.model import DataSource, Project, Value
from nnstudio.document.script import train_script
from nnstudio.document.sources import facts
from nnstudio.engine.array_looking import check_gap, look_at_arrays
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.loading import load_script
from nnstudio.engine.preview import preview


@pytest.fixture
def made(project: Callable[..., Project], tmp_path: Path) -> Callable[..., Any]:
    """The data of a script for a source."""

    def make(source: str, options: Mapping[str, Value], **fields: Any) -> Any:
        found = facts(DataSource(source, options), {})
        loss = "mse" if found.target == "value" else "cross_entropy"
        plan = project(source, (2,), found.outputs, options, loss=loss)
        plan = replace(plan, data=replace(plan.data, **fields))
        written = emit(plan.graph())
        (tmp_path / "model.py").write_text(written.text)
        text = train_script(plan, written, {"device": "cpu", "threads": 1})
        (tmp_path / "train.py").write_text(text)
        script = load_script(tmp_path)
        return script.prepare(*script.examples(), torch.device("cpu"))

    return make


def test_arrays_are_read_as_they_stand(made: Any, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(60, 3, 4, 4)), draw.integers(0, 3, 60)
    path = tmp_path / "a.npz"
    np.savez(path, images=x, labels=y)
    options = {"path": str(path), "inputs": "images", "targets": "labels"}
    kept = look_at_arrays("arrays", options)
    assert kept == {"kind": "class", "shape": (3, 4, 4), "outputs": 3, "rows": 60}
    data = made("arrays", {**options, **kept}, scale="none")
    rows = torch.cat([part.inputs for part in data[:3]])
    assert sorted(rows[:, 0, 0, 0].tolist()) == sorted(x[:, 0, 0, 0].astype(np.float32).tolist())
    counts = torch.bincount(torch.cat([part.targets for part in data[:3]]))
    assert counts.tolist() == np.bincount(y).tolist()


def test_a_table_of_numbers_has_its_targets_at_the_end(made: Any, tmp_path: Path) -> None:
    table = np.random.default_rng(0).normal(size=(40, 4))
    path = tmp_path / "t.npy"
    np.save(path, table)
    options: dict[str, Any] = {"path": str(path)}
    options |= look_at_arrays("arrays", options)
    assert (options["kind"], options["shape"], options["outputs"]) == ("value", (3,), 1)
    data = made("arrays", options, scale="none")
    pairs = {(x[0].item(), y.item()) for part in data[:3] for x, y in zip(*part, strict=True)}
    wanted = table.astype(np.float32)
    assert pairs == {(row[0].item(), row[3].item()) for row in wanted}
    found = preview({"source": "arrays", "options": {"path": str(path)}}, {})
    assert found["rows"] == 40
    assert found["options"]["shape"] == (3,)


class Danger:
    """Would write a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    path, mark = tmp_path / "o.npz", tmp_path / "mark"
    np.savez(path, x=np.array([[Danger(mark)]], dtype=object), y=np.zeros(1))
    with pytest.raises(BadData, match=r"^o\.npz: expected a file of this kind"):
        look_at_arrays("arrays", {"path": str(path), "inputs": "x", "targets": "y"})
    assert not mark.exists()


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"x": np.zeros((4, 2))}, "a.npz: expected an array 'y', got x. "),
        (
            {"x": np.zeros((4, 2)), "y": np.zeros(3)},
            "a.npz: expected as many targets as rows of inputs, got (4, 2) and (3,). ",
        ),
        (
            {"x": np.array([[1.0], [np.nan]]), "y": np.zeros(2)},
            "a.npz, row 1 of the inputs: expected finite numbers below 3.4e38, got others. ",
        ),
        (
            {"x": np.array([[1.0], [1.0], [1e300]]), "y": np.zeros(3)},
            "a.npz, row 2 of the inputs: expected finite numbers below 3.4e38, got others. ",
        ),
        (
            {"x": np.float32(3), "y": np.int64(2)},
            "a.npz: expected as many targets as rows of inputs, got () and (). ",
        ),
        ({"x": np.zeros((0, 4)), "y": np.zeros(0, int)}, "a.npz: expected rows, got none. "),
        (
            {"x": np.zeros((4, 2)), "y": np.array([0, 1, -1, 0])},
            "a.npz: expected classes from 0 on, got -1. ",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, arrays: Mapping[str, Any], text: str
) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    with pytest.raises(BadData) as caught:
        look_at_arrays("arrays", {"path": str(path), "inputs": "x", "targets": "y"})
    assert str(caught.value) == text + "Mend or choose another file."


def test_a_pickle_is_no_array_and_nobody_is_told_to_load_it(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x80\x04]\x94.")
    with pytest.raises(BadData) as caught:
        look_at_arrays("arrays", {"path": str(path), "inputs": "x", "targets": "y"})
    assert str(caught.value) == (
        "a.npy: expected arrays of NumPy, got another kind of file. Mend or choose another file."
    )


def test_a_series_is_divided_before_it_is_cut_into_windows(made: Any, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("day,value\n" + "".join(f"d{n},{n}\n" for n in range(100)))
    options: dict[str, Any] = {"path": str(path), "window": 5, "horizon": 2}
    options |= look_at_arrays("series", options)
    assert options["rows"] == 100
    data = made("series", options, scale="none", split=(0.6, 0.2, 0.2))
    seen = []
    for part in data[:3]:
        for inputs, targets in zip(*part, strict=True):
            assert targets.tolist() == [inputs[-1] + 1, inputs[-1] + 2]
        seen.append(set(torch.cat([part.inputs, part.targets], 1).flatten().tolist()))
    assert not seen[0] & seen[1]
    assert not seen[1] & seen[2]
    assert max(seen[0]) < min(seen[1])
    assert max(seen[1]) < min(seen[2]) <= max(seen[2]) == 99
    assert len(data.train.inputs) == round(0.6 * 94)


def test_a_series_is_scaled_as_one_and_by_its_training_part(made: Any, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    values = np.random.default_rng(1).normal(7, 3, 200)
    path.write_text("value\n" + "".join(f"{value!r}\n" for value in values.tolist()))
    options = {"path": str(path), "window": 8, "layout": "sequence", "rows": 200}
    data = made("series", options, split=(0.5, 0.25, 0.25))
    windows = np.lib.stride_tricks.sliding_window_view(values, 8)[: len(data.train.inputs)]
    wanted = (windows - windows.mean()) / windows.std()
    assert data.train.inputs.shape[1:] == (8, 1)
    assert np.allclose(data.train.inputs[:, :, 0], wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "v\n1\nx\n" + "1\n" * 60,
            "s.csv, row 3, column 'v': expected a number, got 'x'. Mend or choose another file.",
        ),
        (
            "v\n1\n2\n",
            "s.csv: expected at least 24 rows, got 2. Mend or choose another file.",
        ),
    ],
)
def test_a_series_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.csv"
    path.write_text(text)
    with pytest.raises(BadData) as caught:
        look_at_arrays("series", {"path": str(path), "window": 20, "horizon": 1})
    assert str(caught.value) == message


def test_sine_mixtures_follow_the_recurrence_of_a_sine(made: Any) -> None:
    """Of one wave without noise, s(t+1) = 2 cos(w) s(t) - s(t-1)."""
    options = {"waves": 1, "window": 10, "horizon": 3, "samples": 50}
    data = made("waves", options, scale="none")
    rows = torch.cat([data.train.inputs, data.train.targets], 1).double()
    ahead, here, before = rows[:, 2:], rows[:, 1:-1], rows[:, :-2]
    factor = ((ahead + before) * here).sum(1) / here.square().sum(1)
    assert torch.allclose(ahead, factor[:, None] * here - before, atol=1e-4)


def test_parts_shorter_than_a_window_are_refused() -> None:
    class Script:
        ROWS_BETWEEN = 20

    check_gap("series", 200, (0.6, 0.15, 0.25), Script)
    with pytest.raises(BadData) as caught:
        check_gap("series", 100, (0.6, 0.15, 0.25), Script)
    assert str(caught.value) == (
        "series, validation part: expected more than 20 windows, as the first 20 reach into the "
        "part before, got 15. Choose a shorter window, or give the part a larger share."
    )
