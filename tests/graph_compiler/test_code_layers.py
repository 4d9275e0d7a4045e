"""Layers written in Python in the project: read, checked, kept and emitted, and never run there."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest
import torch
from torch import nn

import graph_compiler
from graph_compiler.code_model import Code, CodeOutput, CodePort, Measured
from graph_compiler.code_rules import use_key
from graph_compiler.model import Network, Node, Project, Variable, Wire
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

GATE = '''\
"""A gate."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn


def scale(x):
    return x * math.sqrt(2)


class Gate(nn.Module):
    """Half of the features gate the others."""

    def __init__(self, in_features: int, out_features: int = 8, beta: float = 1.0):
        super().__init__()
        self.linear = nn.Linear(in_features, 2 * out_features)
        self.beta = beta

    def forward(self, x):
        a, b = self.linear(x).chunk(2, dim=-1)
        return scale(a) * F.silu(self.beta * b)
'''
GATE_CODE = Code(
    GATE,
    (CodePort("x", doc="features"),),
    (CodeOutput("y", "x[:-1], out_features"),),
    (("in_features", "x[-1]"),),
    (("linear.weight", "2 * out_features, x[-1]"), ("linear.bias", "2 * out_features")),
)
GATE_PARAMS = {"out_features": Variable("out_features", 8), "beta": Variable("beta", 1.0)}


def block(name: str, code: Code, params: dict[str, Variable] | None = None) -> Network:
    return Network(name, params=params if params is not None else {}, code=code)


def plain(text: str, **more: object) -> Code:
    """A text with one input and one output of its shape."""
    return replace(Code(text), **more)  # type: ignore[arg-type]


def chain(*blocks: Network, nodes: tuple[Node, ...] = (), title: str = "Net") -> Project:
    """An input of ten numbers, one node of each block, an output."""
    inside = nodes or tuple(Node(f"n{i}", one.name) for i, one in enumerate(blocks))
    main = Network("main")
    row = [Node("image", "Input", {"shape": (10,)}), *inside, Node("out", "Output")]
    main.nodes = {node.name: node for node in row}
    by_name = {one.name: one for one in blocks}
    for before, after in pairwise(row):
        source = by_name.get(before.type)
        target = by_name.get(after.type)
        outlet = source.code.outputs[0].name if source and source.code else "output"
        inlet = target.code.inputs[0].name if target and target.code else "input"
        main.wires[Wire(before.name, outlet, after.name, inlet)] = None
    return Project(title, networks={"main": main, **by_name})


def problems(project: Project) -> list[str]:
    report = graph_compiler.check_graph(project.graph("main"))
    return [problem.text for problem in report.problems if problem.severity == "error"]


def gate_project() -> Project:
    node = Node("gate", "Gate", {"out_features": "hidden"})
    project = chain(block("Gate", GATE_CODE, GATE_PARAMS), nodes=(node,))
    project.variables["hidden"] = Variable("hidden", 16)
    return project


# what is known without running


def test_a_stated_rule_gives_shapes_and_weights() -> None:
    report = graph_compiler.check_graph(gate_project().graph("main"))
    assert report.ok
    assert str(report.nodes["gate"].outputs[0]) == "N×16"
    assert report.nodes["gate"].parameters == 32 * 10 + 32


def test_the_text_stands_in_the_file_as_written_and_runs_only_with_trust() -> None:
    graph = gate_project().graph("main")
    source = graph_compiler.emit(graph)
    kept = GATE.partition("from torch import nn\n")[2].strip("\n")
    assert f"\n\n\n{kept}\n\n\n" in source.text
    head = source.text.partition("\n\n\n")[0]
    assert head == (
        '"""A network emitted by NN Studio.\n\nNet\n"""\n\n'
        "from __future__ import annotations\n\nimport math\n\n"
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n"
        '__all__ = ["Net"]'
    )
    span = source.custom["Gate"]
    assert source.text.splitlines()[span.line - 1] == "def scale(x):"
    with pytest.raises(graph_compiler.TrustNeededError) as refusal:
        graph_compiler.compile_graph(graph)
    assert str(refusal.value) == (
        "Gate: expected trust in Python that came with the project, got none. "
        "Read it, and say trust=True if it may run."
    )


def test_emitted_code_computes_what_the_text_says_and_gradients_flow() -> None:
    module = graph_compiler.compile_graph(gate_project().graph("main"), trust=True).double()
    x = torch.randn(5, 10, dtype=torch.float64, requires_grad=True)
    (weight, bias) = module.parameters()
    a, b = nn.functional.linear(x, weight, bias).chunk(2, dim=-1)
    expected = a * 2**0.5 * b * torch.sigmoid(b)
    y = module(x)
    torch.testing.assert_close(y, expected, rtol=1e-12, atol=1e-12)
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())


def test_a_size_follows_the_variable_in_the_emitted_class() -> None:
    project = gate_project()
    twice = Network("main", nodes=dict(project.networks["main"].nodes))
    twice.nodes["again"] = Node("again", "Gate", {"beta": 0.5})
    twice.wires = {
        Wire("image", "output", "gate", "x"): None,
        Wire("gate", "y", "again", "x"): None,
        Wire("again", "y", "out", "input"): None,
    }
    project.networks["main"] = twice
    text = graph_compiler.emit(project.graph("main")).text
    assert "Gate(in_features=10, out_features=hidden)" in text
    assert "Gate(in_features=hidden, beta=0.5)" in text


def test_several_inputs_and_outputs() -> None:
    text = (
        "class Mix(nn.Module):\n"
        "    def forward(self, a, b=None):\n"
        "        return a if b is None else a + b, a.flatten(1)\n"
    )
    code = Code(
        text,
        (CodePort("a"), CodePort("b", optional=True)),
        (CodeOutput("both", "a"), CodeOutput("flat", "a[0] * a[1]")),
    )
    graph = chain(block("Mix", code)).graph("main")
    graph.nodes["image"]["params"] = {"shape": (2, 3)}
    report = graph_compiler.check_graph(graph)
    assert [str(y) for y in report.nodes["n0"].outputs] == ["N×2×3", "N×6"]
    module = graph_compiler.compile_graph(graph, trust=True)
    assert module(torch.randn(4, 2, 3)).shape == (4, 2, 3)


def test_a_layer_inside_a_block_that_repeats() -> None:
    inner = Network("Pair", params={})
    inner.nodes = {
        "x": Node("x", "Input", {"shape": (10,)}),
        "gate": Node("gate", "Gate", {"out_features": 10}),
        "y": Node("y", "Output"),
    }
    inner.wires = {Wire("x", "output", "gate", "x"): None, Wire("gate", "y", "y", "input"): None}
    project = chain(block("Gate", GATE_CODE, GATE_PARAMS))
    project.networks["Pair"] = inner
    main = Network("main")
    main.nodes = {
        "image": Node("image", "Input", {"shape": (10,)}),
        "rows": Node("rows", "Pair", repeat=3),
        "out": Node("out", "Output"),
    }
    main.wires = {
        Wire("image", "output", "rows", "x"): None,
        Wire("rows", "y", "out", "input"): None,
    }
    project.networks["main"] = main
    graph = project.graph("main")
    assert graph_compiler.check_graph(graph).nodes["rows"].parameters == 3 * (20 * 10 + 20)
    module = graph_compiler.compile_graph(graph, trust=True)
    assert sum(p.numel() for p in module.parameters()) == 3 * (20 * 10 + 20)
    assert module(torch.randn(2, 10)).shape == (2, 10)


def test_nobody_claims_that_a_network_with_such_a_layer_is_linear() -> None:
    from graph_compiler.model import DataFacts, Purpose

    nodes = (Node("gate", "Gate"), Node("fc", "Linear", {"out_features": 2}))
    graph = chain(block("Gate", GATE_CODE, GATE_PARAMS), nodes=nodes).graph("main")
    graph.nodes["image"]["params"] = {"shape": (2,)}
    purpose = Purpose(DataFacts("spirals", (2,), "class", 2))
    assert graph_compiler.check_graph(graph, purpose).problems == ()


# names


def test_the_work_of_python_is_unknown_wherever_it_stands() -> None:
    project = gate_project()
    report = graph_compiler.check_project(project)["main"]
    assert report.uncounted == ("Gate",)
    assert report.as_json()["macs_unknown"] == ["Gate"]
    assert graph_compiler.summarize(project.graph()).uncounted == ("Gate",)
    inner = Network("Around", params={})
    inner.nodes = {
        "a": Node("a", "Input", {"shape": (10,)}),
        "gate": Node("gate", "Gate"),
        "b": Node("b", "Output"),
    }
    inner.wires = {
        Wire("a", "output", "gate", "x"): None,
        Wire("gate", "y", "b", "input"): None,
    }
    main = project.networks["main"]
    (name,) = (name for name, node in main.nodes.items() if node.type == "Gate")
    main.nodes[name] = Node(name, "Around")
    main.wires = {
        Wire("image", "output", name, "a"): None,
        Wire(name, "b", "out", "input"): None,
    }
    project.networks["Around"] = inner
    assert graph_compiler.check_project(project)["main"].uncounted == ("Gate",)
    del main.wires[Wire(name, "b", "out", "input")], main.nodes[name]
    assert graph_compiler.check_project(project)["main"].uncounted == ()


def test_equal_names_of_two_texts_are_kept_apart() -> None:
    other = replace(GATE_CODE, text=GATE.replace("sqrt(2)", "sqrt(3)"))
    blocks = (block("Gate", GATE_CODE, GATE_PARAMS), block("Other", other, GATE_PARAMS))
    graph = chain(*blocks, title="Gate").graph("main")
    text = graph_compiler.emit(graph).text
    assert text.count("import math") == 1
    assert "class GateNetwork(nn.Module):" in text
    assert "def scale2(x):\n    return x * math.sqrt(3)" in text
    assert "return scale2(a) * F.silu(self.beta * b)" in text
    module = graph_compiler.compile_graph(graph, trust=True)
    assert module(torch.randn(3, 10)).shape == (3, 8)


def test_equal_texts_stand_once() -> None:
    blocks = (block("Gate", GATE_CODE, GATE_PARAMS), block("Other", GATE_CODE, GATE_PARAMS))
    text = graph_compiler.emit(chain(*blocks).graph("main")).text
    assert text.count("class Gate(nn.Module):") == 1
    assert text.count("Gate(in_features=8)") + text.count("Gate(in_features=10)") == 2


def test_names_of_the_file_and_of_python_are_not_taken_away() -> None:
    text = (
        "def F(x):\n    return x + 1\n\n\ndef range(x):\n    return x\n\n\n"
        "class Shift(nn.Module):\n    def forward(self, x):\n        return range(F(x))\n"
    )
    graph = chain(block("Shift", plain(text))).graph("main")
    emitted = graph_compiler.emit(graph).text
    assert "return range2(F2(x))" in emitted
    assert graph_compiler.compile_graph(graph, trust=True)(torch.zeros(2, 10)).sum() == 20


def test_a_name_that_cannot_be_kept_apart_is_refused_with_its_name() -> None:
    text = (
        "def scale(x):\n    return x\n\n\n"
        "class Same(nn.Module):\n    def forward(self, x):\n        scale = 2\n"
        "        return x * scale\n"
    )
    blocks = (block("Gate", GATE_CODE, GATE_PARAMS), block("Same", plain(text)))
    with pytest.raises(graph_compiler.EmitError) as refusal:
        graph_compiler.emit(chain(*blocks).graph("main"))
    assert str(refusal.value) == (
        "Same.code: expected names that nothing else in the emitted file has, got scale. "
        "Open Same and rename scale."
    )


# what is wrong with a text

WRONG = {
    "class Bad(nn.Module):\n    def forward(self, x)\n        return x\n": (
        "expected Python, got a mistake (expected ':') in line 2. Open Bad. Correct line 2."
    ),
    "def f(x):\n    return x\n": (
        "expected a class Bad, got none. Open Bad. "
        "Write class Bad(nn.Module), with __init__ and forward."
    ),
    "class Bad:\n    def forward(self, x):\n        return x\n": (
        "expected a class that extends nn.Module, got class Bad in line 1. "
        "Open Bad. Write class Bad(nn.Module)."
    ),
    "class Bad(nn.Module):\n    pass\n": (
        "expected a method forward, got none in class Bad in line 1. "
        "Open Bad. Write def forward(self, x)."
    ),
    "from torch import *\n\n\nclass Bad(nn.Module):\n    def forward(self, x):\n        pass\n": (
        "expected the names that are imported, got a star in line 1. Open Bad. Name each one."
    ),
    "from .a import b\n\n\nclass Bad(nn.Module):\n    def forward(self, x):\n        return x\n": (
        "expected imports by full names, got one from a file beside in line 1. "
        "Open Bad. Copy what it holds into this text."
    ),
    "class Bad(nn.Module):\n    def __init__(self, size):\n        super().__init__()\n\n"
    "    def forward(self, x):\n        return x\n": (
        "expected a value for the argument size of Bad, got none. "
        "Open Bad. Add a parameter size, a size of that name, or give it a default."
    ),
    "class Bad(nn.Module):\n    def forward(self, x, y):\n        return x\n": (
        "expected 2 inputs, which forward of Bad takes, got 1. "
        "Open Bad. Add or remove inputs, or change forward."
    ),
    "class Bad(nn.Module):\n    # \u202e hidden\n    def forward(self, x):\n        return x\n": (
        "expected characters that can be seen, got the character U+202E in line 2. "
        "Open Bad. Use spaces instead."
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_text_is_a_problem_with_its_line(text: str) -> None:
    assert problems(chain(block("Bad", plain(text)))) == [f"n0.code: {WRONG[text]}"]


def test_the_drawing_of_the_layer_says_the_same() -> None:
    from graph_compiler.checker import Checker

    bad = block("Bad", plain("class Bad(nn.Module)\n    pass\n"))
    (found,) = Checker(bad, {}, None, {"Bad": bad}).report().problems
    assert found.code == "bad_code"
    assert (
        found.text
        == "code: expected Python, got a mistake (expected ':') in line 1. Correct line 1."
    )


def test_a_parameter_that_the_constructor_does_not_take() -> None:
    params = {**GATE_PARAMS, "gamma": Variable("gamma", 1)}
    assert problems(chain(block("Gate", GATE_CODE, params))) == [
        "n0.code: expected arguments of Gate: in_features, out_features, beta, got the parameter "
        "gamma. Open Gate. Add gamma to __init__, or remove the parameter."
    ]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (
            "x[",
            "n0.code: expected an expression for the shape of y, got broken syntax at column 2. "
            "Open Gate. Check brackets and commas.",
        ),
        (
            "width",
            "n0.code: expected names of inputs and parameters in the shape of y, got width. "
            "Open Gate. Use beta, out_features, x.",
        ),
        (
            "x[3]",
            "n0.y: expected a rule that can be worked out, got the index 3 in x[3]. "
            "Use an index from 0 to 0. The rule stands in Gate.",
        ),
        (
            "x[0] / 2",
            "n0.y: expected whole sizes of at least 0, got 5.0 from the rule x[0] / 2. "
            "Open Gate and correct the rule.",
        ),
        (
            "__import__('os')",
            "n0.code: expected an expression for the shape of y, got a call at column 1. "
            "Open Gate. Use arithmetic, comparison, `a if c else b`, indexing, min, max and len.",
        ),
        (
            "x[0] * 10**14",
            "n0.y: expected at most 1,000,000,000,000 numbers in one example, "
            "got 1,000,000,000,000,000. Open Gate and correct the rule.",
        ),
    ],
)
def test_a_wrong_rule_is_a_problem(rule: str, text: str) -> None:
    code = replace(GATE_CODE, outputs=(CodeOutput("y", rule),))
    assert problems(chain(block("Gate", code, GATE_PARAMS))) == [text]


# shapes that the worker measures


def measured(code: Code, params: dict[str, object], shape: tuple[object, ...]) -> Measured:
    key = use_key(code, params, [TensorType((N, 10))])
    return Measured(key, ((("N", *shape), "float"),), (("linear.weight", (16, 10)),))  # type: ignore[arg-type]


def test_a_shape_is_unknown_until_measured_and_again_when_the_code_changes() -> None:
    asking = replace(GATE_CODE, outputs=(CodeOutput("y"),))
    unknown = "n0.y: expected a shape, got {}. Have it measured, or state a rule in Gate."
    assert problems(chain(block("Gate", asking, GATE_PARAMS))) == [unknown.format("none yet")]

    known = replace(asking, measured=(measured(asking, {"out_features": 8, "beta": 1.0}, (8,)),))
    project = chain(block("Gate", known, GATE_PARAMS))
    report = graph_compiler.check_graph(project.graph("main"))
    assert report.ok
    assert str(report.nodes["n0"].outputs[0]) == "N×8"
    assert report.nodes["n0"].parameters == 160
    assert "(N, 8)" in graph_compiler.emit(project.graph("main")).text

    stale = "one measured for other code, inputs or parameters"
    changed = replace(known, text=GATE + "\n")
    assert problems(chain(block("Gate", changed, GATE_PARAMS))) == [unknown.format(stale)]
    project.networks["main"].nodes["image"] = Node("image", "Input", {"shape": (11,)})
    assert problems(project) == [unknown.format(stale)]


def test_a_stated_rule_that_the_worker_contradicts_is_a_problem() -> None:
    wrong = replace(
        GATE_CODE, measured=(measured(GATE_CODE, {"out_features": 8, "beta": 1.0}, (9,)),)
    )
    assert problems(chain(block("Gate", wrong, GATE_PARAMS))) == [
        "n0.y: expected N×8, as Gate states, got N×9, as the worker has measured. "
        "Correct the rule, or the code."
    ]


# files, and code that means harm


def test_the_file_keeps_the_text_line_by_line() -> None:
    project = gate_project()
    asked = replace(
        GATE_CODE,
        inputs=(CodePort("x", (2, 4), "number", True, "what goes in"),),
        outputs=(CodeOutput("y", "", "int"),),
        measured=(Measured("0" * 64, ((("N", 3), "int"),), (("w", (2, 3)),)),),
    )
    project.networks["Gate"] = block("Gate", asked, GATE_PARAMS)
    text = graph_compiler.project_text(project)
    again = graph_compiler.parse_project(text, "gate.nns")
    assert again.networks["Gate"] == project.networks["Gate"]
    assert graph_compiler.project_text(again) == text
    for line in GATE.splitlines():
        if '"' not in line and line:
            assert f'          "{line}",\n' in text


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ('"text": "class A: pass"', "networks.Gate.code.text"),
        ('"text": ["a\\nb"]', "one line of code"),
        ('"text": [], "run": true', "networks.Gate.code.run"),
        ('"text": [], "outputs": {"y": {"dtype": "object"}}', "outputs.y.dtype"),
        ('"text": [], "measured": [{"key": "x", "outputs": []}]', "measured.0.key"),
    ],
)
def test_a_broken_entry_is_refused_in_one_sentence(field: str, words: str) -> None:
    text = (
        '{"format": "nnstudio", "version": 3, "name": "x", "networks": '
        f'{{"main": {{}}, "Gate": {{"params": {{}}, "code": {{{field}}}}}}}}}'
    )
    with pytest.raises(graph_compiler.ProjectError) as refusal:
        graph_compiler.parse_project(text, "gate.nns")
    assert words in str(refusal.value)


def test_nothing_of_a_text_runs_when_it_is_opened_checked_or_exported(tmp_path: Path) -> None:
    mark = tmp_path / "it ran"
    text = (
        f"import pathlib\n\npathlib.Path({str(mark)!r}).touch()\n\n\n"
        "class Evil(nn.Module):\n"
        f"    pathlib.Path({str(mark)!r}).touch()\n\n"
        f"    def forward(self, x, n=pathlib.Path({str(mark)!r}).touch()):\n"
        "        return x\n"
    )
    project = chain(block("Evil", plain(text)))
    file = tmp_path / "evil.nns"
    graph_compiler.save_project(project, file)
    opened = graph_compiler.load_project(file)
    graph = opened.graph("main")
    assert graph_compiler.check_graph(graph).ok
    assert "class Evil(nn.Module):" in graph_compiler.emit(graph).text
    graph_compiler.summarize(graph)
    with pytest.raises(graph_compiler.TrustNeededError):
        graph_compiler.compile_graph(graph)
    assert not mark.exists()
    assert graph_compiler.compile_graph(graph, trust=True)(torch.zeros(1, 10)).shape == (1, 10)
    assert mark.exists()


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000,
        "-" * 90_000 + "1",
        "x" * 200_000,
        "class Evil(nn.Module):\n" + "    # a\n" * 10_000,
        "# coding: utf-7\nclass Evil(nn.Module):\n    def forward(self, x):\n        pass\n",
        '"""',
        "class Evil(nn.Module):\n    def forward(self, x):\n        return x\n\x00",
        "lambda: (yield)",
        "f'{'",
    ],
)
def test_a_strange_text_never_raises(text: str) -> None:
    project = chain(block("Evil", plain(text)))
    graph = project.graph("main")
    if graph_compiler.check_graph(graph).ok:
        lines = graph_compiler.emit(graph).text.splitlines()
        assert lines[:2] == ['"""A network emitted by NN Studio.', ""]


def test_whatever_a_graph_carries_as_code_is_no_exception() -> None:
    graph = nx.MultiDiGraph()
    graph.add_node("a", type="Odd")
    odd = nx.MultiDiGraph()
    graph.graph["blocks"] = {"Odd": odd}
    for value in ("class Odd: pass", 3, Code([1], (), (), [])):  # type: ignore[arg-type,list-item]
        odd.graph["code"] = value
        assert not graph_compiler.check_graph(graph).ok


def test_checking_does_not_import_what_a_text_imports() -> None:
    text = (
        "import antigravity\n\n\nclass Fly(nn.Module):\n    def forward(self, x):\n"
        "        return x\n"
    )
    assert problems(chain(block("Fly", plain(text)))) == []
    assert "antigravity" not in sys.modules
