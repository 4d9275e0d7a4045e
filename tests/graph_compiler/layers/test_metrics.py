"""Every metric against scikit-learn."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from graph_compiler.layer import Mismatch
from graph_compiler.modules.accuracy import Accuracy, TopKAccuracy
from graph_compiler.modules.area_under_curve import AreaUnderCurve
from graph_compiler.modules.class_scores import F1Score, Precision, Recall
from graph_compiler.modules.confusion_matrix import ConfusionMatrix
from graph_compiler.modules.r2_score import R2Score
from graph_compiler.registry import layer
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

Computed = Callable[..., torch.Tensor]
SCORES = {
    "Precision": (Precision, reference.precision_score),
    "Recall": (Recall, reference.recall_score),
    "F1Score": (F1Score, reference.f1_score),
}


def guesses(seed: int, rows: int, classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(rows, classes, generator=generator, dtype=torch.float64)
    return scores, torch.randint(classes, (rows,), generator=generator)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 30), classes=st.integers(2, 6))
def test_scores_of_several_classes(seed: int, rows: int, classes: int) -> None:
    scores, target = guesses(seed, rows, classes)
    guess = scores.argmax(1)
    for made, expected in SCORES.values():
        for average in ("macro", "micro", "weighted"):
            wanted = expected(target, guess, average=average, zero_division=0)
            assert made(average)(scores, target).item() == pytest.approx(wanted, abs=1e-12)
        each = expected(target, guess, average=None, zero_division=0, labels=list(range(classes)))
        assert made("none")(scores, target).tolist() == pytest.approx(each.tolist())
    assert Accuracy()(scores, target).item() == pytest.approx(
        reference.accuracy_score(target, guess)
    )
    table = reference.confusion_matrix(target, guess, labels=list(range(classes)))
    assert ConfusionMatrix()(scores, target).tolist() == table.tolist()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 30), threshold=st.sampled_from((0.0, 0.5)))
def test_scores_of_two_classes(seed: int, rows: int, threshold: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(rows, generator=generator, dtype=torch.float64)
    target = torch.randint(2, (rows,), generator=generator)
    guess = (scores > threshold).long()
    for made, expected in SCORES.values():
        wanted = expected(target, guess, zero_division=0)
        found = made(threshold=threshold)(scores[:, None], target[:, None])
        assert found.item() == pytest.approx(wanted, abs=1e-12)
    found = Accuracy(threshold=threshold)(scores, target)
    assert found.item() == pytest.approx(reference.accuracy_score(target, guess))


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1)), min_size=2, max_size=40).filter(
        lambda pairs: len({kind for _, kind in pairs}) == 2
    )
)
def test_the_area_under_the_curve_with_many_ties(pairs: list[tuple[int, int]]) -> None:
    scores = torch.tensor([score / 3 for score, _ in pairs], dtype=torch.float64)
    target = torch.tensor([kind for _, kind in pairs])
    found = AreaUnderCurve()(scores, target).item()
    assert found == pytest.approx(reference.roc_auc_score(target, scores), abs=1e-12)
    above = [
        1.0 if p > n else 0.5 if p == n else 0.0
        for p, one in zip(scores, target, strict=True)
        for n, other in zip(scores, target, strict=True)
        if one == 1 and other == 0
    ]
    assert found == pytest.approx(sum(above) / len(above))


def test_the_area_of_one_class_is_not_a_number() -> None:
    assert math.isnan(AreaUnderCurve()(torch.randn(4), torch.ones(4).long()).item())


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k(k: int) -> None:
    scores, target = guesses(4, 50, 5)
    wanted = reference.top_k_accuracy_score(target, scores, k=k, labels=list(range(5)))
    assert TopKAccuracy(k)(scores, target).item() == pytest.approx(wanted)


def test_classes_on_the_last_axis() -> None:
    scores, target = guesses(5, 24, 4)
    by_time, classes = scores.view(4, 6, 4), target.view(4, 6)
    first = by_time.movedim(-1, 1)
    for kind in (Accuracy, Precision, Recall, F1Score, ConfusionMatrix):
        flat = kind()(scores, target)
        assert torch.equal(kind(dim=-1)(by_time, classes), flat)
        assert torch.equal(kind()(first, classes), flat)
    flat = TopKAccuracy(2)(scores, target)
    assert torch.equal(TopKAccuracy(2, dim=-1)(by_time, classes), flat)


@pytest.mark.parametrize("columns", [(), (1,), (3,)])
def test_numbers(computed: Computed, columns: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn((20, *columns), generator=generator, dtype=torch.float64)
    y = x + torch.randn((20, *columns), generator=generator, dtype=torch.float64)
    mae = computed("MeanAbsoluteError", x, y).item()
    assert mae == pytest.approx(reference.mean_absolute_error(y, x))
    rmse = computed("RootMeanSquaredError", x, y).item()
    assert rmse == pytest.approx(reference.root_mean_squared_error(y.flatten(), x.flatten()))
    assert computed("R2Score", x, y).item() == pytest.approx(reference.r2_score(y, x))


def test_r2_of_constants() -> None:
    y = torch.full((5, 2), 3.0, dtype=torch.float64)
    x = y.clone()
    x[0, 1] = 4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = reference.r2_score(y, x)
    assert R2Score()(x, y).item() == pytest.approx(wanted) == 0.5


def test_perplexity_of_an_even_guess_is_the_number_of_words(computed: Computed) -> None:
    words = torch.arange(12).view(3, 4) % 7
    found = computed("Perplexity", torch.zeros(3, 4, 7, dtype=torch.float64), words, dim=-1)
    assert found.item() == pytest.approx(7)


def test_perplexity_skips_padding(computed: Computed) -> None:
    scores, target = guesses(3, 30, 5)
    kept = target != 2
    logs = -reference.log_loss(target[kept], scores[kept].softmax(1).numpy(), labels=list(range(5)))
    found = computed("Perplexity", scores, target, ignore_index=2)
    assert found.item() == pytest.approx(np.exp(-logs))


@pytest.mark.parametrize("name", ["Accuracy", "Precision", "Recall", "F1Score", "ConfusionMatrix"])
def test_drawn_metrics_are_the_modules(computed: Computed, name: str) -> None:
    scores, target = guesses(9, 40, 4)
    made = {**{n: pair[0] for n, pair in SCORES.items()}, "Accuracy": Accuracy}
    made["ConfusionMatrix"] = ConfusionMatrix
    assert torch.equal(computed(name, scores, target), made[name]()(scores, target))


def test_more_guesses_than_classes_are_refused() -> None:
    params, _ = resolve({}, layer("TopKAccuracy"), {})
    with pytest.raises(Mismatch) as caught:
        layer("TopKAccuracy").output(params, TensorType((N, 3)), TensorType((N,), "int"))
    assert str(caught.value) == (
        "k: expected at most 3, the number of classes, got 5. Set k to fewer guesses."
    )
