"""The project as plain values: networks of nodes and wires, variables, variants, data and plan.

Owns the vocabulary that the compiler and the document share. Knows no file format, no Qt, no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import networkx as nx

from graph_compiler.code_model import Code

Value = int | float | bool | str | tuple[Any, ...] | None
"""A parameter's value as stored: a literal, or an expression as `str` where it is not text."""


@dataclass(frozen=True, slots=True)
class Node:
    """One layer on the canvas; `params` holds only what differs from the layer's defaults."""

    name: str
    type: str
    params: Mapping[str, Value] = field(default_factory=dict)
    at: tuple[float, float] = (0.0, 0.0)
    dismissed: tuple[str, ...] = ()
    """Codes of the hints that the user has dismissed for this node."""
    repeat: Value = None
    """How often the node stands in a row, a number or an expression; its parameters may read the
    turn's number `i`, from 0. None for once."""
    scan: str = ""
    """`forward` or `backward` for a block that is applied to each step of axis 1, else empty."""
    shares: str = ""
    """Another node of the drawing whose module this one uses; empty for a module of its own."""
    ties: Mapping[str, str] = field(default_factory=dict)
    """Own weights that are another node's: `weight` to `word.weight` or `embed/word.weight`."""


@dataclass(frozen=True, slots=True, order=True)
class Wire:
    """One connection from an output port to an input port; an input port takes one wire."""

    source: str
    source_port: str
    target: str
    target_port: str

    def __str__(self) -> str:
        return f"{self.source}.{self.source_port} -> {self.target}.{self.target_port}"


@dataclass(frozen=True, slots=True)
class Frame:
    """A titled box around nodes; a chain inside one becomes one `nn.Sequential` of that name."""

    name: str
    nodes: tuple[str, ...] = ()
    colour: str = ""


@dataclass(slots=True)
class Network:
    """One drawing, compiled to one class; `title` gives the class name.

    A drawing with `params` is a block: other drawings use it as a layer, its name being the type.
    Its Input and Output nodes are its ports.
    """

    name: str
    title: str = ""
    nodes: dict[str, Node] = field(default_factory=dict)
    wires: dict[Wire, None] = field(default_factory=dict)
    frames: dict[str, Frame] = field(default_factory=dict)
    params: dict[str, Variable] | None = None
    """A block's parameters with their defaults; None for a network that stands alone."""
    about: str = ""
    """One sentence on what the drawing does."""
    code: Code | None = None
    """For a block that is written in Python instead of drawn: its text. It has no nodes then."""

    @property
    def is_block(self) -> bool:
        """Whether other drawings use it as a layer."""
        return self.params is not None


@dataclass(frozen=True, slots=True)
class Variable:
    """A project's named value; expressions refer to it, an exported script takes it as a flag."""

    name: str
    value: Value
    doc: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    """For a word: the words that it may be."""


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where the examples come from and how they are split; a description, never the data."""

    source: str = "digits"
    options: Mapping[str, Value] = field(default_factory=dict)
    scale: str = "standard"
    """`none`, `standard` (mean 0, deviation 1) or `unit` (0 to 1), fitted on the training part."""
    split: tuple[float, float, float] = (0.6, 0.15, 0.25)
    """Fractions of training, validation and test part; they add up to 1."""
    stratified: bool = True
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a plan: a recipe applied to a network with the recipe's settings."""

    name: str = "train"
    recipe: str = "supervised"
    network: str = "main"
    settings: Mapping[str, Value] = field(default_factory=dict)
    """Only what differs from the recipe's defaults; values may be expressions over variables."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The stages of training, in order."""

    stages: tuple[Stage, ...] = (Stage(),)


@dataclass(slots=True)
class Project:
    """Everything one `.nns` file holds."""

    name: str = "Untitled"
    about: str = ""
    tags: tuple[str, ...] = ()
    """What the gallery filters by: `task:images`, `architecture:convolutional`."""
    networks: dict[str, Network] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    variants: dict[str, Mapping[str, Value]] = field(default_factory=dict)
    """Variant name to settings by key: `hidden`, `main/conv1.kernel_size`, `plan.epochs`."""
    data: DataSource = field(default_factory=DataSource)
    plan: Plan = field(default_factory=Plan)

    def graph(self, name: str = "main") -> nx.MultiDiGraph:
        """The network `name` as a networkx graph, ready for the functions of this package."""
        from graph_compiler.graphs import to_networkx

        return to_networkx(self.networks[name], self.variables, self.name, self.networks)


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What a network must fit: the shape of one example and of its target, the batch left out."""

    name: str
    shape: tuple[int, ...]
    target: str
    """`class` (one of `outputs` classes) or `value` (`outputs` numbers)."""
    outputs: int
    rows: int = 0
    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a network is for: checks beyond shapes need it; `data` is None while it is not known."""

    data: DataFacts | None = None
    recipe: str = "supervised"
    loss: str = "cross_entropy"
