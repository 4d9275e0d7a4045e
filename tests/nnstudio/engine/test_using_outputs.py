"""Several outputs used: each answers by its name, in the window, in the terminal and alone."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from graph_compiler.model import DataSource, Goal, Project
from nnstudio.engine import using
from nnstudio.engine.using_run import CannotUse
from tests.nnstudio.engine.recipes.several_plans import heads, seeing

COLUMNS = (
    ("a", "feature", "number", ()),
    ("town", "feature", "category", ("Bern", "Oslo")),
    ("kind", "target", "category", ("left", "right")),
    ("size", "target", "number", ()),
    ("wet", "target", "category", ("no", "yes")),
)
TOWNS = {"Bern": 0.0, "Oslo": 20.0}


def rows(folder: Path, **settings: Any) -> Project:
    """A class, a number and an answer of yes or no that follow from a number and a town."""
    generator = np.random.default_rng(4)
    a, town = generator.normal(size=200), generator.choice(list(TOWNS), 200)
    shown = pd.DataFrame({"a": a, "town": town, "kind": np.where(a < 0, "left", "right")})
    shown["size"] = 100 + 7 * a + shown["town"].map(TOWNS)
    shown["wet"] = np.where(shown["town"] == "Oslo", "yes", "no")
    shown.to_csv(folder / "rows.csv", index=False)
    options = {"path": str(folder / "rows.csv"), "columns": COLUMNS, "rows": 200}
    goals = {
        "kind": Goal(class_weights="balanced"),
        "size": Goal(weight=2.0),
        "wet": Goal(loss="bce_with_logits"),
    }
    settings = {"epochs": 25, "learning_rate": 0.02, **settings}
    return heads(
        DataSource("csv", options), {"kind": 2, "size": 1, "wet": 1}, goals, (3,), **settings
    )


def test_each_output_answers_a_row_by_its_name(runs: Any, tmp_path: Path) -> None:
    run = runs.train(rows(tmp_path)).path
    (way,) = using.describe(run)["ways"]
    assert [one["name"] for one in way["input"]["fields"]] == ["a", "town"]
    given = {"values": {"a": 1.2, "town": "Oslo"}}
    answer = using.use(run, "best", "predict", given, {})
    kind, size, wet = answer["outputs"]
    assert [one["name"] for one in answer["outputs"]] == ["kind", "size", "wet"]
    assert kind["words"] == f"right, with {kind['bars'][0]['share']:.1%}"
    assert kind["bars"][0]["share"] > 0.9
    assert [bar["name"] for bar in kind["bars"]] == ["right", "left"]
    assert sum(bar["share"] for bar in kind["bars"]) == pytest.approx(1)
    assert size["values"][0]["value"] == pytest.approx(128.4, abs=3)
    assert size["words"] == f"{size['values'][0]['value']:.5g}"
    assert wet["words"].startswith("yes, with ")
    assert answer["words"] == f"kind right, size {size['words']}, wet yes"
    assert answer["notes"] == []


def test_what_a_loss_makes_of_scores_is_what_is_told(runs: Any, tmp_path: Path) -> None:
    """A spread beside a number, which share lies below a quantile, no chances from margins."""
    data = rows(tmp_path).data
    goals = {
        "kind": Goal(loss="multi_margin"),
        "size": Goal(loss="gaussian_nll"),
        "high": Goal(("size",), "quantile", settings={"quantile": 0.9}),
        "wet": Goal(loss="hinge"),
    }
    widths = {"kind": 2, "size": 2, "high": 1, "wet": 1}
    run = runs.train(heads(data, widths, goals, (3,), epochs=40, learning_rate=0.02)).path
    answer = using.use(run, "last", "predict", {"values": {"a": 1.2, "town": "Oslo"}}, {})
    high, kind, size, wet = answer["outputs"]
    assert (kind["words"], wet["words"]) == ("right", "yes")
    assert "bars" not in kind
    assert "bars" not in wet
    value, spread = size["words"].split(" ± ")
    assert float(value) == pytest.approx(size["values"][0]["value"], rel=1e-4)
    assert float(spread) > 0
    assert high["table"]["rows"] == [["size at high", high["words"]]], "two outputs learn it"
    assert high["words"] != value
    assert answer["notes"] == [
        "high: it is below this value with a chance of 0.9.",
        "size: ± is one standard deviation of what the network expects.",
    ]


def test_odd_rows_are_answered_or_told(runs: Any, tmp_path: Path) -> None:
    run = runs.train(rows(tmp_path, epochs=2)).path
    strange = using.use(run, "best", "predict", {"values": {"a": 1, "town": "Rome"}}, {})
    assert len(strange["outputs"]) == 3
    assert strange["notes"] == [
        'town: 1 cell holds a category that training did not know ("Rome"); it counts as none of '
        "the known ones."
    ]
    with pytest.raises(CannotUse) as caught:
        using.use(run, "best", "predict", {"values": {"a": 1}}, {})
    assert str(caught.value) == (
        "row: expected a value for each of 2 columns, got none for town. Give one."
    )


def test_an_example_tells_all_its_right_answers(runs: Any, tmp_path: Path) -> None:
    options = {"give": "class, boxes and mask", "samples": 60, "noise": 0.0}
    run = runs.train(seeing(options, {}, epochs=1)).path
    one = using.opened(run, "last")
    script = one.trained.script
    _, targets = script.examples()
    row = targets[script.split(targets)[1][2]]
    box = ", ".join(f"{value:.5g}" for value in row[1:5])
    thing = ("circle", "square", "triangle")[int(row[0])]
    found = using.example(run, "last", 2)
    assert found["words"] == f"Example 3 of the validation part: boxes {box}, thing {thing}"


def test_a_scene_is_named_boxed_and_outlined(runs: Any, tmp_path: Path) -> None:
    options = {"give": "class, boxes and mask", "samples": 60, "things": 2}
    run = runs.train(seeing(options, {}, epochs=2)).path
    answer = using.use(run, "last", "predict", {"example": 1}, {})
    boxes, mask, thing = answer["outputs"]
    assert [one["name"] for one in answer["outputs"]] == ["boxes", "mask", "thing"]
    one = using.opened(run, "last")
    inputs, targets = one.trained.script.examples()
    fitted = one.fitted
    validation = one.trained.script.split(targets)[1]
    seen = (inputs[validation[1]] - np.array(fitted["shift"])) / np.array(fitted["size"])
    with torch.no_grad():
        numbers, scores, kinds = one.network(torch.from_numpy(seen[None]).float())
    unit, shift = np.array(fitted["unit"])[1:9], np.array(fitted["target_shift"])[1:9]
    wanted = numbers[0].double().numpy() * unit + shift
    assert [value["value"] for value in boxes["values"]] == pytest.approx(wanted, abs=1e-5)
    assert boxes["table"]["rows"][4][0] == "middle x of thing 2"
    best = scores[0].argmax(0).numpy()
    (picture,) = mask["pictures"]
    shown = np.frombuffer(b64decode(picture["bytes"]), np.uint8).reshape(16, 16)
    assert np.array_equal(np.rint(shown / 85), best)
    shares = {bar["name"]: bar["share"] for bar in mask["bars"]}
    assert shares["background"] == pytest.approx((best == 0).mean())
    assert sum(shares.values()) == pytest.approx(1)
    told = {bar["name"]: bar["share"] for bar in thing["bars"]}
    names = ("circle", "square", "triangle")
    assert [told[name] for name in names] == pytest.approx(kinds.softmax(1)[0].tolist(), abs=1e-5)
    assert answer["pictures"][0]["title"] == "what the network sees"


def test_outputs_that_learn_one_mask_are_told_apart(runs: Any) -> None:
    """Data with a mask alone; a second output learns it too."""
    project = seeing({"give": "class and mask", "samples": 40}, {}, epochs=1)
    main = project.networks["main"]
    project.data = DataSource("scenes", {"give": "mask", "samples": 40, "size": 16})
    for name in ("thing", "thing_head", "flat"):
        main.nodes.pop(name)
    for wire in [w for w in main.wires if {w.source, w.target} & {"thing", "thing_head", "flat"}]:
        main.wires.pop(wire)
    run = runs.train(project).path
    (mask,) = using.use(run, "last", "predict", {"example": 0}, {})["outputs"]
    assert mask["name"] == "mask"
    assert len(mask["pictures"]) == 1
    assert {bar["name"] for bar in mask["bars"]} == {"background", "circle", "square", "triangle"}
