"""Language models: the entropy rate is a floor, memory is carried, draws follow their settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nnstudio.engine.data import markov
from nnstudio.engine.parts import tokens
from nnstudio.engine.parts.stages import Stage, Stages
from nnstudio.engine.recipes import language_model
from nnstudio.engine.recipes.language_model import LanguageModel, generate, pick

STATES, CONTEXT = 8, 16


@pytest.fixture(autouse=True)
def as_by_default(as_planned: Callable[..., None]) -> None:
    """The recipe with its own defaults, where a part's are others."""
    as_planned(language_model)


class Reader(nn.Module):
    """One layer of attention, with a causal mask or without."""

    def __init__(self, causal: bool) -> None:
        super().__init__()
        self.word, self.place = nn.Embedding(STATES, 32), nn.Embedding(CONTEXT, 32)
        self.block = nn.TransformerEncoderLayer(32, 4, 64, 0.0, batch_first=True)
        self.scores = nn.Linear(32, STATES)
        self.causal = causal

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1]) if self.causal else None
        return self.scores(self.block(self.word(x) + self.place.weight[: x.shape[1]], mask))


class Recurrent(nn.Module):
    """An LSTM over word vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.word, self.lstm = nn.Embedding(STATES, 12), nn.LSTM(12, 12, batch_first=True)
        self.scores = nn.Linear(12, STATES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scores(self.lstm(self.word(x))[0])


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], tokens.Data]:
    """Windows of so many tokens of a Markov chain."""

    def made(count: int) -> tokens.Data:
        monkeypatch.setattr(markov, "TOKENS", count)
        monkeypatch.setattr(tokens, "CONTEXT", CONTEXT)
        return tokens.prepare(*markov.examples(), torch.device("cpu"))

    return made


def trained(model: nn.Module, data: tokens.Data, epochs: int) -> float:
    recipe = LanguageModel(model, data, epochs, seed=0)
    for _ in recipe.steps():
        pass
    return recipe.finish()["test_loss"].item()


@pytest.mark.slow
def test_the_entropy_rate_is_a_floor_that_a_causal_model_reaches_and_a_leak_breaks_through(
    chain: Callable[[int], tokens.Data],
) -> None:
    data = chain(80_000)
    floor = markov.entropy_rate(markov.chain(8, 0.3, np.random.default_rng(0)))
    torch.manual_seed(0)
    causal = trained(Reader(causal=True), data, 4)
    torch.manual_seed(0)
    leaking = trained(Reader(causal=False), data, 4)
    # The mean over 20,000 tokens of the test part is known to about 0.008.
    assert floor - 0.02 < causal < floor + 0.03
    assert leaking < floor / 4


def test_the_entropy_rate_is_that_of_the_closed_form() -> None:
    odds = np.array([[0.9, 0.1], [0.4, 0.6]])
    share = np.array([0.8, 0.2])  # the lasting shares: 0.8 · 0.1 = 0.2 · 0.4
    rows = -(odds * np.log(odds)).sum(1)
    assert markov.entropy_rate(odds) == pytest.approx(share @ rows)
    assert markov.entropy_rate(np.full((5, 5), 0.2)) == pytest.approx(np.log(5))


def test_the_tokens_follow_the_odds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markov, "TOKENS", 200_000)
    monkeypatch.setattr(markov, "STATES", 3)
    (drawn,) = markov.examples()
    odds = markov.chain(3, 0.3, np.random.default_rng(0))
    counted = np.zeros((3, 3))
    np.add.at(counted, (drawn[:-1], drawn[1:]), 1)
    np.testing.assert_allclose(counted / counted.sum(1, keepdims=True), odds, atol=0.01)


@pytest.mark.parametrize("memory", ["fresh", "carried"])
def test_a_training_taken_up_again_is_the_one_left_off(
    memory: str,
    chain: Callable[[int], tokens.Data],
    resumes: Callable[..., None],
    as_planned: Callable[..., None],
) -> None:
    as_planned(language_model, memory=memory)
    data = chain(2500)
    resumes(lambda: LanguageModel(Recurrent(), data, 2, seed=3), (1, 2, 3, 5))


def test_carried_memory_reads_each_stream_as_one(
    chain: Callable[[int], tokens.Data], as_planned: Callable[..., None]
) -> None:
    """Without learning, the losses of the steps are those of one pass over the whole streams."""
    as_planned(language_model, memory="carried", learning_rate=0.0, batch_size=4)
    data = chain(2000)
    torch.manual_seed(0)
    model = Recurrent()
    recipe = LanguageModel(model, data, 1, seed=0)
    losses = [step["train_loss"].item() for step in recipe.steps()]
    length = len(data.train.inputs) // 4 * CONTEXT
    row = data.train.inputs.tokens.long()
    streams = torch.stack([row[n * length : (n + 1) * length + 1] for n in range(4)])
    with torch.no_grad():
        scores = model.scores(nn.LSTM.forward(model.lstm, model.word(streams[:, :-1]))[0])
    whole = F.cross_entropy(scores.transpose(1, 2), streams[:, 1:], reduction="none")
    expected = whole.unflatten(1, (-1, CONTEXT)).mean((0, 2)).tolist()
    assert losses == pytest.approx(expected, abs=1e-5)


def test_no_gradient_goes_back_into_the_window_before(
    chain: Callable[[int], tokens.Data], as_planned: Callable[..., None]
) -> None:
    as_planned(language_model, memory="carried")
    recipe = LanguageModel(Recurrent(), chain(2000), 1, seed=0)
    next(recipe.steps())
    assert [part.requires_grad for part in recipe.states["lstm"]] == [False, False]


def test_measuring_does_not_disturb_what_is_carried(
    chain: Callable[[int], tokens.Data], as_planned: Callable[..., None]
) -> None:
    as_planned(language_model, memory="carried")
    data = chain(2000)
    recipe = LanguageModel(Recurrent(), data, 1, seed=0)
    next(recipe.steps())
    before = recipe.states["lstm"][0].clone()
    first = recipe.measure(data.validation, "val")
    assert recipe.measure(data.validation, "val") == first
    assert torch.equal(recipe.states["lstm"][0], before)


def test_perplexity_is_the_exponential_of_the_loss(chain: Callable[[int], tokens.Data]) -> None:
    data = chain(1000)
    found = LanguageModel(Recurrent(), data, 1, seed=0).measure(data.test, "test")
    assert found["test_perplexity"].item() == pytest.approx(np.exp(found["test_loss"].item()))


def drawn(scores: list[float], **settings: Any) -> list[float]:
    generator = torch.Generator().manual_seed(0)
    counts = torch.zeros(len(scores))
    for _ in range(4000):
        counts[pick(torch.tensor(scores), generator=generator, **settings)] += 1
    return (counts / 4000).tolist()


def test_draws_follow_temperature_top_k_and_top_p() -> None:
    shares = torch.tensor([0.5, 0.3, 0.15, 0.05])
    scores = shares.log().tolist()
    assert drawn(scores) == pytest.approx(shares.tolist(), abs=0.03)
    sharper = shares.square() / shares.square().sum()
    assert drawn(scores, temperature=0.5) == pytest.approx(sharper.tolist(), abs=0.03)
    assert drawn(scores, temperature=0) == [1, 0, 0, 0]
    assert drawn(scores, top_k=2) == pytest.approx([0.625, 0.375, 0, 0], abs=0.03)
    assert drawn(scores, top_p=0.6) == pytest.approx([0.625, 0.375, 0, 0], abs=0.03)
    assert drawn(scores, top_p=0.4) == [1, 0, 0, 0]
    assert drawn(scores, top_p=0.0) == [1, 0, 0, 0]


class Successor(nn.Module):
    """Always says the token's number plus one, and remembers the widths it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.widths: list[int] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.widths.append(x.shape[1])
        return F.one_hot((x + 1) % STATES, STATES).float() * self.weight


