"""The project file's form, version 2: closed types in, plain values out, and the same way back.

Owns what stands in a `.nns` file and the migrations from older versions. Reads and writes no files.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from graph_compiler.model import (
    DataSource,
    Frame,
    Network,
    Node,
    Plan,
    Project,
    Stage,
    Value,
    Variable,
    Wire,
)
from graph_compiler.refusals import FutureVersion, Path, Refusal, in_words, kind, quoted
from graph_compiler.safe_json import MAX_DIGITS, MAX_STRING
from graph_compiler.schema_code import CodeEntry, code_of, plain_code

VERSION = 2
MAX_NODES = 100_000
MAX_WIRES = 1_000_000

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: lambda raw: {**raw, "version": 2},  # version 2 adds blocks, repeats, scans, shared weights
}
"""Version to the function that turns a file of that version into one of the next."""

_WIRE = re.compile(r"(\w+(?:/\w+)*)\.(\w+) -> (\w+(?:/\w+)*)\.(\w+)", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _refuse(expected: str, got: str, remedy: str) -> PydanticCustomError:
    facts = {"expected": expected, "got": got, "remedy": remedy}
    return PydanticCustomError("refused", "expected {expected}, got {got}. {remedy}", facts)


def _whole_characters(given: str) -> str:
    if _SURROGATE.search(given):
        raise _refuse("whole characters", "half of a surrogate pair", "Type the text anew.")
    return given


def _one_line(given: str) -> str:
    if _CONTROL.search(given):
        raise _refuse("one line of text", "a control character", "Remove the character.")
    return _whole_characters(given)


def _value(given: Any, depth: int = 0) -> Value:
    """A literal of JSON, lists as tuples; within the limits that the reader of texts sets."""
    match given:
        case None | bool():
            return given
        case int():
            if abs(given) >= 10**MAX_DIGITS:
                raise _refuse(
                    f"a whole number of at most {MAX_DIGITS} digits", "a larger one", "Shrink it."
                )
            return given
        case float():
            if not math.isfinite(given):
                raise _refuse("a finite number", str(given), "Replace it by a number.")
            return given
        case str():
            if len(given) > MAX_STRING:
                raise _refuse(
                    f"at most {MAX_STRING} characters", f"{len(given)}", "Shorten the text."
                )
            return _whole_characters(given)
        case list() | tuple() if depth < 4:
            return tuple(_value(item, depth + 1) for item in given)
        case list() | tuple():
            got = "lists nested more than four deep"
        case dict():
            got = "an object"
        case _:
            got = f"a value of type {type(given).__name__}"
    raise _refuse(
        "a number, a text, true, false, null or a list of those", got, "Replace it by such a value."
    )


Name = Annotated[str, StringConstraints(pattern="^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]
VariantName = Annotated[
    str, StringConstraints(pattern="^[A-Za-z0-9_][A-Za-z0-9_.+-]*$", max_length=100)
]
Line = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Text = Annotated[str, Field(max_length=MAX_STRING), AfterValidator(_whole_characters)]
WeightName = Annotated[str, StringConstraints(pattern="^[A-Za-z_][A-Za-z0-9_.]*$", max_length=200)]
Literal_ = Annotated[Any, BeforeValidator(_value)]
Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-1e7, le=1e7)]
Fraction = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)]
Bound = Annotated[float, Field(allow_inf_nan=False)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NodeEntry(_Closed):
    """One node: its type, what differs from the type's defaults, and its place."""

    type: Name
    params: dict[Name, Literal_] = {}
    at: Annotated[list[Coordinate], Field(min_length=2, max_length=2)] = [0.0, 0.0]
    dismissed: list[Name] = []
    repeat: Annotated[int, Field(ge=1)] | Text | None = None
    scan: Literal["", "forward", "backward"] = ""
    shares: Name | Literal[""] = ""
    ties: dict[WeightName, Line] = {}


class FrameEntry(_Closed):
    """One frame: the nodes inside."""

    nodes: list[Name] = []
    colour: Line = ""


class VariableEntry(_Closed):
    """One variable, with the range that a study may search, or one parameter of a block."""

    value: Literal_
    doc: Text = ""
    low: Bound | None = None
    high: Bound | None = None
    choices: list[Line] = []


class NetworkEntry(_Closed):
    """One network, or a block if it has `params`; a wire is `source.port -> target.port`.

    A block with `code` is written in Python and has no nodes.
    """

    title: Line = ""
    about: Text = ""
    params: dict[Name, VariableEntry] | None = None
    code: CodeEntry | None = None
    nodes: dict[Name, NodeEntry] = {}
    wires: list[str] = []
    frames: dict[Line, FrameEntry] = {}


class DataEntry(_Closed):
    """The data's description."""

    source: Name = "digits"
    options: dict[Name, Literal_] = {}
    scale: Literal["none", "standard", "unit"] = "standard"
    split: Annotated[list[Fraction], Field(min_length=3, max_length=3)] = [0.6, 0.15, 0.25]
    stratified: bool = True
    seed: int = 0


