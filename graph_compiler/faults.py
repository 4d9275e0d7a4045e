"""From what a rule refuses to a problem that people can act on.

Owns ranks and dtypes of ports, the trial of each offered fix, and the preview of its shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from graph_compiler.codes import problem
from graph_compiler.layer import Layer, Mismatch, Params
from graph_compiler.model import Node, Value
from graph_compiler.problems import Fix, InsertOnWire, Problem, SetParam, Step
from graph_compiler.ranks import rank_fixes
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.tensors import TensorType
from graph_compiler.wiring import port_of


@dataclass(frozen=True, slots=True)
class ShapeFault:
    """Where a rule refused: the node with all that the rule saw."""

    node: Node
    layer: Layer | None
    params: Params
    ports: tuple[str, ...]
    inputs: tuple[TensorType | None, ...]
    sources: tuple[Node | None, ...]
    env: Mapping[str, Value]


def port_fault(
    layer: Layer, ports: tuple[str, ...], inputs: tuple[TensorType | None, ...]
) -> Mismatch | None:
    """The first input whose rank or kind of number its port does not take."""
    first: dict[str, tuple[str, TensorType]] = {}
    for name, x in zip(ports, inputs, strict=True):
        port = port_of(layer, name)
        if port is None or x is None:
            continue
        before, like = first.setdefault(port.name, (name, x))
        low, high = port.rank
        if x.rank < low or (high is not None and x.rank > high):
            return Mismatch(
                "wrong_rank",
                name,
                expected=f"{_axes(low, high)} ({port.doc})",
                got=f"{x}",
                remedy="Feed it such a tensor, or take another layer.",
            )
        if port.dtype not in ("any", x.dtype) and (port.dtype != "number" or x.dtype == "bool"):
            return Mismatch(
                "wrong_dtype",
                name,
                expected=f"{_NUMBERS[port.dtype]}",
                got=f"{_NUMBERS[x.dtype]}",
                remedy=f"Feed it {_NUMBERS[port.dtype]}.",
            )
        if port.many and x.dtype != like.dtype:
            return Mismatch(
                "dtypes_differ",
                name,
                expected=f"{_NUMBERS[like.dtype]}, as on {before}",
                got=f"{_NUMBERS[x.dtype]}",
                remedy="Give all inputs one kind of number.",
            )
    return None


_NUMBERS = {
    "float": "real numbers",
    "int": "whole numbers",
    "bool": "true and false",
    "number": "numbers",
}


def _axes(low: int, high: int | None) -> str:
    if low == high:
        return f"{low} axes"
    return f"at least {low} axes" if high is None else f"{low} to {high} axes"


def misfit(where: ShapeFault, error: Exception) -> Problem:
    """The problem for whatever a rule raised."""
    if not isinstance(error, Mismatch):
        return problem(
            "rule_failed",
            where.node.name,
            expected="a shape",
            got=f"{type(error).__name__} from the rule of {where.node.type}",
            remedy="Change its parameters, or take another layer.",
        )
    fixes = (
        *error.fixes,
        *_source_fixes(where, error),
        *_lookup_fixes(where, error),
        *_rank_fixes(where, error),
        *_cast_fixes(where, error),
    )
    return problem(
        error.code,
        where.node.name,
        _port_name(where, error.port),
        expected=error.expected,
        got=error.got,
        remedy=error.remedy,
        fixes=tuple(tried for fix in fixes if (tried := _tried(where, fix)) is not None),
    )


def _port_name(where: ShapeFault, port: str) -> str:
    """Rules of a port `many` count its inputs; the wires may carry other numbers."""
    for index, name in enumerate(where.ports):
        found = port_of(where.layer, name) if where.layer else None
        if found is not None and found.many and port == f"{found.name}{index + 1}":
            return name
    return port


def _source_fixes(where: ShapeFault, error: Mismatch) -> tuple[Fix, ...]:
    """What can be mended at the input of the network where that feeds the node directly."""
    if error.code not in ("wrong_rank", "wrong_dtype", "dtypes_differ"):
        return ()
    if not where.sources or error.port not in where.ports:
        return ()
    index = where.ports.index(error.port)
    source, x = where.sources[index], where.inputs[index]
    if source is None or x is None or source.type != "Input":
        return ()
    if error.code != "wrong_rank":
        if x.dtype == "float":
            return ()
        real = SetParam(source.name, "dtype", None)
        return (Fix(f"Let {source.name} give real numbers", (real,)),)
    port = where.layer.inputs[0] if where.layer else None
    if port is not None and port.rank == (4, 4) and x.rank == 3:
        shape = (1, *(int(size) for size in x.shape[1:]))
        return (Fix(f"Give {source.name} one channel", (SetParam(source.name, "shape", shape),)),)
    return ()


def _lookup_fixes(where: ShapeFault, error: Mismatch) -> tuple[Fix, ...]:
    """Words become vectors where vectors are wanted."""
    if error.code not in ("wrong_rank", "wrong_dtype"):
        return ()
    x = where.inputs[where.ports.index(error.port)]
    if x is None or x.dtype != "int":
        return ()
    return (Fix("Insert Embedding", (InsertOnWire("", error.port, "Embedding"),)),)


def _cast_fixes(where: ShapeFault, error: Mismatch) -> tuple[Fix, ...]:
    """Numbers of the kind that the port, or what stands beside it, wants."""
    if error.code not in ("wrong_dtype", "dtypes_differ"):
        return ()
    port = port_of(where.layer, error.port) if where.layer else None
    x = where.inputs[where.ports.index(error.port)]
    if port is None or x is None:
        return ()
    if port.dtype in ("any", "number"):
        others = [one.dtype for one in where.inputs if one is not None and one.dtype != x.dtype]
        wanted = others[0] if others and others[0] != "bool" else "float"
    else:
        wanted = port.dtype
    params = () if wanted == "float" else (("dtype", wanted),)
    return (Fix("Insert Cast", (InsertOnWire("", error.port, "Cast", params),)),)


def _rank_fixes(where: ShapeFault, error: Mismatch) -> tuple[Fix, ...]:
    """Layers between that bring the tensor to the rank that is wanted."""
    port = port_of(where.layer, error.port) if where.layer else None
    if error.code != "wrong_rank" or port is None:
        return ()
    x = where.inputs[where.ports.index(error.port)]
    return () if x is None else rank_fixes(port, error.port, x)


def _tried(where: ShapeFault, fix: Fix) -> Fix | None:
    """The fix with its node named and the shape it gives; None where it would not cure the node."""
    steps = tuple(_placed(where, step) for step in fix.steps)
    try:
        result = _after(where, steps)
    except Exception:
        return None
    return Fix(fix.label, steps, str(result))


def _placed(where: ShapeFault, step: Step) -> Step:
    if isinstance(step, SetParam) and not step.node:
        return replace(step, node=where.node.name)
    if isinstance(step, InsertOnWire) and not step.target:
        return replace(
            step, target=where.node.name, target_port=_port_name(where, step.target_port)
        )
    return step


def _after(where: ShapeFault, steps: tuple[Step, ...]) -> TensorType:
    """The output type once the steps are taken; raises where they do not help."""
    own: dict[str, Value] = dict(where.node.params)
    inputs: list[TensorType | None] = list(where.inputs)
    for step in steps:
        if isinstance(step, SetParam) and step.node == where.node.name:
            _set(own, step)
        elif isinstance(step, SetParam):
            index = [source.name if source else "" for source in where.sources].index(step.node)
            source = where.sources[index]
            given = dict(source.params) if source else {}
            _set(given, step)
            inputs[index] = _typed(layers()["Input"], given, (), where.env)
        elif isinstance(step, InsertOnWire):
            index = where.ports.index(step.target_port)
            layer = layers()[step.type]
            inputs[index] = _typed(layer, dict(step.params), (inputs[index],), where.env)
    if where.layer is None:
        raise ValueError("an unknown layer has no type")
    return _typed(where.layer, own, tuple(inputs), where.env, where.ports)


def _set(params: dict[str, Value], step: SetParam) -> None:
    if step.value is None:
        params.pop(step.param, None)
    else:
        params[step.param] = step.value


def _typed(
    layer: Layer,
    given: Mapping[str, Value],
    inputs: tuple[TensorType | None, ...],
    env: Mapping[str, Value],
    ports: tuple[str, ...] | None = None,
) -> TensorType:
    params, faults = resolve(given, layer, env)
    names = tuple(port.name for port in layer.inputs) if ports is None else ports
    fault = faults[0] if faults else port_fault(layer, names, inputs)
    if fault is not None:
        raise fault
    result = layer.output(params, *inputs)
    return result if isinstance(result, TensorType) else result[0]
