"""Text to tokens: split before anything is fitted, exact round trips, files read by position."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from nnstudio.engine.data import text_file
from nnstudio.engine.parts import tokens

CPU = torch.device("cpu")
TEXT = "the cat sat on the mat.\nthe cat ate the rat, and the rat was fat.\n" * 20
SWITCHES = ("character", "word", "byte_pair")


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tokens.Data]:
    """The data of a text with these settings."""

    def made(text: object, **settings: object) -> tokens.Data:
        for name, value in {"CONTEXT": 8, **settings}.items():
            monkeypatch.setattr(tokens, name, value)
        return tokens.prepare(text, CPU)

    return made


def row(part: tokens.Part) -> list[int]:
    return [*np.asarray(part.inputs.tokens[: len(part.inputs.tokens)])]


@pytest.mark.parametrize("tokenizer", SWITCHES)
def test_the_parts_follow_one_another_and_say_the_text_again(
    tokenizer: str, prepared: Callable[..., tokens.Data]
) -> None:
    data = prepared(TEXT.encode(), TOKENIZER=tokenizer, MOST=300)
    parts = [data.tokenizer.decode(row(part)) for part in data[:3]]
    assert "".join(parts) == TEXT
    assert [len(part) / len(TEXT) for part in parts] == pytest.approx([0.6, 0.15, 0.25], abs=0.01)


@pytest.mark.parametrize("tokenizer", SWITCHES)
def test_the_vocabulary_comes_from_the_training_part_alone(
    tokenizer: str, prepared: Callable[..., tokens.Data]
) -> None:
    texts = [(TEXT + ending * 40).encode() for ending in (" quiz", " quux")]
    found = [prepared(text, TOKENIZER=tokenizer, MOST=300).tokenizer for text in texts]
    assert found[0].saved() == found[1].saved()


def test_unknown_pieces_are_number_0(prepared: Callable[..., tokens.Data]) -> None:
    data = prepared(TEXT.encode(), TOKENIZER="character")
    assert data.tokenizer.vocabulary == ["\N{REPLACEMENT CHARACTER}", *sorted(set(TEXT))]
    assert data.tokenizer.decode(data.tokenizer.encode("cat Q")) == "cat \N{REPLACEMENT CHARACTER}"


def test_the_rarest_are_left_out_of_a_small_vocabulary(
    prepared: Callable[..., tokens.Data],
) -> None:
    data = prepared(TEXT.encode(), TOKENIZER="word", MOST=4)
    assert data.tokenizer.vocabulary[1:] == [" the", "the", " cat"]


def test_a_vocabulary_known_before_is_the_limit(prepared: Callable[..., tokens.Data]) -> None:
    data = prepared(TEXT.encode(), TOKENIZER="character", MOST=1000, VOCABULARY=5)
    assert len(data.tokenizer.vocabulary) == 5


def test_byte_pairs_are_joined_as_worked_by_hand() -> None:
    """Sennrich's example: `es` and `est` first; of equals the smaller numbers."""
    from collections import Counter

    counts = Counter({"low": 5, "lower": 2, "newest": 6, "widest": 3})
    found = tokens.BytePairs.fitted(counts, 260)
    assert found.vocabulary[256:] == [b"es", b"est", b"lo", b"low"]
    assert found.encode("lowest") == [259, 257]


@pytest.mark.parametrize("text", ["naïve Ωmega 漢字 🙂\n\n\ttabs  and   spaces", "", "\x00a_b-c'd"])
def test_byte_pairs_know_every_text(text: str) -> None:
    from collections import Counter

    found = tokens.BytePairs.fitted(Counter({" the": 9, "漢字": 3}), 270)
    assert found.decode(found.encode(text)) == text


def test_what_is_saved_is_json_that_makes_the_same_tokenizer() -> None:
    from collections import Counter

    found = tokens.BytePairs.fitted(Counter({"lower": 2, "newest": 6}), 262)
    merges = [tuple(pair) for pair in json.loads(found.saved())["merges"]]
    assert tokens.BytePairs(merges).encode("newer") == found.encode("newer")


def test_a_target_is_the_token_behind(prepared: Callable[..., tokens.Data]) -> None:
    data = prepared(np.arange(100), TOKENIZER="none", SPLIT=(0.5, 0.25, 0.25))
    inputs, targets = data.train
    assert len(inputs) == 6
    assert inputs[torch.tensor([0, 5])][:, 0].tolist() == [0, 40]
    assert torch.equal(targets[:3], inputs[:3] + 1)
    assert data.validation.inputs[:1][0, 0] == 50
    assert data.test.targets[:3].max() < 100


@pytest.mark.parametrize("tokenizer", SWITCHES)
def test_tokens_in_a_file_are_those_in_memory(
    tokenizer: str, prepared: Callable[..., tokens.Data], tmp_path: Path
) -> None:
    (tmp_path / "text.txt").write_text("Ärger, naïve 🙂 " * 300, encoding="utf-8")
    settings = {"TOKENIZER": tokenizer, "MOST": 280}
    held = prepared((tmp_path / "text.txt").read_bytes(), **settings)
    small = {"IN_MEMORY": 16, "PIECE": 50}
    stored = prepared(text_file.FileText(str(tmp_path / "text.txt")), **settings, **small)
    assert isinstance(stored.train.inputs.tokens, tokens.StoredTokens)
    assert stored.tokenizer.saved() == held.tokenizer.saved()
    for one, other in zip(held[:3], stored[:3], strict=True):
        assert len(one.inputs) == len(other.inputs) > 0
        assert torch.equal(one.inputs[:], other.inputs[:])
        assert torch.equal(one.targets[:], other.targets[:])


def test_memory_stays_bounded_by_the_piece(
    prepared: Callable[..., tokens.Data], tmp_path: Path
) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"abc de " * 400_000)
    tracemalloc.start()
    prepared(text_file.FileText(str(path)), TOKENIZER="character", IN_MEMORY=1 << 16, PIECE=1 << 14)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < path.stat().st_size / 2
