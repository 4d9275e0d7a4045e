"""What a run has learned, used: each recipe's own kind of question, and odd ones told."""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from graph_compiler.model import Plan, Project
from nnstudio.document.templates import load_target
from nnstudio.engine import using
from nnstudio.engine.using_run import CannotUse
from nnstudio.runs.layout import RunError


def template(runs: Any, name: str, epochs: int = 1) -> Path:
    """A run of a template."""
    project = load_target(f"template:{name}")
    stages = [replace(s, settings={**s.settings, "epochs": epochs}) for s in project.plan.stages]
    run: Path = runs.train(replace(project, plan=Plan(tuple(stages)))).path
    return run


def pixels(entry: dict[str, Any]) -> np.ndarray:
    """The picture in an answer, from 0 to 255."""
    data = np.frombuffer(b64decode(entry["bytes"]), np.uint8)
    return data.reshape(entry["size"])


def entry(picture: np.ndarray) -> dict[str, Any]:
    """A grey picture as the window sends it."""
    data = b64encode(picture.astype(np.uint8).tobytes()).decode()
    return {"size": [*picture.shape, 1], "bytes": data}


def test_a_row_is_answered_as_the_network_itself_answers(
    runs: Any, project: Callable[..., Project]
) -> None:
    run = runs.train(project(epochs=2)).path
    found = using.describe(run)
    (way,) = found["ways"]
    assert way["input"]["kind"] == "row"
    assert [one["name"] for one in way["input"]["fields"]] == ["x", "y"]
    assert [one["name"] for one in found["weights"]][:2] == ["best", "last"]
    answer = using.use(run, "last", "predict", {"values": {"x": 0.3, "y": "-0.2"}}, {})
    script = using.opened(run, "last").trained.script
    inputs, targets = script.examples()
    train = inputs[script.split(targets)[0]]
    shift, size = train.mean(0), train.std(0)
    seen = (np.array([0.3, -0.2]) - shift) / size
    network = using.opened(run, "last").network
    with torch.no_grad():
        shares = network(torch.tensor(seen[None], dtype=torch.float32)).softmax(1)[0].tolist()
    assert {bar["name"]: pytest.approx(bar["share"], abs=1e-5) for bar in answer["bars"]} == {
        "first": shares[0],
        "second": shares[1],
    }
    assert answer["winner"] == ("first" if shares[0] > shares[1] else "second")
    assert answer["step"] == found["weights"][1]["step"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"x": 1.0}, "row: expected a value for each of 2 columns, got none for y. Give one."),
        ({"x": 1, "y": "q"}, "y: expected a number, got “q”. Type one."),
        ({"x": 1, "y": 2, "z": 3}, "row: expected x, y, got “z”. Use one of those names."),
    ],
)
def test_a_row_that_is_none_is_told(
    runs: Any, project: Callable[..., Project], values: dict[str, Any], words: str
) -> None:
    run = runs.train(project(epochs=1)).path
    with pytest.raises(CannotUse) as caught:
        using.use(run, "last", "predict", {"values": values}, {})
    assert str(caught.value) == words


def test_a_value_far_outside_is_answered_and_named(
    runs: Any, project: Callable[..., Project]
) -> None:
    run = runs.train(project(epochs=1)).path
    answer = using.use(run, "last", "predict", {"values": {"x": 99, "y": 0}}, {})
    (note,) = answer["notes"]
    assert note.startswith("x = 99 lies outside of what was learned from (")