class StageEntry(_Closed):
    """One stage of the plan."""

    name: Line = "train"
    recipe: Name = "supervised"
    network: Name = "main"
    settings: dict[Name, Literal_] = {}


class ProjectEntry(_Closed):
    """The whole file."""

    format: Literal["nnstudio"]
    version: Literal[2]
    name: Line
    about: Text = ""
    tags: list[Line] = []
    variables: dict[Name, VariableEntry] = {}
    variants: dict[VariantName, dict[Line, Literal_]] = {}
    data: DataEntry = DataEntry()
    plan: list[StageEntry] = [StageEntry()]
    networks: dict[Name, NetworkEntry]


def project_of(raw: Any) -> Project:
    """The project that a parsed file describes; raises `Refusal` or `FutureVersion`."""
    entry = _validated(_current(raw))
    return Project(
        name=entry.name,
        about=entry.about,
        tags=tuple(entry.tags),
        networks={name: _network(name, one) for name, one in entry.networks.items()},
        variables=_variables(entry.variables),
        variants=dict(entry.variants),
        data=DataSource(
            source=entry.data.source,
            options=entry.data.options,
            scale=entry.data.scale,
            split=(entry.data.split[0], entry.data.split[1], entry.data.split[2]),
            stratified=entry.data.stratified,
            seed=entry.data.seed,
        ),
        plan=Plan(
            tuple(Stage(one.name, one.recipe, one.network, one.settings) for one in entry.plan)
        ),
    )


def entries_of(project: Project) -> ProjectEntry:
    """The file's form of a project; raises `Refusal` for what would not open again."""
    raw = {
        "format": "nnstudio",
        "version": VERSION,
        "name": project.name,
        "about": project.about,
        "tags": list(project.tags),
        "variables": {
            name: _plain_variable(one) for name, one in sorted(project.variables.items())
        },
        "variants": {name: dict(one) for name, one in project.variants.items()},
        "data": {
            "source": project.data.source,
            "options": dict(sorted(project.data.options.items())),
            "scale": project.data.scale,
            "split": list(project.data.split),
            "stratified": project.data.stratified,
            "seed": project.data.seed,
        },
        "plan": [
            {
                "name": one.name,
                "recipe": one.recipe,
                "network": one.network,
                "settings": dict(sorted(one.settings.items())),
            }
            for one in project.plan.stages
        ],
        "networks": {name: _plain(one) for name, one in sorted(project.networks.items())},
    }
    _refuse_too_many(raw)
    return _validated(raw)


def _variables(entries: dict[str, VariableEntry]) -> dict[str, Variable]:
    return {
        name: Variable(name, one.value, one.doc, one.low, one.high, tuple(one.choices))
        for name, one in entries.items()
    }


def _plain_variable(one: Variable) -> dict[str, Any]:
    return {
        "value": one.value,
        "doc": one.doc,
        "low": one.low,
        "high": one.high,
        "choices": list(one.choices),
    }


def in_order(network: Network) -> list[str]:
    """The nodes' names, sources before targets, ties and cycles by name."""
    before = dict.fromkeys(network.nodes, 0)
    after: dict[str, list[str]] = {name: [] for name in network.nodes}
    for wire in network.wires:
        before[wire.target] += 1
        after[wire.source].append(wire.target)
    ready = [name for name, count in before.items() if count == 0]
    heapify(ready)
    order: list[str] = []
    while ready:
        name = heappop(ready)
        order.append(name)
        for follower in after[name]:
            before[follower] -= 1
            if before[follower] == 0:
                heappush(ready, follower)
    return order + sorted(name for name, count in before.items() if count > 0)


def _plain(network: Network) -> dict[str, Any]:
    for wire in network.wires:
        for end in (wire.source, wire.target):
            if end not in network.nodes:
                raise _unknown_end(("networks", network.name, "wires"), str(wire), end)
    place = {name: number for number, name in enumerate(in_order(network))}
    return {
        "title": network.title,
        "about": network.about,
        "params": None
        if network.params is None
        else {name: _plain_variable(one) for name, one in network.params.items()},
        "code": None if network.code is None else plain_code(network.code),
        "nodes": {
            name: {
                "type": (node := network.nodes[name]).type,
                "params": dict(sorted(node.params.items())),
                "at": list(node.at),
                "dismissed": sorted(node.dismissed),
                "repeat": node.repeat,
                "scan": node.scan,
                "shares": node.shares,
                "ties": dict(sorted(node.ties.items())),
            }
            for name in place
        },
        "wires": [
            str(wire)
            for wire in sorted(
                network.wires,
                key=lambda w: (place[w.target], _natural(w.target_port), w.source, w.source_port),
            )
        ],
        "frames": {
            name: {
                "nodes": sorted(frame.nodes, key=lambda n: (place.get(n, len(place)), n)),
                "colour": frame.colour,
            }
            for name, frame in sorted(network.frames.items())
        },
    }


def _natural(port: str) -> tuple[str, int, str]:
    """`input2` before `input10`."""
    stem = port.rstrip("0123456789")
    return stem, int(port[len(stem) :] or 0), port


