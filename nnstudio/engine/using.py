"""Using what a run has learned on one's own input: what can be asked of it, and the answers.

Owns the questions of the window and the terminal: `describe` tells which ways of use a run has,
each with its input and options; `use` answers; `begin`, `more` and `stop` are for texts that come
piece by piece; `example` fills the form with a row that was not learned from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnstudio.engine import using_examples, using_samples, using_stream, using_text
from nnstudio.engine.using_data import learned
from nnstudio.engine.using_pictures import are_digits, frames_of
from nnstudio.engine.using_run import CannotUse, InUse, opened, steadily
from nnstudio.runs.weights import weights_of

Row = dict[str, Any]
SEED: Row = {
    "name": "seed",
    "kind": "int",
    "default": None,
    "low": 0,
    "high": 2147483647,
    "doc": "the same number gives the same result again; empty for another one every time",
    "optional": True,
}
COUNT: Row = {
    "name": "count",
    "kind": "int",
    "default": 16,
    "low": 1,
    "high": using_samples.MOST,
    "doc": "how many are made",
}
STEPS: Row = {
    "name": "steps",
    "kind": "int",
    "default": 1000,
    "low": 1,
    "high": 100000,
    "doc": "how often a dream goes up to the hidden units and down again",
}
BEAMS: Row = {
    "name": "beams",
    "kind": "int",
    "default": 3,
    "low": 1,
    "high": 50,
    "doc": "answers that are followed at a time; 1 takes the best word at every place (greedy)",
}
GUESSES: Row = {
    "name": "guesses",
    "kind": "int",
    "default": 5,
    "low": 1,
    "high": using_text.MOST_GUESSES,
    "doc": "words that are told for each blank",
}
WRITING: tuple[Row, ...] = (
    {
        "name": "temperature",
        "kind": "float",
        "default": 0.8,
        "low": 0.0,
        "high": 10.0,
        "doc": "above 1 bolder, below 1 safer; 0 always takes the likeliest token",
    },
    {
        "name": "top_k",
        "kind": "int",
        "default": 0,
        "low": 0,
        "high": 1000000,
        "label": "top k",
        "doc": "only so many of the likeliest tokens are drawn from; 0 is all",
    },
    {
        "name": "top_p",
        "kind": "float",
        "default": 1.0,
        "low": 0.0,
        "high": 1.0,
        "label": "top p",
        "doc": "only the likeliest tokens whose shares add up to this are drawn from; 1 is all",
    },
    {
        "name": "most",
        "kind": "int",
        "default": 200,
        "low": 1,
        "high": 100000,
        "unit": "tokens",
        "label": "at most",
        "doc": "tokens after which it ends in any case",
    },
    {
        "name": "stop",
        "kind": "text",
        "default": "",
        "label": "stop at",
        "doc": r"text before which it ends; \n is the end of a line; empty for none",
    },
    SEED,
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way of using a run."""

    name: str
    title: str
    doc: str
    input: dict[str, Any]
    answer: Callable[[InUse, dict[str, Any], dict[str, Any]], dict[str, Any]] | None
    options: tuple[Row, ...] = ()
    live: bool = False
    """Whether the answer is quick enough to follow the input while it is given."""


def describe(run: Path) -> dict[str, Any]:
    """What can be asked of a run; raises `CannotUse` and `RunError`."""
    kept = weights_of(run)
    one = opened(run, kept[0]["name"] if kept else "best")
    return {
        "recipe": one.stage.recipe,
        "title": one.recipe.title,
        "form": one.facts.form,
        "ways": [
            {
                "name": way.name,
                "title": way.title,
                "doc": way.doc,
                "input": way.input,
                "options": list(way.options),
                "live": way.live,
            }
            for way in ways_of(one)
        ],
        "classes": list(one.facts.classes),
        "outputs": [{"name": name} for name in _outputs(one)],
        "weights": kept,
    }


