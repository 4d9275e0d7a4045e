"""Writes docs/layers from the layers themselves: `python scripts/layer_docs.py [FOLDER]`.

One page a family. Shapes and counts come from the check of each layer's own examples, the code from
the emitter; nothing here is written by hand, and a test holds the pages against the layers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

from graph_compiler import check_graph, emit
from graph_compiler.layer import Example, Layer, Param
from graph_compiler.registry import layers
from graph_compiler.resolve import expected, resolve

HOME = Path(__file__).parent.parent / "docs" / "layers"
_NODE = "layer"


def pages() -> dict[str, str]:
    """File name to text, for every page."""
    families: dict[str, list[tuple[str, Layer]]] = {}
    for name, layer in layers().items():
        families.setdefault(layer.family, []).append((name, layer))
    made = {
        f"{family}.md": "\n".join(_page(family, entries)) + "\n"
        for family, entries in families.items()
    }
    return {"README.md": "\n".join(_index(families)) + "\n", **made}


def _index(families: dict[str, list[tuple[str, Layer]]]) -> Iterator[str]:
    yield "# Layers"
    yield ""
    count = sum(len(entries) for entries in families.values())
    yield f"{count} layers in {len(families)} families. Made from the layers by `make docs`."
    yield ""
    yield "| family | layers |"
    yield "|---|---|"
    for family, entries in sorted(families.items()):
        links = ", ".join(f"[{name}]({family}.md#{name.lower()})" for name, _ in entries)
        yield f"| [{family}]({family}.md) | {links} |"


def _page(family: str, entries: list[tuple[str, Layer]]) -> Iterator[str]:
    yield f"# {family.capitalize()}"
    for name, layer in entries:
        yield ""
        yield f"## {name}"
        yield ""
        yield f"**{layer.title}.** {layer.doc}"
        if layer.formula:
            yield ""
            yield f"`{layer.formula}`"
        if layer.params:
            yield ""
            yield "| parameter | default | allowed | meaning |"
            yield "|---|---|---|---|"
            for param in layer.params:
                cells = (f"`{param.name}`", _default(param), expected(param), _meaning(param))
                yield f"| {' | '.join(map(_cell, cells))} |"
        yield from _ports(layer)
        yield from _examples(name, layer)
        if layer.paper:
            yield ""
            yield f"Paper: {layer.paper}."


def _default(param: Param) -> str:
    return "empty" if param.default is None else f"`{param.default!r}`"


def _meaning(param: Param) -> str:
    label = f"{param.label}: " if param.label and param.label != param.name else ""
    return f"{label}{param.doc}" + (f" ({param.unit})" if param.unit else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _ports(layer: Layer) -> Iterator[str]:
    if layer.inputs:
        yield ""
    for port in layer.inputs:
        notes = ["any number of wires"] * port.many + ["optional"] * port.optional
        note = f" ({', '.join(notes)})" if notes else ""
        yield f"- in `{port.name}`{note}: {port.doc}"
    if len(layer.outputs) > 1:
        yield f"- out {', '.join(f'`{name}`' for name in layer.outputs)}"


def _examples(name: str, layer: Layer) -> Iterator[str]:
    if name in ("Input", "Output") or not layer.examples:
        return
    yield ""
    yield "| example | input | output | parameters | multiply-accumulates |"
    yield "|---|---|---|---|---|"
    for example in layer.examples:
        graph = _graph(name, layer, example)
        facts = check_graph(graph).nodes[_NODE]
        given = ", ".join(f"{key}={value!r}" for key, value in example.params.items()) or "defaults"
        inputs = ", ".join(str(x) for x in facts.inputs) or "none"
        outputs = ", ".join(str(y) for y in facts.outputs)
        yield f"| {_cell(given)} | {inputs} | {outputs} | {facts.parameters:,} | {facts.macs:,} |"
    yield ""
    yield "```python"
    yield from _code(_graph(name, layer, layer.examples[0]))
    yield "```"


def _code(graph: nx.MultiDiGraph) -> Iterator[str]:
    """The class of the network alone."""
    lines = emit(graph, "Example").text.splitlines()
    yield from lines[lines.index("class Example(nn.Module):") :]


def _graph(name: str, layer: Layer, example: Example) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(name="Example")
    graph.add_node(_NODE, type=name, params=dict(example.params))
    last = len(layer.inputs) - 1
    wired = 0
    for number, shape in enumerate(example.inputs):
        if shape is None or not layer.inputs:
            continue
        port = layer.inputs[min(number, last)]
        target = f"{port.name}{number - last + 1}" if port.many else port.name
        dtype = example.dtypes[number] if number < len(example.dtypes) else port.dtype
        kind = dtype if dtype in ("float", "int", "bool") else "float"
        source = "x" if len(example.inputs) == 1 else f"x{number + 1}"
        graph.add_node(source, type="Input", params={"shape": shape, "dtype": kind})
        graph.add_edge(source, _NODE, source_port="output", target_port=target)
        wired += 1
    if not wired:
        graph.add_node("x", type="Input", params={"shape": (1,)})
        graph.add_node("unchanged", type="Output")
        graph.add_edge("x", "unchanged", source_port="output", target_port="input")
    params, _ = resolve(example.params, layer, {})
    for port_name in layer.ports_out(params):
        graph.add_node(f"y_{port_name}", type="Output")
        graph.add_edge(_NODE, f"y_{port_name}", source_port=port_name, target_port="input")
    return graph


def main() -> None:
    """Writes the pages and removes those of families that are gone."""
    home = Path(sys.argv[1]) if len(sys.argv) > 1 else HOME
    home.mkdir(parents=True, exist_ok=True)
    made = pages()
    for path in home.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (home / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
