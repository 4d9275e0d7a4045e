"""Masked language models: both losses are learned, and better than counting neighbours does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch

from graph_compiler import compile_graph
from graph_compiler.model import Value
from nnstudio import places
from nnstudio.document.templates import assign, load_target
from nnstudio.engine.data import stories
from nnstudio.engine.parts import sentence_pairs
from nnstudio.engine.parts.sentence_pairs import BEGIN, END, MARKS, MASK, Data
from nnstudio.engine.recipes import masked_language_model
from nnstudio.engine.recipes.masked_language_model import MaskedLanguageModel

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def as_by_default(as_planned: Callable[..., None]) -> None:
    """The recipe with its own defaults, where a part's are others."""
    as_planned(masked_language_model)


@pytest.fixture
def told_stories(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The stories that come with the product."""
    monkeypatch.setattr(stories, "FOLDER", str(places.assets()))
    return stories.examples()[0]


def network(vocabulary: int, **settings: Value) -> torch.nn.Module:
    """The template's network, for so many words."""
    project = load_target("template:bert@demo")
    for name, value in {"words": vocabulary, "dropout": 0.0, **settings}.items():
        project = assign(project, name, value)
    torch.manual_seed(0)
    return compile_graph(project.graph("main"))


def test_pairs_are_whole_stories_of_their_part(told_stories: list[list[str]]) -> None:
    data = sentence_pairs.prepare(told_stories, CPU)
    parts = (told_stories[:144], told_stories[144:180], told_stories[180:])
    for part, rows in zip(data[:3], parts, strict=True):
        following = {pair for story in rows for pair in pairwise(story)}
        assert len(part.inputs) == 2 * 4 * len(rows)
        assert part.targets.float().mean() == 0.5
        for words, follows in zip(part.inputs[:40].tolist(), part.targets[:40], strict=True):
            text = " ".join(data.vocabulary[number] for number in words if number)
            assert text.startswith("[CLS] ")
            first, second, rest = text.removeprefix("[CLS] ").split(" [SEP]")
            assert rest == ""
            if follows:
                assert (first, second.strip()) in following


def test_types_tell_the_sentences_apart() -> None:
    words, types = sentence_pairs.joined([7, 8], [9])
    assert words[:7] == [BEGIN, 7, 8, END, 9, END, 0]
    assert types[:7] == [0, 0, 0, 0, 1, 1, 0]
    words, types = sentence_pairs.joined([7] * 40, [9] * 3)
    assert len(words) == len(types) == 32
    assert words.count(7) == 26
    assert words.count(9) == 3


def test_words_are_those_of_the_training_part() -> None:
    told = [["a b .", "b c ."], ["d e .", "e d ."]]
    data = sentence_pairs.prepare(told * 5, CPU)
    assert data.vocabulary == [*MARKS, ".", "a", "b", "c", "d", "e"]
    data = sentence_pairs.prepare([["a b .", "b c ."]] * 6 + [["x y .", "y x ."]] * 4, CPU)
    assert data.vocabulary == [*MARKS, ".", "a", "b", "c"]


def test_words_are_hidden_as_in_the_paper(told_stories: list[list[str]]) -> None:
    data = sentence_pairs.prepare(told_stories, CPU)
    recipe = MaskedLanguageModel(network(len(data.vocabulary)), data, 1, seed=0)
    tokens = data.train.inputs.repeat(10, 1)
    shown, hidden = recipe.hide(tokens, torch.Generator().manual_seed(1))
    words, chosen = tokens >= len(MARKS), hidden >= 0
    assert torch.equal(hidden[chosen], tokens[chosen])
    assert torch.equal(shown[~chosen], tokens[~chosen])
    assert not (chosen & ~words).any()
    assert chosen.sum() / words.sum() == pytest.approx(0.15, abs=0.005)
    assert (shown[chosen] == MASK).float().mean() == pytest.approx(0.8, abs=0.01)
    assert (shown[chosen] == tokens[chosen]).float().mean() == pytest.approx(0.1, abs=0.01)


def test_a_training_taken_up_again_is_the_one_left_off(
    told_stories: list[list[str]],
    resumes: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sentence_pairs, "LENGTH", 12)
    data = sentence_pairs.prepare(told_stories[:20], CPU)
    count = len(data.vocabulary)
    make = lambda: network(count, dropout=0.1, length=12, layers=1)  # noqa: E731
    resumes(lambda: MaskedLanguageModel(make(), data, 2, seed=3), (1, 3, 4))


def counted_loss(data: Data) -> float:
    """Mean loss of guessing test words by the training part's pairs of neighbours, smoothed."""
    size = len(data.vocabulary)
    counts: Counter[tuple[int, int]] = Counter()
    before: Counter[int] = Counter()
    for row in data.train.inputs.tolist():
        for one, other in pairwise(row):
            counts[one, other] += 1
            before[one] += 1
    losses = [
        -np.log((counts[one, other] + 0.01) / (before[one] + 0.01 * size))
        for row in data.test.inputs.tolist()
        for one, other in pairwise(row)
        if other >= len(MARKS)
    ]
    return float(np.mean(losses))


@pytest.mark.slow
def test_both_losses_are_learned(
    told_stories: list[list[str]], as_planned: Callable[..., None]
) -> None:
    as_planned(masked_language_model, learning_rate=0.003)
    data = sentence_pairs.prepare(told_stories, CPU)
    recipe = MaskedLanguageModel(network(len(data.vocabulary)), data, 30, seed=0)
    for _ in recipe.steps():
        pass
    found = {name: value.item() for name, value in recipe.finish().items()}
    assert found["test_masked_loss"] < counted_loss(data) - 0.1
    assert found["test_next_accuracy"] > 0.85
    total = found["test_masked_loss"] + found["test_next_loss"]
    assert found["test_loss"] == pytest.approx(total, abs=1e-5)
