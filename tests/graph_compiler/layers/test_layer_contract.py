"""Every layer keeps the contract: facts complete, defaults valid, types and code as torch has them.

Each case is drawn as a graph (inputs, the layer, an output for every port), checked, emitted and
run: what the rules say beforehand is compared with what torch then makes of the emitted text.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from graph_compiler import check_graph, emit
from graph_compiler.build import module_class
from graph_compiler.files import parse_project, project_text
from graph_compiler.graphs import from_networkx
from graph_compiler.layer import Example, Layer, Param, Params
from graph_compiler.model import Project, Value
from graph_compiler.registry import layers
from graph_compiler.report import NodeFacts
from graph_compiler.resolve import expected, resolve, value_of
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

ALL = sorted(layers().items())
DRAWN = [(name, layer) for name, layer in ALL if name not in ("Input", "Output")]
BATCH = 2
KINDS = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}
SUBJECT = "subject"

NOT_ON_META = {"AdaptiveLogSoftmaxWithLoss", "CTCLoss", "GaussianNLLLoss", "MixtureOfExperts"}
"""What torch computes on the CPU only, and what looks at values on its way."""


DEAREST = {"AdaptiveLogSoftmaxWithLoss"}
"""Their work depends on the values; the dearest is counted, which a test of their own measures."""

RARE = {"AdaptiveLogSoftmaxWithLoss"}
"""Some of their weights are used only by the last class, which a target must be to reach them."""


@dataclass(frozen=True)
class Case:
    """A layer's type with parameters, and for each wired port the shape (after N) and dtype."""

    type: str
    params: dict[str, Any]
    inputs: tuple[tuple[str, tuple[int, ...], str], ...]
    named: bool = False
    """Whether sizes come as variables, so that the code is emitted over names."""

    @property
    def layer(self) -> Layer:
        return layers()[self.type]


def ports_of(layer: Layer, example: Example) -> Iterator[tuple[str, tuple[int, ...], str]]:
    last = len(layer.inputs) - 1
    for number, shape in enumerate(example.inputs):
        port = layer.inputs[min(number, last)]
        if shape is None:
            continue
        name = f"{port.name}{number - last + 1}" if port.many else port.name
        dtype = example.dtypes[number] if number < len(example.dtypes) else ""
        yield name, shape, dtype or (port.dtype if port.dtype in KINDS else "float")


def case_of(name: str, example: Example) -> Case:
    return Case(name, dict(example.params), tuple(ports_of(layers()[name], example)))


def graph_of(case: Case) -> nx.MultiDiGraph:
    """Inputs, the layer, an output for each of its ports."""
    graph = nx.MultiDiGraph(name="Case")
    variables: dict[str, int] = {}
    graph.add_node(SUBJECT, type=case.type, params=case.params)
    for port, shape, dtype in case.inputs:
        sizes: list[int | str] = list(shape)
        if case.named:
            for axis, size in enumerate(shape):
                sizes[axis] = f"size_{port}_{axis}"
                variables[f"size_{port}_{axis}"] = size
        graph.add_node(f"in_{port}", type="Input", params={"shape": tuple(sizes), "dtype": dtype})
        graph.add_edge(f"in_{port}", SUBJECT, source_port="output", target_port=port)
    if not case.inputs:  # a network has an input, even if this layer needs none
        graph.add_node("in_idle", type="Input", params={"shape": (1,)})
        graph.add_node("out_idle", type="Output")
        graph.add_edge("in_idle", "out_idle", source_port="output", target_port="input")
    params, _ = resolve(case.params, case.layer, {})
    for port in case.layer.ports_out(params):
        graph.add_node(f"out_{port}", type="Output")
        graph.add_edge(SUBJECT, f"out_{port}", source_port=port, target_port="input")
    graph.graph["variables"] = variables
    return graph


def params_of(case: Case) -> Params:
    return resolve(case.params, case.layer, {})[0]


