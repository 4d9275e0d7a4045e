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
    bypassed: bool = False
    """Out of run and export alike: its first input takes the place of its outputs."""
    colour: str = ""
    """A tint that the user has chosen, by name; empty for the colour of its family."""


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
class Route:
    """How one wire is drawn; a wire without one is drawn as the window chooses."""

    points: tuple[tuple[float, float], ...] = ()
    """Where it runs through, from its source to its target."""
    style: str = ""
    """`curved`, `straight` or `orthogonal`; empty for the window's choice."""
    link: str = ""
    """Where not empty, two stubs of this name are drawn in place of a line."""


@dataclass(frozen=True, slots=True)
class Note:
    """A text on the canvas, for people alone."""

    name: str
    text: str = ""
    at: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] = (240.0, 120.0)
    colour: str = ""


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
    ports: tuple[str, ...] = ()
    """Input and Output nodes in the order of their ports; those not named here come behind, by
    their names."""
    routes: dict[Wire, Route] = field(default_factory=dict)
    """Of the wires that are drawn in a way of their own."""
    notes: dict[str, Note] = field(default_factory=dict)

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
    """`none`, `standard` (mean 0, deviation 1), `unit` (0 to 1) or `robust` (median 0, quartiles
    1 apart), fitted on the training part."""
    split: tuple[float, float, float] = (0.6, 0.15, 0.25)
    """Fractions of training, validation and test part; they add up to 1."""
    stratified: bool = True
    seed: int = 0
    preparation: Mapping[str, Value] = field(default_factory=dict)
    """Further settings of the preparation, only what differs from their defaults."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What one of several outputs of a network learns; what is left empty follows from the data."""

    targets: tuple[str, ...] = ()
    """Names of targets; without one that which is called like the output, or the only one."""
    loss: str = ""
    weight: float = 1.0
    class_weights: str = "none"
    """`balanced` where rare classes count more, so that all weigh the same; else `none`."""
    settings: Mapping[str, float] = field(default_factory=dict)
    """What is chosen for its loss, such as a `quantile`; only what differs from the defaults."""


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes, or single weights of theirs, that a stage trains at a pace of their own."""

    nodes: str
    """A pattern over node paths, such as `features/*`; `*.bias` is weights of that name alone."""
    rate: Value = None
    """Factor on the learning rate of the stage, or an expression; None is 1."""
    weight_decay: Value = None
    """Weight decay, or an expression; None is that of the stage."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a plan: a recipe applied to a network with the recipe's settings."""

    name: str = "train"
    recipe: str = "supervised"
    network: str = "main"
    settings: Mapping[str, Value] = field(default_factory=dict)
    """Only what differs from the recipe's defaults; values may be expressions over variables."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Role to network, for a recipe that trains several: `critic` to `judge`."""
    frozen: tuple[str, ...] = ()
    """Patterns over node paths, such as `features/*`: what the stage leaves as it is."""
    frozen_running: bool = False
    """Whether frozen nodes still follow the batches in training: dropout, running statistics."""
    weights: str = ""
    """A file with weights to begin from; empty for those of the stage before, or fresh ones."""
    first_weights: Mapping[str, str] = field(default_factory=dict)
    """Patterns over node paths to how their weights are drawn anew: `conv1` to `normal(0.02)`."""
    groups: tuple[Group, ...] = ()
    """Rates of their own; of several that fit a weight the first counts."""
    outputs: Mapping[str, Goal] = field(default_factory=dict)
    """Output node to what it learns, for a recipe that learns at several; only what is chosen."""


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
class Answer:
    """One of several targets: `kind` is `class`, `value`, `labels` or `mask`, and takes `outputs`
    numbers of a network, a mask at each of its pixels."""

    name: str
    kind: str
    outputs: int = 1
    classes: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    """Height and width of a mask."""


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What a network must fit: the shape of one example and of its target, the batch left out."""

    name: str
    shape: tuple[int, ...]
    target: str
    """`class` (one of `outputs` classes), `value` (`outputs` numbers), `labels` (any of `outputs`
    classes), `several` (`outputs` targets of several kinds, see `answers`) or `none`."""
    outputs: int
    rows: int = 0
    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    form: str = "examples"
    """What the examples are: rows with targets, or `tokens`, `trees`, …, each prepared its way."""
    dtype: str = "float"
    places: tuple[int, ...] = ()
    """Axes of the target behind its classes or numbers: height and width of a mask or picture,
    the words of a caption."""
    answers: tuple[Answer, ...] = ()
    """The targets one by one, where several stand side by side."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a network is for: checks beyond shapes need it; `data` is None while it is not known."""

    data: DataFacts | None = None
    recipe: str = "supervised"
    loss: str = "cross_entropy"
    output: str = "target"
    """What the output has to be: `target`, `input` (as the input is), `tokens` (a score for each
    word at each position), `several` (each output what it learns), or `free`, what the recipe
    alone knows."""
    network: str = ""
    """The network that has it; empty for that of the plan's first stage."""
    goals: Mapping[str, Goal] = field(default_factory=dict)
    """What is chosen for its outputs, where each learns on its own (`output` is `several`)."""
    answers: str = "scores"
    """How its answers are read: `fires` for a unit that says yes or no, else `scores` and more."""
    floor: bool = True
    """Whether it is known how low its loss can get."""
