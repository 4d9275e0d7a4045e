"""From a drawing to PyTorch: load a project, check its graph, emit its Python, build its module.

    project = graph_compiler.load_project("lenet.nns")  # data only, never runs code
    graph = project.graph("main")                       # networkx.MultiDiGraph
    report = graph_compiler.check_graph(graph)          # problems, shapes, parameters; no torch
    source = graph_compiler.emit(graph)                 # .text and the maps from text to nodes
    model = graph_compiler.compile_graph(graph)         # torch.nn.Module
    costs = graph_compiler.summarize(graph, batch=32)   # work, memory, depth; no torch

A graph can be made by hand as well: nodes carry `type` and `params`, edges may name their ports.

    graph = networkx.MultiDiGraph(name="Net")
    graph.add_node("image", type="Input", params={"shape": (1, 28, 28)})
    graph.add_node("flatten", type="Flatten")
    graph.add_node("scores", type="Linear", params={"out_features": 10})
    graph.add_node("logits", type="Output")
    networkx.add_path(graph, ["image", "flatten", "scores", "logits"])
    model = graph_compiler.compile_graph(graph)

Names are imported when they are first used, so that no part pays for what it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph_compiler.build import TrustNeededError as TrustNeededError
    from graph_compiler.build import compile_graph as compile_graph
    from graph_compiler.checker import check_graph as check_graph
    from graph_compiler.checker import check_project as check_project
    from graph_compiler.emission import EmitError as EmitError
    from graph_compiler.emission import emit as emit
    from graph_compiler.files import FutureVersionError as FutureVersionError
    from graph_compiler.files import ProjectError as ProjectError
    from graph_compiler.files import load_project as load_project
    from graph_compiler.files import parse_project as parse_project
    from graph_compiler.files import project_text as project_text
    from graph_compiler.files import save_project as save_project
    from graph_compiler.safe_io import SaveError as SaveError
    from graph_compiler.summary import summarize as summarize

_HOMES = {
    "EmitError": "emission",
    "FutureVersionError": "files",
    "ProjectError": "files",
    "SaveError": "safe_io",
    "TrustNeededError": "build",
    "check_graph": "checker",
    "check_project": "checker",
    "compile_graph": "build",
    "emit": "emission",
    "load_project": "files",
    "parse_project": "files",
    "project_text": "files",
    "save_project": "files",
    "summarize": "summary",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
