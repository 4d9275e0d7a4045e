"""What can be told of Python that somebody wrote, without running or importing any of it.

Owns the reading of a layer's text: which class it is, what its constructor and its `forward` take,
and what is wrong with it, each with its line. The syntax tree is all that is looked at.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MOST_CHARACTERS = 100_000
"""Characters of one text."""
MOST_LINES = 5_000

_HIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
"""Characters that a reader does not see, or that show a line in another order than it runs."""
NO_DEFAULT: Any = object()
"""Stands for a default that is no plain value, or for none."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text: `line` counts from 1, 0 for the text as a whole."""

    expected: str
    got: str
    remedy: str
    line: int = 0


class Unreadable(Exception):
    """A text that cannot be used; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.got)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of the constructor."""

    name: str
    required: bool
    default: Any = NO_DEFAULT
    """The default where it is a literal."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What the class of a text takes."""

    class_name: str
    line: int
    arguments: tuple[Argument, ...] | None
    """None where the constructor takes anything, or is inherited from another class."""
    values: tuple[str, ...] = ()
    """The names of what `forward` takes."""
    fewest: int = 0
    most: int | None = None
    """How many values `forward` takes; `most` is None where there is no bound."""


@lru_cache(maxsize=256)
def tree_of(text: str) -> ast.Module:
    """The syntax tree; raises `Unreadable`."""
    if len(text) > MOST_CHARACTERS or text.count("\n") >= MOST_LINES:
        raise Unreadable(
            Fault(
                f"at most {MOST_LINES:,} lines and {MOST_CHARACTERS:,} characters",
                "more",
                "Move what the layer does not need elsewhere.",
            )
        )
    hidden = _HIDDEN.search(text)
    if hidden is not None:
        line = text.count("\n", 0, hidden.start()) + 1
        character = f"the character U+{ord(hidden[0]):04X}"
        got = "a tab" if hidden[0] == "\t" else character
        raise Unreadable(
            Fault(
                "characters that can be seen", f"{got} in line {line}", "Use spaces instead.", line
            )
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        line = min(error.lineno or 1, text.count("\n") + 1)
        reason = ascii(error.msg or "broken syntax")[1:-1][:80]
        raise Unreadable(
            Fault("Python", f"a mistake ({reason}) in line {line}", f"Correct line {line}.", line)
        ) from None
    except (ValueError, MemoryError, RecursionError):
        raise Unreadable(
            Fault("Python", "too much nesting", "Divide it into smaller functions.")
        ) from None


@lru_cache(maxsize=256)
def signature(text: str, layer: str) -> Signature:
    """The class of a text: the one named as the layer, else its only one; raises `Unreadable`."""
    tree = tree_of(text)
    _refuse_imports(tree)
    classes = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef)}
    found = classes.get(layer) or (next(iter(classes.values())) if len(classes) == 1 else None)
    if found is None:
        modules = [one for one in classes.values() if _is_module(one)]
        found = modules[0] if len(modules) == 1 else None
    if found is None:
        raise Unreadable(
            Fault(
                f"a class {layer}",
                f"{len(classes)} other classes" if classes else "none",
                f"Write class {layer}(nn.Module), with __init__ and forward.",
            )
        )
    line = found.lineno
    if not re.fullmatch("[A-Z][A-Za-z0-9_]{0,79}", found.name):
        raise Unreadable(
            Fault(
                "a class whose name begins with a capital letter",
                f"{ascii(found.name)[1:-1][:60]} in line {line}",
                "Rename the class.",
                line,
            )
        )
    if not found.bases:
        raise Unreadable(
            Fault(
                "a class that extends nn.Module",
                f"class {found.name} in line {line}",
                f"Write class {found.name}(nn.Module).",
                line,
            )
        )
    return _signature(found)


def _refuse_imports(tree: ast.Module) -> None:
    """Imports that would change what names mean, or that lead to files that are not there."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            raise Unreadable(
                Fault(
                    "imports by full names",
                    f"one from a file beside in line {node.lineno}",
                    "Copy what it holds into this text.",
                    node.lineno,
                )
            )
        if any(alias.name == "*" for alias in node.names):
            raise Unreadable(
                Fault(
                    "the names that are imported",
                    f"a star in line {node.lineno}",
                    "Name each one.",
                    node.lineno,
                )
            )


def _is_module(definition: ast.ClassDef) -> bool:
    return bool(definition.bases) and _method(definition, "forward") is not None


def _method(definition: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    for one in definition.body:
        if isinstance(one, ast.FunctionDef) and one.name == name:
            return one
    return None


def _signature(definition: ast.ClassDef) -> Signature:
    bare = {ast.unparse(base) for base in definition.bases} <= {"nn.Module", "torch.nn.Module"}
    maker, forward = _method(definition, "__init__"), _method(definition, "forward")
    if forward is None and bare:
        raise Unreadable(
            Fault(
                "a method forward",
                f"none in class {definition.name} in line {definition.lineno}",
                "Write def forward(self, x).",
                definition.lineno,
            )
        )
    arguments: tuple[Argument, ...] | None = ()
    if maker is not None:
        arguments = _arguments(maker)
    elif not bare:
        arguments = None
    fewest, most = _counts(forward) if forward is not None else (0, None)
    taken = forward.args if forward is not None else None
    values = [one.arg for one in (*taken.posonlyargs, *taken.args)][1:] if taken else []
    return Signature(definition.name, definition.lineno, arguments, tuple(values), fewest, most)


def _arguments(maker: ast.FunctionDef) -> tuple[Argument, ...] | None:
    given = maker.args
    if given.kwarg is not None:
        return None
    positional = [*given.posonlyargs, *given.args]
    if given.posonlyargs[1:]:
        raise Unreadable(
            Fault(
                "arguments that can be given by name",
                f"some before / in line {maker.lineno}",
                "Remove the /.",
                maker.lineno,
            )
        )
    none: list[ast.expr | None] = [None] * (len(positional) - len(given.defaults))
    defaults = [*none, *given.defaults]
    pairs = [*zip(positional, defaults, strict=True)][1:]
    pairs += zip(given.kwonlyargs, given.kw_defaults, strict=True)
    return tuple(Argument(one.arg, tree is None, _literal(tree)) for one, tree in pairs)


def _counts(forward: ast.FunctionDef) -> tuple[int, int | None]:
    given = forward.args
    positional = len(given.posonlyargs) + len(given.args) - 1
    fewest = max(0, positional - len(given.defaults))
    return fewest, None if given.vararg is not None else max(0, positional)


def _literal(tree: ast.expr | None) -> Any:
    if tree is None:
        return NO_DEFAULT
    try:
        return ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return NO_DEFAULT
