"""What is hot in a drawing: a figure for each node, its place between least and most, its text.

Owns the measures that can be shown on nodes. Figures of size come from the check's facts; times and
gradient norms from a worker's measurement, which is checked like everything that comes from there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graph_compiler.report import NodeFacts
from graph_compiler.tensors import TensorType

_BYTES = {"float": 4, "int": 8, "bool": 1}
MOST_NODES = 200_000
_TURN = re.compile(r"\[\d+\]")


class HeatError(ValueError):
    """A measurement that cannot be shown; the text says why."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that can be shown as heat."""

    id: str
    title: str
    doc: str
    measured: bool = False
    """Whether a worker has to run a batch for it."""


MEASURES: tuple[Measure, ...] = (
    Measure("parameters", "Parameters", "Numbers that a node learns; a shared module counts once."),
    Measure("compute", "Compute", "Multiply-accumulates of one example through a node."),
    Measure("memory", "Memory", "Bytes that a node's outputs take for one example."),
    Measure("time", "Measured time", "Forward and backward time of a node on one batch.", True),
    Measure("gradient", "Gradient norm", "Length of the gradient of a node's own weights.", True),
)
BY_ID: Mapping[str, Measure] = {one.id: one for one in MEASURES}


@dataclass(frozen=True, slots=True)
class Heat:
    """One measure on the nodes of one drawing; nodes without a figure are left out."""

    measure: Measure
    shares: Mapping[str, float]
    """From 0 (least) to 1 (most), by node."""
    texts: Mapping[str, str]
    """The figure as people read it."""
    low: str = ""
    high: str = ""
    """The ends of the scale, with their unit."""
    note: str = ""
    """What has to be known to read it: the batch, the device, a scale by powers of ten."""


def of_facts(id: str, nodes: Mapping[str, NodeFacts]) -> Heat:
    """Heat from what a check knows of a drawing's nodes."""
    figure: dict[str, Callable[[NodeFacts], int]] = {
        "parameters": lambda one: one.parameters,
        "compute": lambda one: one.macs,
        "memory": output_bytes,
    }
    values = {name: float(figure[id](one)) for name, one in nodes.items()}
    text = bytes_text if id == "memory" else count_text
    return _linear(BY_ID[id], {name: value for name, value in values.items() if value > 0}, text)


def output_bytes(one: NodeFacts) -> int:
    """Bytes of all that a node computes for one example, its inside included."""
    if one.inside:
        return sum(output_bytes(inner) for inner in one.inside.values())
    return 0 if one.type in ("Input", "Output") else sum(map(_size, one.outputs))


def of_measurement(id: str, measured: Mapping[str, object], above: str = "") -> Heat:
    """Heat from a worker's timing; `above` is the path of the drawing shown without the numbers of
    turns, empty for the network.

    Figures of nodes inside blocks and turns are put together at the node that is seen.
    """
    facts = f"{_whole(measured, 'rows')} rows, {_word(measured, 'device')}"
    if id == "time":
        forward, backward = (_figures(measured, side) for side in ("forward", "backward"))
        seconds = [_gathered(side, above, math.fsum) for side in (forward, backward)]
        both = {
            name: seconds[0].get(name, 0.0) + seconds[1].get(name, 0.0)
            for name in {**seconds[0], **seconds[1]}
        }
        return _linear(BY_ID[id], both, time_text, f"{facts}, forward and backward")
    squares = {
        path: value * value if math.isfinite(value) else value
        for path, value in _figures(measured, "gradient").items()
    }
    norms = {name: math.sqrt(value) for name, value in _gathered(squares, above, _sum).items()}
    return _logarithmic(BY_ID[id], norms, facts)


def _linear(
    measure: Measure, values: Mapping[str, float], text: Callable[[float], str], note: str = ""
) -> Heat:
    total, most = math.fsum(values.values()), max(values.values(), default=0.0)
    shares = {name: value / most if most else 0.0 for name, value in values.items()}
    texts = {name: f"{text(value)} · {share_text(value, total)}" for name, value in values.items()}
    return Heat(measure, shares, texts, text(0) if values else "", text(most), note)


