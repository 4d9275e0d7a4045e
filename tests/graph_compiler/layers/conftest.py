"""What tests of single layers share: a layer's rules set against a torch module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import networkx as nx
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from graph_compiler import emit
from graph_compiler.build import module_class
from graph_compiler.layer import Mismatch
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

BATCH = 2
KINDS = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}

Agree = Callable[..., bool]


def agree(
    type: str,
    params: Mapping[str, Any],
    inputs: Sequence[TensorType | None],
    build: Callable[[], nn.Module],
    call: Callable[..., Any] = lambda module, *tensors: module(*tensors),
    *,
    stricter: bool = False,
    device: str = "meta",
) -> bool:
    """Whether rule and torch both take it; then types, weights and costs are the same.

    `stricter` allows the rule to refuse what torch computes all the same; `device` is another one
    where torch looks at values.
    """
    layer = layers()[type]
    resolved, faults = resolve(params, layer, {})
    assert faults == ()
    try:
        result = layer.output(resolved, *inputs)
        refusal = None
    except Mismatch as mismatch:
        refusal = mismatch
    try:
        with torch.device(device):
            module = build()
            tensors = [None if x is None else tensor(x, device) for x in inputs]
            with FlopCounterMode(display=False) as counter:
                found = call(module, *tensors)
        failure = None
    except (ValueError, IndexError, RuntimeError, AssertionError) as error:
        failure = error
    if refusal is not None:
        assert refusal.expected
        assert refusal.got
        assert refusal.remedy.endswith(".")
        assert failure is not None or stricter, f"refused for nothing: {refusal}"
        return False
    assert failure is None, failure
    types = (result,) if isinstance(result, TensorType) else tuple(result)
    values = found if isinstance(found, tuple) else (found,)
    assert [shape(x) for x in types] == [tuple(value.shape) for value in values]
    assert [KINDS[x.dtype] for x in types] == [value.dtype for value in values]
    weights = {k: v for k, v in layer.weights(resolved, *inputs).items() if v is not None}
    assert weights == {name: tuple(w.shape) for name, w in module.named_parameters()}
    flops = counter.get_total_flops()
    if flops and device == "meta":  # fused kernels of the CPU are not counted
        assert layer.macs(resolved, types[0], *inputs) * BATCH == flops // 2
    return True


def shape(x: TensorType) -> tuple[int, ...]:
    return tuple(BATCH if size is N else int(size) for size in x.shape)


def tensor(x: TensorType, device: str) -> torch.Tensor:
    return torch.zeros(shape(x), dtype=KINDS[x.dtype], device=device)


Computed = Callable[..., torch.Tensor]


def computed(type: str, *tensors: torch.Tensor | None, **params: Any) -> torch.Tensor:
    """What the emitted code of a drawing makes of tensors given to the layer's ports in order."""
    graph = nx.MultiDiGraph(name="Drawing")
    graph.add_node("made", type=type, params=params)
    graph.add_node("y", type="Output")
    graph.add_edge("made", "y", source_port=layers()[type].outputs[0])
    given = {}
    for port, value in zip(layers()[type].inputs, tensors, strict=False):
        if value is not None:
            kind = "bool" if value.dtype == torch.bool else "int"
            size = {"shape": tuple(value.shape[1:])}
            dtype = "float" if value.is_floating_point() else kind
            graph.add_node(f"of_{port.name}", type="Input", params={**size, "dtype": dtype})
            graph.add_edge(f"of_{port.name}", "made", target_port=port.name)
            given[f"of_{port.name}"] = value
    result: torch.Tensor = module_class(emit(graph))()(**given)
    return result


@pytest.fixture(scope="session", name="computed")
def _computed() -> Computed:
    return computed


@pytest.fixture(scope="session", name="agree")
def _agree() -> Agree:
    return agree
