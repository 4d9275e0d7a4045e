"""Sequence to sequence: tasks whose answers are known, greedy and beam against plain search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import nn

from graph_compiler import compile_graph
from graph_compiler.model import Value
from nnstudio import places
from nnstudio.document.templates import assign, load_target
from nnstudio.engine.data import sequence_tasks, toy_translation
from nnstudio.engine.parts import translation
from nnstudio.engine.parts.translation import BEGIN, END, PAD
from nnstudio.engine.recipes import sequence_to_sequence
from nnstudio.engine.recipes.sequence_to_sequence import SequenceToSequence, beam, greedy, later

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def as_by_default(as_planned: Callable[..., None]) -> None:
    """The recipe with its own defaults, where a part's are others."""
    as_planned(sequence_to_sequence)


def network(vocabulary: int, **settings: Value) -> nn.Module:
    """The template's network, for so many words."""
    project = load_target("template:transformer@demo")
    for name, value in {"words": vocabulary, "dropout": 0.0, **settings}.items():
        project = assign(project, name, value)
    torch.manual_seed(0)
    return compile_graph(project.graph("main"))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[str], list[str]]]:
    """What a task gives and wants, as texts."""

    def rows(task: str, **settings: int) -> tuple[list[str], list[str]]:
        for name, value in {"TASK": task, **settings}.items():
            monkeypatch.setattr(sequence_tasks, name, value)
        given, wanted = sequence_tasks.examples()
        return ["".join(row) for row in given], ["".join(row) for row in wanted]

    return rows


def test_the_tasks_are_what_they_say(made: Callable[..., tuple[list[str], list[str]]]) -> None:
    for given, wanted in zip(*made("copy", SAMPLES=50), strict=True):
        assert wanted == given
        assert 1 <= len(given) < 10
    for given, wanted in zip(*made("reverse", SAMPLES=50), strict=True):
        assert wanted == "".join(reversed(given))
    for given, wanted in zip(*made("addition", SAMPLES=50), strict=True):
        one, other = given.split("+")
        assert int(one) + int(other) == int(wanted)
        assert len(given) < 10
    for given, wanted in zip(*made("brackets", SAMPLES=50), strict=True):
        whole = given + wanted
        assert len(given) < 10
        while (shorter := whole.replace("()", "").replace("[]", "").replace("{}", "")) != whole:
            whole = shorter
        assert whole == ""


def test_sequences_end_and_are_filled_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "LENGTH", 5)
    rows = translation.rows_of([["a", "b"], ["b", "x", "a", "b", "a"]], {"a": 4, "b": 5})
    assert rows.tolist() == [[4, 5, END, PAD, PAD], [5, 1, 4, 5, END]]
    assert later(rows).tolist() == [[BEGIN, 4, 5, END, PAD], [BEGIN, 5, 1, 4, 5]]
    assert translation.words_of([4, 5, END, 4], ["", "", "", "", "a", "b"]) == ["a", "b"]


def test_no_source_is_in_two_parts() -> None:
    sources = [[letter] for letter in "abcdefgh" * 30]
    parts = translation.split(sources)
    assert sorted(row for part in parts for row in part) == list(range(240))
    letters = [{sources[row][0] for row in part} for part in parts]
    assert not letters[0] & letters[1]
    assert not (letters[0] | letters[1]) & letters[2]


