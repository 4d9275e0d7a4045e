"""Names of new nodes, frames and variables, and which names a person may give.

A name becomes an attribute and an argument of emitted Python, so it is held to the compiler's rule
here.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from graph_compiler.model import Project
from graph_compiler.naming import RESERVED
from graph_compiler.registry import layers
from nnstudio.document.edits import Refused

LONGEST = 40
_NAME = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
_BLOCK = re.compile(r"[A-Z][A-Za-z0-9]*", re.ASCII)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def fresh(wanted: str, taken: Collection[str], *, numbered: bool = True) -> str:
    """`wanted` with the lowest number that is free; without one where it need not be `numbered`."""
    if not numbered and wanted not in taken and problem(wanted) is None:
        return wanted
    number = 1 if numbered else 2
    while f"{wanted}{number}" in taken or problem(f"{wanted}{number}") is not None:
        number += 1
    return f"{wanted}{number}"


def another(name: str, taken: Collection[str]) -> str:
    """`name` itself where it is free, else with the next number that is."""
    if name not in taken:
        return name
    return fresh(name.rstrip("0123456789") or name, taken)


def problem(name: str) -> str | None:
    """Why a name cannot be given, or None."""
    if not _NAME.fullmatch(name):
        return f"“{name}” cannot be a name. Use small letters, digits and _, with a letter first."
    if len(name) > LONGEST:
        return f"A name has at most {LONGEST} characters."
    if name in RESERVED:
        return f"“{name}” has a meaning in Python. Choose another name."
    return None


FLAGS = frozenset({"epochs", "seed", "device", "threads", "help"})
"""What an exported script has flags for anyway; a variable becomes a flag of its own name."""


def valid_variable(name: str) -> str:
    """The same for a variable."""
    name = valid(name)
    if name in FLAGS:
        raise Refused(f"“{name}” is a flag of every exported script. Choose another name.")
    return name


def variable_for(field: str, taken: Collection[str]) -> str:
    """A name for a variable made of a field."""
    return fresh(f"run_{field}" if field in FLAGS else field, taken, numbered=False)


def valid_block(name: str, project: Project) -> str:
    """A block's name, “residual unit” as `ResidualUnit`; refused where it cannot be a new type."""
    words = re.split(r"[\s\-]+", name.strip())
    title = "".join(word[:1].upper() + word[1:] for word in words)
    if not _BLOCK.fullmatch(title):
        raise Refused(
            f"“{name.strip()}” cannot be a block's name. Use letters and digits, a letter first."
        )
    if len(title) > LONGEST:
        raise Refused(f"A block's name has at most {LONGEST} characters.")
    if title in layers():
        raise Refused(f"There is already a layer “{title}”. Choose another name.")
    if title in project.networks:
        raise Refused(f"There is already a drawing “{title}”. Choose another name.")
    if title in RESERVED:
        raise Refused(f"“{title}” has a meaning in Python. Choose another name.")
    return title


def free_block(wanted: str, project: Project) -> str:
    """A name for a new block: the wanted one, or the next number of it that is free."""
    stem = wanted.rstrip("0123456789") or wanted
    number = 2
    title = wanted
    while True:
        try:
            return valid_block(title, project)
        except Refused:
            if number > 10_000 or not _BLOCK.fullmatch(wanted):
                raise
            title = f"{stem[: LONGEST - 6]}{number}"
            number += 1


def valid_network(name: str, project: Project) -> str:
    """A network's name, “Second half” as `second_half`; refused where it cannot be a new one."""
    title = valid(name)
    if title in project.networks:
        raise Refused(f"There is already a drawing “{title}”. Choose another name.")
    return title


def node_of_block(block: str) -> str:
    """What the first use of a block is called, before its number: `residual_unit`."""
    return _WORDS.sub("_", block.rstrip("0123456789") or block).lower().strip("_")[: LONGEST - 6]


def valid(name: str) -> str:
    """The name as an identifier, “Hidden layer” as `hidden_layer`; refused if there is none."""
    name = re.sub(r"[\s\-]+", "_", name.strip()).lower()
    reason = problem(name)
    if reason is not None:
        raise Refused(reason)
    return name
