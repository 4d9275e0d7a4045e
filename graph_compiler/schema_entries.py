"""What stands in a project file, as closed types: every field with its limits.

Owns the vocabulary of the file. Knows no older versions, and not what values mean together.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from graph_compiler.model import Value
from graph_compiler.refusals import kind, quoted
from graph_compiler.safe_json import MAX_DIGITS, MAX_STRING
from graph_compiler.schema_code import CodeEntry

MOST_POINTS = 1000
"""Points that one wire runs through."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TINT = re.compile("[A-Za-z0-9#_-]*")
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


def _tint(given: str) -> str:
    if not _TINT.fullmatch(given):
        raise _refuse("the name of a colour", quoted(given), "Choose another colour.")
    return given


def _few(points: Any) -> Any:
    if isinstance(points, list) and len(points) > MOST_POINTS:
        raise _refuse(
            f"at most {MOST_POINTS} points on a wire", str(len(points)), "Remove some of them."
        )
    return points


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


def _turns(given: Any) -> Any:
    if given is None or isinstance(given, str) or (type(given) is int and given >= 1):
        return _value(given)
    raise _refuse(
        "a whole number of at least 1, or an expression", kind(given), "Set repeat to such a value."
    )


Name = Annotated[str, StringConstraints(pattern="^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]
NameOrNone = Annotated[
    str, StringConstraints(pattern="^([A-Za-z_][A-Za-z0-9_]*)?$", max_length=100)
]
VariantName = Annotated[
    str, StringConstraints(pattern="^[A-Za-z0-9_][A-Za-z0-9_.+-]*$", max_length=100)
]
Line = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Text = Annotated[str, Field(max_length=MAX_STRING), AfterValidator(_whole_characters)]
WeightName = Annotated[str, StringConstraints(pattern="^[A-Za-z_][A-Za-z0-9_.]*$", max_length=200)]
Literal_ = Annotated[Any, BeforeValidator(_value)]
Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-1e7, le=1e7)]
Length = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e5)]
Spot = Annotated[list[Coordinate], Field(min_length=2, max_length=2)]
Tint = Annotated[str, Field(max_length=40), AfterValidator(_tint)]
Fraction = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)]
Bound = Annotated[float, Field(allow_inf_nan=False)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NodeEntry(_Closed):
    """One node: its type, what differs from the type's defaults, and its place."""

    type: Name
    params: dict[Name, Literal_] = {}
    at: Spot = [0.0, 0.0]
    dismissed: list[Name] = []
    repeat: Annotated[Any, BeforeValidator(_turns)] = None
    scan: Literal["", "forward", "backward"] = ""
    shares: NameOrNone = ""
    ties: dict[WeightName, Line] = {}
    bypassed: bool = False
    colour: Tint = ""


class FrameEntry(_Closed):
    """One frame: the nodes inside."""

    nodes: list[Name] = []
    colour: Line = ""


class RouteEntry(_Closed):
    """How one wire is drawn: the points it runs through, its style, the name of its stubs."""

    points: Annotated[list[Spot], BeforeValidator(_few)] = []
    style: Literal["", "curved", "straight", "orthogonal"] = ""
    link: Annotated[str, Field(max_length=80), AfterValidator(_one_line)] = ""


class NoteEntry(_Closed):
    """One note: its text, its top left corner and its size."""

    text: Text = ""
    at: Spot = [0.0, 0.0]
    size: Annotated[list[Length], Field(min_length=2, max_length=2)] = [240.0, 120.0]
    colour: Tint = ""


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
    ports: list[Name] = []
    routes: dict[str, RouteEntry] = {}
    notes: dict[Name, NoteEntry] = {}


class DataEntry(_Closed):
    """The data's description."""

    source: Name = "digits"
    options: dict[Name, Literal_] = {}
    scale: Literal["none", "standard", "unit", "robust"] = "standard"
    split: Annotated[list[Fraction], Field(min_length=3, max_length=3)] = [0.6, 0.15, 0.25]
    stratified: bool = True
    seed: int = 0
    preparation: dict[Name, Literal_] = {}


class GoalEntry(_Closed):
    """What one of several outputs learns."""

    targets: list[Line] = []
    loss: Line = ""
    weight: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e6)] = 1.0
    class_weights: Literal["none", "balanced"] = "none"
    settings: dict[Name, Annotated[float, Field(allow_inf_nan=False)]] = {}


class GroupEntry(_Closed):
    """Nodes with a learning rate or a weight decay of their own."""

    nodes: Line
    rate: Literal_ = None
    weight_decay: Literal_ = None


class StageEntry(_Closed):
    """One stage of the plan."""

    name: Line = "train"
    recipe: Name = "supervised"
    network: Name = "main"
    settings: dict[Name, Literal_] = {}
    others: dict[Name, Name] = {}
    frozen: list[Line] = []
    frozen_running: bool = False
    weights: Line = ""
    first_weights: dict[Line, Line] = {}
    groups: list[GroupEntry] = []
    outputs: dict[Name, GoalEntry] = {}


class ProjectEntry(_Closed):
    """The whole file."""

    format: Literal["nnstudio"]
    version: Literal[3]
    name: Line
    about: Text = ""
    tags: list[Line] = []
    variables: dict[Name, VariableEntry] = {}
    variants: dict[VariantName, dict[Line, Literal_]] = {}
    data: DataEntry = DataEntry()
    plan: list[StageEntry] = [StageEntry()]
    networks: dict[Name, NetworkEntry]
