"""What each step does, and what it refuses with which words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph_compiler.files import project_text
from graph_compiler.model import DataSource, Plan, Stage, Variable, Wire
from graph_compiler.problems import (
    AppendNode,
    Connect,
    Disconnect,
    Fix,
    InsertOnWire,
    RemoveNode,
    SetData,
    SetParam,
    SetPlan,
)
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.steps.variables import uses

Chain = Callable[..., Document]


def wires(document: Document) -> list[str]:
    """The wires in short: `a -> b`."""
    return sorted(f"{wire.source} -> {wire.target}" for wire in document.network().wires)


def reason(make: Callable[[], object]) -> str:
    """Why a step is refused."""
    with pytest.raises(Refused) as refused:
        make()
    return refused.value.reason


# Adding


def test_new_nodes_are_named_by_type_and_number(chain: Chain) -> None:
    document = chain()
    for type in ("Conv2d", "Conv2d", "MaxPool2d", "AvgPool2d", "Linear", "LeakyReLU", "Flatten"):
        document.do(steps.add_layer(document, "main", type, (0, 0)))
    assert list(document.network().nodes)[1:] == [
        "conv1",
        "conv2",
        "pool1",
        "pool2",
        "fc1",
        "leaky_relu1",
        "flatten",
    ]


def test_ends_are_named_after_the_data(mlp: Document) -> None:
    mlp.do(steps.delete(mlp, "main", list(mlp.network().nodes)))
    mlp.do(steps.set_data(mlp, DataSource("digits")))
    mlp.do(steps.add_layer(mlp, "main", "Input", (0, 0)))
    mlp.do(steps.add_layer(mlp, "main", "Output", (0, 0)))
    mlp.do(steps.set_data(mlp, DataSource("diabetes")))
    mlp.do(steps.add_layer(mlp, "main", "Input", (0, 0)))
    mlp.do(steps.add_layer(mlp, "main", "Output", (0, 0)))
    assert list(mlp.network().nodes) == ["image", "logits", "inputs", "prediction"]


def test_a_wanted_name_gets_a_number_where_it_is_taken(mlp: Document) -> None:
    mlp.do(steps.add_layer(mlp, "main", "ReLU", (0, 0), name="fc1"))
    assert "fc3" in mlp.network().nodes


def test_parameters_that_a_layer_does_not_have(mlp: Document) -> None:
    why = reason(lambda: steps.add_layer(mlp, "main", "ReLU", (0, 0), {"units": 3}))
    assert why == "ReLU has no parameter “units”."
    why = reason(lambda: steps.add_layer(mlp, "main", "Magic", (0, 0)))
    assert why == "There is no layer “Magic”. Choose one from the palette."


def test_places_out_of_reach(mlp: Document) -> None:
    why = reason(lambda: steps.move(mlp, "main", {"fc1": (float("nan"), 0)}))
    assert why == "This place is too far away. Choose one nearer to the other nodes."
    assert reason(lambda: steps.move(mlp, "main", {"x": (0, 0)})) == "There is no node “x”."


def test_append_goes_between_a_node_and_what_it_fed(mlp: Document) -> None:
    mlp.do(steps.append_layer(mlp, "main", "fc1", "Dropout"))
    assert wires(mlp) == [
        "dropout1 -> relu1",
        "fc1 -> dropout1",
        "fc2 -> logits",
        "inputs -> fc1",
        "relu1 -> fc2",
    ]
    places = [mlp.network().nodes[name].at[0] for name in ("fc1", "dropout1", "relu1", "fc2")]
    assert places == [200.0, 400.0, 600.0, 800.0]
    assert mlp.network().frames["body"].nodes == ("fc1", "relu1", "dropout1")


def test_append_behind_the_last_node(chain: Chain) -> None:
    document = chain("ReLU")
    document.do(steps.append_layer(document, "main", "n1", "Linear"))
    assert wires(document) == ["n0 -> n1", "n1 -> fc1"]
    assert document.network().nodes["fc1"].at == (400.0, 0.0)


def test_append_behind_an_output_goes_before_it(mlp: Document) -> None:
    mlp.do(steps.append_layer(mlp, "main", "logits", "Tanh"))
    assert "tanh1 -> logits" in wires(mlp)
    assert "fc2 -> tanh1" in wires(mlp)


def test_append_without_a_selection_stands_alone(mlp: Document) -> None:
    mlp.do(steps.append_layer(mlp, "main", None, "Tanh"))
    assert mlp.network().nodes["tanh1"].at == (1000.0, 0.0)
    assert not any("tanh1" in wire for wire in wires(mlp))


def test_insert_on_a_wire_shifts_the_row_that_follows_only(chain: Chain) -> None:
    document = chain("ReLU", "Tanh", "Sigmoid")
    # A second row begins further left; it must not move.
    document.do(steps.move(document, "main", {"n3": (0.0, 300.0)}))
    wire = Wire("n0", "output", "n1", "input")
    document.do(steps.insert_on_wire(document, "main", wire, "Dropout"))
    places = {name: node.at for name, node in document.network().nodes.items()}
    assert places == {
        "n0": (0.0, 0.0),
        "dropout1": (200.0, 0.0),
        "n1": (400.0, 0.0),
        "n2": (600.0, 0.0),
        "n3": (0.0, 300.0),
    }
    assert wires(document) == ["dropout1 -> n1", "n0 -> dropout1", "n1 -> n2", "n2 -> n3"]


def test_insert_where_there_is_room_moves_nothing(chain: Chain) -> None:
    document = chain("ReLU")
    document.do(steps.move(document, "main", {"n1": (600.0, 80.0)}))
    wire = Wire("n0", "output", "n1", "input")
    document.do(steps.insert_on_wire(document, "main", wire, "Dropout"))
    assert document.network().nodes["dropout1"].at == (300.0, 40.0)
    assert document.network().nodes["n1"].at == (600.0, 80.0)


def test_what_cannot_stand_on_a_wire(mlp: Document) -> None:
    wire = Wire("fc1", "output", "relu1", "input")
    why = reason(lambda: steps.insert_on_wire(mlp, "main", wire, "Input"))
    assert why == "Input cannot stand on a wire: it needs an input and an output."
    gone = Wire("fc1", "output", "logits", "input")
    why = reason(lambda: steps.insert_on_wire(mlp, "main", gone, "ReLU"))
    assert why == "There is no wire fc1.output -> logits.input."


# Wires


def test_connect_replaces_what_was_there(mlp: Document) -> None:
    mlp.do(steps.connect(mlp, "main", Wire("fc1", "output", "fc2", "input")))
    assert "fc1 -> fc2" in wires(mlp)
    assert "relu1 -> fc2" not in wires(mlp)
    mlp.undo()
    assert "relu1 -> fc2" in wires(mlp)


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (Wire("fc1", "out", "fc2", "input"), "fc1 has no output “out”."),
        (Wire("fc1", "output", "fc2", "in"), "fc2 has no input “in”."),
        (Wire("fc1", "output", "inputs", "input"), "inputs has no input “input”."),
        (
            Wire("fc1", "output", "fc1", "input"),
            "fc1 cannot feed itself. Wire it to another node.",
        ),
        (
            Wire("fc2", "output", "fc1", "input"),
            "fc1 already feeds fc2; this wire would close a cycle. Take the way back out first.",
        ),
        (Wire("x", "output", "fc1", "input"), "There is no node “x”."),
    ],
)
def test_wires_that_cannot_be(mlp: Document, wire: Wire, why: str) -> None:
    assert reason(lambda: steps.connect(mlp, "main", wire)) == why


def test_a_port_many_takes_numbered_wires(chain: Chain) -> None:
    document = chain("ReLU", "Add")
    document.do(steps.disconnect(document, "main", Wire("n1", "output", "n2", "input")))
    document.do(steps.connect(document, "main", Wire("n0", "output", "n2", "input1")))
    document.do(steps.connect(document, "main", Wire("n1", "output", "n2", "input2")))
    assert document.report().nodes["n2"].outputs
    assert reason(lambda: steps.connect(document, "main", Wire("n1", "output", "n2", "input"))) == (
        "n2 has no input “input”."
    )


# Taking out


def test_delete_takes_wires_and_frames_along(mlp: Document) -> None:
    before = project_text(mlp.project)
    mlp.do(steps.delete(mlp, "main", ["fc1", "relu1"]))
    assert wires(mlp) == ["fc2 -> logits"]
    assert not mlp.network().frames
    assert mlp.undo_text == "Delete 2 nodes"
    mlp.undo()
    assert project_text(mlp.project) == before


def test_delete_a_wire_alone(mlp: Document) -> None:
    mlp.do(steps.delete(mlp, "main", wires=[Wire("fc1", "output", "relu1", "input")]))
    assert mlp.undo_text == "Delete the wire"
    assert "fc1 -> relu1" not in wires(mlp)
    assert "fc1" in mlp.network().nodes


def test_dissolve_heals_the_wire(mlp: Document) -> None:
    mlp.do(steps.dissolve(mlp, "main", ["relu1", "fc2"]))
    assert wires(mlp) == ["fc1 -> logits", "inputs -> fc1"]


def test_dissolve_joins_all_that_was_fed(chain: Chain) -> None:
    document = chain("ReLU", "Tanh")
    document.do(steps.add_layer(document, "main", "Sigmoid", (400, 200), name="side"))
    document.do(steps.connect(document, "main", Wire("n1", "output", "side", "input")))
    document.do(steps.dissolve(document, "main", ["n1"]))
    assert wires(document) == ["n0 -> n2", "n0 -> side"]


# Names


def test_rename_is_followed_by_wires_frames_and_variants(mlp: Document) -> None:
    mlp.do(steps.rename(mlp, "main", "fc1", "Hidden layer"))
    assert "inputs -> hidden_layer" in wires(mlp)
    assert mlp.network().frames["body"].nodes == ("hidden_layer", "relu1")
    assert mlp.project.variants["small"] == {
        "hidden": 4,
        "main/hidden_layer.bias": False,
        "main/fc2.out_features": "hidden",
    }
    assert list(mlp.network().nodes)[1] == "hidden_layer"
    assert mlp.facts("main", "hidden_layer") is not None
    assert mlp.facts("main", "fc1") is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("fc2", "There is already a node “fc2”. Choose another name."),
        ("", "“” cannot be a name. Use small letters, digits and _, with a letter first."),
        ("9a", "“9a” cannot be a name. Use small letters, digits and _, with a letter first."),
        (
            "größe",
            "“größe” cannot be a name. Use small letters, digits and _, with a letter first.",
        ),
        ("class", "“class” has a meaning in Python. Choose another name."),
        ("forward", "“forward” has a meaning in Python. Choose another name."),
        ("a" * 41, "A name has at most 40 characters."),
    ],
)
def test_names_that_cannot_be(mlp: Document, name: str, why: str) -> None:
    assert reason(lambda: steps.rename(mlp, "main", "fc1", name)) == why


# Parameters


def test_set_param_of_several_nodes_is_one_step(mlp: Document) -> None:
    mlp.do(steps.set_param(mlp, "main", ["fc1", "fc2"], "bias", False))
    assert mlp.undo_text == "Set bias of 2 nodes"
    assert mlp.network().nodes["fc2"].params == {"bias": False}
    mlp.do(steps.set_param(mlp, "main", ["fc1", "fc2"], "bias", None))
    assert mlp.network().nodes["fc2"].params == {}


def test_a_default_is_not_stored(mlp: Document) -> None:
    mlp.do(steps.set_param(mlp, "main", "fc2", "out_features", 10.0))
    assert mlp.network().nodes["fc2"].params == {}
    assert not mlp.can_undo


def test_expressions_are_stored_as_written(mlp: Document) -> None:
    mlp.do(steps.set_param(mlp, "main", "fc2", "out_features", " hidden//2 "))
    assert mlp.network().nodes["fc2"].params == {"out_features": "hidden//2"}
    assert mlp.facts("main", "fc2").outputs[0].shape[1] == 8


def test_make_a_variable(mlp: Document) -> None:
    mlp.do(steps.make_variable(mlp, "main", "fc2", "out_features"))
    assert mlp.project.variables["out_features"] == Variable("out_features", 10)
    assert mlp.network().nodes["fc2"].params == {"out_features": "out_features"}
    assert mlp.undo_text == "Make out_features a variable"
    mlp.undo()
    assert list(mlp.project.variables) == ["hidden"]
    why = reason(lambda: steps.make_variable(mlp, "main", "fc1", "out_features"))
    assert why == "units holds no number to make a variable of."
    why = reason(lambda: steps.make_variable(mlp, "main", "fc2", "out_features", "hidden"))
    assert why == "There is already a variable “hidden”. Choose another name."


def test_replace_keeps_shared_parameters_and_wires(chain: Chain) -> None:
    document = chain("Flatten", "Linear", "ReLU")
    document.do(steps.replace_type(document, "main", "n3", "LeakyReLU"))
    assert wires(document) == ["n0 -> n1", "n1 -> n2", "n2 -> n3"]
    document.do(steps.add_layer(document, "main", "MaxPool2d", (0, 200), {"kernel_size": 3}))
    document.do(steps.replace_type(document, "main", "pool1", "AvgPool2d"))
    node = document.network().nodes["pool1"]
    assert (node.type, node.params) == ("AvgPool2d", {"kernel_size": 3})
    document.do(steps.replace_type(document, "main", "n2", "Add"))
    assert Wire("n1", "output", "n2", "input1") in document.network().wires
    document.do(steps.replace_type(document, "main", "n2", "Output"))
    assert wires(document) == ["n0 -> n1", "n1 -> n2"]


def test_replace_keeps_wires_by_name_and_then_in_order(chain: Chain) -> None:
    document = chain("Linear", "Linear")
    document.do(steps.add_layer(document, "main", "MultiheadAttention", (0, 200), name="att"))
    for source, port in (("n2", "query"), ("n1", "key")):
        document.do(steps.connect(document, "main", Wire(source, "output", "att", port)))
    document.do(steps.replace_type(document, "main", "att", "Add"))
    assert {w for w in document.network().wires if w.target == "att"} == {
        Wire("n2", "output", "att", "input1"),
        Wire("n1", "output", "att", "input2"),
    }


def test_hints_are_dismissed_and_come_back(mlp: Document) -> None:
    mlp.do(steps.dismiss_hint(mlp, "main", "fc1", "some_hint"))
    assert mlp.network().nodes["fc1"].dismissed == ("some_hint",)
    mlp.do(steps.restore_hints(mlp, "main", "fc1"))
    assert mlp.network().nodes["fc1"].dismissed == ()


# Frames


def test_frames(mlp: Document) -> None:
    mlp.do(steps.add_frame(mlp, "main", ["relu1", "fc2"]))
    frames = {frame.name: frame.nodes for frame in mlp.network().frames.values()}
    assert frames == {"body": ("fc1",), "part1": ("relu1", "fc2")}
    mlp.do(steps.rename_frame(mlp, "main", "part1", " The  head "))
    mlp.do(steps.set_frame_nodes(mlp, "main", "The head", ["fc1", "fc2"]))
    mlp.do(steps.set_frame_colour(mlp, "main", "The head", "dense"))
    frames = {frame.name: (frame.nodes, frame.colour) for frame in mlp.network().frames.values()}
    assert frames == {"The head": (("fc1", "fc2"), "dense")}
    mlp.do(steps.remove_frame(mlp, "main", "The head"))
    assert not mlp.network().frames
    assert "fc1" in mlp.network().nodes


def test_frames_that_cannot_be(mlp: Document) -> None:
    assert reason(lambda: steps.add_frame(mlp, "main", [])) == (
        "A frame needs at least one node. Select some first."
    )
    assert reason(lambda: steps.rename_frame(mlp, "main", "body", " ")) == "A frame needs a name."
    assert reason(lambda: steps.rename_frame(mlp, "main", "body", "a\x00b")) == (
        "A frame's name has at most 60 printable characters."
    )
    assert reason(lambda: steps.remove_frame(mlp, "main", "x")) == "There is no frame “x”."


# Variables


def test_where_a_variable_is_used(mlp: Document) -> None:
    mlp.do(steps.set_stage(mlp, "batch_size", "hidden"))
    mlp.do(steps.set_data(mlp, DataSource("blobs", {"samples": "10 * hidden"})))
    places = [use.place for use in uses(mlp.project, "hidden")]
    assert places == ["fc1.out_features", "data.samples", "plan.batch_size"]
    assert reason(lambda: steps.remove_variable(mlp, "hidden")) == (
        "hidden is used by fc1.out_features, data.samples, plan.batch_size. "
        "Give them values of their own first."
    )


def test_removing_a_variable_takes_its_keys_along(mlp: Document) -> None:
    before = project_text(mlp.project)
    mlp.do(steps.set_param(mlp, "main", "fc1", "out_features", 3))
    mlp.do(steps.remove_variable(mlp, "hidden"))
    assert not mlp.project.variables
    assert "hidden" not in mlp.project.variants["small"]
    mlp.undo()
    mlp.undo()
    assert project_text(mlp.project) == before


def test_renaming_a_variable_is_followed_everywhere(mlp: Document) -> None:
    mlp.do(steps.set_stage(mlp, "batch_size", "max(hidden, 8)"))
    mlp.do(steps.set_data(mlp, DataSource("blobs", {"samples": "10*hidden"})))
    mlp.do(steps.rename_variable(mlp, "hidden", "units"))
    assert mlp.network().nodes["fc1"].params["out_features"] == "2 * units"
    assert mlp.project.plan.stages[0].settings["batch_size"] == "max(units, 8)"
    assert mlp.project.data.options["samples"] == "10*units"
    assert mlp.project.variants["small"] == {
        "units": 4,
        "main/fc1.bias": False,
        "main/fc2.out_features": "units",
    }


def test_words_are_no_expressions(mlp: Document) -> None:
    mlp.do(steps.set_variable(mlp, Variable("adam", 1)))
    mlp.do(steps.set_stage(mlp, "optimizer", "sgd"))
    mlp.do(steps.set_data(mlp, DataSource("csv", {"path": "hidden", "columns": (("hidden",),)})))
    mlp.do(steps.rename_variable(mlp, "hidden", "units"))
    assert mlp.project.data.options == {"path": "hidden", "columns": (("hidden",),)}
    mlp.do(steps.remove_variable(mlp, "adam"))


@pytest.mark.parametrize(
    ("variable", "why"),
    [
        (
            Variable("epochs", 3),
            "“epochs” is a flag of every exported script. Choose another name.",
        ),
        (Variable("for", 3), "“for” has a meaning in Python. Choose another name."),
        (Variable("a", None), "a needs a value, such as 64."),
        (Variable("a", float("nan")), "a needs a value, such as 64."),
        (Variable("a", 1, low=3, high=2), "The range of a ends before it begins. Swap its ends."),
        (Variable("a", "word", low=3), "a is no number and can have no range."),
    ],
)
def test_variables_that_cannot_be(mlp: Document, variable: Variable, why: str) -> None:
    assert reason(lambda: steps.set_variable(mlp, variable)) == why


# Data, plan, name


def test_settings_are_checked_and_defaults_left_out(mlp: Document) -> None:
    mlp.do(steps.set_stage(mlp, "epochs", 7))
    mlp.do(steps.set_stage(mlp, "optimizer", "adam"))
    assert mlp.project.plan.stages[0].settings == {"epochs": 7}
    mlp.do(steps.set_stage(mlp, "epochs", None))
    assert mlp.project.plan.stages[0].settings == {}
    assert reason(lambda: steps.set_stage(mlp, "momentous", 1)) == (
        "The recipe supervised has no setting “momentous”."
    )
    assert reason(lambda: steps.set_stage(mlp, "epochs", 0)).startswith(
        "epochs: expected a whole number"
    )
    assert reason(lambda: steps.set_stage(mlp, "recipe", "magic")) == (
        "There is no recipe “magic”."
    )


def test_another_recipe_keeps_the_settings_it_knows(mlp: Document) -> None:
    mlp.do(steps.set_stage(mlp, "epochs", 7))
    mlp.do(steps.set_stage(mlp, "batch_size", 7))
    mlp.do(steps.set_stage(mlp, "recipe", "perceptron"))
    stage = mlp.project.plan.stages[0]
    assert (stage.recipe, stage.settings) == ("perceptron", {"epochs": 7})


def test_a_setting_becomes_a_variable(mlp: Document) -> None:
    mlp.do(steps.make_setting_variable(mlp, "learning_rate"))
    mlp.do(steps.make_setting_variable(mlp, "epochs"))
    assert set(mlp.project.variables) == {"hidden", "learning_rate", "run_epochs"}
    assert mlp.project.plan.stages[0].settings == {
        "learning_rate": "learning_rate",
        "epochs": "run_epochs",
    }


def test_data_plan_and_names_that_cannot_be(mlp: Document) -> None:
    data = DataSource(split=(0.5, 0.2, 0.2))
    assert reason(lambda: steps.set_data(mlp, data)) == (
        "The three parts of the split are fractions that add up to 1."
    )
    assert reason(lambda: steps.set_plan(mlp, Plan(()))) == "A plan needs at least one stage."
    assert reason(lambda: steps.set_name(mlp, "  ")) == "A project needs a name."
    assert reason(lambda: steps.set_title(mlp, "main", "a\x00")) == (
        "A title has at most 200 printable characters."
    )


def test_a_variant_is_one_step(mlp: Document) -> None:
    before = project_text(mlp.project)
    mlp.do(steps.apply_variant(mlp, "small"))
    assert mlp.project.variables["hidden"].value == 4
    assert mlp.network().nodes["fc1"].params == {"out_features": "2 * hidden", "bias": False}
    mlp.undo()
    assert project_text(mlp.project) == before
    assert "expected a variant" in reason(lambda: steps.apply_variant(mlp, "large"))


# Fixes


def test_a_fix_with_every_kind_of_part_is_one_step(mlp: Document) -> None:
    before = project_text(mlp.project)
    fix = Fix(
        "Mend everything",
        (
            SetParam("fc2", "out_features", 3),
            InsertOnWire("fc1", "input", "Flatten"),
            AppendNode("fc2", "output", "Softmax"),
            RemoveNode("relu1"),
            SetPlan("loss", "mse"),
            SetData("samples", 300),
            SetData("scale", "unit"),
            Disconnect("logits", "input"),
            Connect("fc2", "output", "logits", "input"),
        ),
    )
    mlp.do(steps.apply_fix(mlp, "main", fix))
    assert wires(mlp) == [
        "fc1 -> fc2",
        "fc2 -> logits",
        "fc2 -> softmax1",
        "flatten -> fc1",
        "inputs -> flatten",
    ]
    assert mlp.project.plan.stages[0].settings == {"loss": "mse"}
    assert mlp.project.data.options["samples"] == 300
    assert mlp.project.data.scale == "unit"
    assert mlp.undo_text == "Mend everything"
    mlp.undo()
    assert project_text(mlp.project) == before


def test_a_fix_that_no_longer_applies_changes_nothing(mlp: Document) -> None:
    before = project_text(mlp.project)
    fix = Fix("Insert", (SetParam("fc2", "out_features", 3), InsertOnWire("inputs", "x", "ReLU")))
    assert reason(lambda: steps.apply_fix(mlp, "main", fix)) == (
        "inputs.x has no wire any more. Check the network again."
    )
    fix = Fix("Data", (SetData("size", 3),))
    assert reason(lambda: steps.apply_fix(mlp, "main", fix)) == "The data has no option “size”."
    assert project_text(mlp.project) == before


def test_every_fix_that_a_check_offers_can_be_done(chain: Chain) -> None:
    document = chain("Conv2d", "Linear", "MaxPool2d", "Softmax")
    document.do(steps.add_layer(document, "main", "Add", (0, 300)))
    document.do(steps.set_plan(document, Plan((Stage(settings={"loss": "mse"}),))))
    tried = 0
    for problem in document.report().problems:
        for fix in problem.fixes:
            document.do(steps.apply_fix(document, "main", fix))
            assert document.undo_text == fix.label
            document.undo()
            tried += 1
    assert tried
