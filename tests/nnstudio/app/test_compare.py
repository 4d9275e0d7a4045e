"""Comparing in the window: sides are chosen, differences listed, both ways of looking marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph_compiler.files import save_project
from nnstudio.app.compare.view import CompareWindow
from nnstudio.document import steps
from nnstudio.document.templates import load_target


def compared(hand: Any) -> CompareWindow:
    """The compare window, opened by its action, once it shows a comparison or says why not."""
    hand.do("file.compare")
    shown: CompareWindow = hand.find("compare_window")
    hand.until(lambda: not said(shown).startswith("Reading"))
    return shown


def said(shown: CompareWindow) -> str:
    label: Any = shown.findChild(object, "compare_summary")
    return str(label.text())


def lines(shown: CompareWindow) -> list[str]:
    found = []
    for row in range(shown.list.topLevelItemCount()):
        head = shown.list.topLevelItem(row)
        found.append(head.text(0))
        found += [f"  {head.child(place).text(0)}" for place in range(head.childCount())]
    return found


def canvases(shown: CompareWindow) -> dict[str, Any]:
    assert shown._pictures is not None
    return dict(shown._pictures.canvases)


def marks(canvas: Any) -> dict[str, str]:
    return {name: tint.text for name, tint in canvas.drawing.tints.nodes.items()}


def test_what_was_changed_since_saving(opened: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "mine.nns"
    save_project(load_target("template:lenet5"), path)
    hand = opened(str(path))
    document = hand.window.editor.document
    document.do(steps.set_param(document, "main", ("fc1",), "out_features", 200))
    document.do(steps.delete(document, "main", ("relu2",), ()))
    document.do(steps.rename(document, "main", "fc3", "head"))
    shown = compared(hand)
    assert said(shown) == "4 differences"
    assert lines(shown)[0] == "main"
    assert "  − relu2: ReLU()" in lines(shown)
    assert "  ~ fc1.out_features: hidden → 200" in lines(shown)
    assert "  > fc3 → head" in lines(shown)
    assert not any("->" in line for line in lines(shown))
    one = canvases(shown)
    assert marks(one["merged"]) == {
        "relu2": "− removed", "fc1": "~ changed", "head": "> renamed",
    }  # fmt: skip
    assert marks(one["before"]) == {
        "relu2": "− removed", "fc1": "~ changed", "fc3": "> renamed",
    }  # fmt: skip
    assert marks(one["after"]) == {"fc1": "~ changed", "head": "> renamed"}
    hand.until(one["merged"].isVisible)
    hand.click("compare_pair")
    hand.until(one["before"].isVisible)
    assert one["after"].isVisible()
    assert not one["merged"].isVisible()


def test_a_difference_leads_to_its_node_and_both_sides_move_together(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "mine.nns"
    save_project(load_target("template:lenet5"), path)
    hand = opened(str(path))
    document = hand.window.editor.document
    document.do(steps.rename(document, "main", "fc3", "head"))
    shown = compared(hand)
    hand.click("compare_pair")
    head = shown.list.topLevelItem(0)
    place = next(i for i in range(head.childCount()) if "fc3" in head.child(i).text(0))
    box = shown.list.visualItemRect(head.child(place))
    QTest.mouseClick(shown.list.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    before, after = canvases(shown)["before"], canvases(shown)["after"]
    assert before.selected() == ("fc3",)
    assert after.selected() == ("head",)
    before.camera.zoom_to(1.7)
    assert abs(after.camera.zoom - 1.7) < 1e-6
    after.camera.pan(40, 10)
    gap = before.camera.visible().center() - after.camera.visible().center()
    assert abs(gap.x()) < 2
    assert abs(gap.y()) < 2


def test_nothing_in_a_comparison_can_be_changed(opened: Callable[..., Any]) -> None:
    hand = opened("template:lenet5")
    document = hand.window.editor.document
    shown = compared(hand)
    assert said(shown) == "Nothing differs."
    canvas = canvases(shown)["merged"]
    canvas.setFocus()
    canvas.select(("fc1",))
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    QTest.keyClick(canvas, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert "fc1" in canvas.drawing.nodes
    assert len(canvas.drawing.nodes) == len(document.project.networks["main"].nodes)
    assert not document.dirty


def test_a_file_that_cannot_be_read_is_told_and_another_side_can_be_chosen(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    hand = opened("template:lenet5")
    shown = compared(hand)
    broken, other = tmp_path / "broken.nns", tmp_path / "other.nns"
    broken.write_text("{", encoding="utf-8")
    save_project(load_target("template:mlp"), other)
    shown.choose(shown.add_file(broken), "now")
    hand.until(lambda: said(shown).startswith("broken.nns"))
    assert "expected" in said(shown)
    assert lines(shown) == []
    shown.choose(shown.add_file(other), "now")
    hand.until(lambda: "differences" in said(shown))
    assert lines(shown)
    hand.click("compare_swap")
    hand.until(lambda: "differences" in said(shown))
    assert shown.older.currentData() == "now"


def test_drawings_of_blocks_are_chosen_and_the_window_closes_with_its_own(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    hand = opened("template:resnet@18")
    other = tmp_path / "deeper.nns"
    save_project(load_target("template:resnet@50"), other)
    shown = compared(hand)
    shown.choose(shown.add_file(other), "now")
    hand.until(lambda: "difference" in said(shown))
    names = [shown.drawing.itemData(row) for row in range(shown.drawing.count())]
    assert set(names) >= set(hand.window.editor.document.project.networks)
    shown.drawing.setCurrentIndex(names.index("main"))
    assert canvases(shown)["merged"].drawing.network == "main"
    hand.window.close_at_once()
    QApplication.processEvents()
    assert not hand.there("compare_window")
