"""Blocks, repeats, scans, choices, shared and tied weights: types, counts and problems."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_compiler import check_graph
from graph_compiler.checker import Checker
from graph_compiler.graphs import from_networkx, read_blocks
from graph_compiler.model import Network, Variable, Wire
from graph_compiler.problems import SetTie
from graph_compiler.report import Report


def graph(
    *nodes: tuple[str, str, dict[str, Any]], wires: str = "", **about: Any
) -> nx.MultiDiGraph:
    """Nodes with `repeat`, `scan`, `shares`, `ties` among their parameters; wires `a.p>b.q a>b`."""
    made = nx.MultiDiGraph(name="Net", **about)
    for name, type, said in nodes:
        own = {key: said[key] for key in ("repeat", "scan", "shares", "ties") if key in said}
        params = {key: value for key, value in said.items() if key not in own}
        made.add_node(name, type=type, params=params, **own)
    for wire in wires.split():
        source, target = wire.split(">")
        start, _, out = source.partition(".")
        end, _, port = target.partition(".")
        ports = {"source_port": out or None, "target_port": port or None}
        made.add_edge(start, end, **{key: value for key, value in ports.items() if value})
    return made


def dense_block(**params: Any) -> nx.MultiDiGraph:
    return graph(
        ("x", "Input", {"shape": (4,)}),
        ("fc", "Linear", {"out_features": "units"}),
        ("act", "Tanh", {}),
        ("y", "Output", {}),
        wires="x>fc fc>act act>y",
        params={"units": 8, **params},
    )


def main(*nodes: tuple[str, str, dict[str, Any]], wires: str, **about: Any) -> Report:
    return check_graph(graph(*nodes, wires=wires, **about))


def texts(report: Report) -> list[str]:
    return [problem.text for problem in report.problems]


X, Y = ("x", "Input", {"shape": (5,)}), ("y", "Output", {})


def test_a_block_is_a_layer_with_paths_inside() -> None:
    report = main(
        X, ("a", "Dense", {"units": 3}), Y, wires="x>a a>y", blocks={"Dense": dense_block()}
    )
    assert texts(report) == []
    assert report.parameters == 5 * 3 + 3
    assert str(report.nodes["a"].outputs[0]) == "N×3"
    assert report.nodes["a"].inside["fc"].weights == {"weight": (3, 5), "bias": (3,)}


def test_blocks_nest_and_read_variables_behind_their_own_parameters() -> None:
    outer = graph(
        ("x", "Input", {"shape": (4,)}),
        ("inner", "Dense", {"units": "2 * units + wide"}),
        ("y", "Output", {}),
        wires="x>inner inner>y",
        params={"units": 1},
    )
    report = main(
        X, ("a", "Outer", {"units": "wide"}), Y, wires="x>a a>y",
        blocks={"Dense": dense_block(), "Outer": outer}, variables={"wide": 3, "units": 100},
    )  # fmt: skip
    assert texts(report) == []
    assert str(report.nodes["a"].outputs[0]) == "N×9"


def test_a_repeat_feeds_itself_and_reads_its_index() -> None:
    report = main(
        X, ("row", "Dense", {"units": "8 - 2 * i", "repeat": "n"}), Y, wires="x>row row>y",
        blocks={"Dense": dense_block()}, variables={"n": 3},
    )  # fmt: skip
    assert texts(report) == []
    assert report.parameters == (5 * 8 + 8) + (8 * 6 + 6) + (6 * 4 + 4)
    assert list(report.nodes["row"].inside) == ["[0]", "[1]", "[2]"]
    assert report.as_json()["nodes"]["row[1]/fc"]["output"] == [["N", 6]]


def test_a_layer_repeats_as_well() -> None:
    report = main(X, ("row", "Linear", {"out_features": 5, "repeat": 4}), Y, wires="x>row row>y")
    assert report.parameters == 4 * 30
    assert texts(report) == [
        "row.input: expected an activation between the turns of row, got none. Repeat a block that "
        "holds the layer and an activation; without one all turns compute no more than a single "
        "one."
    ]


def test_what_is_wrong_inside_is_told_with_its_path() -> None:
    block = dense_block()
    block.nodes["fc"]["params"]["in_features"] = 7
    report = main(
        X, ("row", "Dense", {"repeat": 2}), Y, wires="x>row row>y", blocks={"Dense": block}
    )
    assert texts(report) == [
        "row[0]/fc.input: expected 7 features, got 5. Set in_features to follow the input."
    ]


def test_a_repeat_that_fits_only_once_names_the_turn() -> None:
    report = main(
        X, ("row", "Linear", {"in_features": 5, "out_features": 6, "repeat": 2}), Y,
        wires="x>row row>y",
    )  # fmt: skip
    assert texts(report) == [
        "row[1].input: expected 5 features, got 6. Set in_features to follow the input."
    ]


@pytest.mark.parametrize(
    ("repeat", "text"),
    [
        (0, "row.repeat: expected a number of turns from 1 to 10000, got 0. "
            "Set repeat to such a number."),
        (10**9, "row.repeat: expected a number of turns from 1 to 10000, got 1000000000. "
            "Set repeat to such a number."),
        ("many", "row.repeat: expected a number of turns from 1 to 10000, got `many` with the "
            "unknown variable many at column 1. Define the variable many, or correct its name."),
        (2.5, "row.repeat: expected a number of turns from 1 to 10000, got 2.5. "
            "Set repeat to such a number."),
    ],
)  # fmt: skip
def test_a_wrong_number_of_turns(repeat: Any, text: str) -> None:
    report = main(X, ("row", "ReLU", {"repeat": repeat}), Y, wires="x>row row>y")
    assert texts(report) == [text]


def test_a_choice_lets_one_branch_through_and_the_others_sleep() -> None:
    nodes = (
        X,
        ("wide", "Linear", {"out_features": 100}),
        ("wrong", "Linear", {"in_features": 77}),
        ("pick", "Choice", {"pick": "big"}),
        Y,
    )
    wires = "x>wide x>wrong x>pick.input1 wide>pick.input2 wrong>pick.input3 pick>y"
    small = main(*nodes, wires=wires, variables={"big": False})
    assert texts(small) == []
    assert small.parameters == 0
    assert str(small.nodes["y"].outputs[0]) == "N×5"
    big = main(*nodes, wires=wires, variables={"big": True})
    assert texts(big) == []
    assert big.parameters == 600
    third = main(*nodes, wires=wires, variables={"big": 2})
    assert texts(third) == [
        "wrong.input: expected 77 features, got 5. Set in_features to follow the input."
    ]
    none = main(*nodes, wires=wires, variables={"big": 3})
    assert (
        "pick.pick: expected a branch from 0 to 2, got 3. Set pick to a branch that is wired."
        in (texts(none))
    )


def cell(**params: Any) -> nx.MultiDiGraph:
    """A recurrent cell; the Output `h_` is what goes in again at `h`."""
    return graph(
        ("x", "Input", {"shape": (4,)}),
        ("h", "Input", {"shape": ("units",)}),
        ("both", "Concatenate", {}),
        ("fc", "Linear", {"out_features": "units"}),
        ("act", "Tanh", {}),
        ("h_", "Output", {}),
        wires="x>both.input1 h>both.input2 both>fc fc>act act>h_",
        params={"units": 6, **params},
    )


SEQUENCE = ("x", "Input", {"shape": (7, 5)})


def test_a_scan_steps_through_time_with_weights_once() -> None:
    report = main(
        SEQUENCE, ("rnn", "Cell", {"scan": "forward", "units": 3}), ("y", "Output", {}),
        ("last", "Output", {}), wires="x>rnn.x rnn.h>y rnn.last_h>last", blocks={"Cell": cell()},
    )  # fmt: skip
    assert texts(report) == []
    facts = report.nodes["rnn"]
    assert [str(out) for out in facts.outputs] == ["N×7×3", "N×3"]
    assert facts.parameters == (5 + 3) * 3 + 3
    assert facts.macs == 7 * (5 + 3) * 3


def test_a_state_may_be_wired_and_must_keep_its_shape() -> None:
    nodes = (
        SEQUENCE,
        ("start", "Input", {"shape": (4,)}),
        ("rnn", "Cell", {"scan": "forward", "units": 3}),
        ("y", "Output", {}),
    )
    report = main(*nodes, wires="x>rnn.x start>rnn.h rnn.h>y", blocks={"Cell": cell()})
    assert texts(report) == [
        "rnn.h: expected a state that stays N×4, got N×3 after a step. Let the block keep the "
        "state's shape, or set the shape of its Input."
    ]


def test_a_repeated_scan_hands_on_its_sequence_and_begins_its_states_anew() -> None:
    report = main(
        SEQUENCE, ("rnn", "Cell", {"scan": "forward", "units": 3, "repeat": 2}), Y,
        wires="x>rnn.x rnn.h>y", blocks={"Cell": cell()},
    )  # fmt: skip
    assert texts(report) == []
    assert str(report.nodes["y"].inputs[0]) == "N×7×3"
    assert report.parameters == (5 + 3) * 3 + 3 + (3 + 3) * 3 + 3


def test_states_of_a_repeated_scan_keep_their_size() -> None:
    report = main(
        SEQUENCE, ("rnn", "Cell", {"scan": "forward", "units": "3 + i", "repeat": 2}), Y,
        wires="x>rnn.x rnn.h>y", blocks={"Cell": cell()},
    )  # fmt: skip
    assert texts(report) == [
        "rnn[1].repeat: expected states of one shape in all turns, N×3, got N×4. Give all turns "
        "the same sizes, or put the scan into a block of its own and repeat that."
    ]


def test_a_scan_needs_a_sequence() -> None:
    report = main(
        X, ("rnn", "Cell", {"scan": "forward"}), Y, wires="x>rnn.x rnn.h>y", blocks={"Cell": cell()}
    )
    assert texts(report) == [
        "rnn/both.input1: expected another axis, got dim 1 on N. "
        "Set dim to an axis of the inputs; 0 is the batch."
    ]


def test_a_module_in_two_places_counts_once() -> None:
    report = main(
        X, ("a", "Linear", {"out_features": 5}),
        ("b", "Linear", {"out_features": 5, "shares": "a"}), Y, wires="x>a a>b b>y",
    )  # fmt: skip
    assert report.ok
    assert report.parameters == 30
    assert report.macs == 50


@pytest.mark.parametrize(
    ("node", "got"),
    [
        (("b", "Linear", {"out_features": 5, "shares": "c"}), "no node c"),
        (("b", "Linear", {"out_features": 5, "shares": "b"}), "itself"),
        (("b", "Linear", {"out_features": 6, "shares": "a"}), "a with other parameters"),
        (("b", "ReLU", {"shares": "a"}), "a, a Linear"),
    ],
)
def test_only_equal_nodes_share(node: tuple[str, str, dict[str, Any]], got: str) -> None:
    report = main(X, ("a", "Linear", {"out_features": 5}), node, Y, wires="x>a a>b b>y")
    assert texts(report)[0] == (
        f"b.shares: expected another {node[1]} with the same parameters whose module it can use, "
        f"got {got}. Name such a node, or give it a module of its own."
    )


WORDS = ("x", "Input", {"shape": (7,), "dtype": "int"})
WORD = ("word", "Embedding", {"num_embeddings": 11, "embedding_dim": 4})


def test_tied_weights_count_once() -> None:
    scores = (
        "scores",
        "Linear",
        {"out_features": 11, "bias": False, "ties": {"weight": "word.weight"}},
    )
    report = main(WORDS, WORD, scores, Y, wires="x>word word>scores scores>y")
    assert texts(report) == []
    assert report.parameters == 44


@pytest.mark.parametrize(
    ("ties", "text"),
    [
        ({"weight": "word.bias"}, "scores.weight: expected a weight of another node, as in "
            "word.weight, got 'word.bias'. Tie it to another weight, or to none."),
        ({"weight": "nothing.weight"}, "scores.weight: expected a weight of another node, as in "
            "word.weight, got 'nothing.weight'. Tie it to another weight, or to none."),
        ({"gain": "word.weight"}, "scores.gain: expected one of its weights (weight), got 'gain'. "
            "Tie it to another weight, or to none."),
        ({"weight": "scores.weight"}, "scores.weight: expected a weight of another node, got its "
            "own. Tie it to another weight, or to none."),
    ],
)  # fmt: skip
def test_wrong_ties(ties: dict[str, str], text: str) -> None:
    scores = ("scores", "Linear", {"out_features": 11, "bias": False, "ties": ties})
    report = main(WORDS, WORD, scores, Y, wires="x>word word>scores scores>y")
    assert texts(report) == [text]


def test_tied_weights_agree_in_shape() -> None:
    scores = (
        "scores",
        "Linear",
        {"out_features": 12, "bias": False, "ties": {"weight": "word.weight"}},
    )
    report = main(WORDS, WORD, scores, Y, wires="x>word word>scores scores>y")
    assert texts(report) == [
        "scores.weight: expected a weight of shape 12×4, got word.weight of shape 11×4. "
        "Tie it to another weight, or to none."
    ]
    (fix,) = report.problems[0].fixes
    assert fix.label == "Give scores a weight of its own"


def test_a_weight_inside_a_block_can_be_tied() -> None:
    inner = graph(
        WORDS, WORD, ("y", "Output", {}), wires="x>word word>y", params={},
    )  # fmt: skip
    report = main(
        WORDS, ("embed", "Inner", {}),
        ("scores", "Linear", {"out_features": 11, "bias": False,
                              "ties": {"weight": "embed/word.weight"}}),
        Y, wires="x>embed embed>scores scores>y", blocks={"Inner": inner},
    )  # fmt: skip
    assert texts(report) == []
    assert report.parameters == 44


def three_in_a_row(**ties: str) -> tuple[tuple[str, str, dict[str, Any]], ...]:
    """Equal layers a, b, c, their weights tied as named: `a="b"`."""
    return tuple(
        (name, "Linear", {"out_features": 5,
                          "ties": {"weight": f"{ties[name]}.weight"} if name in ties else {}})
        for name in "abc"
    )  # fmt: skip


THREE = "x>a a>b b>c c>y"


def test_a_weight_is_tied_to_one_that_its_node_has() -> None:
    report = main(X, *three_in_a_row(a="b", b="c"), Y, wires=THREE)
    assert [one.text for one in report.errors] == [
        "a.weight: expected a weight that its node has itself, got b.weight, which is c.weight. "
        "Tie it to c.weight."
    ]
    assert report.errors[0].fixes[0].steps == (SetTie("a", "weight", "c.weight"),)


def test_weights_are_not_tied_in_a_circle() -> None:
    report = main(X, *three_in_a_row(a="b", b="a"), Y, wires=THREE)
    assert [one.text for one in report.errors] == [
        "a.weight: expected a weight that its node has itself, got b.weight, which is a.weight. "
        "Tie it to another weight, or to none.",
        "b.weight: expected a weight that its node has itself, got a.weight, which is b.weight. "
        "Tie it to another weight, or to none.",
    ]


@pytest.mark.parametrize("asleep", [False, True])
def test_a_block_that_holds_itself_is_told_where_it_is_used(asleep: bool) -> None:
    again = graph(
        ("x", "Input", {"shape": (4,)}), ("inner", "Between", {}),
        ("pick", "Choice", {"pick": not asleep}), ("y", "Output", {}),
        wires="x>inner x>pick.input1 inner>pick.input2 pick>y", params={},
    )  # fmt: skip
    between = graph(
        ("x", "Input", {"shape": (4,)}), ("inner", "Again", {}), ("y", "Output", {}),
        wires="x>inner inner>y", params={},
    )  # fmt: skip
    blocks = {"Again": again, "Between": between}
    assert texts(main(X, ("a", "Again", {}), Y, wires="x>a a>y", blocks=blocks)) == [
        "a: expected a block without itself inside, got Again, which holds itself. "
        "Take Again out of itself, and repeat the node to have it several times."
    ]


def test_blocks_nest_only_so_deep() -> None:
    blocks = {"B0": dense_block()}
    for level in range(1, 30):
        blocks[f"B{level}"] = graph(
            ("x", "Input", {"shape": (4,)}), ("in_", f"B{level - 1}", {}), ("y", "Output", {}),
            wires="x>in_ in_>y", params={},
        )  # fmt: skip
    report = main(X, ("a", "B29", {}), Y, wires="x>a a>y", blocks=blocks)
    assert report.problems[0].text.endswith(
        ": expected at most 24 blocks inside each other, got more. "
        "Dissolve one of the blocks in between."
    )


def test_hostile_nesting_ends() -> None:
    """Ten turns of ten turns of ten turns, each with other widths so that nothing is known."""
    blocks = {"B0": dense_block()}
    for level in range(1, 7):
        blocks[f"B{level}"] = graph(
            ("x", "Input", {"shape": (4,)}),
            ("inner", f"B{level - 1}", {"repeat": 10, "units": "11 * units + i"}),
            ("y", "Output", {}),
            wires="x>inner inner>y",
            params={"units": 1},
        )
    report = main(X, ("a", "B6", {}), Y, wires="x>a a>y", blocks=blocks)
    assert "too_large" in [problem.code for problem in report.problems]


def test_a_thousand_deep_networks_are_quick_because_equal_calls_are_worked_out_once() -> None:
    report = main(
        X, ("row", "Dense", {"units": 5, "repeat": 5_000}), Y, wires="x>row row>y",
        blocks={"Dense": dense_block()},
    )  # fmt: skip
    assert report.parameters == 5_000 * 30


def test_wires_to_ports_that_are_not_there_hide_nothing_behind_a_choice() -> None:
    made = graph(
        X,
        ("row", "Dense", {"units": 5}),
        ("tanh", "Tanh", {}),
        ("pick", "Choice", {"pick": 0}),
        Y,
        wires="x>row.input row.output>pick.input1 x>tanh tanh>pick.input2 pick>y",
        blocks={"Dense": dense_block()},
    )
    made.remove_node("tanh")
    assert set(texts(check_graph(made))) == {
        "row.input: expected a wire into x, got one into input. Connect it to another port.",
        "row.output: expected a wire from y, got one from output. Connect it from another port.",
        "row.x: expected a wire, got none. Connect the layer before it.",
    }


EDITS = st.one_of(
    st.tuples(st.just("repeat"), st.sampled_from([None, 1, 2, 3, "depth", 0, "i"])),
    st.tuples(st.just("units"), st.sampled_from([1, 4, 5, "wide", "5 + i", "gone"])),
    st.tuples(st.just("inside"), st.sampled_from([None, 4, 5, 77])),
    st.tuples(st.just("default"), st.integers(1, 9)),
    st.tuples(st.just("wide"), st.integers(1, 9)),
    st.tuples(st.just("depth"), st.integers(0, 4)),
    st.tuples(st.just("pick"), st.sampled_from([0, 1, "wide > 4", 5])),
    st.tuples(st.just("tie"), st.sampled_from([{}, {"weight": "other.weight"}, {"weight": "no"}])),
    st.tuples(st.just("wire"), st.booleans()),
    st.tuples(st.just("dense_is_there"), st.booleans()),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EDITS, min_size=1, max_size=25))
def test_edits_of_blocks_give_what_a_fresh_check_gives(edits: list[tuple[str, Any]]) -> None:
    made = graph(
        X,
        ("row", "Dense", {"units": 5, "repeat": 2}),
        ("other", "Linear", {"out_features": 5}),
        ("tied", "Linear", {"out_features": 5}),
        ("pick", "Choice", {"pick": 0}),
        Y,
        wires="x>row x>other other>tied row>pick.input1 tied>pick.input2 pick>y",
        blocks={"Dense": dense_block()},
        variables={"wide": 5, "depth": 2},
    )
    network, variables = from_networkx(made)
    blocks, _ = read_blocks(made)
    dense = blocks["Dense"]
    checker = Checker(network, variables, None, blocks)
    checker.report()
    for what, value in edits:
        _edit(network, variables, blocks, dense, checker, what, value)
        assert checker.report() == Checker(network, variables, None, blocks).report(), what


def _edit(
    network: Network,
    variables: dict[str, Variable],
    blocks: dict[str, Network],
    dense: Network,
    checker: Checker,
    what: str,
    value: Any,
) -> None:
    """One edit, made first and told then."""
    nodes = network.nodes
    if what in ("repeat", "units"):
        row = nodes["row"]
        changed = {"repeat": value} if what == "repeat" else {"params": {"units": value}}
        nodes["row"] = replace(row, **changed)
        checker.node_changed("row")
    elif what == "inside":
        params = {"out_features": "units", **({} if value is None else {"in_features": value})}
        dense.nodes["fc"] = replace(dense.nodes["fc"], params=params)
        checker.blocks_changed()
    elif what == "default":
        dense.params = {"units": Variable("units", value)}
        checker.blocks_changed()
    elif what in ("wide", "depth"):
        variables[what] = Variable(what, value)
        checker.variables_changed()
    elif what == "pick":
        nodes["pick"] = replace(nodes["pick"], params={"pick": value})
        checker.node_changed("pick")
    elif what == "tie":
        nodes["tied"] = replace(nodes["tied"], ties=value)
        checker.node_changed("tied")
    elif what == "wire":
        wire = Wire("x", "output", "row", "x")
        if value and wire not in network.wires:
            network.wires[wire] = None
            checker.wire_added(wire)
        elif not value and wire in network.wires:
            del network.wires[wire]
            checker.wire_removed(wire)
    else:
        blocks.pop("Dense", None)
        if value:
            blocks["Dense"] = dense
        checker.blocks_changed()