def built(case: Case, device: str) -> nn.Module:
    kind = module_class(emit(graph_of(case)))
    with torch.device(device):
        return kind()


def tensors(case: Case, device: str, dtype: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    made = {}
    for port, shape, kind in case.inputs:
        size = (BATCH, *shape)
        if kind == "float" and device == "cpu":
            made[f"in_{port}"] = torch.rand(size, dtype=dtype) * 0.8 + 0.1
        elif kind == "float":
            made[f"in_{port}"] = torch.zeros(size, device=device)
        else:
            divides = case.type == "Remainder" and kind == "int"
            made[f"in_{port}"] = torch.full(size, divides, dtype=KINDS[kind], device=device)
    if not case.inputs:
        made["in_idle"] = torch.zeros((BATCH, 1), device=device)
    return made


def results(case: Case, module: nn.Module, given: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """What the subject puts out, in the order of its ports."""
    read = inspect.signature(module.forward).parameters  # a choice leaves branches unread
    result = module(**{name: x for name, x in given.items() if name in read})
    found = result if isinstance(result, tuple) else (result,)
    params, _ = resolve(case.params, case.layer, {})
    names = [f"out_{port}" for port in case.layer.ports_out(params)]
    outputs = sorted([*names, *(() if case.inputs else ("out_idle",))], key=_natural)
    by_name = dict(zip(outputs, found, strict=True))
    return [by_name[name] for name in names]


def _natural(name: str) -> tuple[str, int, str]:
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or 0), name


def facts_of(case: Case) -> NodeFacts | None:
    """What the check knows of the subject; every problem it names is named in full."""
    report = check_graph(graph_of(case))
    for problem in report.problems:
        assert problem.expected
        assert problem.got
        assert problem.remedy.endswith((".", "?"))
        assert problem.code not in ("rule_failed", "bad_attributes"), problem.text
    if not report.ok:
        return None
    return report.nodes[SUBJECT]


def assert_equals_torch(case: Case, facts: NodeFacts) -> None:
    device = "cpu" if case.type in NOT_ON_META else "meta"
    module = built(case, device)
    with FlopCounterMode(display=False) as counter:
        found = results(case, module, tensors(case, device))
    for tensor, promised in zip(found, facts.outputs, strict=True):
        sizes = tuple(BATCH if size is N else size for size in promised.shape)
        assert tuple(tensor.shape) == sizes
        assert tensor.dtype == KINDS[promised.dtype]
    owned = {
        name.removeprefix(SUBJECT).removeprefix("."): tuple(weight.shape)
        for name, weight in module.named_parameters()
    }
    assert dict(facts.weights) == owned
    flops = counter.get_total_flops()
    if flops and case.type not in DEAREST:
        assert facts.macs == flops // 2 // BATCH


@pytest.mark.parametrize(("name", "layer"), ALL)
def test_facts_are_complete(name: str, layer: Layer) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)
    assert layer.title
    assert layer.family
    assert re.fullmatch(r"[a-z][a-z0-9_]*", layer.short)
    assert layer.doc.endswith(".")
    assert layer.keywords
    assert layer.examples
    code = bool(layer.module or layer.forward or layer.template)
    assert code == (name not in ("Input", "Output", "Choice"))
    assert all(port.doc for port in layer.inputs)
    if layer.family in ("activation", "loss"):
        assert layer.formula
    if layer.family == "activation":
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
    assert re.fullmatch(r"[a-zA-Z_][A-Za-z0-9_]*", param.name)
    assert param.doc
    assert not param.doc.endswith(".")
    assert param.title
    assert expected(param)
    if param.kind in ("int", "size", "shape", "float"):
        assert param.low is not None
    if param.kind == "float":
        assert param.high is not None
    if param.kind == "choice":
        assert param.default is None or param.default in param.choices
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
def test_defaults_equal_those_of_the_class(name: str, layer: Layer) -> None:
    """What equals our default is left out of the emitted call, so the class must mean the same."""
    call = ast.parse(re.sub(r"\{[^}]*\}", "x", layer.module), mode="eval").body
    assert isinstance(call, ast.Call)
    if not isinstance(call.func, ast.Attribute):
        stem = __import__(f"graph_compiler.modules.{layer.source}", fromlist=["x"])
        kind = getattr(stem, ast.unparse(call.func))
    else:
        kind = getattr(nn, call.func.attr)
    signature = inspect.signature(kind.__init__).parameters
    by_name = {param.name: param for param in layer.params}
    for word, text in re.findall(r"(\w+)=\{(\w+)(?::[^}]*)?\}", layer.module):
        if text in by_name and not by_name[text].explicit and word in signature:
            default = signature[word].default  # a function is chosen by its name
            if default is None and by_name[text].kind == "bool":
                default = False  # an open switch is off
            assert getattr(default, "__name__", default) == by_name[text].default, (word, text)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        pytest.param(name, number, id=f"{name}-{number}")
        for name, layer in DRAWN
        for number in range(len(layer.examples))
    ],
)
def test_examples_equal_torch(name: str, number: int) -> None:
    layer = layers()[name]
    case = case_of(name, layer.examples[number])
    report = check_graph(graph_of(case))
    assert [p.text for p in report.problems if p.severity == "error"] == []
    facts = report.nodes[SUBJECT]
    assert_equals_torch(case, facts)
    params, _ = resolve(case.params, layer, {})
    for line in layer.words(params, facts.outputs[0], *_typed_inputs(case, facts)):
        assert line


