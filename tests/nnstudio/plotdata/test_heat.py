"""Figures on nodes: sums, shares and texts, whatever drawing is looked at."""

from __future__ import annotations

import math
from typing import Any

import pytest

from graph_compiler.checker import check_project
from nnstudio.document.templates import load_target
from nnstudio.plotdata.heat import (
    HeatError,
    bytes_text,
    count_text,
    norm_text,
    of_facts,
    of_measurement,
    time_text,
)


def measured(**fields: Any) -> dict[str, Any]:
    return {
        "forward": {}, "backward": {}, "gradient": {}, "rows": 64, "device": "cpu", **fields
    }  # fmt: skip


def test_parameters_of_lenet() -> None:
    heat = of_facts("parameters", check_project(load_target("template:lenet5@paper"))["main"].nodes)
    assert heat.texts == {
        "conv1": "156 · <1 %",
        "conv2": "2.42 k · 4 %",
        "fc1": "48.1 k · 78 %",
        "fc2": "10.2 k · 16 %",
        "fc3": "850 · 1 %",
    }
    assert heat.shares["fc1"] == 1.0
    assert heat.shares["conv1"] == pytest.approx(156 / 48_120)
    assert (heat.low, heat.high, heat.note) == ("0", "48.1 k", "")


def test_bytes_of_outputs_are_four_a_number_and_inputs_take_none() -> None:
    heat = of_facts("memory", check_project(load_target("template:lenet5@paper"))["main"].nodes)
    assert heat.texts["conv1"].startswith("18.4 kB · ")  # 6×28×28 floats
    assert "image" not in heat.texts
    assert "logits" not in heat.texts


def test_a_block_takes_what_its_inside_takes() -> None:
    report = check_project(load_target("template:resnet@18"))["main"]
    heat = of_facts("parameters", report.nodes)
    assert heat.shares["stage4"] == 1.0
    compute = of_facts("compute", report.nodes)
    assert set(compute.shares) >= {"stage1", "stage2", "stage3", "stage4"}


def test_times_of_turns_and_of_what_lies_inside_are_added() -> None:
    told = measured(
        forward={
            "stem": 0.001,
            "stage[0]/conv": 0.002,
            "stage[1]/conv": 0.003,
            "stage[1]/relu": 1e-6,
        },
        backward={"stage[0]/conv": 0.004},
    )
    heat = of_measurement("time", told)
    assert heat.texts == {"stem": "1 ms · 10 %", "stage": "9 ms · 90 %"}
    assert heat.note == "64 rows, cpu, forward and backward"
    inside = of_measurement("time", told, "stage")
    assert inside.texts == {"conv": "9 ms · 100 %", "relu": "1 µs · <1 %"}
    assert of_measurement("time", told, "sta").texts == {}


def test_norms_are_put_together_as_lengths_are_and_scaled_by_powers_of_ten() -> None:
    told = measured(gradient={"a[0]/w": 3.0, "a[1]/w": 4.0, "b": 0.5, "c": 0.05, "d": 0.0})
    heat = of_measurement("gradient", told)
    assert heat.texts == {"a": "5", "b": "0.5", "c": "0.05", "d": "0"}
    assert heat.shares == {"a": 1.0, "b": pytest.approx(0.5), "c": 0.0, "d": 0.0}
    assert (heat.low, heat.high) == ("0.05", "5")


def test_a_gradient_that_is_no_number_is_the_hottest_and_said() -> None:
    heat = of_measurement("gradient", measured(gradient={"a": "nan", "b": "inf", "c": 1.0}))
    assert heat.texts == {"a": "not a number", "b": "infinite", "c": "1"}
    assert heat.shares["a"] == heat.shares["b"] == 1.0


def test_nothing_to_show_is_nothing() -> None:
    for id in ("time", "gradient"):
        assert of_measurement(id, measured()).shares == {}
    assert of_facts("parameters", {}).shares == {}


@pytest.mark.parametrize(
    "damage",
    [
        {"forward": None},
        {"forward": {"a": -1.0}},
        {"forward": {"a": "1"}},
        {"forward": {"a": True}},
        {"forward": {"a": [1]}},
        {"backward": [1.0]},
        {"rows": "64"},
        {"device": None},
        {"device": "cpu\n" * 50},
    ],
)
def test_damaged_measurements_are_refused_in_words(damage: dict[str, Any]) -> None:
    with pytest.raises(HeatError, match=r"Measure again\.$"):
        of_measurement("time", measured(**damage))


def test_texts() -> None:
    assert [count_text(n) for n in (0, 7, 950, 1000, 48_120, 175e9)] == [
        "0", "7", "950", "1 k", "48.1 k", "175 G",
    ]  # fmt: skip
    assert [bytes_text(n) for n in (12, 1024, 3 << 20)] == ["12 B", "1 kB", "3 MB"]
    assert [time_text(s) for s in (0, 1e-6, 0.0034, 2.0)] == ["0 s", "1 µs", "3.4 ms", "2 s"]
    assert [norm_text(n) for n in (0.018, 3.2e-7, math.inf)] == ["0.018", "3.2e-07", "infinite"]