def _network(name: str, entry: NetworkEntry) -> Network:
    place: Path = ("networks", name)
    network = Network(
        name,
        entry.title,
        {
            key: Node(
                key,
                one.type,
                one.params,
                (one.at[0], one.at[1]),
                tuple(one.dismissed),
                one.repeat,
                one.scan,
                one.shares,
                one.ties,
            )
            for key, one in entry.nodes.items()
        },
        params=None if entry.params is None else _variables(entry.params),
        about=entry.about,
        code=None if entry.code is None else code_of(entry.code),
    )
    taken: dict[tuple[str, str], str] = {}
    for number, text in enumerate(entry.wires):
        wire = _wire((*place, "wires", number), text)
        for end in (wire.source, wire.target):
            if end not in network.nodes:
                raise _unknown_end((*place, "wires", number), text, end)
        end_of = (wire.target, wire.target_port)
        if end_of in taken:
            raise Refusal(
                (*place, "wires", number),
                f"one wire into {wire.target}.{wire.target_port}",
                f'"{taken[end_of]}" and "{text}"',
                "Remove one of the two.",
            )
        taken[end_of] = text
        network.wires[wire] = None
    for key, one in entry.frames.items():
        for number, member in enumerate(one.nodes):
            if member not in network.nodes:
                raise Refusal(
                    (*place, "frames", key, "nodes", number),
                    "the name of a node of this network",
                    f'"{member}"',
                    "Remove it from the frame.",
                )
        network.frames[key] = Frame(key, tuple(one.nodes), one.colour)
    return network


def _wire(path: Path, text: str) -> Wire:
    match = _WIRE.fullmatch(text) if len(text) <= 1000 else None
    if match is None:
        raise Refusal(
            path,
            'a wire such as "conv1.output -> relu1.input"',
            quoted(text),
            "Mend or remove this wire.",
        )
    return Wire(*match.groups())


def _unknown_end(path: Path, wire: str, end: str) -> Refusal:
    return Refusal(
        path,
        "the names of two nodes of this network",
        f'"{wire}"',
        f"Add a node {end}, or remove this wire.",
    )


def _current(raw: Any) -> Any:
    """The parsed file in the form of this version, migrated step by step."""
    if not isinstance(raw, dict):
        raise Refusal(
            (), "an object of a project", kind(raw), "Choose a file that NN Studio has saved."
        )
    if raw.get("format") != "nnstudio":
        got = quoted(raw["format"]) if isinstance(raw.get("format"), str) else "none"
        raise Refusal(("format",), '"nnstudio"', got, "Choose a file that NN Studio has saved.")
    version = raw.get("version")
    if (
        not isinstance(version, int)
        or isinstance(version, bool)
        or version < min({VERSION, *MIGRATIONS})
    ):
        got = (
            kind(version)
            if not isinstance(version, int) or isinstance(version, bool)
            else str(version)
        )
        raise Refusal(
            ("version",), f"a version up to {VERSION}", got, "Restore the file's first lines."
        )
    if version > VERSION:
        raise FutureVersion(version)
    while version < VERSION:
        raw = MIGRATIONS[version](raw)
        version = raw["version"]
    _refuse_too_many(raw)
    return raw


def _refuse_too_many(raw: dict[str, Any]) -> None:
    """Caps counted before any entry is built."""
    networks = raw.get("networks")
    entries = networks.items() if isinstance(networks, dict) else ()
    for field, most in (("nodes", MAX_NODES), ("wires", MAX_WIRES)):
        count = 0
        for name, network in entries:
            part = network.get(field) if isinstance(network, dict) else None
            count += len(part) if isinstance(part, dict | list) else 0
            if count > most:
                raise Refusal(
                    ("networks", name, field),
                    f"at most {most} {field} in a project",
                    "more",
                    "Divide the project into several files.",
                )


def _validated(raw: Any) -> ProjectEntry:
    try:
        entry = ProjectEntry.model_validate(raw)
    except ValidationError as error:
        raise in_words(error.errors(include_url=False)[0]) from None
    if abs(sum(entry.data.split) - 1) > 1e-6:
        raise Refusal(
            ("data", "split"),
            "three fractions that add up to 1",
            f"{list(entry.data.split)}, which add up to {sum(entry.data.split):.4g}",
            "Correct one of them.",
        )
    for name, network in entry.networks.items():
        if network.code is not None and (network.params is None or network.nodes):
            raise Refusal(
                ("networks", name, "code"),
                "params, and no nodes, beside the code of a block",
                "nodes" if network.nodes else "no params",
                "Remove the nodes." if network.nodes else "Add params, empty if there are none.",
            )
    for number, stage in enumerate(entry.plan):
        whole = sorted(name for name, one in entry.networks.items() if one.params is None)
        if stage.network not in whole and entry.networks:
            raise Refusal(
                ("plan", number, "network"),
                f"one of {', '.join(whole)}" if whole else "a network beside the blocks",
                f'"{stage.network}"',
                "Name a network of this project.",
            )
    return entry