def _typed_inputs(case: Case, facts: NodeFacts) -> list[TensorType | None]:
    """The inputs as the layer's rules take them: None for an optional port without a wire."""
    wired = dict(zip([port for port, _, _ in case.inputs], facts.inputs, strict=True))
    found: list[TensorType | None] = []
    for port in case.layer.inputs:
        if port.many:
            found += [x for name, x in wired.items() if name.rstrip("0123456789") == port.name]
        else:
            found.append(wired.get(port.name))
    return found


@pytest.mark.parametrize(("name", "layer"), DRAWN)
def test_examples_survive_the_file(name: str, layer: Layer) -> None:
    for example in layer.examples:
        assert_kept(graph_of(case_of(name, example)))


def assert_kept(graph: nx.MultiDiGraph) -> None:
    """The drawing comes back from its file as it was."""
    network, variables = from_networkx(graph)
    text = project_text(Project(networks={"main": network}, variables=variables))
    again = parse_project(text, "a.nns")
    assert project_text(again) == text
    assert again.networks["main"].nodes == network.nodes


APART = {("RestrictedBoltzmannMachine", "visible_bias")}
"""Weights that other methods than forward read, for a rule of training of their own."""

NO_SLOPE = {"Step", "Perceptron"}
"""Their output is a step, whose slope is zero: they train by a rule of their own."""


@pytest.mark.parametrize(("name", "layer"), DRAWN)
def test_gradients_flow_through_emitted_code(name: str, layer: Layer) -> None:
    """Every weight gets a gradient from what the emitted module computes."""
    for example in layer.examples:
        case = case_of(name, example)
        torch.manual_seed(0)
        module = built(case, "cpu").double()
        given = tensors(case, "cpu", torch.float64)
        if name in RARE:
            given["in_target"][-1] = params_of(case).n_classes - 1
        for port, tensor in given.items():  # torch has no slopes for some targets
            tensor.requires_grad_(tensor.is_floating_point() and port != "in_target")
        found = [y for y in results(case, module, given) if y.requires_grad]
        weights = dict(module.named_parameters())
        if not found:
            assert not weights or name in NO_SLOPE
            continue
        torch.stack([y.square().sum() for y in found]).sum().backward()
        for path, weight in weights.items():
            if (name, path.rpartition(".")[2]) in APART:
                continue
            assert weight.grad is not None, path
            assert torch.isfinite(weight.grad).all(), path


