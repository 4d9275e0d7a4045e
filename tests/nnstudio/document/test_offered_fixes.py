"""Each situation offers its cures in order; each gives a sound drawing of the shape it shows."""

from __future__ import annotations

from typing import Any

import pytest

from graph_compiler.model import DataSource, Network, Node, Plan, Project, Stage, Wire
from nnstudio.document import steps
from nnstudio.document.document import Document

Row = tuple[str, str, dict[str, Any]]


def drawn(rows: list[Row], wires: str, **more: Any) -> Document:
    """Nodes between an input `x` and an output `y`; wires `a>b` or `a>b.port`."""
    network = Network("main", "Net")
    for place, (name, type, params) in enumerate([*rows, ("y", "Output", {})]):
        network.nodes[name] = Node(name, type, params, (200.0 * place, 0.0))
    for text in wires.split():
        source, _, end = text.partition(">")
        target, _, port = end.partition(".")
        network.wires[Wire(source, "output", target, port or "input")] = None
    more = {"data": DataSource("none"), **more}
    return Document(Project("Test", networks={"main": network}, **more))


def x(*shape: int, **more: Any) -> Row:
    return ("x", "Input", {"shape": shape, **more})


def pair(kind: str, one: Row, other: Row, shape: tuple[int, ...] = (3, 8, 8)) -> Document:
    """Two branches that meet."""
    return drawn(
        [x(*shape), one, other, ("meet", kind, {})],
        f"x>{one[0]} x>{other[0]} {one[0]}>meet.input1 {other[0]}>meet.input2 meet>y",
    )


def conv(name: str, filters: int, **more: Any) -> Row:
    return (name, "Conv2d", {"out_channels": filters, "padding": 1, **more})


CASES: dict[str, tuple[Document, str, list[tuple[str, str]]]] = {
    "flatten": (
        drawn([x(2, 4, 4), ("fc", "Linear", {"in_features": 32})], "x>fc fc>y"),
        "features_differ",
        [
            ("Insert Flatten", "N×10"),
            ("Follow the input", "N×2×4×10"),
            ("Set the input features to 4", "N×2×4×10"),
        ],
    ),
    "follow the input": (
        drawn([x(8), ("fc", "Linear", {"in_features": 5})], "x>fc fc>y"),
        "features_differ",
        [("Follow the input", "N×10"), ("Set the input features to 8", "N×10")],
    ),
    "adaptive pool before a dense layer": (
        drawn([x(4, 9, 9), ("fc", "Linear", {"in_features": 36})], "x>fc fc>y"),
        "features_differ",
        [
            ("Insert AdaptiveAvgPool2d to 3×3, and Flatten", "N×10"),
            ("Follow the input", "N×4×9×10"),
            ("Set the input features to 9", "N×4×9×10"),
        ],
    ),
    "adaptive pool before a sum": (
        pair("Add", conv("a", 3, stride=2), conv("b", 3)),
        "shapes_differ",
        [("Insert AdaptiveAvgPool2d to 4×4 on input2", "N×3×4×4")],
    ),
    "adaptive pool before joining": (
        pair("Concatenate", conv("a", 3), conv("b", 5, stride=2)),
        "shapes_differ",
        [("Insert AdaptiveAvgPool2d to 4×4 on input1", "N×8×4×4")],
    ),
    "adaptive pool before classes": (
        drawn(
            [x(1, 8, 8), conv("a", 10)],
            "x>a a>y",
            data=DataSource("digits"),
            plan=Plan((Stage(),)),
        ),
        "output_differs_from_target",
        [
            ("Insert AdaptiveAvgPool2d to 1×1 and Flatten before y", "N×10"),
            ("Insert Flatten and Linear with 10 units before y", "N×10"),
        ],
    ),
    "1×1 projection of a shortcut": (
        pair("Add", conv("a", 6), ("b", "Identity", {})),
        "shapes_differ",
        [
            ("Insert Conv2d 1×1 with 6 filters on input2", "N×6×8×8"),
            ("Insert Conv2d 1×1 with 3 filters on input1", "N×3×8×8"),
        ],
    ),
    "1×1 projection of a shortcut past a stride": (
        pair("Add", conv("a", 6, stride=2), ("b", "Identity", {})),
        "shapes_differ",
        [("Insert Conv2d 1×1 with 6 filters and stride 2 on input2", "N×6×4×4")],
    ),
    "1×1 projection before a layer": (
        drawn([x(3, 8, 8), conv("a", 4, in_channels=6)], "x>a a>y"),
        "channels_differ",
        [
            ("Follow the input", "N×4×8×8"),
            ("Set the input channels to 3", "N×4×8×8"),
            ("Insert Conv2d 1×1 with 6 filters", "N×4×8×8"),
        ],
    ),
    "permute before a convolution": (
        drawn([x(8, 8, 3), conv("a", 4, in_channels=3)], "x>a a>y"),
        "channels_differ",
        [
            ("Bring the last axis to the front", "N×4×8×8"),
            ("Follow the input", "N×4×8×3"),
            ("Set the input channels to 8", "N×4×8×3"),
            ("Insert Conv2d 1×1 with 3 filters", "N×4×8×3"),
        ],
    ),
    "permute before a sum": (
        pair("Add", ("a", "Permute", {"dims": (0, 3, 1, 2)}), ("b", "Identity", {}), (7, 8, 3)),
        "shapes_differ",
        [("Bring the last axis to the front on input2", "N×3×7×8")],
    ),
    "insert embedding": (
        drawn(
            [x(5, dtype="int"), ("rnn", "LSTM", {"hidden_size": 4})],
            "x>rnn rnn>y",
        ),
        "wrong_rank",
        [("Insert Embedding", "N×5×4")],
    ),
    "a dense layer for two vectors": (
        pair("Add", ("a", "Linear", {"out_features": 4}), ("b", "Identity", {}), (6,)),
        "shapes_differ",
        [
            ("Insert Linear with 4 units on input2", "N×4"),
            ("Insert Linear with 6 units on input1", "N×6"),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_cures_stand_in_order_with_their_shapes(case: str) -> None:
    document, code, offers = CASES[case]
    (found,) = [one for one in document.report().problems if one.severity == "error"]
    assert found.code == code
    assert (found.expected != "", found.got != "", found.remedy != "") == (True, True, True)
    assert [(fix.label, fix.preview) for fix in found.fixes] == offers


@pytest.mark.parametrize(
    ("case", "place"), [(c, n) for c, (_, _, offers) in CASES.items() for n in range(len(offers))]
)
def test_a_cure_gives_a_sound_drawing_of_the_shape_that_it_shows(case: str, place: int) -> None:
    document, code, _ = CASES[case]
    (found,) = [one for one in document.report().problems if one.code == code]
    fix = found.fixes[place]
    document.do(steps.apply_fix(document, "main", fix))
    report = document.report()
    assert [one.text for one in report.problems if one.severity == "error"] == []
    assert str(report.nodes[found.node].outputs[0]) == fix.preview
    document.undo()
