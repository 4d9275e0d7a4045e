"""What a layer is: every fact about it in one frozen value.

A layer entry is one assignment `Name = Layer(...)` in a module of `graph_compiler/layers/`; the
variable's name is the layer's type. Palette, inspector, checks, files and code derive from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graph_compiler.model import Value
from graph_compiler.tensors import TensorType


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: `name` is torch's, `label` is for people."""

    name: str
    kind: str
    """`int`, `float`, `bool`, `choice`, `size` (an int, or one an axis), `shape`, `ints` (a tuple
    of any length), `floats`, `text` or `pick` (the number of a branch, or true or false)."""
    default: Value
    doc: str
    label: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    """The words of a `choice`; for `size`: words that may stand in place of numbers."""
    axes: int = 0
    """For `size`: how many spatial axes a tuple must name; for `shape`: the fewest axes."""
    optional: bool = False
    """Whether None is allowed; it means "follow the input"."""
    on_node: bool = True
    """Whether the value is shown on the node itself."""
    explicit: bool = False
    """Whether the emitted call names it at its default too, because torch's own differs."""

    @property
    def title(self) -> str:
        """The label, or torch's name in words."""
        return self.label or self.name.replace("_", " ")


def Int(
    name: str,
    default: int | None,
    *,
    doc: str,
    label: str = "",
    unit: str = "",
    low: int | None = None,
    high: int | None = None,
    optional: bool = False,
    on_node: bool = True,
) -> Param:
    """A whole number."""
    return Param(name, "int", default, doc, label, unit, low, high, (), 0, optional, on_node)


def Float(
    name: str,
    default: float | None,
    *,
    doc: str,
    label: str = "",
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    optional: bool = False,
    on_node: bool = True,
) -> Param:
    """A real number."""
    return Param(
        name, "float", default, doc, label, unit, low, high, optional=optional, on_node=on_node
    )


def Bool(name: str, default: bool, *, doc: str, label: str = "", on_node: bool = False) -> Param:
    """A switch."""
    return Param(name, "bool", default, doc, label, on_node=on_node)


def Choice(
    name: str,
    default: str,
    choices: tuple[str, ...],
    *,
    doc: str,
    label: str = "",
    on_node: bool = True,
) -> Param:
    """One of several words."""
    return Param(name, "choice", default, doc, label, choices=choices, on_node=on_node)


def Size(
    name: str,
    default: int | tuple[int, ...] | None,
    *,
    axes: int,
    doc: str,
    label: str = "",
    unit: str = "",
    low: int = 0,
    optional: bool = False,
    on_node: bool = True,
    words: tuple[str, ...] = (),
) -> Param:
    """A whole number, the same for each spatial axis, or a tuple of one per axis, or a word."""
    return Param(name, "size", default, doc, label, unit, low, None, words, axes, optional, on_node)


def Shape(
    name: str, default: tuple[int, ...], *, doc: str, label: str = "", fewest: int = 1
) -> Param:
    """Sizes of several axes."""
    return Param(name, "shape", default, doc, label, low=1, axes=fewest)


def Ints(
    name: str,
    default: tuple[int, ...] | None,
    *,
    doc: str,
    label: str = "",
    unit: str = "",
    low: int | None = None,
    high: int | None = None,
    optional: bool = False,
    on_node: bool = True,
) -> Param:
    """Whole numbers, as many as one likes: axes, sizes of parts."""
    return Param(name, "ints", default, doc, label, unit, low, high, (), 0, optional, on_node)


def Floats(
    name: str,
    default: tuple[float, ...] | None,
    *,
    doc: str,
    label: str = "",
    low: float | None = None,
    high: float | None = None,
    optional: bool = False,
    on_node: bool = True,
) -> Param:
    """Real numbers, as many as one likes."""
    return Param(name, "floats", default, doc, label, "", low, high, (), 0, optional, on_node)


def Text(name: str, default: str, *, doc: str, label: str = "", on_node: bool = True) -> Param:
    """A line of text, such as a formula; its layer's rule checks it."""
    return Param(name, "text", default, doc, label, on_node=on_node)


def explicit(param: Param) -> Param:
    """The same parameter, always named in the emitted call."""
    return replace(param, explicit=True)


@dataclass(frozen=True, slots=True)
class Port:
    """A place for a wire: allowed rank (batch included) and dtype; `many` takes many wires.

    The wires of a port `many` go to `name1`, `name2`, … in that order. An `optional` port may stay
    without a wire; the layer's rules then get None in its place.
    """

    name: str
    rank: tuple[int, int | None] = (1, None)
    dtype: str = "float"
    """`float`, `int`, `bool`, `number` (float or int) or `any`."""
    doc: str = ""
    many: bool = False
    optional: bool = False


class Params:
    """A node's resolved parameters, read as attributes by the rules of its layer."""

    __slots__ = ("__dict__",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)

    def __repr__(self) -> str:
        return f"Params({self.__dict__!r})"

    def __getattr__(self, name: str) -> Any:  # only reached when the attribute is missing
        raise AttributeError(name)


