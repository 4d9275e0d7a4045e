"""The verdict on bias and variance, on hand-made curves and on networks really trained."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from graph_compiler.model import DataFacts, Purpose
from nnstudio.plotdata.history import History, history
from nnstudio.plotdata.series import Series
from nnstudio.plotdata.verdict import Verdict, judge

DIGITS = Purpose(DataFacts("digits", (1, 8, 8), "class", 10, 1797))
PERCEPTRON = Purpose(DataFacts("xor", (2,), "class", 1, 200), recipe="perceptron", answers="fires")


def falling(start: float, end: float, pace: float, epochs: int, noise: float = 0.0) -> np.ndarray:
    k = np.arange(epochs)
    rng = np.random.default_rng(epochs)
    return end + (start - end) * np.exp(-k / pace) + noise * rng.normal(size=epochs)


def made(
    fit: np.ndarray,
    val: np.ndarray,
    chance: float | None = 0.9,
    rows: int | None = 270,
    **more: object,
) -> History:
    base = History(tuple(fit), tuple(val), tuple(2.5 * fit + 0.01), tuple(2.5 * val + 0.01))
    return replace(base, chance=chance, rows=rows, **more)


def kinds(whole: History) -> list[str]:
    """The verdict after every epoch."""
    return [
        judge(
            replace(
                whole,
                fit_error=whole.fit_error[:n],
                val_error=whole.val_error[:n],
                fit_loss=whole.fit_loss[:n],
                val_loss=whole.val_loss[:n],
            )
        ).kind
        for n in range(1, len(whole.fit_error) + 1)
    ]


def test_nothing_measured_is_too_early() -> None:
    assert judge(History((), ())) == Verdict(
        "too_early",
        "Too early to say",
        "0 epochs of training say little about how it will end. A verdict needs at least 6.",
    )


def test_silent_before_six_epochs_whatever_they_show() -> None:
    whole = made(falling(0.9, 0.0, 1, 5), falling(0.9, 0.5, 1, 5))
    assert kinds(whole) == ["too_early"] * 5


def test_silent_while_the_loss_falls_quickly() -> None:
    assert judge(made(falling(0.9, 0.0, 60, 20), falling(0.9, 0.0, 60, 20))) == Verdict(
        "too_early",
        "Too early to say",
        "The network gets 67.8 % of the training and 67.8 % of the validation rows wrong. "
        "The training error still falls from epoch to epoch.",
    )


def test_a_run_that_ended_while_it_fell_should_go_on() -> None:
    whole = made(falling(0.9, 0.0, 60, 20), falling(0.9, 0.0, 60, 20), finished=True)
    verdict = judge(whole)
    assert (verdict.kind, verdict.remedies) == ("too_early", ("Train for more epochs",))
    assert verdict.text.endswith("The training error was still falling when the run ended.")


def test_a_plateau_far_from_zero_is_high_bias() -> None:
    plateau = falling(0.9, 0.6, 3, 30, 0.004)
    verdict = judge(made(plateau, plateau + 0.01))
    assert (verdict.kind, verdict.title) == ("high_bias", "High bias")
    assert "guessing would get 90.0 % wrong" in verdict.text
    assert verdict.remedies[0] == "Add layers or units"


def test_a_moderate_plateau_may_be_noise_and_says_so() -> None:
    plateau = falling(0.5, 0.15, 3, 30, 0.002)
    verdict = judge(made(plateau, plateau + 0.005, chance=0.5))
    assert (verdict.kind, verdict.title) == ("high_bias", "High bias, or noisy data")


def test_a_wide_sure_gap_is_high_variance() -> None:
    verdict = judge(made(falling(0.9, 0.01, 3, 30, 0.002), falling(0.9, 0.25, 3, 30, 0.005)))
    assert (verdict.kind, verdict.title) == ("high_variance", "High variance")
    assert "its uncertainty: it knows its training rows by heart." in verdict.text


def test_a_validation_loss_that_turns_is_high_variance_with_its_epoch() -> None:
    k = np.arange(40)
    whole = replace(
        made(falling(0.9, 0.0, 4, 40), falling(0.9, 0.1, 3, 40)),
        fit_loss=tuple(2.3 * np.exp(-k / 5)),
        val_loss=tuple(2.3 * np.exp(-k / 4) + 0.3 + 0.03 * k),
    )
    verdict = judge(whole)
    lowest = int(np.argmin(whole.val_loss)) + 1
    assert verdict.kind == "high_variance"
    assert verdict.text.startswith(f"Validation loss was lowest in epoch {lowest} (")
    assert verdict.remedies[0] == f"Stop early, at epoch {lowest}"


def test_a_turned_loss_with_agreeing_errors_is_only_a_beginning() -> None:
    k = np.arange(40)
    whole = replace(
        made(falling(0.9, 0.02, 3, 40), falling(0.9, 0.04, 3, 40)),
        fit_loss=tuple(2.3 * np.exp(-k / 5)),
        val_loss=tuple(2.3 * np.exp(-k / 4) + 0.3 + 0.03 * k),
    )
    verdict = judge(whole)
    assert verdict.title == "High variance, beginning"
    assert verdict.text.endswith("of the validation rows wrong, though the errors still agree.")


def test_both_at_once() -> None:
    verdict = judge(made(falling(0.9, 0.3, 3, 30, 0.003), falling(0.9, 0.55, 3, 30, 0.003)))
    assert (verdict.kind, verdict.title) == ("both", "High bias and high variance")


def test_small_errors_that_agree_are_a_good_fit() -> None:
    verdict = judge(made(falling(0.9, 0.01, 3, 30, 0.001), falling(0.9, 0.02, 3, 30, 0.002)))
    assert (verdict.kind, verdict.title, verdict.remedies) == ("good_fit", "Good fit", ())


def test_a_gap_among_few_validation_rows_may_be_chance() -> None:
    fit, val = falling(0.5, 0.05, 2, 30), falling(0.5, 0.2, 2, 30)
    verdict = judge(made(fit, val, chance=0.5, rows=12))
    assert (verdict.kind, verdict.title) == ("too_early", "The gap may be chance")
    assert "with 12 validation rows" in verdict.text
    assert judge(made(fit, val, chance=0.5, rows=400)).kind == "high_variance"


def test_noise_alone_does_not_make_a_gap() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        fit = 0.05 + 0.02 * rng.random(30)
        val = rng.binomial(60, 0.06, size=30) / 60
        assert judge(made(fit, val, chance=0.5, rows=60)).kind in ("good_fit", "too_early")


def test_a_loss_that_is_no_number_diverges() -> None:
    fit, val = falling(0.9, 0.1, 3, 12), falling(0.9, 0.1, 3, 12)
    whole = replace(made(fit, val), fit_loss=(*fit[:-1], math.nan))
    assert judge(whole) == Verdict(
        "diverging",
        "Training diverges",
        "The loss is no longer a finite number, so the weights have grown without bound. "
        "This is neither bias nor variance: the steps are too large.",
        ("Lower the learning rate", "Scale the inputs", "Clip the gradients"),
    )


def test_a_rising_training_loss_diverges() -> None:
    error = np.full(8, 0.9)
    whole = replace(made(error, error), fit_loss=(2.3, 2.5, 3.0, 4.0, 6.0, 9.0, 20.0, 50.0))
    verdict = judge(whole)
    assert verdict.kind == "diverging"
    assert "The training loss has risen from 2.30 to 50.0." in verdict.text


def test_a_change_of_verdict_needs_two_epochs() -> None:
    calm = made(falling(0.9, 0.01, 3, 30, 0.001), falling(0.9, 0.02, 3, 30, 0.001))
    seen = kinds(calm)
    jumps = [k for k in range(1, len(seen)) if seen[k] != seen[k - 1]]
    assert len(jumps) == 1
    spiked = replace(calm, val_error=(*calm.val_error[:-1], 0.9))
    assert judge(spiked).kind == "good_fit"


def test_without_a_validation_part_nothing_is_claimed() -> None:
    verdict = judge(replace(made(falling(0.9, 0.0, 3, 30), np.zeros(0)), val_loss=()))
    assert (verdict.kind, verdict.title) == ("too_early", "Nothing is held back")


def test_a_perceptron_that_cycles_meets_no_line() -> None:
    rng = np.random.default_rng(0)
    wrong = 0.3 + 0.2 * rng.random(40)
    whole = replace(made(wrong, wrong, chance=0.5, rows=40), mistakes=tuple(100 * wrong))
    verdict = judge(whole, PERCEPTRON)
    assert (verdict.kind, verdict.title) == ("high_bias", "No line separates these points")
    assert verdict.remedies[0] == "Add a hidden layer"
    assert "On points that a line separates it would have come to rest" in verdict.text


def test_a_perceptron_without_a_mistake_has_found_a_line_even_early() -> None:
    zero = np.array([0.2, 0.05, 0.0])
    whole = replace(made(zero, zero, chance=0.5, rows=40), mistakes=(20.0, 4.0, 0.0), finished=True)
    verdict = judge(whole, PERCEPTRON)
    assert (verdict.kind, verdict.title) == ("good_fit", "A line separates these points")
    assert verdict.text.startswith("The rule made no mistake in epoch 3, so it has come to rest.")


def columns(**values: list[float]) -> dict[str, Series]:
    made_ = {}
    for name, numbers in values.items():
        series = Series()
        series.append(np.arange(1, len(numbers) + 1) * 40, numbers)
        made_[name] = series
    return made_


def test_a_history_is_taken_where_both_parts_were_measured() -> None:
    found = history(
        columns(
            fit_accuracy=[0.5, 0.75],
            val_accuracy=[0.25, 0.5, 0.75],
            fit_loss=[1.0, 0.5],
            val_loss=[1.5, 1.0, 0.8],
        ),
        DIGITS,
        rows=270,
    )
    assert found == History(
        (0.5, 0.25), (0.75, 0.5), (1.0, 0.5), (1.5, 1.0), "error rate", 0.9, 270
    )


def test_a_regression_is_measured_by_its_unexplained_variance() -> None:
    found = history(columns(fit_r2=[0.5], val_r2=[0.25], fit_loss=[1.0], val_loss=[1.5]))
    assert (found.fit_error, found.val_error) == ((0.5,), (0.75,))
    assert (found.measure, found.chance) == ("unexplained variance", 1.0)


def trained(
    inputs: np.ndarray, targets: np.ndarray, hidden: tuple[int, ...], epochs: int, held_back: float
) -> History:
    """Errors of a network that torch really trains, measured as a run measures them."""
    import torch
    from sklearn.model_selection import train_test_split

    torch.manual_seed(0)
    parts = train_test_split(inputs, targets, test_size=held_back, random_state=0, stratify=targets)
    scale = parts[0].std()
    x, xv = (torch.tensor(p / scale, dtype=torch.float32) for p in parts[:2])
    y, yv = (torch.tensor(p) for p in parts[2:])
    classes, width, layers = int(y.max()) + 1, x.shape[1], []
    for units in hidden:
        layers += [torch.nn.Linear(width, units), torch.nn.ReLU()]
        width = units
    net = torch.nn.Sequential(*layers, torch.nn.Linear(width, classes))
    optimizer = torch.optim.Adam(net.parameters(), 5e-3)
    loss = torch.nn.CrossEntropyLoss()
    measured: list[list[float]] = []
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            loss(net(x[rows]), y[rows]).backward()
            optimizer.step()
        with torch.no_grad():
            fit, val = net(x[: len(xv)]), net(xv)
            wrong = [(s.argmax(1) != t).float().mean() for s, t in ((fit, y[: len(xv)]), (val, yv))]
            both = [loss(fit, y[: len(xv)]), loss(val, yv)]
        measured.append([float(v) for v in (*wrong, *both)])
    fit_error, val_error, fit_loss, val_loss = zip(*measured, strict=True)
    return History(fit_error, val_error, fit_loss, val_loss, "error rate", 1 - 1 / classes, len(xv))


def digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    return load_digits(return_X_y=True)


def little_noisy_data() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_classification

    return make_classification(160, 30, n_informative=4, flip_y=0.2, random_state=0)


@pytest.mark.parametrize(
    ("data", "hidden", "epochs", "held_back", "kind"),
    [
        (digits, (1,), 25, 0.15, "high_bias"),
        (little_noisy_data, (128, 128), 60, 0.4, "high_variance"),
        (digits, (48,), 25, 0.15, "good_fit"),
    ],
    ids=["too small", "too large", "good"],
)
def test_networks_really_trained_get_the_right_verdict(
    data: object, hidden: tuple[int, ...], epochs: int, held_back: float, kind: str
) -> None:
    whole = trained(*data(), hidden, epochs, held_back)
    seen = kinds(whole)
    assert seen[:5] == ["too_early"] * 5
    assert seen[-1] == kind
    assert set(seen) <= {"too_early", kind, "both"}


def test_a_loss_without_a_known_floor_says_nothing_of_bias() -> None:
    """A variational autoencoder's loss keeps what the data are made of; it cannot reach zero."""
    vae = Purpose(
        DataFacts("digits", (1, 8, 8), "class", 10, 1797), recipe="variational", floor=False
    )
    fit = falling(60.0, 40.0, 3.0, 40)
    whole = replace(made(fit, fit + 0.2, chance=None), measure="loss")
    assert judge(whole).kind == "high_bias"
    found = judge(whole, vae)
    assert (found.kind, found.title) == ("good_fit", "No sign of variance")
    assert found.text.endswith(
        "How low this loss can get is not known, so it says nothing of bias."
    )
    apart = replace(made(fit, fit + 15.0, chance=None), measure="loss")
    assert judge(apart, vae).kind == "high_variance"


def test_what_an_autoencoder_explains_is_judged_as_variance() -> None:
    loss, explained = falling(1, 0.3, 2, 30).tolist(), falling(0, 0.9, 2, 30).tolist()
    found = history(
        columns(fit_loss=loss, val_loss=loss, fit_explained=explained, val_explained=explained)
    )
    assert (found.measure, found.chance) == ("unexplained variance", 1.0)
    assert judge(found).kind == "good_fit"
