"""Steps on layers written in Python: each undoes exactly, wires follow, nothing runs."""

from __future__ import annotations

import pytest

from graph_compiler import parse_project, project_text
from graph_compiler.code_model import CodeOutput, CodePort, Measured
from graph_compiler.model import DataSource, Network, Node, Project, Variable, Wire
from nnstudio.document import comparing, steps
from nnstudio.document.clipboard import copy_text
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.sources import NO_DATA
from nnstudio.runs.trust import is_trusted


@pytest.fixture
def document() -> Document:
    """An input, a new Python layer, an output."""
    main = Network("main")
    main.nodes = {"image": Node("image", "Input", {"shape": (4,)}), "out": Node("out", "Output")}
    made = Document(Project("Scaling", networks={"main": main}, data=DataSource(NO_DATA)))
    made.do(steps.add_code_layer(made, "swell"))
    made.do(steps.add_layer(made, "main", "Swell", (0, 0)))
    (node,) = [one.name for one in main.nodes.values() if one.type == "Swell"]
    made.do(steps.connect(made, "main", Wire("image", "output", node, "x")))
    made.do(steps.connect(made, "main", Wire(node, "y", "out", "input")))
    return made


def node_of(document: Document) -> Node:
    (node,) = [n for n in document.network("main").nodes.values() if n.type == "Swell"]
    return node


def test_a_new_layer_works_at_once(document: Document) -> None:
    assert document.report("main").problems == ()
    assert document.report("Swell").problems == ()
    source = document.source("main")
    assert source is not None
    assert "class Swell(nn.Module):" in source.text
    facts = document.facts("main", node_of(document).name)
    assert facts is not None
    assert (str(facts.outputs[0]), facts.parameters) == ("N×4", 1)


def test_a_fault_is_a_problem_of_the_layer_and_of_its_uses(document: Document) -> None:
    document.do(steps.set_code_text(document, "Swell", "class Swell(nn.Module)\n    pass\n"))
    (fault,) = document.report("Swell").problems
    assert (
        fault.text
        == "code: expected Python, got a mistake (expected ':') in line 1. Correct line 1."
    )
    node = node_of(document).name
    assert document.problems("main", node)[0].code == "bad_code"
    assert document.source("main") is None
    document.undo()
    assert document.report("main").ok
    assert document.report("Swell").problems == ()


def test_typing_is_one_step_of_undo(document: Document) -> None:
    before = document.project.networks["Swell"].code
    assert before is not None
    for text in ("a", "ab", "abc"):
        document.do(steps.set_code_text(document, "Swell", text), gesture="typing")
    document.undo()
    assert document.project.networks["Swell"].code == before


def test_every_step_undoes_exactly(document: Document) -> None:
    start = project_text(document.project)
    measured = Measured("0" * 64, ((("N", 4), "float"),))
    for make in (
        lambda: steps.set_code_inputs(document, "Swell", (CodePort("z"),)),
        lambda: steps.set_code_outputs(document, "Swell", (CodeOutput("w", "z"),)),
        lambda: steps.set_code_sizes(document, "Swell", (("n", "z[0]"),)),
        lambda: steps.set_code_weights(document, "Swell", ()),
        lambda: steps.keep_measured(document, {"Swell": (measured,)}),
        lambda: steps.add_block_param(document, "Swell", Variable("more", 2)),
        lambda: steps.rename_drawing(document, "Swell", "Stretch"),
    ):
        document.do(make())
    end = project_text(document.project)
    while document.undo_text.startswith(("Change", "Measure", "Add more", "Rename Swell")):
        document.undo()
    assert project_text(document.project) == start
    while document.can_redo:
        document.redo()
    assert project_text(document.project) == end


def test_wires_follow_a_port_to_its_new_name_and_go_with_it(document: Document) -> None:
    node = node_of(document).name
    document.do(steps.set_code_inputs(document, "Swell", (CodePort("z"),)))
    document.do(steps.set_code_outputs(document, "Swell", (CodeOutput("w", "z"),)))
    wires = document.network("main").wires
    assert Wire("image", "output", node, "z") in wires
    assert Wire(node, "w", "out", "input") in wires
    two = (CodePort("a"), CodePort("b"))
    document.do(steps.set_code_inputs(document, "Swell", two))
    assert Wire("image", "output", node, "z") not in document.network("main").wires


def test_matching_takes_ports_and_parameters_from_the_signatures(document: Document) -> None:
    text = (
        "class Swell(nn.Module):\n"
        "    def __init__(self, width: int, rate: float = 0.5, kind: str = 'a', other=print):\n"
        "        super().__init__()\n\n"
        "    def forward(self, x, mask=None):\n        return x\n"
    )
    document.do(steps.set_code_text(document, "Swell", text))
    document.do(steps.match_code(document, "Swell"))
    layer = document.project.networks["Swell"]
    assert layer.code is not None
    assert [port.name for port in layer.code.inputs] == ["x", "mask"]
    assert {name: one.value for name, one in (layer.params or {}).items()} == {
        "width": 1,
        "rate": 0.5,
        "kind": "a",
    }


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (
            lambda d: steps.set_code_text(d, "main", "x"),
            "main is drawn, not written in Python.",
        ),
        (
            lambda d: steps.set_code_inputs(d, "Swell", (CodePort("a"), CodePort("a"))),
            "There is already the input “a”. Choose another name.",
        ),
        (
            lambda d: steps.set_code_inputs(d, "Swell", (CodePort("not a name"),)),
            "Names consist of letters, digits and _; texts have no control characters and at most "
            "10,000 characters a line.",
        ),
        (
            lambda d: steps.add_layer(d, "Swell", "ReLU", (0, 0)),
            "Swell is written in Python and holds no nodes.",
        ),
        (
            lambda d: steps.ungroup(d, "main", node_of(d).name),
            "swell1 is written in Python. Only what is drawn can be ungrouped.",
        ),
    ],
)
def test_what_cannot_be_is_refused(document: Document, make, reason: str) -> None:
    before = project_text(document.project)
    with pytest.raises(Refused) as refusal:
        document.do(make(document))
    assert refusal.value.reason == reason
    assert project_text(document.project) == before


def test_pasted_nodes_bring_their_text_and_no_trust(document: Document) -> None:
    name = node_of(document).name
    other = Document(Project("Other", networks={"main": Network("main")}))
    start = project_text(other.project)
    other.do(steps.paste(other, "main", copy_text(document, "main", ["image", name])))
    assert other.project.networks["Swell"].code == document.project.networks["Swell"].code
    assert not any(p.code == "unknown_type" for p in other.report("main").problems)
    assert not is_trusted(other.project)
    other.undo()
    assert project_text(other.project) == start


def test_a_comparison_knows_the_text(document: Document) -> None:
    before = parse_project(project_text(document.project), "x")
    document.do(
        steps.set_code_text(document, "Swell", "class Swell(nn.Module):\n    forward = None\n")
    )
    rows = [str(one.what) for one in comparing.compare(before, document.project)]
    assert rows == ["Python"]


def test_a_copy_of_a_layer_is_a_layer_of_its_own(document: Document) -> None:
    document.do(steps.duplicate_drawing(document, "Swell"))
    assert document.project.networks["Swell2"].code == document.project.networks["Swell"].code
    assert document.report("Swell2").problems == ()
