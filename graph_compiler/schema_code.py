"""A layer written in Python in the project file: its text as lines, its ports and rules.

Owns the closed types of that entry and the way there and back. The text stays text.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from graph_compiler.code_model import Code, CodeOutput, CodePort, Measured
from graph_compiler.code_reading import MOST_LINES
from graph_compiler.safe_json import MAX_STRING

MOST_MEASURED = 200
_KEEP = ("\t",)


def _code_line(given: str) -> str:
    """One line of code: whatever ends a line, or hides, is refused."""
    for character in given:
        if (ord(character) < 32 and character not in _KEEP) or character in "\x7f\x85\u2028\u2029":
            raise PydanticCustomError(
                "refused",
                "expected {expected}, got {got}. {remedy}",
                {
                    "expected": "one line of code",
                    "got": "a control character",
                    "remedy": "Remove the character.",
                },
            )
    try:
        given.encode("utf-8")
    except UnicodeEncodeError:
        raise PydanticCustomError(
            "refused",
            "expected {expected}, got {got}. {remedy}",
            {
                "expected": "whole characters",
                "got": "half of a surrogate pair",
                "remedy": "Type the text anew.",
            },
        ) from None
    return given


PortName = Annotated[str, StringConstraints(pattern="^[A-Za-z_][A-Za-z0-9_]*$", max_length=80)]
WeightName = Annotated[str, StringConstraints(pattern="^[A-Za-z_][A-Za-z0-9_.]*$", max_length=200)]
CodeLine = Annotated[str, Field(max_length=MAX_STRING), AfterValidator(_code_line)]
Rule = Annotated[str, Field(max_length=500), AfterValidator(_code_line)]
Note = Annotated[str, Field(max_length=200), AfterValidator(_code_line)]
Axes = Annotated[int, Field(ge=0, le=16)]
Size = Annotated[int, Field(ge=0, le=10**15)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class CodePortEntry(_Closed):
    """One input."""

    rank: Annotated[list[Axes | None], Field(min_length=2, max_length=2)] = [1, None]
    dtype: Literal["float", "int", "bool", "number", "any"] = "float"
    optional: bool = False
    doc: Note = ""


class CodeOutputEntry(_Closed):
    """One output; without a shape the worker measures it."""

    shape: Rule = ""
    dtype: Literal["", "float", "int", "bool"] = ""


class MeasuredOutputEntry(_Closed):
    """The type of one output."""

    shape: Annotated[list[Size | Literal["N"]], Field(max_length=32)]
    dtype: Literal["float", "int", "bool"] = "float"


class MeasuredEntry(_Closed):
    """What the worker has found for one use."""

    key: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    outputs: list[MeasuredOutputEntry]
    weights: dict[WeightName, list[Size]] = {}


class CodeEntry(_Closed):
    """The whole layer."""

    text: Annotated[list[CodeLine], Field(max_length=MOST_LINES)]
    inputs: dict[PortName, CodePortEntry] = {}
    outputs: dict[PortName, CodeOutputEntry] = {}
    sizes: dict[PortName, Rule] = {}
    weights: dict[WeightName, Rule] = {}
    measured: Annotated[list[MeasuredEntry], Field(max_length=MOST_MEASURED)] = []


def code_of(entry: CodeEntry) -> Code:
    """The value that an entry describes."""
    return Code(
        "\n".join(entry.text),
        tuple(
            CodePort(name, (one.rank[0] or 0, one.rank[1]), one.dtype, one.optional, one.doc)
            for name, one in entry.inputs.items()
        ),
        tuple(CodeOutput(name, one.shape, one.dtype) for name, one in entry.outputs.items()),
        tuple(entry.sizes.items()),
        tuple(entry.weights.items()),
        tuple(
            Measured(
                one.key,
                tuple((tuple(out.shape), out.dtype) for out in one.outputs),
                tuple((name, tuple(shape)) for name, shape in one.weights.items()),
            )
            for one in entry.measured
        ),
    )


def plain_code(code: Code) -> dict[str, Any]:
    """The entry of a value, ready to be validated."""
    return {
        "text": code.text.split("\n"),
        "inputs": {
            one.name: {
                "rank": list(one.rank),
                "dtype": one.dtype,
                "optional": one.optional,
                "doc": one.doc,
            }
            for one in code.inputs
        },
        "outputs": {one.name: {"shape": one.shape, "dtype": one.dtype} for one in code.outputs},
        "sizes": dict(code.sizes),
        "weights": dict(code.weights),
        "measured": [
            {
                "key": one.key,
                "outputs": [{"shape": list(shape), "dtype": dtype} for shape, dtype in one.outputs],
                "weights": {name: list(shape) for name, shape in one.weights},
            }
            for one in code.measured
        ],
    }


def is_sound(code: Code) -> bool:
    """Whether a value that somebody made by hand could stand in a file."""
    try:
        return code_of(CodeEntry.model_validate(plain_code(code))) == code
    except (ValidationError, TypeError, ValueError, AttributeError):
        return False


def code_rows(entry: CodeEntry) -> dict[str, Any]:
    """What stands in the file: only what differs from the defaults."""
    rows: dict[str, Any] = {"text": entry.text}
    for field in ("inputs", "outputs"):
        given = getattr(entry, field)
        rows[field] = {name: one.model_dump(exclude_defaults=True) for name, one in given.items()}
    for field in ("sizes", "weights"):
        if given := getattr(entry, field):
            rows[field] = given
    if entry.measured:
        rows["measured"] = [one.model_dump(exclude_defaults=True) for one in entry.measured]
    return rows