def _logarithmic(measure: Measure, values: Mapping[str, float], note: str) -> Heat:
    """Even steps for each power of ten; zero is the least, what is no number the most."""
    logs = {
        name: math.log10(value)
        for name, value in values.items()
        if value > 0 and math.isfinite(value)
    }
    low, high = min(logs.values(), default=0.0), max(logs.values(), default=0.0)
    shares = {}
    for name, value in values.items():
        if name in logs:
            shares[name] = (logs[name] - low) / (high - low) if high > low else 0.5
        else:
            shares[name] = 0.0 if value == 0 else 1.0
    texts = {name: norm_text(value) for name, value in values.items()}
    ends = (norm_text(10**low), norm_text(10**high)) if logs else ("", "")
    return Heat(measure, shares, texts, *ends, f"{note}, scale by powers of ten")


def _gathered(
    figures: Mapping[str, float], above: str, together: Callable[[list[float]], float]
) -> dict[str, float]:
    """The figures of everything below each node of the drawing at a path, put together."""
    groups: dict[str, list[float]] = {}
    for whole, value in figures.items():
        path = _TURN.sub("", whole)
        if above:
            if not path.startswith(f"{above}/"):
                continue
            path = path[len(above) + 1 :]
        name = path.partition("/")[0]
        groups.setdefault(name, []).append(value)
    return {name: together(values) for name, values in groups.items()}


def _sum(values: list[float]) -> float:
    return sum(values)  # unlike fsum, lets infinities and NaN pass


def _figures(measured: Mapping[str, object], field: str) -> dict[str, float]:
    raw = measured.get(field)
    if not isinstance(raw, Mapping) or len(raw) > MOST_NODES:
        raise HeatError(f"The measurement holds no figures for {field}. Measure again.")
    found = {}
    for path, value in raw.items():
        number = float(value) if value in ("nan", "inf") else value
        if not isinstance(path, str) or isinstance(number, bool):
            raise HeatError(f"The measurement's {field} is damaged. Measure again.")
        if not isinstance(number, int | float) or number < 0:
            raise HeatError(f"The measurement's {field} is damaged. Measure again.")
        found[path] = float(number)
    return found


def _whole(measured: Mapping[str, object], field: str) -> int:
    value = measured.get(field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise HeatError(f"The measurement does not say its {field}. Measure again.")
    return value


def _word(measured: Mapping[str, object], field: str) -> str:
    value = measured.get(field)
    if not isinstance(value, str) or len(value) > 100 or not value.isprintable():
        raise HeatError(f"The measurement does not say its {field}. Measure again.")
    return value


def _size(tensor: TensorType) -> int:
    numel = tensor.numel
    return _BYTES.get(tensor.dtype, 4) * numel if isinstance(numel, int) else 0


def count_text(value: float) -> str:
    """`48.1 k`, three figures at most above a thousand."""
    return _scaled(value, (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)), "")


def bytes_text(value: float) -> str:
    """`3.1 kB`, in powers of 1,024."""
    return _scaled(value, (("GB", 2**30), ("MB", 2**20), ("kB", 2**10)), " B")


def time_text(seconds: float) -> str:
    """`12 µs`, `3.4 ms`, `1.2 s`."""
    if seconds == 0:
        return "0 s"
    return _scaled(seconds * 1e6, (("s", 1e6), ("ms", 1e3)), " µs")


def norm_text(value: float) -> str:
    """`0.018`, `3.2e-07`, `not a number`."""
    if math.isnan(value):
        return "not a number"
    return "infinite" if math.isinf(value) else f"{value:.2g}"


def share_text(value: float, total: float) -> str:
    """`61 %` of the whole; `<1 %` rather than nothing."""
    share = 100 * value / total if total else 0.0
    return f"{share:.0f} %" if share >= 1 or share == 0 else "<1 %"


def _scaled(value: float, units: tuple[tuple[str, float], ...], small: str) -> str:
    for unit, size in units:
        if value >= size:
            scaled = value / size
            return f"{scaled:.0f} {unit}" if scaled >= 100 else f"{scaled:.3g} {unit}"
    return f"{value:.3g}{small}"