def value_strategy(param: Param) -> st.SearchStrategy[object]:
    low, high = param.low, param.high
    bottom = int(low) if low is not None else -3
    whole = st.integers(bottom, max(bottom, min(int(high) if high is not None else 6, 6)))
    if "dim" in param.name:
        whole = st.integers(max(bottom, -4), 4)
    found: st.SearchStrategy[object]
    if param.kind == "int":
        found = whole
    elif param.kind == "float":
        found = st.floats(float(low or 0), min(float(high or 1), 4.0))
    elif param.kind == "bool":
        found = st.booleans()
    elif param.kind == "choice":
        found = st.sampled_from(param.choices)
    elif param.kind == "size":
        small = st.integers(bottom, 4)
        found = small | st.tuples(*[small] * param.axes)
        if param.choices:
            found = found | st.sampled_from(param.choices)
    elif param.kind == "shape":
        found = st.lists(st.integers(max(bottom, 1), 5), min_size=1, max_size=4).map(tuple)
    elif param.kind == "ints":
        found = st.lists(whole, max_size=4).map(tuple)
    elif param.kind == "floats":
        found = st.lists(st.floats(-2, 2), max_size=4).map(tuple)
    else:
        found = st.just(param.default)
    return st.none() | found if param.optional else found


@st.composite
def cases(draw: st.DrawFn, name: str) -> Case:
    """An example with some parameters, sizes and kinds of number changed; many still fit."""
    layer = layers()[name]
    if name in FITTED and draw(st.booleans()):
        params, shapes = draw(FITTED[name])
        return Case(name, params, tuple(ports_of(layer, Example(shapes))), draw(st.booleans()))
    case = case_of(name, draw(st.sampled_from(layer.examples)))
    params = dict(case.params)
    for param in layer.params:
        if draw(st.integers(0, max(3, len(layer.params)))) == 0:
            params[param.name] = draw(value_strategy(param))
    swap = {size: size for _, shape, _ in case.inputs for size in shape}
    for size in swap:  # the same size everywhere, so that what must agree still agrees
        if draw(st.booleans()):
            swap[size] = draw(st.integers(1, 12))
    inputs = [(port, tuple(swap[s] for s in shape), kind) for port, shape, kind in case.inputs]
    if inputs and draw(st.integers(0, 7)) == 0:
        place = draw(st.integers(0, len(inputs) - 1))
        port, shape, kind = inputs[place]
        shape = draw(st.sampled_from([shape[1:], (*shape, 2), shape[::-1]])) or shape
        inputs[place] = (port, shape, kind)
    free = [place for place, (port, _, _) in enumerate(inputs) if port in loose_ports(layer)]
    if free and draw(st.booleans()):
        place = draw(st.sampled_from(free))
        port, shape, _ = inputs[place]
        inputs[place] = (port, shape, draw(st.sampled_from(sorted(KINDS))))
    return Case(name, params, tuple(inputs), named=draw(st.booleans()))


def loose_ports(layer: Layer) -> set[str]:
    """Ports that take several kinds of number."""
    return {port.name for port in layer.inputs if port.dtype in ("any", "number")}


_SMALL = st.integers(1, 6)
Drawn = tuple[dict[str, Any], tuple[tuple[int, ...] | None, ...]]


@st.composite
def _folded(draw: st.DrawFn) -> Drawn:
    """Columns as many as the windows of the output that they are put together to."""
    sizes = draw(st.tuples(st.integers(4, 9), st.integers(4, 9)))
    kernel, stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    columns = 1
    for size in sizes:
        columns *= (size - kernel) // stride + 1
    shape = (draw(_SMALL) * kernel**2, columns)
    return {"output_size": sizes, "kernel_size": kernel, "stride": stride}, (shape,)


