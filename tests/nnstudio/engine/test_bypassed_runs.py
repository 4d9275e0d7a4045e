"""What is bypassed takes no part in a run; kept weights find the others, and it again later."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from graph_compiler import emit
from graph_compiler.files import project_text
from graph_compiler.model import Project
from nnstudio.engine import checkpoints, matching
from nnstudio.engine.loading import load_script
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.probe import probe_request


def bypassed(project: Project, *names: str) -> Project:
    main = project.networks["main"]
    nodes = {name: replace(node, bypassed=name in names) for name, node in main.nodes.items()}
    return replace(project, networks={**project.networks, "main": replace(main, nodes=nodes)})


def deeper(project: Project) -> Project:
    """The small project with one more layer of 16 units."""
    main = project.networks["main"]
    nodes = dict(main.nodes)
    nodes["drop"] = replace(nodes["drop"], type="Linear", params={"out_features": 16})
    return replace(project, networks={"main": replace(main, nodes=nodes)})


def test_a_run_without_the_bypassed_layer_goes_on_with_it(
    runs: Any, project: Callable[..., Project]
) -> None:
    deep = deeper(project(epochs=2))
    run = runs.create(bypassed(deep, "drop", "tanh1"))
    assert "nn.Linear(16, 16)" not in (run / "model.py").read_text()
    assert set(json.loads((run / "map.json").read_text())["modules"]) == {"fc1", "fc2"}
    done = runs.work(run)
    best = done.path / "checkpoints" / "best.safetensors"
    kept = checkpoints.weights(best)
    assert set(kept) == {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}

    whole = runs.create(deep)
    script = load_script(whole)
    model = script.build(script.arguments([])).networks["main"]
    matched = matching.take(model, NodeMap.of_run(whole), kept)
    assert matched.missing == ("drop.weight", "drop.bias")
    assert (len(matched.taken), matched.reshaped, matched.unused) == (4, (), ())

    shown = probe_request(project_text(bypassed(deep, "tanh1")), str(best), 2)
    nodes = {one["node"] for one in shown["operations"] if one["kind"] == "operation"}
    assert nodes == {"fc1", "drop", "fc2"}
    assert shown["weights"]["missing"] == ["drop.weight", "drop.bias"]


def test_the_text_of_a_run_is_that_of_the_export(
    runs: Any, project: Callable[..., Project]
) -> None:
    drawn = bypassed(deeper(project()), "drop")
    run = runs.create(drawn)
    assert (run / "model.py").read_text() == emit(drawn.graph()).text
