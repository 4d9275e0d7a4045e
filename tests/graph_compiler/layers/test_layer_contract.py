"""Every layer keeps the contract: facts complete, defaults valid, results equal to torch's."""

from __future__ import annotations

import ast
import inspect
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from graph_compiler.faults import port_fault
from graph_compiler.layer import Layer, Mismatch, Param, Params
from graph_compiler.modules.step import Step
from graph_compiler.registry import layers
from graph_compiler.resolve import expected, resolve, value_of
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

ALL = sorted(layers().items())
INNER = [(name, layer) for name, layer in ALL if layer.inputs]
BATCH = 2
COUNTED = {"Linear", "Conv2d"}


class _Axes:
    """What `{x.last}` and `{x[1]}` in a constructor's text mean."""

    def __init__(self, x: TensorType) -> None:
        self._x = x

    def __getattr__(self, name: str) -> object:
        return getattr(self._x, name)

    def __getitem__(self, axis: int) -> object:
        return self._x.shape[axis]


class _Literal:
    def __init__(self, value: object) -> None:
        self._value = value

    def __format__(self, spec: str) -> str:
        return repr(self._value)


def torch_module(
    layer: Layer, params: Params, inputs: tuple[TensorType, ...], device: str = "meta"
) -> nn.Module:
    values = {param.name: _Literal(getattr(params, param.name)) for param in layer.params}
    call = ast.parse(layer.module.format(x=_Axes(inputs[0]), **values), mode="eval").body
    assert isinstance(call, ast.Call)
    kind = getattr(nn, call.func.attr) if isinstance(call.func, ast.Attribute) else Step
    keywords = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    with torch.device(device):
        return kind(*(ast.literal_eval(argument) for argument in call.args), **keywords)


def torch_result(
    layer: Layer, params: Params, inputs: tuple[TensorType, ...], device: str = "meta"
) -> tuple[torch.Tensor, dict[str, tuple[int, ...]], int]:
    """The output, the parameters' shapes, the multiply-accumulates of one example."""
    kinds = {"float": torch.float32, "int": torch.int64}
    tensors = [
        torch.zeros((BATCH, *x.shape[1:]), dtype=kinds[x.dtype], device=device) for x in inputs
    ]
    if layer.forward == "{inputs: + }":
        return sum(tensors[1:], tensors[0]), {}, 0
    if layer.forward == "torch.cat(({inputs}), dim={dim})":
        return torch.cat(tensors, dim=params.dim), {}, 0
    if not layer.module:
        return tensors[0], {}, 0
    module = torch_module(layer, params, inputs, device)
    with FlopCounterMode(display=False) as counter:
        result = module(*tensors)
    weights = {name: tuple(weight.shape) for name, weight in module.named_parameters()}
    return result, weights, counter.get_total_flops() // 2 // BATCH


def assert_equals_torch(layer: Layer, params: Params, inputs: tuple[TensorType, ...]) -> None:
    y = layer.output(params, *inputs)
    result, weights, macs = torch_result(layer, params, inputs)
    assert (BATCH, *y.shape[1:]) == tuple(result.shape)
    assert y.shape[0] is N
    assert (y.dtype == "float") == result.dtype.is_floating_point
    ours = layer.weights(params, *inputs)
    assert {name: shape for name, shape in ours.items() if shape is not None} == weights
    assert layer.macs(params, y, *inputs) == macs


def example_cases() -> list[object]:
    return [
        pytest.param(layer, number, id=f"{name}-{number}")
        for name, layer in ALL
        for number in range(len(layer.examples))
    ]


@pytest.mark.parametrize(("name", "layer"), ALL)
def test_facts_are_complete(name: str, layer: Layer) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)
    assert layer.title
    assert layer.family
    assert re.fullmatch(r"[a-z][a-z0-9_]*", layer.short)
    assert layer.doc.endswith(".")
    assert layer.keywords
    assert layer.examples
    assert bool(layer.module) + bool(layer.forward) == (name not in ("Input", "Output"))
    assert all(port.doc for port in layer.inputs)
    if layer.family == "activation":
        assert layer.formula
        assert layer.paper