@st.composite
def _split(draw: st.DrawFn) -> Drawn:
    sizes = tuple(draw(st.lists(_SMALL, min_size=1, max_size=4)))
    shape = [*draw(st.lists(_SMALL, min_size=1, max_size=3)), sum(sizes)]
    dim = draw(st.sampled_from([-1, len(shape)]))
    return {"sizes": sizes, "dim": dim}, (tuple(shape),)


@st.composite
def _squeezed(draw: st.DrawFn) -> Drawn:
    shape = draw(st.lists(st.sampled_from([1, 1, 3]), min_size=1, max_size=4).map(tuple))
    ones = [place + 1 for place, size in enumerate(shape) if size == 1]
    dims = tuple(draw(st.lists(st.sampled_from(ones), unique=True))) if ones else ()
    return {"dim": tuple(d - len(shape) - 1 if draw(st.booleans()) else d for d in dims)}, (shape,)


@st.composite
def _unflattened(draw: st.DrawFn) -> Drawn:
    parts = draw(st.lists(_SMALL, min_size=1, max_size=3))
    size = 1
    for part in parts:
        size *= part
    open_place = draw(st.integers(-1, len(parts) - 1))
    parts = [-1 if place == open_place else part for place, part in enumerate(parts)]
    other = draw(_SMALL)
    first = draw(st.booleans())
    params = {"dim": 1 if first else -1, "unflattened_size": tuple(parts)}
    return params, ((size, other) if first else (other, size),)


@st.composite
def _expanded(draw: st.DrawFn) -> Drawn:
    shape = draw(st.lists(st.sampled_from([1, 1, 3]), min_size=1, max_size=3).map(tuple))
    sizes = [draw(_SMALL) if size == 1 else draw(st.sampled_from([-1, size])) for size in shape]
    return {"sizes": tuple(sizes)}, (shape,)


@st.composite
def _unpooled(draw: st.DrawFn, axes: int) -> Drawn:
    shape = tuple(draw(st.lists(_SMALL, min_size=axes + 1, max_size=axes + 1)))
    stride = draw(st.none() | st.integers(1, 3))
    return {"kernel_size": draw(st.integers(2, 3)), "stride": stride}, (shape, shape, None)


@st.composite
def _classes(draw: st.DrawFn) -> Drawn:
    """Probabilities for each class, on any number of further axes."""
    count = draw(st.integers(2, 5))
    shape = (count, *draw(st.lists(_SMALL, max_size=2)))
    weights = st.lists(st.floats(0.5, 2), min_size=count, max_size=count).map(tuple)
    params = {
        "weight": draw(st.none() | weights),
        "label_smoothing": draw(st.floats(0, 1)),
        "reduction": draw(st.sampled_from(["mean", "sum", "none"])),
    }
    return params, (shape, shape)


@st.composite
def _convolved(draw: st.DrawFn, axes: int) -> Drawn:
    groups = draw(st.integers(1, 3))
    params = {
        "out_channels": groups * draw(_SMALL),
        "kernel_size": draw(st.integers(1, 3) | st.tuples(*[st.integers(1, 3)] * axes)),
        "stride": 1,
        "padding": draw(st.sampled_from([0, 1, 2, "same", "valid"])),
        "dilation": draw(st.integers(1, 2)),
        "groups": groups,
        "bias": draw(st.booleans()),
        "padding_mode": draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
    }
    if not isinstance(params["padding"], str):
        params["stride"] = draw(st.integers(1, 3) | st.tuples(*[st.integers(1, 3)] * axes))
    sizes = draw(st.lists(st.integers(5, 9), min_size=axes, max_size=axes))
    return params, ((groups * draw(st.integers(1, 3)), *sizes),)


FITTED: dict[str, st.SearchStrategy[Drawn]] = {
    "Fold": _folded(),
    "Split": _split(),
    "Squeeze": _squeezed(),
    "Unflatten": _unflattened(),
    "Expand": _expanded(),
    **{f"MaxUnpool{axes}d": _unpooled(axes) for axes in (1, 2, 3)},
    **{f"Conv{axes}d": _convolved(axes) for axes in (1, 2, 3)},
    "CrossEntropyLoss": _classes(),
}
"""Cases whose parts fit each other, where changes at random seldom do."""