class Mismatch(Exception):
    """Raised by a rule whose input or parameter does not fit; becomes a problem on the node."""

    def __init__(
        self,
        code: str,
        port: str,
        *,
        expected: str,
        got: str,
        remedy: str,
        fixes: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(f"{port}: expected {expected}, got {got}. {remedy}")
        self.code, self.port, self.expected, self.got = code, port, expected, got
        self.remedy, self.fixes = remedy, fixes


@dataclass(frozen=True, slots=True)
class Example:
    """A case for the contract tests and the docs page: input shapes (after N) and parameters."""

    inputs: tuple[tuple[int, ...] | None, ...]
    """One shape a port, None for an optional port without a wire."""
    params: Mapping[str, Value] = field(default_factory=dict)
    dtypes: tuple[str, ...] = ()
    """Kinds of number of the inputs, where the ports leave a choice; empty takes the ports'."""


def example(*inputs: tuple[int, ...] | None, **params: Value) -> Example:
    """An example with the given input shapes, the batch axis left out."""
    return Example(inputs, params)


OutputRule = Callable[..., Any]
"""`(params, *inputs) -> output type`, or a tuple of one for each output port; raises `Mismatch`.
Works on ints and on symbols alike."""

WeightsRule = Callable[..., Mapping[str, tuple[Any, ...] | None]]
"""`(params, *inputs) -> parameter name to shape`; None where the parameter is absent. The name is
empty where the module is itself a parameter."""

MacsRule = Callable[..., Any]
"""`(params, first output, *inputs) -> multiply-accumulates of one example`."""

WordsRule = Callable[..., tuple[str, ...]]
"""`(params, first output, *inputs) -> the shape's derivation in words`, a line for each axis."""

ExtraRule = Callable[..., Mapping[str, Any]]
"""`(params, first output, *inputs) -> further values for the gaps in the layer's texts`."""

TemplateRule = Callable[..., str]
"""`(params, *inputs) -> forward text`, for layers whose forward text depends on them."""

WindowRule = Callable[[Params], tuple[tuple[int, ...], tuple[int, ...]]]
"""`(params) -> how many input cells one output cell sees along each spatial axis, and how many
input cells lie between two output cells`; transposed windows give fractions of 1 as `-stride`."""

CurveRule = Callable[[Params, Any], Any]
"""`(params, values) -> values`: a function of one variable on a numpy array; what is learned stands
at its start, what is random at its mean."""


def _no_weights(params: Params, *inputs: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    return {}


def _no_macs(params: Params, output: TensorType, *inputs: TensorType) -> int:
    return 0


def _no_words(params: Params, output: TensorType, *inputs: TensorType) -> tuple[str, ...]:
    return ()


def same(params: Params, x: TensorType) -> TensorType:
    """The output rule of everything that works element by element."""
    return x


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: title, parameters, ports, rules, code and documentation, each fact once."""

    title: str
    family: str
    """The group in the palette: `io`, `dense`, `convolution`, `pooling`, `activation`, …"""
    doc: str
    output: OutputRule
    module: str = ""
    """Constructor text: `nn.Linear({x.last}, {out_features}, bias={bias})`. The gaps are named in
    `graph_compiler.emit_language`. A keyword whose value is the parameter's default is left out, so
    defaults must equal torch's, or the parameter is `explicit`."""
    call: str = ""
    """What the module is called with: `{query}, {key}, {value}, attn_mask={mask}`; empty for all
    inputs in the order of the ports. What belongs to a port without a wire is left out."""
    forward: str = ""
    """Forward text where a module alone does not do: `torch.flatten({x}, {start_dim})`. With a
    `module` as well, `{self}` is that module."""
    template: TemplateRule | None = None
    """Makes the forward text where it depends on parameters and inputs; takes `forward`'s place."""
    unpack: str = ""
    """How several outputs are taken apart: `{output}, ({hidden}, {cell})`; empty for
    `{first}, {second}, …`."""
    extra: ExtraRule | None = None
    short: str = ""
    """What new nodes are called, before their number: `conv`, `fc`; else the type."""
    source: str = ""
    """File stem in `graph_compiler/modules/` whose classes are inlined, for what torch lacks."""
    inlined: str = ""
    """The project's own text that holds the class, for a layer that is written in Python."""
    formula: str = ""
    paper: str = ""
    keywords: tuple[str, ...] = ()
    """Further words that find the layer in a search."""
    params: tuple[Param, ...] = ()
    inputs: tuple[Port, ...] = (Port("input", doc="any tensor"),)
    outputs: tuple[str, ...] = ("output",)
    outlets: Callable[[Params], tuple[str, ...]] | None = None
    """Output ports where their number depends on the parameters; `outputs` are then the ones of
    the defaults."""
    weights: WeightsRule = _no_weights
    macs: MacsRule = _no_macs
    words: WordsRule = _no_words
    curve: CurveRule | None = None
    """For activations: the function with the node's parameters, for the inspector's picture."""
    window: WindowRule | None = None
    """For sliding windows: what the receptive field grows by."""
    view: bool = False
    """Whether the output shares the input's memory."""
    recurrent: bool = False
    """Whether weights are applied again at each step of time."""
    examples: tuple[Example, ...] = ()

    @property
    def learns(self) -> bool:
        """Whether it can have weights."""
        return self.weights is not _no_weights

    def ports_out(self, params: Params) -> tuple[str, ...]:
        """The names of the output ports of a node with these parameters."""
        return self.outputs if self.outlets is None else self.outlets(params)
