"""Rows, pictures, sounds and series in; classes, values, masks, captions or pictures out.

Owns how an input of each kind becomes what the network was trained on, and how its output is told:
shares that are chances where the loss makes them so, values in the unit of the data.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nnstudio.document.recipes import recipes
from nnstudio.engine.using_data import as_seen, learned
from nnstudio.engine.using_pictures import picture_given, shown, shown_classes
from nnstudio.engine.using_run import CannotUse, InUse
from nnstudio.engine.using_samples import is_picture, reconstructed

Numbers = NDArray[Any]
MOST_FIELDS = 60
"""Values of an input up to which each has a field of its own."""
MOST_BARS = 20


def input_kind(one: InUse) -> str:
    """`row`, `picture`, `sound` or `sequence`."""
    if one.source.is_table:
        return "row"
    shape = learned(one).shape
    if one.source.kind == "sounds":
        return "sound"
    if one.source.kind == "images" or (len(shape) == 3 and is_picture(shape)):
        return "picture"
    in_time = one.source.kind == "arrays" and one.facts.name != "arrays"
    if len(shape) == 1 and shape[0] <= MOST_FIELDS and not in_time:
        return "row"
    return "sequence"


def names_of_inputs(one: InUse) -> tuple[str, ...]:
    """The names of the fields of a row."""
    (count,) = learned(one).shape
    names = one.source.columns or one.facts.columns
    return tuple(names[:count]) if len(names) >= count else tuple(f"x{n + 1}" for n in range(count))


def given_input(one: InUse, given: dict[str, Any], notes: list[str]) -> torch.Tensor:
    """The input as the network sees it, a batch of one."""
    number = given.get("example")
    if isinstance(number, int) and not isinstance(number, bool):
        rows = _examples(one)
        return torch.from_numpy(rows[number % len(rows)][None])
    match input_kind(one):
        case "picture":
            return as_seen(one, picture_given(one, given, notes))
        case "sound":
            return as_seen(one, _sound(one, given))
        case "sequence":
            return as_seen(one, _sequence(one, given))
    return as_seen(one, _row(one, given, notes))


def predict(one: InUse, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """What the network says of an input."""
    notes: list[str] = []
    seen = given_input(one, given, notes)
    answers = recipes()[one.stage.recipe].answers
    if answers == "lengths":
        result = _capsules(one, seen)
    elif answers == "several":
        result = _several(one, seen)
    else:
        result = _answer(one, one.network(seen))
    pictures = result.pop("pictures", [])
    if (view := _view(one, seen)) is not None:
        pictures.insert(0, view)
    return {**result, "pictures": pictures, "notes": [*result.get("notes", ()), *notes]}


def give_back(one: InUse, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """An input and what the network makes of it."""
    notes: list[str] = []
    seen = given_input(one, given, notes)
    made = reconstructed(one, seen)
    if made.shape != seen.shape:
        raise CannotUse(
            "This machine sees what layers before it make of an input, which cannot be shown as "
            "one. Choose “Make new ones”."
        )
    error = float((made - seen).square().mean())
    words = f"The mean squared difference is {error:.4g}."
    before, after = (_raw(one, values) for values in (seen, made))
    result: dict[str, Any] = {"kind": "pictures", "words": words, "notes": notes}
    if (view := _view(one, seen)) is not None:
        return {**result, "pictures": [view, {**(_view(one, made) or view), "title": "given back"}]}
    names = names_of_inputs(one) if input_kind(one) == "row" else ()
    rows = [
        [names[n] if names else str(n + 1), f"{old:.4g}", f"{new:.4g}"]
        for n, (old, new) in enumerate(zip(before.ravel(), after.ravel(), strict=True))
    ]
    table = {"columns": ["value", "given", "given back"], "rows": rows[:200]}
    return {**result, "kind": "values", "table": table}


def example(one: InUse, number: int) -> dict[str, Any]:
    """A row that was not learned from: the input that fills the form, and words on it."""
    known = learned(one)
    number %= len(_examples(one))
    raw = _raw(one, torch.from_numpy(known.examples[number][None]))
    answer = _answer_words(one, known.answers[number])
    words = f"Example {number + 1} of the {known.of_part} part"
    result: dict[str, Any] = {"number": number, "words": f"{words}: {answer}" if answer else words}
    match input_kind(one):
        case "row":
            names = names_of_inputs(one)
            pairs = zip(names, raw.ravel().tolist(), strict=False)
            return {**result, "values": {name: _rounded(value) for name, value in pairs}}
        case "sequence":
            return {**result, "text": " ".join(f"{value:.5g}" for value in raw.ravel())}
    return {**result, "picture": _view(one, torch.from_numpy(known.examples[number][None]))}


def outputs_of(one: InUse) -> tuple[str, ...]:
    """The names of the numbers that are foretold."""
    if one.source.answers:
        return tuple(one.source.answers)
    if one.facts.name == "scenes" and one.facts.outputs % 4 == 0:
        sides = ("middle x", "middle y", "width", "height")
        things = one.facts.outputs // 4
        return tuple(
            f"{side} of thing {n + 1}" if things > 1 else side
            for n in range(things)
            for side in sides
        )
    count = one.facts.outputs
    return ("value",) if count == 1 else tuple(f"value {n + 1}" for n in range(count))


# Inputs


def _examples(one: InUse) -> Numbers:
    rows = learned(one).examples
    if not len(rows):
        raise CannotUse(
            "example: expected the data that the run learned from, got none at their place. "
            "Give an input of your own."
        )
    return rows


def _row(one: InUse, given: dict[str, Any], notes: list[str]) -> Numbers:
    values = given.get("values")
    values = values if isinstance(values, dict) else {}
    names, known = names_of_inputs(one), learned(one)
    strange = [str(name) for name in values if name not in names]
    if strange:
        raise CannotUse(
            f"row: expected {_listed(names)}, got “{strange[0][:40]}”. Use one of those names."
        )
    missing = [name for name in names if values.get(name) in (None, "")]
    if missing:
        raise CannotUse(
            f"row: expected a value for each of {len(names)} columns, got none for "
            f"{_listed(missing)}. Give one."
        )
    row = np.array([_number(name, values[name]) for name in names])
    for place, (name, value) in enumerate(zip(names, row, strict=True)):
        low, high = known.low.ravel()[place], known.high.ravel()[place]
        room = 0.001 * max(abs(low), abs(high))
        if not low - room <= value <= high + room:
            notes.append(
                f"{name} = {value:.4g} lies outside of what was learned from "
                f"({low:.4g} to {high:.4g})."
            )
    return row


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number) or isinstance(value, bool):
        raise CannotUse(f"{name}: expected a number, got “{str(value)[:40]}”. Type one.")
    return number


def _sequence(one: InUse, given: dict[str, Any]) -> Numbers:
    shape = learned(one).shape
    wanted = int(np.prod(shape))
    text = str(given.get("text", ""))
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    if len(words) != wanted:
        raise CannotUse(
            f"sequence: expected {wanted} numbers, got {len(words) or 'none'}. "
            f"Type {wanted} with spaces between, or take an example."
        )
    return np.array([_number("sequence", word) for word in words]).reshape(shape)


def _sound(one: InUse, given: dict[str, Any]) -> Numbers:
    files = given.get("files")
    if not isinstance(files, list) or len(files) != 1:
        raise CannotUse("sound: expected a WAV file, got none. Choose one, or take an example.")
    from nnstudio.engine.data.wav_folder import heard
    from nnstudio.engine.parts.spectrogram import spectrogram

    shape = learned(one).shape
    if one.facts.name == "tones":
        rate, length, window = 4000, 1600, 128
    else:
        rate = int(one.options["rate"])
        length, window = rate * int(one.options["length"]) // 1000, 256
    path = Path(str(files[0]))
    try:
        wave = heard(path, rate, length)
    except (ValueError, OSError) as error:
        words = str(error).replace(str(path), path.name)
        raise CannotUse(f"{words} Choose a WAV file.") from error
    if len(shape) == 3:
        values: Numbers = spectrogram(wave[None, None], window)[0]
        return values
    return wave[None]


# Answers


def _answer(one: InUse, output: Any) -> dict[str, Any]:
    if isinstance(output, tuple | list):
        output = output[0]
    facts = one.facts
    if facts.target in ("class", "mask") and facts.places:
        return _places(one, output)
    if facts.target == "class":
        return _classes(one, output)
    if facts.target == "labels":
        return _labels(one, output)
    if facts.target == "value":
        return _values(one, output)
    rows = [[str(n + 1), f"{value:.4g}"] for n, value in enumerate(output.ravel().tolist()[:200])]
    table = {"columns": ["output", "value"], "rows": rows}
    return {"kind": "values", "words": "", "table": table}


def _classes(one: InUse, output: torch.Tensor) -> dict[str, Any]:
    shares, are_chances = shares_of(one, output)
    names = one.facts.classes
    best = int(np.argmax(shares))
    words = f"{names[best]}, with {shares[best]:.1%}" if are_chances else names[best]
    return {"kind": "scores", "words": words, "winner": names[best], "bars": _bars(names, shares)}


def shares_of(one: InUse, output: torch.Tensor) -> tuple[Numbers, bool]:
    """A share for each class, and whether the loss makes them chances."""
    row = output[0].double()
    loss = one.settings.get("loss", "cross_entropy")
    if recipes()[one.stage.recipe].answers == "fires":
        yes = float(row.flatten()[0])
        return np.array([1 - yes, yes]), False
    if row.numel() == 1 and one.facts.outputs == 2:
        value = row.flatten()[0]
        yes = float(value if loss == "bce" else value.sigmoid())
        return np.array([1 - yes, yes]), loss != "hinge"
    match loss:
        case "log_loss":
            return (row / row.sum().clamp_min(1e-12)).numpy(), True
        case "nll" | "kl":
            return row.exp().numpy(), True
        case "cross_entropy":
            return row.softmax(0).numpy(), True
        case "multi_margin":
            return row.softmax(0).numpy(), False
        case "bce_with_logits":
            return row.sigmoid().numpy(), True
        case "bce":
            return row.numpy(), True
    return row.clamp(0, 1).numpy(), False


def _labels(one: InUse, output: torch.Tensor) -> dict[str, Any]:
    row = output[0].double().flatten()
    shares = (row if one.settings.get("loss") == "bce" else row.sigmoid()).numpy()
    names = one.facts.classes
    there = [name for name, share in zip(names, shares, strict=True) if share > 0.5]
    bars = [{"name": n, "share": float(s)} for n, s in zip(names, shares, strict=True)]
    return {"kind": "scores", "words": ", ".join(there) or "none of them", "bars": bars}


def _values(one: InUse, output: torch.Tensor) -> dict[str, Any]:
    scale, loss = learned(one).targets, one.settings.get("loss")
    values = output[0].double().numpy()
    spread = None
    if loss == "poisson":
        values = np.exp(values)
    elif loss == "gaussian_nll":
        half = len(values) // 2
        spread = np.exp(0.5 * values[half:]) * np.ravel(scale.size)
        values = values[:half]
    values = scale.undo(values[None])[0]
    if is_picture(values.shape):
        return {"kind": "pictures", "words": "", "pictures": [shown(values, "what comes next")]}
    names, flat = outputs_of(one), values.ravel()
    told = [f"{value:.5g}" for value in flat]
    if spread is not None:
        told = [f"{text} ± {wide:.3g}" for text, wide in zip(told, spread.ravel(), strict=True)]
    rows = [[name, text] for name, text in zip(names, told, strict=False)]
    words = told[0] if len(told) == 1 else ", ".join(f"{n} {t}" for n, t in rows[:4])
    notes = []
    if loss == "quantile":
        notes = [f"It is below this value with a chance of {one.settings['quantile']:g}."]
    if spread is not None:
        notes = ["± is one standard deviation of what the network expects."]
    return {
        "kind": "values",
        "words": words,
        "values": [{"name": n, "value": float(v)} for n, v in zip(names, flat, strict=False)],
        "table": {"columns": ["name", "value"], "rows": rows},
        "notes": notes,
    }


def _places(one: InUse, output: torch.Tensor) -> dict[str, Any]:
    """A class for each place: words of a caption, or pixels of a mask."""
    shares = output[0].softmax(0)
    best, names = shares.argmax(0), one.facts.classes
    if best.ndim == 1:
        words = [names[number] for number in best.tolist()]
        rows = [
            [str(n + 1), word, f"{float(shares[:, n].max()):.1%}"] for n, word in enumerate(words)
        ]
        table = {"columns": ["place", "word", "share"], "rows": rows}
        return {"kind": "text", "text": " ".join(words), "words": " ".join(words), "table": table}
    counts = np.bincount(best.numpy().ravel(), minlength=len(names)) / best.numel()
    there = [names[n] for n in np.argsort(-counts) if counts[n] > 0 and n]
    picture = shown_classes(best.numpy().astype(float), len(names), "the class of every pixel")
    return {
        "kind": "pictures",
        "words": ", ".join(there) or names[0],
        "pictures": [picture],
        "bars": _bars(names, counts),
        "notes": ["A bar is the class's share of the picture."],
    }


def _capsules(one: InUse, seen: torch.Tensor) -> dict[str, Any]:
    known, names = learned(one), one.facts.classes
    lengths, _ = one.network(image=seen, target=torch.zeros(1, dtype=torch.int64))
    best = lengths.argmax(1)
    _, drawing = one.network(image=seen, target=best)
    values = drawing.reshape(seen.shape[1:]).double().numpy()
    raw = known.inputs.undo(values[None] * (known.most - known.least) + known.least)[0]
    row = lengths[0].double().numpy()
    return {
        "kind": "scores",
        "words": f"{names[int(best)]}, its capsule is {row.max():.2f} long",
        "winner": names[int(best)],
        "bars": _bars(names, row),
        "pictures": [shown(raw, f"drawn from the capsule of {names[int(best)]}")],
        "notes": ["A bar is the length of a class's capsule, from 0 to 1."],
    }


def _several(one: InUse, seen: torch.Tensor) -> dict[str, Any]:
    """The answers of several outputs, as an example in a file would get them."""
    import pandas as pd

    from nnstudio.engine.using_outputs import of_example

    raw = _raw(one, seen)
    given: Any = raw[None]
    if input_kind(one) == "row":
        given = pd.DataFrame(given, columns=pd.Index(names_of_inputs(one))).map(repr)
    return of_example(one, seen, given)


def _bars(names: tuple[str, ...], shares: Numbers) -> list[dict[str, Any]]:
    """The largest shares, the largest first."""
    order = np.argsort(-shares, kind="stable")[:MOST_BARS]
    return [{"name": names[n], "share": float(np.nan_to_num(shares[n]))} for n in order]


def _raw(one: InUse, seen: torch.Tensor) -> Numbers:
    """Inputs as the network sees them in the unit of the data, products of values left out."""
    known = learned(one)
    raw: Numbers = known.inputs.undo(seen.double().numpy())[0]
    return raw[: known.shape[0]] if raw.ndim == 1 else raw


def _view(one: InUse, seen: torch.Tensor) -> dict[str, Any] | None:
    """An input as a picture, where it is one."""
    raw = _raw(one, seen)
    if one.source.kind == "sounds":
        from nnstudio.engine.preview_pictures import picture_of_sound

        return shown(picture_of_sound(raw), "what the network hears")
    return shown(raw, "what the network sees") if is_picture(raw.shape) else None


def _answer_words(one: InUse, target: Numbers) -> str:
    """The right answer to an example, where it can be told in a few words."""
    facts = one.facts
    if facts.target == "class" and not facts.places:
        flat = np.ravel(target)
        number = int(flat[0]) if len(flat) == 1 else int(flat.argmax())
        return f"it is {facts.classes[number]}"
    if facts.target in ("class", "mask") and len(facts.places) == 1:
        return "it is " + " ".join(facts.classes[int(word)] for word in np.ravel(target))
    if facts.target == "value" and not facts.places and facts.outputs <= 4:
        values = learned(one).targets.undo(np.asarray(target, float)[None])[0]
        return "it is " + ", ".join(f"{value:.5g}" for value in np.ravel(values))
    if facts.target == "several" and one.stage.recipe == "several_outputs":
        from nnstudio.engine.using_outputs import right_answer

        scale, flat = learned(one).targets, np.asarray(target, float).ravel()
        count = max(np.size(scale.shift), np.size(scale.size))  # pixels of a mask have none
        return right_answer(one, flat, scale.undo(flat[:count] if count > 1 else flat))
    return ""


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _listed(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more