FEWEST = 5
"""Different cases of each layer that the rule must let pass, among those of the quick test."""


def assert_agreement(case: Case) -> bool:
    """Rule and torch agree on the case, and a file keeps it; whether the rule lets it pass."""
    assert_kept(graph_of(case))
    facts = facts_of(case)
    if facts is None:
        assert_torch_refuses(case)
        return False
    assert_equals_torch(case, facts)
    if case.type not in NOT_ON_META:  # what looks at values is only looked at there
        module = built(case, "cpu")
        found = results(case, module, tensors(case, "cpu"))
        shapes = [tuple(BATCH if n is N else n for n in y.shape) for y in facts.outputs]
        assert [tuple(y.shape) for y in found] == shapes
    return True


@pytest.mark.parametrize(("name", "layer"), DRAWN)
def test_rules_agree_with_torch(name: str, layer: Layer) -> None:
    """What the check lets pass torch runs, with just these types; what it refuses, torch does."""
    passed: set[str] = set()

    def agree(case: Case) -> None:
        if assert_agreement(case):
            passed.add(repr((case.params, case.inputs)))

    fewest = FEWEST if layer.inputs or layer.params else 1
    for count in (24, 120):  # the same each time, as else a rare draw of few would fail the count
        quick = settings(
            max_examples=count,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        )
        quick(given(cases(name))(agree))()
        if len(passed) >= fewest:
            break
    assert len(passed) >= fewest, passed


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, _ in DRAWN])
def test_rules_agree_with_torch_at_length(name: str) -> None:
    """The same over many more cases, others each time."""

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases(name))
    def agree(case: Case) -> None:
        assert_agreement(case)

    agree()


GAP = re.compile(r"\{\*?(\w+)(?:\.(\w+))?(?:\[(-?\d+)\])?(?::[^}]*)?\}")

STRICTER = {
    "wrong_rank": "torch takes examples without a batch",
    "wrong_dtype": "torch converts some kinds of number",
    "dtypes_differ": "torch converts some kinds of number",
    "axis_out_of_range": "torch works along the batch as well",
    "features_differ": "the size that is said is not the one that torch is told here",
    "channels_differ": "the size that is said is not the one that torch is told here",
    "nothing_to_normalize": "torch gives nothing but zeros",
    "padding_too_large": "torch makes images of no pixels",
    "too_large": "torch tries",
}
"""Why the rules refuse what some device of torch takes."""

STRICT_LAYERS = {
    "PairwiseDistance": "torch stretches inputs of other shapes to each other",
    "CosineSimilarity": "torch stretches inputs of other shapes to each other",
    "AdaptiveLogSoftmaxWithLoss": "torch makes groups of no features, which learn nothing",
}
"""Layers that refuse on purpose what torch takes."""


def assert_torch_refuses(case: Case) -> None:
    """Torch raises an error as well, where the layer is a module of torch and nothing else."""
    layer, params = case.layer, resolve(case.params, case.layer, {})
    if not layer.module.startswith("nn.") or layer.forward or layer.template or layer.call:
        return
    found = {p.code for p in check_graph(graph_of(case)).problems if p.severity == "error"}
    if found & STRICTER.keys() or params[1] or case.type in STRICT_LAYERS:
        return
    try:
        module = constructed(case)
        given = tensors(case, "cpu")
        module(*(given[f"in_{port}"] for port, _, _ in case.inputs))
    except (ValueError, IndexError, RuntimeError, AssertionError, TypeError, ZeroDivisionError):
        return
    raise AssertionError(f"refused for nothing: {found} of {case}")


