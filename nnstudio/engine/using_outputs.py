"""What several outputs of a network say of an input: each by its name, with its own answer.

Owns the entries under `outputs` of an answer: `name`, `words`, and as its kind has it `bars`,
`table` or `pictures`. The values are those that a file with the same example would get.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch

from graph_compiler.blocks import ends_out
from graph_compiler.goals import Learned, answers_of, learned_by
from graph_compiler.model import Goal
from nnstudio.document.goals import loss_settings
from nnstudio.document.script_predict import target_names
from nnstudio.engine.predicting import Predictor
from nnstudio.engine.using_pictures import shown_classes
from nnstudio.engine.using_run import CannotUse, InUse

MOST_BARS = 20
SIDES = ("middle x", "middle y", "width", "height")
"""What the numbers of a box are."""


def goals_of(one: InUse) -> dict[str, Learned]:
    """What each output has learned, in the order in which the network gives them."""
    project = one.trained.project
    names = ends_out(project.networks[one.stage.network])
    found, faults = learned_by(names, one.stage.outputs, one.facts)
    for name, fault in faults.items():
        raise CannotUse(f"{name}: expected {fault.expected}, got {fault.got}. {fault.remedy}")
    return found


def of_table(one: InUse, answers: pd.DataFrame) -> dict[str, Any]:
    """One row of answers as a table in a file gets them."""
    row = answers.iloc[0].to_dict()
    return _told(one, [_entry(one, goal, row) for goal in goals_of(one).values()])


def of_example(one: InUse, seen: torch.Tensor, given: Any) -> dict[str, Any]:
    """The answer to an input as the network sees it; `given` is it as `predict.py` takes it."""
    goals = goals_of(one)
    if one.facts.places:
        return _told(one, [_of_places(one, goal, seen) for goal in goals.values()])
    answers = Predictor(one.run, one.weights).answered(given)
    row = answers.iloc[0].to_dict()
    entries = [_entry(one, goal, row) for goal in goals.values()]
    for entry, goal in zip(entries, goals.values(), strict=True):
        if goal.places:
            entry["pictures"] = [_mask(one, goal, seen)]
    return _told(one, entries)


def right_answer(one: InUse, target: Any, undone: Any) -> str:
    """The right answers to an example in a few words; `undone` is it in the unit of the data."""
    words = []
    for goal in goals_of(one).values():
        if not goal.columns:
            continue
        if goal.kind == "class":
            told = _words(one, goal)[int(target[goal.columns[0]])]
        elif goal.kind == "value" and len(goal.columns) <= len(SIDES):
            told = ", ".join(f"{float(undone[place]):.5g}" for place in goal.columns)
        else:
            continue
        words.append(f"{goal.output} {told}")
    return ", ".join(words)


def _told(one: InUse, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The entries, in a line what they come to, and how numbers among them are meant."""
    words = ", ".join(f"{entry['name']} {entry['short']}" for entry in entries)
    outputs = [{k: v for k, v in entry.items() if k != "short"} for entry in entries]
    return {"kind": "outputs", "words": words, "outputs": outputs, "notes": _notes(one)}


def _notes(one: InUse) -> list[str]:
    """What has to be said of numbers that are no plain guesses."""
    notes = []
    for name, goal in goals_of(one).items():
        settings, _ = loss_settings(goal, one.stage.outputs.get(name, Goal()))
        if goal.loss == "quantile":
            chance = settings["quantile"]
            notes.append(f"{name}: it is below this value with a chance of {chance:g}.")
        elif goal.loss == "gaussian_nll":
            notes.append(f"{name}: ± is one standard deviation of what the network expects.")
    return notes


def _entry(one: InUse, goal: Learned, row: Mapping[str, Any]) -> dict[str, Any]:
    """What one output says, from the columns of the answers."""
    titles = _titles(one, goal)
    if goal.kind == "value":
        return _values(one, goal, row)
    if goal.kind == "labels":
        return _labels(one, goal, titles, row)
    (title,) = titles
    words = _words(one, goal)
    what = "share" if goal.places else "probability"
    shares = [row.get(f"{what} of {title} = {word}") for word in words]
    told = str(row[f"predicted {title}"])
    if shares[-1] is None:  # the loss makes no chances of scores
        return {"name": goal.output, "short": told, "words": told}
    if shares[0] is None:  # yes or no: the share of yes alone
        shares[0] = 1 - shares[-1]
    return _classes(goal, words, [float(share or 0) for share in shares], told)


def _classes(
    goal: Learned, words: tuple[str, ...], shares: list[float], told: str
) -> dict[str, Any]:
    """A class, or the classes of a mask, with the share of each."""
    pairs = sorted(zip(words, shares, strict=True), key=lambda pair: -pair[1])
    bars = [{"name": name, "share": share} for name, share in pairs[:MOST_BARS]]
    text = told if goal.places else f"{told}, with {pairs[0][1]:.1%}"
    return {"name": goal.output, "short": told, "words": text, "bars": bars}


