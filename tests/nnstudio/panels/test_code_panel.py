"""The code panel alone: text, colours, marked lines, listening."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtGui import QColor

from nnstudio import theme
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target
from nnstudio.panels.code import CodePanel
from nnstudio.theme import DARK


@pytest.fixture
def make_code_panel(qtbot: Any) -> Any:
    """Shows panels on documents."""
    theme.use(DARK)
    made: list[tuple[CodePanel, Document]] = []

    def make(document: Document, height: int = 900) -> CodePanel:
        panel = CodePanel(document)
        made.append((panel, document))
        qtbot.addWidget(panel)
        panel.resize(700, height)
        panel.show()
        qtbot.waitExposed(panel)
        return panel

    yield make
    for panel, document in made:
        panel.dispose()
        assert document.listener_count == 0


@pytest.fixture
def panel(make_code_panel: Any) -> CodePanel:
    """A shown panel on LeNet-5."""
    return make_code_panel(Document(load_target("template:lenet5")))


def colours_of(panel: CodePanel, line: int) -> set[str]:
    """The colours that the highlighter gave to a line, counted from 1."""
    block = panel.view.document().findBlockByNumber(line - 1)
    return {part.format.foreground().color().name() for part in block.layout().formats()}


def test_it_shows_the_emitted_text(panel: CodePanel) -> None:
    assert panel.view.toPlainText() == panel._document.source("main").text
    assert panel.view.isReadOnly()


def test_keywords_and_names_have_their_colours(panel: CodePanel) -> None:
    text = panel.view.toPlainText().splitlines()
    line = 1 + next(i for i, row in enumerate(text) if row.startswith("class "))
    assert QColor(DARK.family("convolution")).name() in colours_of(panel, line)
    assert QColor(DARK.family("activation")).name() in colours_of(panel, line)


def test_a_string_of_several_lines_is_one_string(panel: CodePanel) -> None:
    assert colours_of(panel, 1) == colours_of(panel, 3) == {QColor(DARK.family("dense")).name()}


def test_selected_nodes_are_marked_and_seen(panel: CodePanel) -> None:
    source = panel._document.source("main")
    panel.show_nodes(("conv1", "fc2"))
    assert panel.view.marked == tuple(sorted({*source.lines_of("conv1"), *source.lines_of("fc2")}))
    assert len(panel.view.extraSelections()) == len(panel.view.marked)
    panel.show_nodes(())
    assert panel.view.marked == ()


def test_an_edit_shows_after_a_moment(panel: CodePanel, qtbot: Any) -> None:
    document = panel._document
    document.do(steps.set_param(document, "main", ("fc2",), "out_features", 77))
    qtbot.waitUntil(lambda: "77" in panel.view.toPlainText(), timeout=60_000)


def test_the_class_of_the_drawing_shown_is_in_view(make_code_panel: Any) -> None:
    panel = make_code_panel(Document(load_target("template:resnet@50")), 400)
    for drawing in ("Bottleneck", "main", "Stage"):
        panel.show_drawing("main", drawing)
        first = panel.view.firstVisibleBlock().blockNumber()
        shown = panel.view.toPlainText().splitlines()[first : first + 4]
        name = panel._document.source("main").classes[drawing]
        assert any(line.startswith(f"class {name}(") for line in shown)
