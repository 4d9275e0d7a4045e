"""The values of a script: settings of a recipe or a data source, and where each comes from.

A value that follows a variable is read from the command line; one that decides branches of the
text is decided when the script is written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graph_compiler.emit_text import expression, names_in, string
from graph_compiler.expressions import variables_in
from graph_compiler.layer import Param
from graph_compiler.model import Value, Variable
from graph_compiler.naming import plain_text
from nnstudio.document.pieces import literal_text

RESERVED = frozenset({"epochs", "seed", "device", "threads", "help"})
"""Flags that every script has; a variable of such a name gets none of its own."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A recipe's setting or a source's option: where its value comes from."""

    constant: str
    value: Any
    kind: str
    flagged: str = ""
    """The expression over `options`, where a flag decides the value."""

    @property
    def text(self) -> str:
        """The value as it is handed to a function."""
        if self.kind == "groups":
            return self.flagged or literal_text(self.value, 30)
        return self.flagged or (string(self.value) if self.kind == "text" else repr(self.value))


def settings_of(
    params: Iterable[Param],
    given: Mapping[str, Value],
    values: Mapping[str, Any],
    asked: Collection[str],
) -> tuple[Setting, ...]:
    """Every setting with its value; what `asked` names, the conditions of a text, has no flag."""
    return tuple(_setting(param, given.get(param.name), values, asked) for param in params)


def flags(
    variables: Mapping[str, Variable], wanted: Iterable[str], settings: Iterable[Setting]
) -> tuple[Variable, ...]:
    """Variables that a network's constructor takes or that a setting follows."""
    names = set(wanted)
    for setting in settings:
        if setting.flagged:
            names |= set(re.findall(r"options\.(\w+)", setting.flagged))
    return tuple(variables[n] for n in variables if n in names and n not in RESERVED)


def flag(variable: Variable) -> tuple[str, ...]:
    """The arguments of `add_argument` for a variable."""
    value = variable.value
    row = [f'"--{variable.name}"']
    if isinstance(value, bool):
        row.append("action=argparse.BooleanOptionalAction")
    elif isinstance(value, tuple):
        row += [f"type={_type(value[0]) if value else 'float'}", 'nargs="+"']
    elif not isinstance(value, str):
        row.append(f"type={_type(value)}")
    row.append(f"default={string(value) if isinstance(value, str) else value!r}")
    if doc := plain_text(variable.doc):
        row.append(f"help={string(doc)}")
    return tuple(row)


def read(variable: Variable) -> str:
    """The variable's value as the command line gives it."""
    given = f"options.{variable.name}"
    return f"tuple({given})" if isinstance(variable.value, tuple) else given


def _setting(
    param: Param, stored: Value, values: Mapping[str, Any], asked: Collection[str]
) -> Setting:
    constant, value = param.name.upper(), values[param.name]
    uses = variables_in(stored, text=param.kind == "text")
    choice = param.kind == "choice" and stored in param.choices
    if not uses or choice or constant in asked or param.name in RESERVED or uses & RESERVED:
        return Setting(constant, value, param.kind)
    return Setting(constant, value, param.kind, over_options(str(stored)))


def over_options(text: str) -> str:
    """An expression with every variable read from the command line."""
    written = expression(text)
    for name in names_in(written):
        written = re.sub(rf"(?<![\w.\"']){name}(?![\w\"'])", f"options.{name}", written)
    return written


def _type(value: Any) -> str:
    return "int" if isinstance(value, int) else "float"
