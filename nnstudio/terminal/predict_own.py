"""`predict` for what a person gives by hand: a row, a text, a picture, a sound; and new examples.

Owns these options and how an answer looks in the terminal. The command itself, and tables in files,
are `predict`'s.
"""

from __future__ import annotations

import argparse
import base64
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.terminal.outcome import GOOD, WRONG_USE, Failure
from nnstudio.terminal.output import complain, fancy, say, say_json, table, width

if TYPE_CHECKING:
    from nnstudio.engine.using import Way

KINDS = {
    "row": ("--row", "--example"),
    "picture": ("--image", "--example"),
    "sound": ("--sound", "--example"),
    "sequence": ("--values", "--example"),
    "text": ("--text",),
    "pair": ("--text",),
    "none": ("--sample",),
}
"""What each kind of input is given by."""
GIVEN = ("row", "text", "image", "sound", "values", "sample", "example")
OPTIONS = ("temperature", "top_k", "top_p", "most", "stop", "beams", "guesses", "steps", "seed")
TILE, GAP, COLUMNS = 64, 4, 8
"""Pixels of a picture in a grid at least, between two, and how many stand in a row."""
EXAMPLES = """\
  nnstudio predict RUN --row "sepal length=5.1, sepal width=3.5"
  nnstudio predict RUN --image digit.png
  nnstudio predict RUN --text "Once upon" --temperature 0.7
  nnstudio predict RUN --sample 16 -o grid.png"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options for one's own input, and those of the answers."""
    own = parser.add_argument_group("your own input, one of these")
    own.add_argument("--row", metavar="NAME=VALUE,…", help="one row of values")
    own.add_argument("--text", help="a text to complete, translate or tell the feeling of")
    own.add_argument("--image", metavar="FILE", nargs="+", help="a picture, or several moments")
    own.add_argument("--sound", metavar="FILE", help="a WAV file")
    own.add_argument("--values", metavar="NUMBERS", help="a series, with spaces between")
    own.add_argument("--sample", metavar="N", type=int, help="make N new examples")
    own.add_argument(
        "--example", metavar="N", type=int, help="row N of those that were not learned from"
    )
    own.add_argument("--second", metavar="TEXT", help="with --text: the sentence behind it")
    how = parser.add_argument_group("how the answer is made")
    how.add_argument("--temperature", type=float, help="above 1 bolder, 0 the likeliest (0.8)")
    how.add_argument("--top-k", type=int, help="draw from so many of the likeliest tokens")
    how.add_argument("--top-p", type=float, help="draw from the likeliest that add up to this")
    how.add_argument("--most", metavar="N", type=int, help="tokens at most (200)")
    how.add_argument("--stop", metavar="TEXT", help="end before this text")
    how.add_argument("--beams", metavar="N", type=int, help="answers to follow at a time (3)")
    how.add_argument("--guesses", metavar="N", type=int, help="words for each [MASK] (5)")
    how.add_argument("--steps", metavar="N", type=int, help="steps of a machine's dreams (1000)")
    how.add_argument("--seed", type=int, help="the same number gives the same result again")


def is_asked(arguments: argparse.Namespace) -> bool:
    """Whether any of these options was used."""
    return any(getattr(arguments, name) is not None for name in (*GIVEN, *OPTIONS, "second"))


def predict_own(run: Path, weights: str, arguments: argparse.Namespace) -> int:
    """Answer what was given by hand."""
    from nnstudio.engine import using
    from nnstudio.engine.using_run import CannotUse, opened

    target = _target(arguments)
    try:
        one = opened(run, weights)
        ways = using.ways_of(one)
        way, given = _way_and_input(run, ways, arguments)
        options = _options(way, arguments)
        if way.answer is None and not arguments.json:
            return _write_on(run, weights, way, given, options)
        answer = using.use(run, weights, way.name, given, options)
    except CannotUse as error:
        raise Failure(WRONG_USE, f"{run.name}: {error}") from None
    if target is not None:
        _save(answer, target)
    if arguments.json:
        say_json(_without_pictures(answer))
    else:
        _show(answer, target)
    return GOOD