def use(
    run: Path, weights: str, way: str, given: dict[str, Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    """The answer to an input; raises `CannotUse` and `RunError`."""
    one = opened(run, weights)
    chosen = _way(one, way)
    values = checked(chosen.options, options)
    if chosen.answer is None:
        pieces, notes = using_stream.completion(one, given, values)
        text = steadily(one, values.get("seed"), lambda: "".join(pieces))
        result = {"kind": "text", "text": text, "words": "", "notes": notes}
    else:
        ask = chosen.answer
        result = steadily(one, values.get("seed"), lambda: ask(one, given, values))
    return _with_step(one, result)


def begin(
    run: Path, weights: str, way: str, given: dict[str, Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Begin a text that comes piece by piece; `more` goes on with its `number`."""
    one = opened(run, weights)
    chosen = _way(one, way)
    if chosen.answer is not None:
        raise CannotUse(f"{chosen.title}: expected a way that writes, got one that answers.")
    return _with_step(one, using_stream.begin(one, given, checked(chosen.options, options)))


more, stop = using_stream.more, using_stream.stop


def example(run: Path, weights: str, number: int) -> dict[str, Any]:
    """A row that was not learned from, as an input."""
    one = opened(run, weights)
    if one.facts.form != "examples":
        raise CannotUse("These data have no rows that could be taken. Type a text.")
    return using_examples.example(one, number)


def checked(rows: tuple[Row, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    """All options of a way with defaults for those not given; raises `CannotUse`."""
    names = [row["name"] for row in rows]
    for name in options:
        if name not in names:
            listed = ", ".join(names) or "no options here"
            raise CannotUse(f"{str(name)[:40]}: expected one of {listed}. Leave it out.")
    values = {}
    for row in rows:
        value = options.get(row["name"])
        values[row["name"]] = row["default"] if value is None else _option(row, value)
    return values


def _option(row: Row, value: Any) -> Any:
    name = row["name"]
    if row["kind"] == "text":
        return str(value)[:1000]
    whole = row["kind"] == "int"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise CannotUse(f"{name}: expected {kind}, got {str(value)[:40]}. Type one.")
    if not row["low"] <= value <= row["high"]:
        raise CannotUse(
            f"{name}: expected {row['low']} to {row['high']}, got {value}. Choose another value."
        )
    return int(value) if whole else float(value)


def ways_of(one: InUse) -> tuple[Way, ...]:
    """The ways in which the run can be used, the usual one first."""
    return tuple(_WAYS[name](one) for name in one.recipe.uses)


def _completing(one: InUse) -> Way:
    what = {"kind": "text", "label": "Beginning", "lines": 3, "example": _beginning(one)}
    doc = "Writes on behind a beginning, token by token."
    return Way("complete", "Complete", doc, what, None, WRITING)


def _filling_in(one: InUse) -> Way:
    pair = {
        "kind": "pair",
        "labels": ["First sentence", "Second sentence, if any"],
        "example": ["[MASK]" if one.source.opens else "the [MASK] sleeps beside clara .", ""],
    }
    doc = "Guesses the word at every [MASK], and whether the second sentence follows."
    return Way("fill_in", "Fill in", doc, pair, using_text.fill_in, (GUESSES,), True)


def _translating(one: InUse) -> Way:
    what = {"kind": "text", "label": "Text", "lines": 2, "example": _sentence(one)}
    doc = "Gives the likeliest answers to a text."
    return Way("translate", "Translate", doc, what, using_text.translate, (BEAMS,), True)


def _feeling(one: InUse) -> Way:
    what = {"kind": "text", "label": "Phrase", "lines": 2, "example": "not (very good)"}
    doc = "Tells the feeling of every part of a phrase."
    return Way("feel", "Feel", doc, what, using_text.feel, (), True)


def _sampling(one: InUse) -> Way:
    doc = "Makes new examples that are like those of the data."
    options = (COUNT, STEPS, SEED) if using_samples.dreams(one) else (COUNT, SEED)
    return Way("sample", "Make new ones", doc, {"kind": "none"}, _sample, options)


def _giving_back(one: InUse) -> Way:
    doc = "Shows an example and what the network makes of it."
    return Way("give_back", "Give back", doc, input_of(one), using_examples.give_back, (), True)


def _predicting(one: InUse) -> Way:
    if one.source.is_table and one.recipe.output in ("target", "several"):
        from nnstudio.engine import using_tables

        row = {"kind": "row", "fields": using_tables.fields(one), "examples": False}
        doc = "Tells what the network makes of your row, as it would of a row in a file."
        return Way("predict", "Predict", doc, row, using_tables.predict, (), True)
    doc = "Tells what the network makes of your input."
    return Way("predict", "Predict", doc, input_of(one), using_examples.predict, (), True)


_WAYS: dict[str, Callable[[InUse], Way]] = {
    "complete": _completing,
    "fill_in": _filling_in,
    "translate": _translating,
    "feel": _feeling,
    "sample": _sampling,
    "give_back": _giving_back,
    "predict": _predicting,
}
"""What recipes say that they can be used for, to how."""


def input_of(one: InUse) -> dict[str, Any]:
    """The kind of an example, and what a form needs to ask for one."""
    kind = using_examples.input_kind(one)
    known = learned(one)
    match kind:
        case "picture":
            channels, height, width = known.shape
            frames = frames_of(one)
            return {
                "kind": kind,
                "channels": channels // frames,
                "height": height,
                "width": width,
                "frames": frames,
                "draws": channels == 1,
                "digits": are_digits(one),
            }
        case "sequence":
            count = 1
            for side in known.shape:
                count *= side
            return {"kind": kind, "count": count}
        case "sound":
            return {"kind": kind}
    names = using_examples.names_of_inputs(one)
    ends = zip(names, known.low.ravel(), known.usual.ravel(), known.high.ravel(), strict=False)
    return {"kind": kind, "fields": [_field(*facts) for facts in ends]}


def _field(name: str, low: float, usual: float, high: float) -> dict[str, Any]:
    """A field of numbers; its ends are left out where the data are gone."""
    entry = {"name": name, "kind": "number", "usual": float(f"{usual:.4g}")}
    if low > -float("inf"):
        entry |= {"low": float(f"{low:.4g}"), "high": float(f"{high:.4g}")}
    return entry


def _sample(one: InUse, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    return using_samples.sample(one, options)


def _beginning(one: InUse) -> str:
    return "3 1 4" if one.facts.name == "markov" else "The "


def _sentence(one: InUse) -> str:
    if one.source.opens:
        return ""
    if one.facts.name != "sequence_tasks":
        return "the dog sleeps"
    return {"addition": "12+30", "brackets": "([{"}.get(str(one.options.get("task")), "abcd")


def _outputs(one: InUse) -> tuple[str, ...]:
    return using_examples.outputs_of(one) if one.facts.target == "value" else ()


def _way(one: InUse, name: str) -> Way:
    ways = ways_of(one)
    if not name:
        return ways[0]
    for way in ways:
        if way.name == name:
            return way
    listed = ", ".join(way.name for way in ways)
    raise CannotUse(f"way: expected one of {listed}, got {ascii(name)[:40]}. Choose one.")


def _with_step(one: InUse, result: dict[str, Any]) -> dict[str, Any]:
    note = one.trained.note
    notes = [*([note] if note else []), *result.get("notes", ())]
    return {**result, "notes": notes, "step": one.trained.step}
