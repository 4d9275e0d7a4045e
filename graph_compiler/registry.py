"""Finds the layers: every `Name = Layer(...)` in a module of `graph_compiler.layers`.

Owns the mapping from type to layer. A file dropped into that folder is all that a layer needs.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import graph_compiler.layers as home
from graph_compiler.layer import Layer


@cache
def layers() -> Mapping[str, Layer]:
    """Every layer by its type, in the order of files and of assignments in them."""
    found: dict[str, Layer] = {}
    for info in sorted(pkgutil.iter_modules(home.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{home.__name__}.{info.name}")
        for name, value in vars(module).items():
            if isinstance(value, Layer) and not name.startswith("_"):
                if name in found:
                    raise ValueError(f"two files define the layer {name}; rename one of them")
                found[name] = value
    return MappingProxyType(found)


def layer(type: str) -> Layer:
    """The layer of this type; `KeyError` where there is none."""
    return layers()[type]


def short_name(type: str) -> str:
    """What new nodes of this type are called, before their number."""
    found = layers().get(type)
    return (found.short if found else "") or type.lower()
