"""Saving, opening, locks, changes on disk, recovery and export in the real window."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from graph_compiler.files import load_project
from graph_compiler.safe_io import SaveError
from nnstudio.app import saving
from nnstudio.app.settings import Settings
from nnstudio.document.autosave import find_recoveries
from nnstudio.document.lock import Lock, Owner
from nnstudio.document.templates import load_target


def node_names(path: Path) -> list[str]:
    """The nodes that lie in a file."""
    return list(load_project(path).networks["main"].nodes)


def saved(hand: Any) -> bool:
    """Whether the bar says so."""
    return hand.find("saved_state").text() == "saved"


def project_file(folder: Path, template: str = "mlp") -> Path:
    """A template saved as a file of one's own."""
    from graph_compiler.files import save_project

    path = folder / "mine.nns"
    save_project(load_target(f"template:{template}"), path)
    return path


def end_of_process(monkeypatch: Any) -> None:
    """Have everything look as if the process of the first window were gone."""
    monkeypatch.setattr(Owner, "alive", property(lambda owner: False))


def dropped(hand: Any, path: Path) -> bool:
    """Whether the window takes a file or folder that is dropped on it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(400, 300), copy, data, left, none)
    enter.ignore()
    QApplication.sendEvent(hand.window, enter)
    if enter.isAccepted():
        drop = QDropEvent(QPointF(400, 300), copy, data, left, none)
        QApplication.sendEvent(hand.window, drop)
    return enter.isAccepted()


def test_save_asks_for_a_file_once_and_then_writes_to_it(opened: Any, tmp_path: Path) -> None:
    hand = opened("template:mlp")
    hand.drag_layer("Dropout", QPoint(300, 60))
    path = tmp_path / "first.nns"
    hand.do("file.save")
    hand.choose_file("save_dialog", path)
    hand.until(lambda: saved(hand))
    assert "dropout1" in node_names(path)
    assert not hand.window.isWindowModified()
    assert Settings().recent == (path,)
    hand.drag_layer("ReLU", QPoint(500, 60))
    assert hand.find("saved_state").text() == "not saved"
    hand.do("file.save")
    hand.until(lambda: saved(hand))
    assert "relu3" in node_names(path)
    assert (tmp_path / "first.nns~").exists()


def test_open_shows_the_file_and_undo_leads_back_to_it(opened: Any, tmp_path: Path) -> None:
    path = project_file(tmp_path)
    hand = opened()
    hand.click("start_open")
    hand.choose_file("open_dialog", path)
    hand.open_editor()
    assert hand.window.editor.document.path == path
    assert saved(hand)
    hand.drag_layer("ReLU", QPoint(500, 60))
    hand.do("edit.undo")
    assert saved(hand)


def test_a_broken_file_gives_one_clear_sentence(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "broken.nns"
    path.write_text("{")
    hand = opened("template:mlp")
    hand.window.files.opening.open_path(path)
    box = hand.find("not_opened", QMessageBox)
    assert box.text() == "This could not be opened."
    assert box.informativeText() == (
        "broken.nns: line 1: expected the rest of the project, got the end of the file. The file is"
        " cut off: restore it from its backup, the file whose name ends in ~."
    )
    hand.click("not_opened_ok")
    hand.until(lambda: hand.there("editor"))
    assert hand.window.editor.document.project.name == "Multilayer perceptron"


def test_a_failed_save_names_the_reason_and_keeps_the_document(opened: Any, tmp_path: Path) -> None:
    path = project_file(tmp_path)
    hand = opened(str(path))
    before = path.read_bytes()
    hand.drag_layer("ReLU", QPoint(500, 60))
    path.unlink()
    tmp_path.joinpath("mine.nns").mkdir()
    hand.do("file.save")
    hand.until(lambda: hand.there("notice_save_failed"))
    words = hand.window.editor.notices.text("save_failed")
    assert words == f"Not saved. {path}: this is not a regular file. Choose another name."
    assert hand.window.editor.document.dirty
    elsewhere = tmp_path / "elsewhere.nns"
    hand.click("save_elsewhere")
    hand.choose_file("save_dialog", elsewhere)
    hand.until(lambda: saved(hand))
    assert "relu3" in node_names(elsewhere)
    assert not hand.there("notice_save_failed")
    assert before


def test_a_full_disk_is_told_with_the_free_space(
    opened: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    path = project_file(tmp_path)
    hand = opened(str(path))
    hand.drag_layer("ReLU", QPoint(500, 60))

    def full(project: object, where: Path) -> None:
        raise SaveError(where, "the disk is full: 4 kB needed, 0 bytes free", "Save elsewhere.")

    monkeypatch.setattr("graph_compiler.files.save_project", full)
    hand.do("file.save")
    hand.until(lambda: hand.there("notice_save_failed"))
    assert "the disk is full: 4 kB needed, 0 bytes free" in (
        hand.window.editor.notices.text("save_failed")
    )
    monkeypatch.undo()
    hand.click("save_again")
    hand.until(lambda: saved(hand))


def test_an_edit_during_a_save_stays_unsaved(opened: Any, tmp_path: Path, monkeypatch: Any) -> None:
    from graph_compiler import files

    path = project_file(tmp_path)
    hand = opened(str(path))
    hand.drag_layer("ReLU", QPoint(500, 60))
    write = files.save_project

    def slow(project: Any, where: Path) -> None:
        time.sleep(0.3)
        write(project, where)

    monkeypatch.setattr(files, "save_project", slow)
    hand.do("file.save")
    assert hand.find("saved_state").text() == "saving…"
    hand.drag_layer("Dropout", QPoint(300, 60))
    hand.until(lambda: not hand.window.files.saving.busy)
    assert hand.window.editor.document.dirty
    assert "relu3" in node_names(path)
    assert "dropout1" not in node_names(path)
    monkeypatch.undo()
    hand.do("file.save")
    hand.until(lambda: saved(hand))
    assert "dropout1" in node_names(path)


def test_what_is_saved_during_a_save_is_written_after_it(
    opened: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    from graph_compiler import files

    path = project_file(tmp_path)
    hand = opened(str(path))
    write = files.save_project

    def slow(project: Any, where: Path) -> None:
        time.sleep(0.3)
        write(project, where)

    monkeypatch.setattr(files, "save_project", slow)
    hand.drag_layer("ReLU", QPoint(500, 60))
    hand.do("file.save")
    hand.drag_layer("Dropout", QPoint(300, 60))
    hand.do("file.save")
    hand.until(lambda: saved(hand))
    assert "dropout1" in node_names(path)
    hand.drag_layer("Tanh", QPoint(700, 60))
    hand.do("file.save")
    hand.window.close()
    hand.click("save_question_save")
    hand.until(lambda: not hand.window.isVisible())
    assert "tanh1" in node_names(path)


def test_a_second_window_is_read_only_or_asks(opened: Any, tmp_path: Path) -> None:
    path = project_file(tmp_path)
    first = opened(str(path))
    second = opened()
    second.window.files.opening.open_path(path)
    box = second.find("locked", QMessageBox)
    assert box.text() == "mine.nns is open in another window."
    second.click("locked_read_only")
    second.open_editor()
    assert second.window.editor.bar.findChild(object, "saved_state").text() == "read only"
    second.window.actions_made.refresh()
    save = second.window.actions_made.by_id["file.save"]
    assert not save.isEnabled()
    assert save.toolTip().endswith("so it is read only here.")
    assert not second.window.editor.palette_panel.isEnabled()
    first.window.close_at_once()
    assert Lock(path).acquire()


def test_saving_over_a_file_that_another_window_holds_is_asked_about(
    opened: Any, tmp_path: Path
) -> None:
    path = project_file(tmp_path)
    before = path.read_bytes()
    other = Lock(path)
    assert other.acquire()
    hand = opened("template:mlp")
    hand.drag_layer("Dropout", QPoint(300, 60))
    hand.do("file.save")
    hand.find("save_dialog").setOption(QFileDialog.Option.DontConfirmOverwrite)
    hand.choose_file("save_dialog", path)
    assert hand.find("held_elsewhere", QMessageBox).text() == "mine.nns is open in another window."
    hand.click("held_elsewhere_cancel")
    assert path.read_bytes() == before
    assert hand.window.editor.document.path is None
    assert not other.lost
    hand.do("file.save")
    hand.find("save_dialog").setOption(QFileDialog.Option.DontConfirmOverwrite)
    hand.choose_file("save_dialog", path)
    hand.click("held_elsewhere_take")
    hand.until(lambda: saved(hand))
    assert other.lost
    assert "dropout1" in node_names(path)


def test_a_change_behind_our_back_is_asked_about(opened: Any, tmp_path: Path) -> None:
    path = project_file(tmp_path)
    hand = opened(str(path))
    hand.drag_layer("ReLU", QPoint(500, 60))
    theirs = path.read_text().replace("Multilayer perceptron", "Theirs")
    path.write_text(theirs)
    os.utime(path, (time.time() + 5, time.time() + 5))
    hand.window.files.watching.look()
    notices = hand.window.editor.notices
    hand.until(lambda: "was changed by another program" in notices.text("changed"))
    hand.do("file.save")
    assert hand.find("changed_on_disk", QMessageBox).text() == (
        "mine.nns was changed by another program."
    )
    hand.click("changed_on_disk_cancel")
    assert path.read_text() == theirs
    hand.do("file.save")
    hand.click("changed_on_disk_overwrite")
    hand.until(lambda: saved(hand))
    assert "relu3" in node_names(path)


def test_unsaved_work_is_offered_after_a_sudden_end(
    opened: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    path = project_file(tmp_path)
    hand = opened(str(path))
    hand.drag_layer("ReLU", QPoint(500, 60))
    hand.window.close_at_once()
    end_of_process(monkeypatch)
    assert "relu3" not in node_names(path)
    assert len(find_recoveries()) == 1
    again = opened()
    again.click("restore_0")
    again.open_editor()
    document = again.window.editor.document
    assert "relu3" in document.project.networks["main"].nodes
    assert document.path == path
    assert document.dirty
    again.do("file.save")
    again.until(lambda: saved(again))
    assert "relu3" in node_names(path)
    again.until(lambda: not find_recoveries())


def test_opening_the_file_itself_offers_the_newer_state(
    opened: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    path = project_file(tmp_path)
    hand = opened(str(path))
    hand.drag_layer("ReLU", QPoint(500, 60))
    hand.window.close_at_once()
    end_of_process(monkeypatch)
    again = opened()
    again.window.files.opening.open_path(path)
    assert again.find("recover", QMessageBox).text() == (
        "There is unsaved work on Multilayer perceptron."
    )
    again.click("recover_discard")
    again.open_editor()
    assert "relu3" not in again.window.editor.document.project.networks["main"].nodes
    assert not find_recoveries()


def test_autosave_writes_within_two_seconds(opened: Any) -> None:
    hand = opened("template:mlp")
    hand.drag_layer("ReLU", QPoint(500, 60))
    edited = time.monotonic()
    recovery = Path(os.environ["NNSTUDIO_HOME"]) / "recovery"
    hand.until(lambda: list(recovery.glob("*.nns")))
    assert edited > 0
    assert "relu3" in node_names(next(recovery.glob("*.nns")))


def test_export_model(opened: Any, tmp_path: Path) -> None:
    hand = opened("template:mlp")
    target = tmp_path / "net.py"
    hand.do("file.export_model")
    hand.choose_file("export_model_dialog", target)
    hand.until(lambda: hand.window.editor.notices.text("exported"))
    assert target.read_text() == hand.window.editor.document.source("main").text
    assert hand.window.editor.notices.text("exported") == (
        f"Wrote net.py to {tmp_path}. They run without NN Studio."
    )


def test_export_script_asks_before_it_replaces(opened: Any, tmp_path: Path) -> None:
    hand = opened("template:mlp")
    (tmp_path / "train.py").write_text("mine\n")
    hand.do("file.export_script")
    hand.choose_file("export_script_dialog", tmp_path)
    assert hand.find("replace_question", QMessageBox).text() == "Replace train.py?"
    hand.click("replace_question_replace")
    hand.until(lambda: hand.window.editor.notices.text("exported"))
    assert (tmp_path / "model.py").read_text() == hand.window.editor.document.source("main").text
    assert "import torch" in (tmp_path / "train.py").read_text()
    assert (tmp_path / "train.py~").read_text() == "mine\n"


def test_a_project_dropped_on_the_window_opens(opened: Any, tmp_path: Path) -> None:
    path = project_file(tmp_path)
    hand = opened()
    assert dropped(hand, path)
    hand.open_editor()
    assert hand.window.editor.document.path == path


@pytest.mark.warm
def test_a_folder_of_pictures_dropped_on_the_window_becomes_its_data(
    opened: Any, tmp_path: Path
) -> None:
    for name, shade in (("cat", 40), ("dog", 200)):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for index in range(5):
            picture = QImage(8, 8, QImage.Format.Format_Grayscale8)
            picture.fill(shade + index)
            picture.save(str(tmp_path / "pets" / name / f"{index}.png"))
    hand = opened()
    assert not dropped(hand, tmp_path)
    assert dropped(hand, tmp_path / "pets")
    hand.open_editor()
    document = hand.window.editor.document
    hand.until(lambda: document.project.data.source == "image_folder")
    assert document.project.data.options["names"] == ("cat", "dog")
    (tmp_path / "rows.tsv").write_text("a\tb\n1\t2\n3\t4\n")
    hand.window.editor.set_read_only("Locked.")
    assert dropped(hand, tmp_path / "rows.tsv")
    assert hand.find("status_message").text() == "Locked."


def test_a_new_project_is_empty_and_can_be_drawn_in(opened: Any) -> None:
    hand = opened()
    hand.click("start_new")
    hand.open_editor()
    assert hand.find("status_figures").text() == "Empty network"
    hand.drag_layer("Input", QPoint(200, 200))
    assert list(hand.window.editor.document.project.networks["main"].nodes) == ["image"]


def test_file_names_from_project_names() -> None:
    assert saving._file_stem("LeNet-5 on digits") == "lenet-5-on-digits"
    assert saving._file_stem("../../etc/passwd") == "etc-passwd"
    assert saving._file_stem("⁂ \u202e") == "untitled"


def test_a_picture_carries_its_project_into_another_window(opened: Any, tmp_path: Path) -> None:
    hand = opened("template:resnet@18")
    hand.do("file.export_picture")
    hand.choose_file("export_picture_dialog", tmp_path / "net.svg")
    hand.until((tmp_path / "net.svg").exists)
    hand.until(lambda: hand.there("notice_exported"))
    other = opened()
    other.window.files.opening.open_dropped(tmp_path / "net.svg")
    other.open_editor()
    assert other.window.editor.document.project == hand.window.editor.document.project
    assert other.window.editor.document.path is None
