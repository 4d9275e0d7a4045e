"""What a layer written in Python makes of its inputs, found out by running it on made-up ones.

Owns the measuring. It happens in a process of its own that whoever asks ends after a while; code
that is not trusted is refused before anything of it is read as code.
"""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import torch
from torch import nn

from graph_compiler.blocks import block_layer
from graph_compiler.checker import check_project
from graph_compiler.code_model import Measured
from graph_compiler.code_reading import signature
from graph_compiler.code_rules import Use, noting, use_key
from graph_compiler.model import Network, Project
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType
from nnstudio.engine.loading import load_model
from nnstudio.engine.service import Refusal
from nnstudio.runs.trust import require

BATCHES = (2, 3)
"""Two sizes of a batch, to tell the batch axis from the others."""
MOST_NUMBERS = 10**8
"""Numbers in the inputs beyond which nothing is computed, only shapes."""
MOST_ROUNDS = 20
MOST_USES = 200
_HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
_KINDS = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}
_SERIAL = count(1)


def measure_request(text: str, layers: Sequence[str]) -> dict[str, Any]:
    """Measures the uses of these layers of a project; of all whose shapes are not stated else.

    `measured` maps a layer to rows as in the project file. Raises `Refusal` and `TrustNeeded`.
    """
    from graph_compiler.files import parse_project

    project = parse_project(text, "project")
    require(project)
    return {"measured": {name: _rows(found) for name, found in measure(project, layers).items()}}


def measure(project: Project, layers: Sequence[str] = ()) -> dict[str, list[Measured]]:
    """What every use of these layers gives, layer by layer; what one gives may feed the next."""
    wanted = {
        name
        for name, network in project.networks.items()
        if network.code is not None
        and (name in layers or (not layers and any(not one.shape for one in network.code.outputs)))
    }
    found: dict[str, dict[str, Measured]] = {name: {} for name in sorted(wanted)}
    classes: dict[str, type[nn.Module]] = {}
    with tempfile.TemporaryDirectory(prefix="nnstudio-") as made:
        for _ in range(MOST_ROUNDS):
            project = _with(project, found)
            new = _uses(project, wanted, found)
            if not new:
                break
            for key, use in new.items():
                network = project.networks[use.layer]
                if use.layer not in classes:
                    classes[use.layer] = _class(network, Path(made))
                found[use.layer][key] = _measured(key, network, classes[use.layer], use)
    for name in layers:
        if name in found and not found[name]:
            raise Refusal(
                f"{name}: expected a use whose inputs are known, got none. "
                "Wire one of its uses up to an Input first."
            )
    return {name: list(rows.values()) for name, rows in found.items()}


def _with(project: Project, found: dict[str, dict[str, Measured]]) -> Project:
    """The project with what is known by now, and nothing of older measurements."""
    networks = dict(project.networks)
    for name, rows in found.items():
        code = networks[name].code
        assert code is not None
        networks[name] = replace(networks[name], code=replace(code, measured=tuple(rows.values())))
    return replace(project, networks=networks)


def _uses(
    project: Project, wanted: set[str], found: dict[str, dict[str, Measured]]
) -> dict[str, Use]:
    """The uses that are not measured yet, by key."""
    with noting() as uses:
        check_project(project)
    new: dict[str, Use] = {}
    for use in uses:
        code = project.networks[use.layer].code
        if use.layer in wanted and code is not None and len(new) < MOST_USES:
            key = use_key(code, vars(use.params), use.inputs)
            if key not in found[use.layer]:
                new.setdefault(key, use)
    return new


def _class(network: Network, folder: Path) -> type[nn.Module]:
    """The class of a text, imported from a file of its own."""
    assert network.code is not None
    file = folder / f"layer_{next(_SERIAL)}.py"
    file.write_text(_HEAD + network.code.text, encoding="utf-8")
    try:
        module = load_model(file)
        found: Any = getattr(module, signature(network.code.text, network.name).class_name)
    except Exception as error:
        raise _refusal(network.name, error, file.stem) from error
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise Refusal(
            f"{network.name}: expected a class that extends nn.Module, got another. "
            "Write class NAME(nn.Module)."
        )
    return found