def ways_in_words(run: Path, ways: tuple[Way, ...]) -> Failure:
    """What can be given to a run, for someone who gave nothing or something else."""
    lines = []
    for way in ways:
        flags = " or ".join(KINDS[way.input["kind"]])
        lines.append(f"{flags} ({way.title.lower()})")
    listed = ", ".join(dict.fromkeys(lines))
    return Failure(WRONG_USE, f"{run.name}: expected {listed}, got something else. Give one.")


def _way_and_input(
    run: Path, ways: tuple[Way, ...], arguments: argparse.Namespace
) -> tuple[Way, dict[str, Any]]:
    used = [name for name in GIVEN if getattr(arguments, name) is not None]
    if len(used) > 1:
        flags = ", ".join(f"--{name}" for name in used)
        raise Failure(WRONG_USE, f"predict: expected one input, got {flags}. Leave one.")
    flag = f"--{used[0]}" if used else ""
    for way in ways:
        if flag in KINDS[way.input["kind"]]:
            return way, _input(way, flag, arguments)
    raise ways_in_words(run, ways)


def _input(way: Way, flag: str, arguments: argparse.Namespace) -> dict[str, Any]:
    if flag == "--example":
        if arguments.example < 1:
            raise Failure(WRONG_USE, "--example: expected a number from 1 on. Write --example 1")
        return {"example": arguments.example - 1}
    match way.input["kind"]:
        case "pair":
            return {"first": arguments.text, "second": arguments.second or ""}
        case "text":
            return {"text": arguments.text}
        case "picture":
            return {"files": [str(Path(name)) for name in arguments.image]}
        case "sound":
            return {"files": [arguments.sound]}
        case "sequence":
            return {"text": arguments.values}
        case "none":
            return {}
    return {"values": _cells(arguments.row)}


def _cells(text: str) -> dict[str, str]:
    """`a=1, b=2` as names and values; a value may hold commas in quotes."""
    import csv

    (cells,) = csv.reader([text], skipinitialspace=True)
    values = {}
    for cell in cells:
        name, separator, value = cell.partition("=")
        if not separator or not name.strip():
            raise Failure(
                WRONG_USE,
                f"--row: expected NAME=VALUE between commas, got {cell[:40]!r}. "
                'Write --row "length=5.1, width=3.5"',
            )
        values[name.strip()] = value.strip()
    return values


def _options(way: Way, arguments: argparse.Namespace) -> dict[str, Any]:
    options = {name: getattr(arguments, name) for name in OPTIONS}
    options = {name: value for name, value in options.items() if value is not None}
    known = [row["name"] for row in way.options]
    for name in options:
        if name not in known:
            flags = ", ".join(f"--{one.replace('_', '-')}" for one in known if one != "count")
            flag = f"--{name.replace('_', '-')}"
            raise Failure(
                WRONG_USE,
                f"{flag}: expected {f'one of {flags}' if flags else 'no such option'} for "
                f"“{way.title}”. Leave it out.",
            )
    if way.input["kind"] == "none":
        options["count"] = arguments.sample
    return options


def _target(arguments: argparse.Namespace) -> Path | None:
    if not arguments.output:
        return None
    target = Path(arguments.output)
    if target.suffix.lower() not in (".png", ".txt"):
        raise Failure(
            WRONG_USE,
            f"{target}: expected a name that ends in .png for pictures or .txt for a text. "
            f"Write -o {target.stem}.png",
        )
    return target


def _write_on(
    run: Path, weights: str, way: Way, given: dict[str, Any], options: dict[str, Any]
) -> int:
    """Print a completion as it is written."""
    from nnstudio.engine import using

    begun = using.begin(run, weights, way.name, given, options)
    _tell(begun["notes"])
    sys.stdout.write(_steady(str(given.get("text", ""))))
    done = False
    while not done:
        piece = using.more(begun["number"])
        sys.stdout.write(_steady(piece["text"]))
        sys.stdout.flush()
        done = piece["done"]
    sys.stdout.write("\n")
    return GOOD


def _steady(text: str) -> str:
    """The text without characters that steer a terminal; lines stay lines."""
    return "".join(sign for sign in text if sign == "\n" or sign == "\t" or sign.isprintable())


