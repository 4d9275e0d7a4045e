"""How many different tokens a drawing knows: its variable follows the data.

Owns the rule; window and terminal apply it where other data are chosen.
"""

from __future__ import annotations

from collections.abc import Mapping

from graph_compiler.expressions import variables_in
from graph_compiler.model import DataSource, Variable
from nnstudio.document.sources import DataError, facts, sources

NAMES = ("vocabulary", "words")
"""Names of the variable that says how many different tokens a drawing knows."""


def vocabulary_variable(variables: Mapping[str, Variable]) -> str:
    """The name of that variable; "" where a project has none."""
    return next((name for name in NAMES if name in variables), "")


def vocabulary_of(data: DataSource, variables: Mapping[str, Variable]) -> int | None:
    """How many different tokens the data have, where the drawing is to follow them."""
    spec = sources().get(data.source)
    name = vocabulary_variable(variables)
    if spec is None or spec.form == "examples" or not name:
        return None
    if any(name in variables_in(value) for value in data.options.values()):
        return None  # the vocabulary follows the variable, not the other way
    try:
        return facts(data, variables).outputs
    except DataError:
        return None
