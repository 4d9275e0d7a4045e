"""What an expression in a field may name: variables, parameters of the block, the turn, functions.

Owns the list that completion offers, and what a text comes to at present.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from graph_compiler.expressions import FUNCTIONS
from graph_compiler.layer import Param
from graph_compiler.model import Network, Node, Project, Variable
from graph_compiler.turns import INDEX
from nnstudio.document.edits import Refused
from nnstudio.document.values import checked, is_expression, now, shown, typed
from nnstudio.document.visible import visible

VARIABLE, PARAMETER, TURN, FUNCTION = "variable", "block parameter", "turn", "function"
_ABOUT = {
    "min": "the smallest of several numbers",
    "max": "the largest of several numbers",
    "len": "how many entries a table has",
}
_WORD = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*\Z")
_REST = re.compile(r"\w*")


@dataclass(frozen=True, slots=True)
class Name:
    """One name that an expression may read, with what it stands for at present."""

    name: str
    value: str
    kind: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """All the names that one field may read."""

    variables: Mapping[str, Variable] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    """Those that are parameters of the block."""
    turning: bool = False
    """Whether the number of the turn is among them."""

    def names(self) -> tuple[Name, ...]:
        """What is nearest first: the turn, the block's parameters, variables, functions."""
        found = [
            Name(one.name, shown(one.value), self._kind(one.name), one.doc)
            for one in self.variables.values()
        ]
        order = (TURN, PARAMETER, VARIABLE)
        found.sort(key=lambda name: (order.index(name.kind), name.name))
        return (*found, *(Name(f"{one}(", "", FUNCTION, _ABOUT[one]) for one in FUNCTIONS))

    def offers(self, before: str) -> tuple[Name, ...]:
        """The names that the word at the end of `before` may grow to; none where it is whole."""
        word = word_at_end(before).lower()
        if not word or any(one.name.lower() == word for one in self.names()):
            return ()
        starting = [one for one in self.names() if one.name.lower().startswith(word)]
        holding = [one for one in self.names() if word in one.name.lower()[1:]]
        return tuple(dict.fromkeys((*starting, *holding)))

    def comes_to(self, param: Param, text: str) -> str:
        """`= 64` for a sum or an expression as it stands typed; "" for anything else."""
        value = typed(param, text)
        if value is None or (not is_expression(param, value) and _plain(text)):
            return ""
        try:
            value = checked(param, value, self.variables)
            real = now(param, value, self.variables)
        except Refused:
            return ""
        return "" if real is None or shown(real) == text.strip() else f"= {shown(real)}"

    def _kind(self, name: str) -> str:
        if self.turning and name == INDEX:
            return TURN
        return PARAMETER if name in self.own else VARIABLE


def scope_of(project: Project, network: Network | None = None, node: Node | None = None) -> Scope:
    """What the fields of a node may read; without a drawing those of data and plan."""
    own = frozenset((network.params or {}) if network is not None else ())
    turning = node is not None and node.repeat is not None
    return Scope(visible(project, network, node), own, turning)


def word_at_end(text: str) -> str:
    """The name that a text ends with, "" where it ends otherwise."""
    found = _WORD.search(text)
    return found.group() if found else ""


def completed(text: str, cursor: int, name: str) -> tuple[str, int]:
    """The text with the word at the cursor replaced by a name, and where the cursor then stands."""
    start = cursor - len(word_at_end(text[:cursor]))
    rest = _REST.match(text, cursor)
    after = text[rest.end() if rest else cursor :]
    if name.endswith("(") and not after.startswith("("):
        after = ")" + after
    elif name.endswith("("):
        name = name[:-1]
    return text[:start] + name + after, start + len(name)


def _plain(text: str) -> bool:
    """Whether the text is numbers alone."""
    return not re.search(r"[A-Za-z+*/%(]|\d\s*-", re.sub(r"[\d.]+[eE][+-]?\d+", "0", text))