@pytest.mark.parametrize(
    ("layer", "param"),
    [
        pytest.param(layer, param, id=f"{name}.{param.name}")
        for name, layer in ALL
        for param in layer.params
    ],
)
def test_parameters_are_documented_and_bounded(layer: Layer, param: Param) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", param.name)
    assert param.doc
    assert not param.doc.endswith(".")
    assert param.title
    assert expected(param)
    if param.kind in ("int", "size", "shape", "float"):
        assert param.low is not None
    if param.kind == "float":
        assert param.high is not None
    if param.kind == "choice":
        assert param.default in param.choices
    if param.default is not None:
        assert value_of(param, param.default, {}) == param.default
    else:
        assert param.optional


@pytest.mark.parametrize(("name", "layer"), ALL)
def test_defaults_are_valid(name: str, layer: Layer) -> None:
    params, faults = resolve({}, layer, {})
    assert faults == ()
    assert vars(params) == {param.name: param.default for param in layer.params}


@pytest.mark.parametrize(("name", "layer"), [row for row in ALL if row[1].module])
def test_defaults_equal_torchs(name: str, layer: Layer) -> None:
    """What equals our default is left out of the emitted call, so torch must mean the same."""
    call = ast.parse(re.sub(r"\{[^}]*\}", "0", layer.module), mode="eval").body
    assert isinstance(call, ast.Call)
    kind = getattr(nn, call.func.attr) if isinstance(call.func, ast.Attribute) else Step
    signature = inspect.signature(kind.__init__).parameters
    by_name = {param.name: param for param in layer.params}
    for word in call.keywords:
        assert word.arg is not None
        if not by_name[word.arg].explicit:
            assert signature[word.arg].default == by_name[word.arg].default


@pytest.mark.parametrize(("layer", "number"), example_cases())
def test_examples_equal_torch(layer: Layer, number: int) -> None:
    case = layer.examples[number]
    params, faults = resolve(case.params, layer, {})
    assert faults == ()
    inputs = tuple(TensorType((N, *shape)) for shape in case.inputs)
    names = tuple(port.name for port in layer.inputs)
    if layer.inputs and layer.inputs[0].many:
        names = tuple(f"{names[0]}{index + 1}" for index in range(len(inputs)))
    assert port_fault(layer, names, inputs) is None
    if layer.inputs:
        assert_equals_torch(layer, params, inputs)
        for line in layer.words(params, layer.output(params, *inputs), *inputs):
            assert line
    else:
        assert layer.output(params) == TensorType((N, *params.shape), params.dtype)


def value_strategy(param: Param) -> st.SearchStrategy[object]:
    low, high = param.low, param.high
    bottom = int(low) if low is not None else -3
    whole = st.integers(bottom, min(int(high) if high is not None else 6, 6))
    if param.name.endswith("_dim") or param.name == "dim":
        whole = st.integers(max(int(low or 0), -4), 4)
    found: st.SearchStrategy[object]
    if param.kind == "int":
        found = whole
    elif param.kind == "float":
        found = st.floats(float(low or 0), float(high or 1))
    elif param.kind == "bool":
        found = st.booleans()
    elif param.kind == "choice":
        found = st.sampled_from(param.choices)
    else:
        small = st.integers(int(low or 0), 4)
        found = small | st.tuples(*[small] * param.axes)
    return st.none() | found if param.optional else found


@st.composite
def cases(draw: st.DrawFn, layer: Layer) -> tuple[Params, tuple[TensorType, ...]]:
    port = layer.inputs[0]
    low, high = port.rank
    rank = draw(st.integers(max(low, 2), high or 5))
    axis = st.integers(1, 9 if rank == 4 else 6)
    shape = tuple(draw(axis) for _ in range(rank - 1))
    count = draw(st.integers(1, 3)) if port.many else 1
    inputs = [TensorType((N, *shape))]
    for _ in range(count - 1):
        other = list(shape)
        if draw(st.booleans()):
            other[draw(st.integers(0, rank - 2))] = draw(axis)
        inputs.append(TensorType((N, *other)))
    given = {param.name: draw(value_strategy(param)) for param in layer.params}
    params, faults = resolve(given, layer, {})
    assert faults == ()
    return params, tuple(inputs)