def test_a_picture_of_the_data_is_seen_as_it_is(runs: Any, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    run = template(runs, "lenet5")
    digit = load_digits().images[17]
    path = tmp_path / "digit.png"
    Image.fromarray((digit / 16 * 255).round().astype(np.uint8)).save(path)
    answer = using.use(run, "last", "predict", {"files": [str(path)]}, {})
    seen = pixels(answer["pictures"][0])[..., 0].astype(float)
    assert np.abs(seen - digit / 16 * 255).max() <= 1
    # Black on white means the same.
    Image.fromarray(255 - (digit / 16 * 255).round().astype(np.uint8)).save(path)
    turned = using.use(run, "last", "predict", {"files": [str(path)]}, {})
    shares = [[bar["share"] for bar in one["bars"]] for one in (answer, turned)]
    assert shares[0] == pytest.approx(shares[1])
    assert turned["notes"] == ["Dark on light was turned into light on dark, as the data are."]


def test_a_drawing_is_the_same_wherever_and_however_large_it_stands(runs: Any) -> None:
    torch.set_num_threads(1)
    run = template(runs, "lenet5")
    small, large = np.zeros((28, 28)), np.zeros((28, 28))
    small[4:10, 2:4] = small[8:10, 2:8] = 255
    large[4:22, 9:15] = large[16:22, 9:27] = 255
    seen = []
    for drawing in (small, large):
        given = {"picture": entry(drawing), "drawn": True}
        answer = using.use(run, "last", "predict", given, {})
        seen.append(pixels(answer["pictures"][0]).astype(float))
    assert np.abs(seen[0] - seen[1]).mean() < 8
    given = {"picture": entry(np.zeros((28, 28))), "drawn": True}
    with pytest.raises(CannotUse, match="expected a drawing, got an empty one"):
        using.use(run, "last", "predict", given, {})


@pytest.mark.slow
def test_a_text_is_completed_as_the_recipe_does_it(runs: Any) -> None:
    torch.set_num_threads(1)
    run = template(runs, "char-rnn")
    options = {"most": 30, "seed": 5, "temperature": 0.9}
    whole = using.use(run, "last", "complete", {"text": "The "}, options)["text"]
    begun = using.begin(run, "last", "complete", {"text": "The "}, options)
    pieces, done = [], False
    while not done:
        found = using.more(begun["number"])
        pieces.append(found["text"])
        done = found["done"]
    assert "".join(pieces) == whole
    assert len(whole) == 30
    script = using.opened(run, "last").trained.script
    recipe = script.build(script.arguments([]))
    network = using.opened(run, "last").network
    recipe.model.load_state_dict(network.state_dict())
    generator = torch.Generator().manual_seed(5)
    own = recipe.complete("The ", 30, 0.9, generator=generator)
    assert "".join(own) == whole
    stopped = using.use(run, "last", "complete", {"text": "The "}, {**options, "stop": whole[4:7]})
    assert stopped["text"] == whole[: whole.index(whole[4:7])]


def test_a_text_that_is_stopped_is_written_no_more(runs: Any) -> None:
    torch.set_num_threads(1)
    run = template(runs, "char-rnn")
    begun = using.begin(run, "last", "complete", {"text": ""}, {"most": 100_000})
    assert not using.more(begun["number"])["done"]
    assert using.stop(begun["number"]) == {"was": True}
    with pytest.raises(CannotUse, match="is not being written any more"):
        using.more(begun["number"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperature": 11}, "temperature: expected 0.0 to 10.0, got 11. Choose another value."),
        ({"top_k": 1.5}, "top_k: expected a whole number, got 1.5. Type one."),
        ({"beams": 2}, "beams: expected one of temperature, top_k, top_p, most, stop, seed. "
         "Leave it out."),
    ],
)  # fmt: skip
def test_options_are_checked(options: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotUse) as caught:
        using.checked(using.WRITING, options)
    assert str(caught.value) == words


@pytest.mark.slow
def test_answers_of_a_beam_are_in_order_and_the_first_is_no_worse_than_the_greedy_one(
    runs: Any,
) -> None:
    torch.set_num_threads(1)
    run = template(runs, "transformer")
    wide = using.use(run, "last", "translate", {"text": "abcd"}, {"beams": 4})
    chances = [float(row[2]) for row in wide["table"]["rows"]]
    assert len(chances) == 4
    assert chances == sorted(chances, reverse=True)
    greedy = using.use(run, "last", "translate", {"text": "a b c d"}, {"beams": 1})
    ((_, share, chance),) = greedy["table"]["rows"]
    assert float(chance) <= chances[0] + 1e-3
    assert float(share.rstrip("%")) / 100 == pytest.approx(math.exp(float(chance)), abs=1e-3)
    odd = using.use(run, "last", "translate", {"text": "ab!"}, {})
    assert odd["notes"] == ["“!” was never learned and is read as an unknown word."]


@pytest.mark.slow
def test_blanks_are_filled_with_the_likeliest_words(runs: Any) -> None:
    torch.set_num_threads(1)
    run = template(runs, "bert")
    given = {"first": "the [MASK] sleeps", "second": "clara ___ there"}
    answer = using.use(run, "last", "fill_in", given, {"guesses": 3})
    rows = answer["table"]["rows"]
    assert [row[0] for row in rows] == ["1", "1", "1", "2", "2", "2"]
    assert answer["text"] == f"the {rows[0][1]} sleeps clara {rows[3][1]} there"
    assert not any(row[1].startswith("[") for row in rows)
    assert sum(bar["share"] for bar in answer["bars"]) == pytest.approx(1)
    none = using.use(run, "last", "fill_in", {"first": "the sun", "second": ""}, {})
    assert none["notes"] == ["Write [MASK] where a word is to be guessed."]


@pytest.mark.slow
def test_every_part_of_a_phrase_has_its_feeling(runs: Any) -> None:
    torch.set_num_threads(1)
    run = template(runs, "recursive-neural-tensor")
    plain = using.use(run, "last", "feel", {"text": "not really wonderful"}, {})
    texts = [node["text"] for node in plain["tree"]]
    assert texts == ["not", "really", "wonderful", "really wonderful", "not really wonderful"]
    other = using.use(run, "last", "feel", {"text": "(not really) wonderful"}, {})
    assert [node["text"] for node in other["tree"]][2] == "not really"
    read = using.use(run, "last", "feel", {"text": "(1 (2 not) (3 (2 really) (4 wonderful)))"}, {})
    assert read["tree"] == plain["tree"]
    for text, words in (
        ("", "expected some words, got none"),
        ("(not", "expected a closing bracket"),
        ("not)", "expected an opening bracket"),
        ("good " * 30, "expected at most 8 words, got 30"),
    ):
        with pytest.raises(CannotUse, match=words):
            using.use(run, "last", "feel", {"text": text}, {})


@pytest.mark.slow
def test_samples_follow_the_seed(runs: Any) -> None:
    torch.set_num_threads(1)
    for name in ("gan", "vae", "rbm"):
        run = template(runs, name)
        options = {"count": 5, "seed": 2}
        first = using.use(run, "last", "sample", {}, options)["pictures"]
        assert len(first) == 5
        assert first == using.use(run, "last", "sample", {}, options)["pictures"]
        assert first != using.use(run, "last", "sample", {}, {**options, "seed": 3})["pictures"]


@pytest.mark.slow
def test_what_is_given_back_comes_closer_with_training(runs: Any) -> None:
    torch.set_num_threads(1)

    def error(epochs: int) -> float:
        run = template(runs, "autoencoder", epochs)
        answer = using.use(run, "last", "give_back", {"example": 3}, {})
        before, after = (pixels(one).astype(float) for one in answer["pictures"])
        return float(np.square(before - after).mean())

    assert error(12) < error(1)


def test_an_example_is_of_the_validation_part_with_its_own_answer(runs: Any) -> None:
    torch.set_num_threads(1)
    run = template(runs, "lenet5")
    found = using.example(run, "last", 0)
    assert found["words"].startswith("Example 1 of the validation part: it is ")
    digits = load_digits()
    shown = pixels(found["picture"])[..., 0]
    same = [n for n, one in enumerate(digits.images) if np.abs(one / 16 * 255 - shown).max() <= 1]
    assert str(digits.target[same[0]]) == found["words"][-1]


def test_runs_without_weights_are_told(runs: Any, project: Callable[..., Project]) -> None:
    run = runs.create(project())
    with pytest.raises(RunError, match="Let it train for an epoch first"):
        using.describe(run)


def test_newer_weights_are_read_anew(runs: Any, project: Callable[..., Project]) -> None:
    run = runs.train(project(epochs=1)).path
    given = {"values": {"x": 0.1, "y": 0.1}}
    first = using.use(run, "last", "predict", given, {})
    newer = runs.train(project(epochs=4)).path
    for path in (run / "checkpoints").iterdir():
        path.unlink()
    for path in (newer / "checkpoints").iterdir():
        path.rename(run / "checkpoints" / path.name)
    assert using.use(run, "last", "predict", given, {})["step"] > first["step"]


def test_a_series_is_typed_as_numbers(runs: Any, project: Callable[..., Project]) -> None:
    options = {"samples": 60, "window": 8}
    one = project("waves", (8,), 1, options, recipe="supervised", loss="mse", epochs=1)
    run = runs.train(one).path
    (way,) = using.describe(run)["ways"]
    assert way["input"] == {"kind": "sequence", "count": 8}
    taken = using.example(run, "last", 2)
    typed = using.use(run, "last", "predict", {"text": taken["text"]}, {})
    given = using.use(run, "last", "predict", {"example": 2}, {})
    (first,), (second,) = typed["values"], given["values"]
    assert first["value"] == pytest.approx(second["value"], abs=1e-3)
    with pytest.raises(CannotUse, match="sequence: expected 8 numbers, got 3"):
        using.use(run, "last", "predict", {"text": "1 2 3"}, {})