def _labels(
    one: InUse, goal: Learned, titles: tuple[str, ...], row: Mapping[str, Any]
) -> dict[str, Any]:
    """Questions of yes or no, with a bar for each where the loss makes chances of scores."""
    bars, there = [], []
    for title, name in zip(titles, goal.targets, strict=True):
        yes = f"probability of {title} = "
        bars += [
            {"name": name, "share": float(value)}
            for column, value in row.items()
            if column.startswith(yes)
        ]
        there += [name] if str(row[f"predicted {title}"]) == _yes(one, name) else []
    if len(titles) == 1:
        words = str(row[f"predicted {titles[0]}"])
    else:
        words = ", ".join(there) or "none of them"
    entry = {"name": goal.output, "short": words, "words": words}
    return {**entry, "bars": bars} if bars else entry


def _yes(one: InUse, label: str) -> str:
    """What a label is called where it holds."""
    return next(a.classes[1] for a in answers_of(one.facts) if a.name == label)


def _values(one: InUse, goal: Learned, row: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers in the unit of the data, with their spread where the output says one."""
    names, titles = names_of_values(one, goal), _titles(one, goal)
    values = [float(row[f"predicted {title}"]) for title in titles]
    spreads = [row.get(f"standard deviation of {title}") for title in titles]
    told = [
        f"{value:.5g}" if wide is None else f"{value:.5g} ± {float(wide):.3g}"
        for value, wide in zip(values, spreads, strict=True)
    ]
    short = told[0] if len(told) == 1 else ", ".join(told[: len(SIDES)])
    more = " …" if len(told) > len(SIDES) else ""
    table = {"columns": ["name", "value"], "rows": [list(p) for p in zip(names, told, strict=True)]}
    entry = {"name": goal.output, "short": short + more, "words": short + more}
    numbers = [{"name": n, "value": value} for n, value in zip(names, values, strict=True)]
    return {**entry, "table": table, "values": numbers}


def names_of_values(one: InUse, goal: Learned) -> tuple[str, ...]:
    """What the numbers of an output are called."""
    titles = _titles(one, goal)
    if goal.targets == ("boxes",) and len(titles) % len(SIDES) == 0:
        things = len(titles) // len(SIDES)
        return tuple(
            f"{side} of thing {number + 1}" if things > 1 else side
            for number in range(things)
            for side in SIDES
        )
    return titles


def _of_places(one: InUse, goal: Learned, seen: torch.Tensor) -> dict[str, Any]:
    """A mask or words that all outputs learn; there is no table that they would fit into."""
    best, words = _scores(one, goal, seen)[0].argmax(0), one.facts.classes
    if best.ndim == 1:
        text = " ".join(words[number] for number in best.tolist())
        return {"name": goal.output, "short": text, "words": text}
    shares = np.bincount(best.flatten().numpy(), minlength=len(words)) / best.numel()
    found = [words[n] for n in np.argsort(-shares, kind="stable") if n and shares[n] > 0]
    entry = _classes(goal, words, shares.tolist(), ", ".join(found) or words[0])
    return {**entry, "pictures": [_mask(one, goal, seen)]}


def _mask(one: InUse, goal: Learned, seen: torch.Tensor) -> dict[str, Any]:
    """The class of every pixel as a picture."""
    scores = _scores(one, goal, seen)
    best = scores[0].argmax(0).double().numpy()
    return shown_classes(best, scores.shape[1], "the class of every pixel")


def _scores(one: InUse, goal: Learned, seen: torch.Tensor) -> torch.Tensor:
    """What the network gives at one output."""
    given = one.network(seen)
    if isinstance(given, torch.Tensor):
        return given
    names = ends_out(one.trained.project.networks[one.stage.network])
    found: torch.Tensor = given[names.index(goal.output)]
    return found


def _titles(one: InUse, goal: Learned) -> tuple[str, ...]:
    """What `predict.py` calls the targets of an output."""
    names = target_names(one.trained.project, one.facts)
    if not goal.columns:
        return tuple(f"{name} at {goal.output}" for name in names)
    places = goal.columns[:1] if goal.places else goal.columns
    learned = [place for other in goals_of(one).values() for place in other.columns]
    return tuple(
        f"{names[place]} at {goal.output}" if learned.count(place) > 1 else names[place]
        for place in places
    )


def _words(one: InUse, goal: Learned) -> tuple[str, ...]:
    """The classes of the output's target."""
    (words,) = (a.classes for a in answers_of(one.facts) if a.name in goal.targets)
    return words