class Table(nn.Module):
    """A score for each word by the one before and the source's first, drawn once."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(3 * torch.randn(words, words, words))

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return self.scores[source[:, :1], target]


def exhausted(model: Table, first: int, words: int, length: int) -> list[tuple[list[int], float]]:
    """Every answer with its log chance, by writing them all down."""
    chances = model.scores[first].detach().clone()
    chances = chances.log_softmax(1)
    found = []
    for count in range(1, length + 1):
        for answer in product(range(1, words), repeat=count):
            whole = answer[-1] == END and END not in answer[:-1]
            if whole or (count == length and END not in answer):
                before = [BEGIN, *answer[:-1]]
                total = sum(
                    chances[one, two].item() for one, two in zip(before, answer, strict=True)
                )
                found.append((list(answer), total))
    return sorted(found, key=lambda one: -one[1])


@pytest.mark.parametrize("seed", range(5))
def test_a_wide_beam_is_the_search_through_everything(seed: int) -> None:
    torch.manual_seed(seed)
    words, length = 6, 4
    model, source = Table(words), torch.tensor([4, END, PAD, PAD])
    expected = exhausted(model, 4, words, length)
    found = beam(model, source, length, 1000)
    chances = {tuple(answer): chance for answer, chance in found}
    assert chances == pytest.approx({tuple(one): c for one, c in expected}, abs=1e-4)
    assert [c for _, c in found] == sorted(chances.values(), reverse=True)
    few = beam(model, source, length, 30)
    assert [c for _, c in few] == pytest.approx([c for _, c in expected[:30]], abs=1e-4)


@pytest.mark.parametrize("seed", range(10))
def test_a_beam_of_width_1_is_greedy(seed: int) -> None:
    torch.manual_seed(seed)
    model = Table(7)
    sources = torch.randint(4, 7, (6, 5))
    written = greedy(model, sources, 5)
    for source, row in zip(sources, written.tolist(), strict=True):
        ((answer, _),) = beam(model, source, 5, 1)
        assert answer + [PAD] * (5 - len(answer)) == row


def test_answers_are_words() -> None:
    data = translation.prepare([["a"], ["b"], ["c"]] * 4, [["a"], ["b"], ["c"]] * 4, CPU)
    torch.manual_seed(0)
    recipe = SequenceToSequence(Table(len(data.vocabulary)), data, 1, seed=0)
    found = recipe.answers(["a"], width=3)
    assert len(found) == 3
    assert all(set(words) <= set(data.vocabulary) for words, _ in found)
    assert found[0][1] >= found[1][1] >= found[2][1]


def test_padding_weighs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss is the mean over words and ends, whatever is filled up behind them."""
    data = translation.prepare([["a"], ["b"], ["c"]] * 4, [["a"], ["b"], ["c"]] * 4, CPU)
    recipe = SequenceToSequence(Table(len(data.vocabulary)), data, 1, seed=0)
    rows = torch.arange(len(data.train.inputs))
    source, target = data.train.inputs, data.train.targets
    chances = recipe.model(source, later(target)).log_softmax(2).gather(2, target[:, :, None])
    assert recipe.batch_loss(rows).item() == pytest.approx(-chances[:, :2].mean().item(), rel=1e-5)


def test_a_training_taken_up_again_is_the_one_left_off(resumes: Callable[..., None]) -> None:
    given, wanted = sequence_tasks.examples()
    data = translation.prepare(given[:200], wanted[:200], CPU)
    count = len(data.vocabulary)
    small = {"length": 10, "layers": 1, "d_model": 16, "dropout": 0.1}
    resumes(lambda: SequenceToSequence(network(count, **small), data, 2, seed=3), (1, 2, 3))


@pytest.mark.slow
def test_copying_is_learned_for_rows_never_seen(
    made: Callable[..., tuple[list[str], list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    given, wanted = made("copy", SAMPLES=4000, LENGTH=8, SYMBOLS=8)
    monkeypatch.setattr(translation, "LENGTH", 8)
    data = translation.prepare([[*row] for row in given], [[*row] for row in wanted], CPU)
    trained, tested = ({tuple(row) for row in part.inputs.tolist()} for part in (data[0], data[2]))
    assert not trained & tested
    recipe = SequenceToSequence(network(12, length=8), data, 25, seed=0)
    for _ in recipe.steps():
        pass
    found = recipe.finish()
    assert found["test_whole"].item() > 0.95


def word_by_word() -> float:
    """Share of test sentences that are right with each place's most frequent translation."""
    given, wanted = toy_translation.examples()
    train, _, test = translation.split(given)
    seen: dict[str, Counter[str]] = {}
    for row in train:
        for one, other in zip(given[row], wanted[row], strict=False):
            seen.setdefault(one, Counter())[other] += 1
    best = {word: counts.most_common(1)[0][0] for word, counts in seen.items()}
    return sum([best[word] for word in given[row]] == wanted[row] for row in test) / len(test)


@pytest.mark.slow
def test_the_toy_translation_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Far better than with a dictionary: articles agree, and verbs go to the end."""
    monkeypatch.setattr(toy_translation, "FOLDER", str(places.assets()))
    monkeypatch.setattr(translation, "LENGTH", 16)
    data = translation.prepare(*toy_translation.examples(), CPU)
    recipe = SequenceToSequence(network(len(data.vocabulary), length=16), data, 30, seed=0)
    for _ in recipe.steps():
        pass
    assert recipe.finish()["test_whole"].item() > 3 * word_by_word() > 0