def constructed(case: Case) -> nn.Module:
    """Torch's module with the values of a case put into the layer's constructor text."""
    sizes = {port: (BATCH, *shape) for port, shape, _ in case.inputs}
    params = params_of(case)
    values: dict[str, Any] = {}

    def kept(match: re.Match[str]) -> str:
        name, attribute, axis = match.groups()
        if hasattr(params, name):
            value = getattr(params, name)
        else:
            shape = sizes[case.layer.inputs[0].name if name == "x" else name]
            value = shape[-1] if attribute else shape[int(axis)]
        values[f"gap{len(values)}"] = value
        return f"gap{len(values) - 1}"

    call = ast.parse(GAP.sub(kept, case.layer.module), mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)

    def value(node: ast.expr) -> Any:
        return values[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)

    named = {word.arg: value(word.value) for word in call.keywords if word.arg}
    made: nn.Module = getattr(nn, call.func.attr)(*(value(arg) for arg in call.args), **named)
    return made


@pytest.mark.parametrize(("name", "layer"), [row for row in DRAWN if row[1].inputs])
def test_wrong_ranks_and_numbers_are_answered_in_full(name: str, layer: Layer) -> None:
    case = case_of(name, layer.examples[0])
    for place, (port, shape, kind) in enumerate(case.inputs):
        spec = next(
            p for p in layer.inputs if p.name == port.rstrip("0123456789") or p.name == port
        )
        wrong: list[tuple[tuple[int, ...], str]] = []
        if spec.rank[0] > 2:
            wrong.append(((4,) * (spec.rank[0] - 2), kind))
        if spec.rank[1] is not None:
            wrong.append(((4,) * spec.rank[1], kind))
        if spec.dtype in ("float", "int"):
            wrong.append((shape, "int" if spec.dtype == "float" else "float"))
        for bad_shape, bad_kind in wrong:
            inputs = list(case.inputs)
            inputs[place] = (port, bad_shape, bad_kind)
            report = check_graph(graph_of(replace(case, inputs=tuple(inputs))))
            errors = [p for p in report.problems if p.severity == "error" and p.node == SUBJECT]
            assert errors, (port, bad_shape, bad_kind)
            for problem in errors:
                assert problem.code != "rule_failed", problem.text
                assert problem.expected
                assert problem.got
                assert problem.remedy.endswith((".", "?"))


CURVES_BESIDE: dict[str, tuple[dict[str, Value], ...]] = {
    "PReLU": ({"init": -0.5},),
    "GELU": ({"approximate": "tanh"},),
    "Softplus": ({"beta": 3.0, "threshold": 2.0},),
    "LeakyReLU": ({"negative_slope": 1.5},),
}
CURVED = [
    (name, layer, dict(given))
    for name, layer in ALL
    if layer.curve
    for given in (
        {},
        *(
            one.params
            for one in layer.examples
            if one.params and one.params.get("num_parameters") is None
        ),
        *CURVES_BESIDE.get(name, ()),
    )
]


@pytest.mark.parametrize(("name", "layer", "given"), CURVED)
def test_curves_equal_torchs_functions(name: str, layer: Layer, given: dict[str, Value]) -> None:
    grid = np.linspace(-4, 4, 81)
    module = built(Case(name, given, (("input", (81,), "float"),)), "cpu").double().eval()
    with torch.no_grad():
        theirs = module(torch.tensor(grid)[None]).numpy()[0]
    assert layer.curve is not None
    params, faults = resolve(given, layer, {})
    assert not faults
    assert np.allclose(layer.curve(params, grid), theirs, atol=1e-7)


def test_every_number_of_a_curved_layer_is_tried() -> None:
    """Each parameter of a layer that has a curve stands away from its default in some case."""
    tried = {(name, key) for name, _, given in CURVED for key in given}
    wanted = {
        (name, param.name)
        for name, layer in ALL
        if layer.curve
        for param in layer.params
        if param.name != "num_parameters"
    }
    assert tried >= wanted
