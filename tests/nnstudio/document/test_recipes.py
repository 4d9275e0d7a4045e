"""The tables of the recipes, and a stage's settings worked out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from graph_compiler.layer import Mismatch
from graph_compiler.model import Stage, Variable
from graph_compiler.resolve import value_of
from nnstudio.document.recipes import (
    SettingsError,
    recipes,
    settings_and_faults,
    stage_settings,
)
from nnstudio.document.sources import sources


def test_every_table_is_whole_and_its_defaults_fit() -> None:
    assert {"supervised", "perceptron", "contrastive_divergence"} <= set(recipes())
    for spec in [*recipes().values(), *sources().values()]:
        assert spec.title
        assert spec.doc.endswith((".", "?"))
        params = spec.settings if hasattr(spec, "settings") else spec.options
        assert len({param.name for param in params}) == len(params)
        for param in params:
            assert param.doc
            assert param.name.islower()
            assert value_of(param, param.default, {}) == param.default


def test_expressions_over_variables_are_worked_out() -> None:
    stage = Stage(settings={"learning_rate": "lr * 10", "batch_size": "2 ** n", "optimizer": "way"})
    variables = {
        "lr": Variable("lr", 0.001),
        "n": Variable("n", 6),
        "way": Variable("way", "sgd"),
    }
    values = stage_settings(stage, variables)
    assert (values["learning_rate"], values["batch_size"]) == (0.01, 64)
    assert values["optimizer"] == "sgd"
    assert values["epochs"] == 20, "the default"
    assert list(values) == [param.name for param in recipes()["supervised"].settings]


def test_all_faults_are_told_and_defaults_stand_in() -> None:
    stage = Stage(settings={"epochs": -1, "loss": "best", "batch_size": "many", "epoch": 3})
    values, faults = settings_and_faults(stage, {})
    assert (values["epochs"], values["loss"], values["batch_size"]) == (20, "cross_entropy", 32)
    assert [fault.port for fault in faults] == ["loss", "batch_size", "epochs", ""]
    assert all(isinstance(fault, Mismatch) for fault in faults)
    with pytest.raises(SettingsError) as caught:
        stage_settings(stage, {})
    assert str(caught.value) == (
        "train.loss: expected one of cross_entropy, log_loss, bce_with_logits, bce, mse, l1, "
        "huber, smooth_l1, nll, kl, multi_margin, hinge, poisson, gaussian_nll, quantile, "
        "got 'best'. Set loss to one of these words."
    )
    assert len(caught.value.faults) == 4


def test_an_unknown_recipe_is_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        stage_settings(Stage(recipe="magic"), {})
    assert str(caught.value) == (
        f"train.recipe: expected one of {', '.join(recipes())}, got 'magic'. Choose one of them."
    )


def test_the_tables_are_read_without_the_engine() -> None:
    code = (
        "import sys\n"
        "from nnstudio.document.recipes import recipes\n"
        "from nnstudio.document.sources import sources\n"
        "recipes(), sources()\n"
        "bad = {'torch', 'numpy', 'pandas', 'sklearn', 'nnstudio.engine'} & set(sys.modules)\n"
        "assert not bad, bad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