def _show(answer: dict[str, Any], target: Path | None) -> None:
    if answer.get("tree"):
        _show_tree(answer["tree"])
    if answer.get("outputs"):
        for one in answer["outputs"]:
            _show_part(f"{one['name']}: {one['words']}", one, 1)
    else:
        _show_part(str(answer.get("words") or ""), answer, 0 if answer["kind"] != "values" else 1)
    _tell(answer.get("notes", ()))
    if target is not None:
        say(f"{target}")
    elif answer["kind"] == "pictures" or any(o.get("pictures") for o in _outputs(answer)):
        say("next: add -o FILE.png to see the pictures")


def _show_part(words: str, part: dict[str, Any], fewest: int) -> None:
    """An answer or that of one output: words, bars, a table of more rows than `fewest`."""
    if words:
        say(words)
    if part.get("bars"):
        room = max(10, min(40, width() - 40)) if fancy() else 20
        rows = [
            [bar["name"], f"{bar['share']:.1%}", "█" * round(room * min(1.0, bar["share"]))]
            for bar in part["bars"]
        ]
        table(("class", "share", ""), rows)
    shown = part.get("table")
    if shown and len(shown["rows"]) > fewest:
        table(shown["columns"], shown["rows"])


def _outputs(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What each of several outputs says."""
    return list(answer.get("outputs") or ())


def _without_pictures(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer in words and numbers alone."""
    plain = {name: value for name, value in answer.items() if name != "pictures"}
    if plain.get("outputs"):
        plain["outputs"] = [_without_pictures(one) for one in plain["outputs"]]
    return plain


def _show_tree(nodes: list[dict[str, Any]]) -> None:
    """Every part of a phrase, the whole first, its parts indented below."""
    rows = []
    waiting = [(len(nodes) - 1, 0)]
    while waiting:
        place, depth = waiting.pop()
        node = nodes[place]
        rows.append(["  " * depth + node["text"], node["name"], f"{node['share']:.0%}"])
        waiting += [(child, depth + 1) for child in (node["right"], node["left"]) if child >= 0]
    table(("part", "feeling", "share"), rows)


def _tell(notes: Any) -> None:
    for note in notes:
        complain(str(note))


def _save(answer: dict[str, Any], target: Path) -> None:
    """Write what an answer holds: its pictures side by side, or its text."""
    if target.suffix.lower() == ".txt":
        if "text" not in answer:
            raise Failure(
                WRONG_USE, f"{target}: expected an answer in words, got another. Leave out -o."
            )
        target.write_text(f"{answer['text']}\n", encoding="utf-8")
        return
    pictures = list(answer.get("pictures") or [])
    pictures += [picture for one in _outputs(answer) for picture in one.get("pictures") or ()]
    points = answer.get("points")
    if points:
        _draw_points(points, target)
        return
    if not pictures:
        raise Failure(
            WRONG_USE, f"{target}: expected an answer with pictures, got one without. Leave out -o."
        )
    from PIL import Image

    tiles = []
    for entry in pictures:
        height, across, channels = entry["size"]
        shape, mode = (across, height), "L" if channels == 1 else "RGB"
        image = Image.frombytes(mode, shape, base64.b64decode(entry["bytes"])).convert("RGB")
        times = max(1, -(-TILE // max(shape)))
        tiles.append(image.resize((across * times, height * times), Image.Resampling.NEAREST))
    if len(tiles) == 1:
        tiles[0].save(target, "PNG")
        return
    wide, high = (max(tile.size[axis] for tile in tiles) + GAP for axis in (0, 1))
    columns = min(COLUMNS, len(tiles))
    lines = -(-len(tiles) // columns)
    grid = Image.new("RGB", (columns * wide + GAP, lines * high + GAP), "white")
    for number, tile in enumerate(tiles):
        grid.paste(tile, (GAP + number % columns * wide, GAP + number // columns * high))
    grid.save(target, "PNG")


def _draw_points(points: list[list[float]], target: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from nnstudio.plotdata.picture import PAPER, TRAINING

    figure = Figure(figsize=(4, 4), dpi=150, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    figure.subplots().scatter(*zip(*points, strict=True), s=8, color=TRAINING)
    figure.savefig(target, format="png")