def test_a_text_is_completed_in_pieces_until_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "TOKENIZER", "character")
    monkeypatch.setattr(tokens, "CONTEXT", 4)
    data = tokens.prepare(b"abcdefg" * 20, torch.device("cpu"))
    recipe = LanguageModel(Successor(), data, 1, seed=0)
    pieces = list(recipe.complete("ab", length=11, temperature=0))
    assert "".join(pieces) == "cdefg\N{REPLACEMENT CHARACTER}abcde"
    assert len(pieces) > 3
    assert "".join(recipe.complete("ab", length=12, temperature=0, stop="fg")) == "cde"


def test_generation_goes_beyond_the_context_and_ends_before_the_stop() -> None:
    model = Successor()
    assert list(generate(model, [3], 4, length=9, temperature=0)) == [4, 5, 6, 7, 0, 1, 2, 3, 4]
    assert set(model.widths) == {4}
    assert list(generate(model, [3], 4, length=9, temperature=0, stop=6)) == [4, 5]
    assert model.training


def test_a_stage_does_not_carry_what_the_one_before_it_kept(
    chain: Callable[[int], tokens.Data], as_planned: Callable[..., None]
) -> None:
    as_planned(language_model, memory="carried")
    data, model = chain(2000), Recurrent()

    def begin(epochs: int) -> LanguageModel:
        return LanguageModel(model, data, epochs, seed=0)

    both = Stages({"main": model}, [Stage("one", begin, 1), Stage("two", begin, 1)])
    next(both.steps())
    both.begin(1)
    assert len(model.lstm._forward_pre_hooks) == len(model.lstm._forward_hooks) == 1
