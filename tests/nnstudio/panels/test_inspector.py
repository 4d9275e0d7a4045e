"""The inspector follows selection and edits, and changes the document by steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from graph_compiler.files import project_text
from graph_compiler.model import Wire
from graph_compiler.registry import layers
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.panels.activation import ActivationPicture
from nnstudio.panels.inspector import InspectorPanel
from nnstudio.panels.section import Section

Show = Callable[..., Any]


@pytest.fixture
def panel(document: Document, shown: Show) -> InspectorPanel:
    """The inspector of the small network."""
    made: InspectorPanel = shown(InspectorPanel(document))
    return made


def find(panel: QWidget, kind: type, name: str) -> Any:
    """The visible widget of that name."""
    (found,) = [one for one in panel.findChildren(kind, name) if one.isVisible()]
    return found


def field(panel: InspectorPanel, name: str) -> Any:
    """The visible field of a parameter."""
    return find(panel, QWidget, f"field_{name}")


def section(panel: InspectorPanel, name: str) -> list[tuple[str, str]]:
    """The lines of a section."""
    return find(panel, Section, f"inspector_{name}").texts()


def retype(qtbot: QtBot, edit: QLineEdit, text: str) -> None:
    """Replace what stands in a field and press Enter."""
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    qtbot.keyClicks(edit, text)
    qtbot.keyClick(edit, Qt.Key.Key_Return)


def test_nothing_selected_shows_the_network(panel: InspectorPanel) -> None:
    assert section(panel, "facts") == [
        ("nodes", "5"),
        ("wires", "4"),
        ("parameters", "618"),
        ("multiply-accumulates", "576"),
        ("weights in memory", "2.41 kB"),
    ]
    assert find(panel, QLineEdit, "inspector_title").text() == "Mlp"


def test_the_title_names_the_class(panel: InspectorPanel, document: Document, qtbot: QtBot) -> None:
    retype(qtbot, find(panel, QLineEdit, "inspector_title"), "Two layers")
    source = document.source()
    assert source is not None
    assert source.class_name == "TwoLayers"


def test_one_node(panel: InspectorPanel) -> None:
    panel.show_nodes("main", ["fc1"])
    assert find(panel, QLineEdit, "inspector_name").text() == "fc1"
    assert field(panel, "out_features").text() == "2 * hidden"
    lines = section(panel, "shape")
    assert lines[0] == ("in   N×8", "from inputs")
    assert lines[1] == ("out  N×32", "")
    assert section(panel, "weights") == [("weight  32×8", "256"), ("bias  32", "32")]
    assert section(panel, "cost") == [
        ("parameters", "288"),
        ("multiply-accumulates", "256"),
        ("output of one example", "128 bytes"),
    ]
    assert find(panel, QLabel, "inspector_doc").text() == layers()["Linear"].doc
    assert not panel.findChild(ActivationPicture).isVisible()


def test_typing_a_parameter_changes_the_document(
    panel: InspectorPanel, document: Document, qtbot: QtBot
) -> None:
    panel.show_nodes("main", ["fc2"])
    retype(qtbot, field(panel, "out_features"), "hidden")
    assert document.network().nodes["fc2"].params == {"out_features": "hidden"}
    assert section(panel, "shape")[1] == ("out  N×16", "")
    document.undo()
    assert field(panel, "out_features").text() == "10"


def test_a_refused_value_is_explained_and_mended(
    panel: InspectorPanel, document: Document, qtbot: QtBot
) -> None:
    panel.show_nodes("main", ["fc2"])
    before = project_text(document.project)
    retype(qtbot, field(panel, "out_features"), "0")
    error = find(panel, QLabel, "error_out_features")
    assert error.text().startswith("units: expected a whole number")
    assert project_text(document.project) == before
    assert field(panel, "out_features").text() == "0"
    retype(qtbot, field(panel, "out_features"), "12")
    assert not error.isVisible()
    assert document.network().nodes["fc2"].params == {"out_features": 12}


def test_scrubbing_is_one_undo_step(
    panel: InspectorPanel, document: Document, qtbot: QtBot
) -> None:
    panel.show_nodes("main", ["fc2"])
    before = project_text(document.project)
    label = panel._form.row("out_features").label
    qtbot.mousePress(label, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    for x in range(5, 60, 3):
        qtbot.mouseMove(label, QPoint(x, 5))
    qtbot.mouseRelease(label, Qt.MouseButton.LeftButton)
    assert document.network().nodes["fc2"].params == {"out_features": 23}
    document.undo()
    assert project_text(document.project) == before


def ask_for_variable(panel: InspectorPanel, param: str) -> Any:
    """The field for the name of a variable, opened by the menu of a row."""
    row = panel._form.row(param)
    actions = row.menu().actions()
    next(action for action in actions if action.objectName() == "make_variable").trigger()
    return row.naming


def test_make_a_variable(panel: InspectorPanel, document: Document, qtbot: QtBot) -> None:
    panel.show_nodes("main", ["fc2"])
    before = project_text(document.project)
    naming = ask_for_variable(panel, "out_features")
    assert naming.text() == "out_features"
    qtbot.keyClicks(naming, "hidden")
    qtbot.keyClick(naming, Qt.Key.Key_Return)
    error = find(panel, QLabel, "error_out_features")
    assert error.text() == "There is already a variable “hidden”. Choose another name."
    assert project_text(document.project) == before
    naming.selectAll()
    qtbot.keyClicks(naming, "classes")
    qtbot.keyClick(naming, Qt.Key.Key_Return)
    assert document.project.variables["classes"].value == 10
    assert field(panel, "out_features").text() == "classes"
    assert field(panel, "out_features").aside == "= 10"
    assert not error.isVisible()
    assert panel._form.row("out_features").naming is None
    document.undo()
    assert project_text(document.project) == before


def test_escape_gives_the_name_of_a_variable_up(
    panel: InspectorPanel, document: Document, qtbot: QtBot
) -> None:
    panel.show_nodes("main", ["fc2"])
    qtbot.keyClick(ask_for_variable(panel, "out_features"), Qt.Key.Key_Escape)
    assert panel._form.row("out_features").naming is None
    assert field(panel, "out_features").hasFocus()
    assert not document.can_undo


def test_the_menu_leads_to_the_variables_that_are_read(panel: InspectorPanel) -> None:
    wanted: list[str] = []
    panel.variable_activated.connect(wanted.append)
    panel.show_nodes("main", ["fc1"])
    menu = panel._form.row("out_features").menu()
    actions = {action.objectName(): action for action in menu.actions()}
    assert actions["make_variable"].toolTip() == "It is an expression already."
    actions["go_hidden"].trigger()
    assert wanted == ["hidden"]


def test_rename(panel: InspectorPanel, document: Document, qtbot: QtBot) -> None:
    panel.show_nodes("main", ["fc2"])
    name = find(panel, QLineEdit, "inspector_name")
    retype(qtbot, name, "Last one")
    assert panel.names == ("last_one",)
    assert name.text() == "last_one"
    retype(qtbot, name, "fc1")
    error = find(panel, QLabel, "inspector_name_error")
    assert error.text() == "There is already a node “fc1”. Choose another name."
    panel.show_nodes("main", ["fc1"])
    assert not error.isVisible()
    document.undo()
    panel.show_nodes("main", ["fc2"])
    assert name.text() == "fc2"


def test_several_nodes(panel: InspectorPanel, document: Document, qtbot: QtBot) -> None:
    panel.show_nodes("main", ["fc1", "fc2"])
    assert find(panel, QLabel, "inspector_many").text() == "2 nodes"
    assert field(panel, "out_features").placeholderText() == "several values"
    retype(qtbot, field(panel, "out_features"), "7")
    nodes = document.network().nodes
    assert [nodes[name].params for name in ("fc1", "fc2")] == [{"out_features": 7}] * 2
    assert field(panel, "out_features").text() == "7"
    document.undo()
    assert field(panel, "out_features").text() == ""


def test_several_nodes_without_anything_in_common(panel: InspectorPanel) -> None:
    panel.show_nodes("main", ["fc1", "relu1"])
    texts = [one.text() for one in panel.findChildren(QLabel) if one.isVisible()]
    assert "These layers have no parameter in common." in texts


def test_what_is_wrong_stands_on_top_with_its_cure(
    panel: InspectorPanel, document: Document, qtbot: QtBot
) -> None:
    document.do(steps.set_param(document, "main", "fc2", "out_features", 12))
    panel.show_nodes("main", ["logits"])
    rows = [one for one in panel.findChildren(QWidget, "problem_row") if one.isVisible()]
    assert rows
    button = rows[0].buttons[0]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert document.undo_text == button.fix.label
    assert not [p for p in document.report().problems if p.severity == "error"]
    assert not [one for one in panel.findChildren(QWidget, "problem_row") if one.isVisible()]


def test_a_node_that_goes_leaves_the_network(panel: InspectorPanel, document: Document) -> None:
    panel.show_nodes("main", ["relu1"])
    document.do(steps.delete(document, "main", ["relu1"]))
    assert panel.names == ()
    assert find(panel, Section, "inspector_facts").isVisible()


def test_the_wires_of_a_shape_are_followed(panel: InspectorPanel, document: Document) -> None:
    panel.show_nodes("main", ["fc2"])
    document.do(steps.connect(document, "main", Wire("fc1", "output", "fc2", "input")))
    assert section(panel, "shape")[0] == ("in   N×32", "from fc1")
    document.do(steps.delete(document, "main", ["inputs"]))
    assert section(panel, "shape") == [("not known yet", "")]


def test_a_port_without_a_wire_leaves_its_place_in_the_shape(
    panel: InspectorPanel, document: Document
) -> None:
    shape = {"shape": (12,), "dtype": "int"}
    document.do(steps.add_layer(document, "main", "Input", (0, 200), shape, "words"))
    document.do(steps.add_layer(document, "main", "EmbeddingBag", (200, 200), {}, "bag"))
    document.do(steps.connect(document, "main", Wire("words", "output", "bag", "input")))
    panel.show_nodes("main", ["bag"])
    assert section(panel, "shape") == [
        ("in   N×12", "from words"),
        ("out  N×128", ""),
        ("12 words → 128 features, their mean", ""),
    ]


@pytest.mark.parametrize(
    "type", sorted(name for name, layer in layers().items() if layer.curve is not None)
)
def test_every_activation_has_its_picture(
    panel: InspectorPanel, document: Document, type: str
) -> None:
    document.do(steps.replace_type(document, "main", "relu1", type))
    panel.show_nodes("main", ["relu1"])
    picture = find(panel, ActivationPicture, "activation_picture")
    assert picture.accessibleName() == f"{layers()[type].title} and its derivative from −4 to 4"
    image = picture.grab().toImage()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(image.height())}
    assert len(colours) > 5


def test_hidden_it_does_no_work_and_catches_up(
    panel: InspectorPanel, document: Document, qapp: QApplication
) -> None:
    panel.show_nodes("main", ["fc2"])
    panel.hide()
    document.do(steps.set_param(document, "main", "fc2", "out_features", 5))
    panel.show()
    qapp.processEvents()
    assert field(panel, "out_features").text() == "5"


def test_commit_does_what_stands_typed(
    panel: InspectorPanel, document: Document, qtbot: QtBot
) -> None:
    panel.show_nodes("main", ["fc2"])
    edit = field(panel, "out_features")
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClicks(edit, "31")
    assert not document.can_undo
    panel.commit()
    assert document.network().nodes["fc2"].params == {"out_features": 31}


def test_what_was_typed_belongs_to_the_node_it_was_typed_for(
    panel: InspectorPanel, document: Document, qtbot: QtBot
) -> None:
    panel.show_nodes("main", ["fc2"])
    edit = field(panel, "out_features")
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClicks(edit, "31")
    panel.show_nodes("main", ["fc1"])
    nodes = document.network().nodes
    assert nodes["fc2"].params == {"out_features": 31}
    assert nodes["fc1"].params == {"out_features": "2 * hidden"}


def test_a_stranger_of_a_layer_is_said_to_be_one(panel: InspectorPanel, document: Document) -> None:
    text = '{"nodes": {"a": {"type": "<b>Magic</b>"}}}'.replace("<b>", "").replace("</b>", "")
    document.do(steps.paste(document, "main", text, (0, 0)))
    panel.show_nodes("main", ["a"])
    doc = find(panel, QLabel, "inspector_doc")
    assert doc.text() == "This program does not know this layer."
    assert doc.textFormat() == Qt.TextFormat.PlainText


@pytest.mark.parametrize("name", ["inputs", "fc1", "relu1", "logits"])
def test_nothing_is_cut_off_at_260_pixels(
    panel: InspectorPanel, qapp: QApplication, name: str
) -> None:
    panel.show_nodes("main", [name])
    qapp.processEvents()
    for child in panel.findChildren(QWidget):
        if child.isVisible() and child.parentWidget() is not None and not child.isWindow():
            right = child.mapTo(panel, QPoint(child.width() - 1, 0)).x()
            assert right < panel.width(), child.objectName() or type(child).__name__