@pytest.mark.parametrize(("name", "layer"), [row for row in INNER if row[0] != "Output"])
def test_rules_agree_with_torch(name: str, layer: Layer) -> None:
    """Where the rule gives a shape torch gives the same; where it refuses, torch refuses too."""

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases(layer))
    def agree(case: tuple[Params, tuple[TensorType, ...]]) -> None:
        params, inputs = case
        try:
            layer.output(params, *inputs)
        except Mismatch as refusal:
            assert_in_full(refusal)
            if refusal.code in ("features_differ", "channels_differ"):
                return  # such a size is read from the input when the module is made
            if refusal.code == "axis_out_of_range" and _names_batch(params, inputs[0]):
                return  # torch would mix the examples of a batch
            if refusal.code == "shapes_differ" and name == "Add":
                return  # torch would stretch an axis of size one
            with pytest.raises((RuntimeError, ValueError, IndexError)):
                torch_result(layer, params, inputs, "cpu")  # some checks are left out on meta
        else:
            assert_equals_torch(layer, params, inputs)

    agree()


def assert_in_full(refusal: Mismatch) -> None:
    assert refusal.expected
    assert refusal.got
    assert refusal.remedy.endswith(".")


def _names_batch(params: Params, x: TensorType) -> bool:
    return any(
        getattr(params, name, None) in (0, -x.rank) for name in ("dim", "start_dim", "end_dim")
    )


@pytest.mark.parametrize(("name", "layer"), INNER)
def test_wrong_ranks_and_numbers_are_refused_in_full(name: str, layer: Layer) -> None:
    port = layer.inputs[0]
    names = (f"{port.name}1",) if port.many else (port.name,)
    shapes = []
    if port.rank[0] > 1:
        shapes.append(TensorType((N, *[4] * (port.rank[0] - 2))))
    if port.rank[1] is not None:
        shapes.append(TensorType((N, *[4] * port.rank[1])))
    wrong = [*shapes]
    if port.dtype == "float":
        wrong.append(TensorType((N, *[4] * (port.rank[0] - 1 or 1)), "int"))
    for x in wrong:
        fault = port_fault(layer, names, (x,))
        assert fault is not None
        assert fault.port == names[0]
        assert_in_full(fault)


@pytest.mark.parametrize(("name", "layer"), [row for row in ALL if row[1].curve])
def test_curves_equal_torchs_functions(name: str, layer: Layer) -> None:
    params, _ = resolve({}, layer, {})
    grid = np.linspace(-4, 4, 81)
    x = torch.tensor(grid)
    x_type = (TensorType((N, 81)),)
    module = torch_module(layer, params, x_type).to_empty(device="cpu").double()
    for weight in module.parameters():
        nn.init.constant_(weight, 0.25)
    with torch.no_grad():
        theirs = module(x).numpy()
    assert layer.curve is not None
    assert np.allclose(layer.curve(grid), theirs, atol=1e-7)


def test_every_activation_but_softmax_has_a_curve() -> None:
    missing = [n for n, layer in ALL if layer.family == "activation" and layer.curve is None]
    assert missing == ["Softmax"]


def test_words_derive_the_size() -> None:
    layer = layers()["Conv2d"]
    params, _ = resolve({"kernel_size": 5, "padding": 2, "out_channels": 6}, layer, {})
    x = TensorType((N, 1, 28, 28))
    assert layer.words(params, layer.output(params, x), x) == (
        "channels: 1 → 6, one a filter",
        "height: 28 + 2·2 − 5 + 1 = 28",
        "width: 28 + 2·2 − 5 + 1 = 28",
    )


def test_words_of_pooling_round_down_and_up() -> None:
    layer = layers()["MaxPool2d"]
    x = TensorType((N, 2, 7, 9))
    down, _ = resolve({}, layer, {})
    up, _ = resolve({"ceil_mode": True, "kernel_size": (2, 4)}, layer, {})
    assert layer.words(down, layer.output(down, x), x) == (
        "height: ⌊(7 − 2) / 2⌋ + 1 = 3",
        "width: ⌊(9 − 2) / 2⌋ + 1 = 4",
    )
    assert layer.words(up, layer.output(up, x), x) == (
        "height: ⌈(7 − 2) / 2⌉ + 1 = 4",
        "width: ⌈(9 − 4) / 4⌉ + 1 = 3",
    )


def test_macs_are_counted_where_torch_counts_them() -> None:
    for name, layer in INNER:
        x = TensorType((N, 4, 8, 8) if layer.inputs[0].rank[0] == 4 else (N, 4))
        params, _ = resolve({}, layer, {})
        macs = layer.macs(params, layer.output(params, x), x)
        assert (macs > 0) == (name in COUNTED), name
        assert math.isfinite(macs)
