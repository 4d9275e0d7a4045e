"""Recursive trees: read as written, every node weighs the same, the tensor counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from graph_compiler.modules.neural_tensor import TreeEncoder
from nnstudio import places
from nnstudio.engine.data import phrases
from nnstudio.engine.parts import trees
from nnstudio.engine.parts.trees import UNASKED, Data
from nnstudio.engine.recipes import recursive_trees
from nnstudio.engine.recipes.recursive_trees import RecursiveTrees

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def as_by_default(as_planned: Callable[..., None]) -> None:
    """The recipe with its own defaults, where a part's are others."""
    as_planned(recursive_trees)


class Reader(nn.Module):
    """A score for each class at each node; without its tensor the same but for products."""

    def __init__(self, words: int, features: int, tensor: bool = True, classes: int = 5) -> None:
        super().__init__()
        self.tree, self.classes = TreeEncoder(words, features), nn.Linear(features, classes)
        if not tensor:
            nn.init.zeros_(self.tree.compose.tensor)
            self.tree.compose.tensor.requires_grad_(False)

    def forward(self, words: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return self.classes(self.tree(words, left, right))


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The phrases that come with the product."""
    monkeypatch.setattr(phrases, "FOLDER", str(places.assets()))
    return phrases.examples()[0]


def test_a_line_is_read_as_it_is_written() -> None:
    tree = trees.read("(1 (2 (2 the) (2 film)) (1 (2 is) (1 (2 not) (3 good))))")
    assert tree.words == ["the", "film", "", "is", "not", "good", "", "", ""]
    assert tree.left == [-1, -1, 0, -1, -1, -1, 4, 3, 2]
    assert tree.right == [-1, -1, 1, -1, -1, -1, 5, 6, 7]
    assert tree.classes == [2, 2, 2, 2, 2, 3, 1, 1, 1]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("(1 (2 a) (3 b) (3 c))", "expected a word or two trees in each bracket."),
        ("(1 a b)", "expected a word or two trees in each bracket."),
        ("(1 (2 a) (3 b)", "expected a closing bracket for each opening one."),
        ("(1 a))", "expected an opening bracket for each closing one."),
        ("word", "expected a word or two trees in each bracket."),
        ("", "expected a closing bracket for each opening one."),
    ],
)
def test_a_broken_line_is_refused(line: str, text: str) -> None:
    with pytest.raises(ValueError) as caught:
        trees.read(line)
    assert str(caught.value) == f"{line}: {text}"


def test_the_bank_is_what_it_says(bank: list[str]) -> None:
    """Negation turns a feeling over wherever it stands."""
    assert len(bank) == len(set(bank)) == 400
    turned = 0
    for tree in map(trees.read, bank):
        assert len(tree.words) <= trees.NODES
        assert all(0 <= label <= 4 for label in tree.classes)
        for left, right, label in zip(tree.left, tree.right, tree.classes, strict=True):
            if left >= 0 and tree.words[left] in ("not", "never"):
                assert label == 4 - tree.classes[right]
                turned += label != 2
    assert turned > 200


def test_two_feelings_leave_out_the_neutral(
    bank: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "FEELINGS", "two")
    data = trees.prepare(["(1 (2 not) (3 good))", "(3 good)"] * 5, CPU)
    found = {tuple(row[row != UNASKED].tolist()) for row in data.train.targets}
    assert found == {(1, 0), (1,)}


def test_the_loss_is_the_mean_over_all_nodes(bank: list[str]) -> None:
    """Tree by tree and node by node, without anything filled up."""
    data = trees.prepare(bank, CPU)
    torch.manual_seed(0)
    recipe = RecursiveTrees(Reader(len(data.vocabulary), 4), data, 1, seed=0)
    numbers = {word: number for number, word in enumerate(data.vocabulary)}
    losses: list[torch.Tensor] = []
    model = recipe.model
    order = torch.randperm(400, generator=torch.Generator().manual_seed(trees.DATA_SEED))
    for row in order[:20].tolist():
        tree = trees.read(bank[row])
        vectors: list[torch.Tensor] = []
        for word, left, right, label in zip(*tree, strict=True):
            if left < 0:
                vectors.append(model.tree.word.weight[numbers[word]])
            else:
                vectors.append(model.tree.compose(vectors[left][None], vectors[right][None])[0])
            scores = model.classes(vectors[-1])
            losses.append(F.cross_entropy(scores[None], torch.tensor([label])))
    expected = torch.stack(losses).mean().item()
    assert recipe.batch_loss(torch.arange(20)).item() == pytest.approx(expected, rel=1e-5)


def test_a_training_taken_up_again_is_the_one_left_off(
    bank: list[str], resumes: Callable[..., None]
) -> None:
    data = trees.prepare(bank[:100], CPU)
    resumes(lambda: RecursiveTrees(Reader(len(data.vocabulary), 4), data, 2, seed=3), (1, 3, 4))


def roots(data: Data, tensor: bool, seed: int) -> float:
    torch.manual_seed(seed)
    recipe = RecursiveTrees(Reader(len(data.vocabulary), 4, tensor), data, 60, seed)
    for _ in recipe.steps():
        pass
    return recipe.finish()["test_root_accuracy"].item()


@pytest.mark.slow
def test_the_tensor_makes_the_difference(bank: list[str]) -> None:
    """A negation multiplies what it stands before: with products it is learned, and passed on."""
    data = trees.prepare(bank, CPU)
    train, test = ({tuple(row) for row in part.inputs.tolist()} for part in (data[0], data[2]))
    assert not train & test
    means = [sum(roots(data, tensor, seed) for seed in range(3)) / 3 for tensor in (True, False)]
    assert means[0] > means[1] + 0.05
    assert means[0] > 0.75
