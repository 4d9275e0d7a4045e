"""Classes that torch lacks, copied into emitted files as they stand in `graph_compiler/modules`.

Reads those files as text and never imports them. Owns what such a file may hold.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HOME = Path(__file__).parent / "modules"
_ALLOWED_IMPORTS = {"import torch", "from torch import nn", "import torch.nn.functional as F"}


@dataclass(frozen=True, slots=True)
class Copies:
    """The text of several files without docstring and imports, and the names it defines."""

    text: str = ""
    names: tuple[str, ...] = ()
    """What each statement at the top defines."""
    imports: tuple[str, ...] = ()
    """Import statements that go with the text, beyond what every file has."""


@cache
def _copied(stem: str) -> Copies:
    text = (_HOME / f"{stem}.py").read_text(encoding="utf-8")
    tree = ast.parse(text)
    lines = text.splitlines()
    pieces, names = [], []
    for node in tree.body[1:]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            if ast.unparse(node) not in _ALLOWED_IMPORTS:
                raise ValueError(f"{stem}.py imports more than torch: {ast.unparse(node)}")
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            pieces.append("\n".join(lines[first - 1 : node.end_lineno]))
            names.append(node.name)
        else:
            raise ValueError(
                f"{stem}.py holds more than classes and functions, in line {node.lineno}"
            )
    return Copies("\n\n\n".join(pieces), tuple(names))


def inlined(stems: list[str]) -> Copies:
    """The classes of these files, ready to stand above the class that uses them."""
    parts = [_copied(stem) for stem in stems]
    return Copies(
        "\n\n\n".join(part.text for part in parts), tuple(n for part in parts for n in part.names)
    )
