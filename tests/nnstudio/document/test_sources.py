"""Data sources: what a network must fit, from tables and from the description of columns."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from graph_compiler.model import (
    Answer,
    DataFacts,
    DataSource,
    Plan,
    Project,
    Purpose,
    Stage,
    Variable,
)
from nnstudio.document.sources import DataError, facts, purpose, sources
from nnstudio.engine.preview import examples

BUILT_IN = sorted(
    name for name, one in sources().items() if one.form == "examples" and one.group != "own"
)


@pytest.mark.parametrize("source", BUILT_IN)
def test_facts_say_what_the_source_makes(source: str) -> None:
    data = DataSource(source)
    known = facts(data, {})
    inputs, targets = examples(data, {})
    assert inputs.shape == (known.rows, *known.shape)
    assert np.isfinite(inputs).all()
    if known.target == "class":
        assert targets.shape == (known.rows,)
        assert sorted(set(targets.tolist())) == list(range(known.outputs))
        assert len(known.classes) == known.outputs
    else:
        assert targets.shape == (known.rows, known.outputs)
        assert known.classes == ()


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("digits", {"size": 5}),
        ("blobs", {"centers": 5, "features": 7, "samples": 50}),
        ("xor", {"samples": 40, "noise": 0.3}),
        ("spirals", {"turns": 3.0, "samples": 30}),
        ("separable", {"gap": 2.0}),
        ("function", {"curve": "bumps"}),
    ],
)
def test_options_change_facts_and_rows_alike(source: str, options: dict[str, int]) -> None:
    data = DataSource(source, options)
    known = facts(data, {})
    inputs, _ = examples(data, {})
    assert inputs.shape == (known.rows, *known.shape)


@pytest.mark.parametrize("source", BUILT_IN)
def test_the_seed_decides_what_is_made(source: str) -> None:
    one, same, other = (
        examples(DataSource(source, seed=s, options=noise(source)), {})[0] for s in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert np.array_equal(one, other) == (not uses_the_seed(source))


def uses_the_seed(source: str) -> bool:
    """Whether the source's text draws random numbers."""
    return hasattr(import_module(f"nnstudio.engine.data.{source}"), "DATA_SEED")


def noise(source: str) -> dict[str, float]:
    """The corners of XOR are the same for every seed unless there is noise."""
    return {"noise": 0.1} if source == "xor" else {}


def test_separable_clouds_keep_their_gap() -> None:
    inputs, classes = examples(DataSource("separable", {"gap": 1.0}), {})
    from sklearn.svm import LinearSVC

    line = LinearSVC(C=1e6, max_iter=100_000).fit(inputs, classes)
    margin = (2 * classes - 1) * line.decision_function(inputs) / np.linalg.norm(line.coef_)
    assert margin.min() > 0.45


def test_variables_reach_the_facts() -> None:
    data = DataSource("digits", {"size": "side * 2"})
    assert facts(data, {"side": Variable("side", 7)}).shape == (1, 14, 14)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            DataSource("digits", {"size": 3}),
            "data.size: expected a whole number from 4 to 64, got 3. Set size to such a number.",
        ),
        (
            DataSource("none of them"),
            f"data.source: expected one of {', '.join(sources())}, got 'none of them'. "
            "Choose one of them.",
        ),
        (
            DataSource("csv", {"columns": (("a", "feature", "word", ()),)}),
            "data.columns: expected name, role, type and categories of column 1, "
            "got something else. Choose the file anew.",
        ),
        (
            DataSource(
                "csv",
                {
                    "columns": (
                        ("a", "target", "number", ()),
                        ("b", "target", "date", ("%Y", "year")),
                        ("c", "feature", "number", ()),
                    )
                },
            ),
            "data.columns: expected a target of numbers or categories, got dates. Choose another.",
        ),
    ],
)
def test_descriptions_that_do_not_fit_are_refused(data: DataSource, text: str) -> None:
    with pytest.raises(DataError) as caught:
        facts(data, {})
    assert str(caught.value) == text


def test_facts_of_a_table_come_from_its_columns() -> None:
    columns = (
        ("age", "feature", "number", ()),
        ("town", "feature", "category", ("Bonn", "Ulm", "Wien")),
        ("id", "ignore", "number", ()),
        ("low", "target", "number", ()),
        ("high", "target", "number", ()),
    )
    known = facts(DataSource("csv", {"columns": columns, "rows": 12}), {})
    assert known == DataFacts(
        name="csv",
        shape=(4,),
        target="value",
        outputs=2,
        rows=12,
        columns=("age", "town = Bonn", "town = Ulm", "town = Wien"),
        answers=(Answer("low", "value"), Answer("high", "value")),
    )


def test_a_purpose_is_what_data_and_plan_are_for() -> None:
    plan = Plan((Stage(settings={"loss": "mse"}),))
    found = purpose(Project(data=DataSource("diabetes"), plan=plan))
    assert found == Purpose(facts(DataSource("diabetes"), {}), "supervised", "mse", network="main")
    assert purpose(Project(data=DataSource("csv"), plan=plan)) == Purpose(
        None, "supervised", "mse", network="main"
    )


def test_data_not_chosen_yet_leave_the_purpose_open() -> None:
    assert purpose(Project(data=DataSource("none"))) == Purpose(None, network="main")
    with pytest.raises(DataError) as caught:
        facts(DataSource("none"), {})
    assert (
        str(caught.value) == "data.source: expected data to learn from, got none. Choose the data."
    )