def _measured(key: str, network: Network, made: type[nn.Module], use: Use) -> Measured:
    code, layer = network.code, block_layer(network)
    assert code is not None
    assert layer.extra is not None
    arguments = dict(vars(use.params))
    worked_out = layer.extra(use.params, None, *use.inputs)
    arguments |= {name: worked_out[f"_{name}"] for name, _ in code.sizes}
    numbers = sum(int(x.numel) for x in use.inputs if x is not None)
    batched = any(x is not None and N in x.shape for x in use.inputs)
    try:
        torch.manual_seed(0)
        with torch.device("meta" if numbers > MOST_NUMBERS else "cpu"), torch.no_grad():
            module = made(**arguments).eval()
            runs = [
                _outputs(module(*_given(use.inputs, batch)))
                for batch in (BATCHES if batched else BATCHES[:1])
            ]
    except Exception as error:
        raise _refusal(network.name, error, made.__module__) from error
    if len(runs[0]) != len(code.outputs):
        raise Refusal(
            f"{network.name}: expected {len(code.outputs)} tensors from forward, as many as there "
            f"are outputs, got {len(runs[0])}. Change the outputs, or what forward returns."
        )
    return Measured(
        key,
        tuple(_type(network.name, [run[place] for run in runs]) for place in range(len(runs[0]))),
        tuple(
            (name, tuple(weight.shape))
            for name, weight in module.named_parameters()
            if weight.requires_grad
        ),
    )


def _given(inputs: Sequence[TensorType | None], batch: int) -> list[torch.Tensor | None]:
    """Made-up values of these types; missing ones at the end are left out."""
    found: list[torch.Tensor | None] = []
    for x in inputs:
        if x is None:
            found.append(None)
            continue
        shape = [batch if size is N else int(size) for size in x.shape]
        dtype = _KINDS[x.dtype]
        found.append(torch.randn(shape) if x.dtype == "float" else torch.zeros(shape, dtype=dtype))
    while found and found[-1] is None:
        found.pop()
    return found


def _outputs(result: Any) -> list[torch.Tensor]:
    values = list(result) if isinstance(result, tuple | list) else [result]
    for value in values:
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"forward returns a {type(value).__name__} where a tensor is expected")
    return values


def _type(name: str, runs: list[torch.Tensor]) -> tuple[tuple[int | str, ...], str]:
    """Shape and kind of an output; an axis that grows with the batch is the batch."""
    shapes = [tuple(run.shape) for run in runs]
    kind = "float" if runs[0].is_floating_point() else "int"
    kind = "bool" if runs[0].dtype == torch.bool else kind
    if len(shapes) == 1:
        return shapes[0], kind
    sizes: list[int | str] = []
    for one, two in zip(*shapes, strict=False):
        if one == two:
            sizes.append(one)
        elif (one, two) == BATCHES:
            sizes.append("N")
        else:
            sizes = []
            break
    if len(sizes) != len(shapes[0]) or len(shapes[0]) != len(shapes[1]):
        raise Refusal(
            f"{name}: expected sizes that do not depend on the batch, got {shapes[0]} for a "
            f"batch of {BATCHES[0]} and {shapes[1]} for one of {BATCHES[1]}. Keep the batch axis."
        )
    return tuple(sizes), kind


def _refusal(name: str, error: Exception, module: str) -> Refusal:
    """What the text raised, with the line of the text."""
    lines = [
        frame.lineno or 0
        for frame in traceback.extract_tb(error.__traceback__)
        if module.endswith(Path(frame.filename).stem)
    ]
    line = (lines[-1] if lines else getattr(error, "lineno", 0) or 0) - _HEAD.count("\n")
    where = f" in line {line}" if line > 0 else ""
    said = " ".join(str(error).split())[:300] or "no reason given"
    return Refusal(f"{name}: {type(error).__name__}{where}: {said}")


def _rows(found: list[Measured]) -> list[dict[str, Any]]:
    """The form of the project file."""
    return [
        {
            "key": one.key,
            "outputs": [{"shape": list(shape), "dtype": dtype} for shape, dtype in one.outputs],
            "weights": {name: list(shape) for name, shape in one.weights},
        }
        for one in found
    ]
