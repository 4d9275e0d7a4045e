"""What another thread reads does not change with the document."""

from __future__ import annotations

from dataclasses import fields

from graph_compiler.files import project_text
from nnstudio.app.snapshot import snapshot
from nnstudio.document.templates import load_target


def test_no_dictionary_is_shared_with_the_document() -> None:
    project = load_target("template:resnet@50")
    taken = snapshot(project)
    text = project_text(project)
    assert project_text(taken) == text
    shared = []
    for one, other in ((project, taken), *zip(
        project.networks.values(), taken.networks.values(), strict=True
    )):  # fmt: skip
        for field in fields(one):
            value = getattr(one, field.name)
            if isinstance(value, dict) and value is getattr(other, field.name):
                shared.append(f"{type(one).__name__}.{field.name}")
    assert shared == []
    for network in project.networks.values():
        network.nodes.clear()
        network.wires.clear()
    project.networks.clear()
    assert project_text(taken) == text
