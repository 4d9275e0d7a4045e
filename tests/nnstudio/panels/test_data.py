"""The data panel: sources, options, split, files, and the states of the preview."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from graph_compiler.files import project_text
from graph_compiler.model import DataSource
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.sources import sources
from nnstudio.panels.data import DataPanel
from nnstudio.panels.data_tables import MISSING, NAME, ROLE, TYPE, VALUES
from nnstudio.panels.text import measured, spaced

Show = Callable[..., Any]

COLUMNS = [
    {
        "name": "age",
        "role": "feature",
        "type": "number",
        "missing": 2,
        "distinct": 40,
        "min": -1.5,
        "max": 59.0,
        "mean": 39.5,
        "histogram": [1, 2, 3],
        "categories": [],
    },
    {
        "name": "bought",
        "role": "target",
        "type": "category",
        "missing": 0,
        "distinct": 2,
        "min": None,
        "max": None,
        "mean": None,
        "histogram": [120, 80],
        "categories": [["yes", 120], ["no", 80]],
    },
]
TABLE = {
    "source": "csv",
    "kind": "table",
    "rows": 200,
    "target": "class",
    "classes": [["yes", 120], ["no", 80]],
    "columns": COLUMNS,
    "table": [["20", "yes"], ["21", "no"]],
    "problem": "",
    "options": {
        "path": "/data/people.csv",
        "separator": ";",
        "decimal": ".",
        "header": True,
        "missing": "refuse",
        "columns": [
            ["age", "feature", "number", []],
            ["bought", "target", "category", ["no", "yes"]],
        ],
        "rows": 200,
    },
}
IMAGES = {
    "kind": "images",
    "rows": 1797,
    "target": "class",
    "classes": [["0", 178], ["1", 182]],
    "images": [{"size": [2, 2, 1], "bytes": "AP+AQA==", "label": str(n % 2)} for n in range(10)],
}
POINTS = {
    "kind": "points",
    "rows": 4,
    "target": "class",
    "classes": [["in", 2], ["out", 2]],
    "columns": [{"name": "x", "role": "feature"}, {"name": "y", "role": "feature"}],
    "points": [[0.0, 1.0, 0], [1.0, 2.0, 1], [2.0, 0.0, 0], [0.5, 0.5, 1]],
}


class Worker:
    """Stands for the worker: keeps what was asked, answers when told."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, Any], Callable[[Any], None], Callable[[str], None]]] = []

    def __call__(
        self,
        kind: str,
        payload: dict[str, Any],
        done: Callable[[Any], None],
        failed: Callable[[str], None],
    ) -> None:
        assert kind == "preview"
        self.asked.append((payload, done, failed))

    @property
    def last(self) -> tuple[dict[str, Any], Callable[[Any], None], Callable[[str], None]]:
        return self.asked[-1]

    def answer(self, result: Any) -> None:
        self.last[1](result)

    def fail(self, text: str) -> None:
        self.last[2](text)


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def panel(document: Document, worker: Worker, shown: Show, qtbot: QtBot) -> DataPanel:
    """The data of the small network, its preview asked for."""
    made: DataPanel = shown(DataPanel(document, worker), 900, 500)
    qtbot.waitUntil(lambda: len(worker.asked) == 1, timeout=60_000)
    return made


def retype(qtbot: QtBot, field: Any, text: str) -> None:
    """Replace what stands in a field and press Enter."""
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def part(panel: DataPanel, name: str) -> Any:
    """A part of the panel by its name."""
    return panel.findChild(QWidget, f"data_{name}")


def choose(panel: DataPanel, name: str) -> None:
    """Pick a source, as the list does."""
    panel.source.setCurrentIndex(panel.source.findData(name))
    panel.source.activated.emit(panel.source.currentIndex())


def test_sources_stand_in_groups(panel: DataPanel) -> None:
    box: QComboBox = panel.source
    rows = [(box.itemText(i), box.itemData(i)) for i in range(box.count())]
    assert [text for text, name in rows if name is None] == ["Your data", "Real data", "Generated"]
    assert {name for _, name in rows if name} == set(sources())
    assert ("CSV file", "csv") in rows[1:10]
    assert box.currentData() == "blobs"


def test_another_source_is_one_step(panel: DataPanel, document: Document) -> None:
    choose(panel, "moons")
    assert document.project.data == DataSource("moons")
    assert document.undo_text == "Choose Moons"
    assert {param.name for param in panel.options.params} == {"samples", "noise"}
    document.undo()
    assert panel.source.currentData() == "blobs"


def test_options_take_numbers_and_expressions(
    panel: DataPanel, document: Document, qtbot: QtBot
) -> None:
    retype(qtbot, panel.options.row("samples").field, "10 * hidden")
    assert document.project.data.options["samples"] == "10 * hidden"
    assert document.purpose.data is not None
    assert document.purpose.data.rows == 160
    retype(qtbot, panel.options.row("centers").field, "1")
    assert panel.options.row("centers").error.text().startswith("classes: expected a whole number")
    assert document.project.data.options["centers"] == 10


def test_an_option_becomes_a_variable(panel: DataPanel, document: Document, qtbot: QtBot) -> None:
    actions = panel.options.row("samples").menu().actions()
    next(action for action in actions if action.objectName() == "make_variable").trigger()
    qtbot.keyClick(panel.options.row("samples").naming, Qt.Key.Key_Return)
    assert document.project.variables["samples"].value == 500
    assert document.project.data.options["samples"] == "samples"


@pytest.mark.parametrize(
    ("name", "text", "split"),
    [
        ("training", "50", (0.5, 0.1875, 0.3125)),
        ("validation", "0", (0.705882, 0.0, 0.294118)),
        ("test", "40", (0.48, 0.12, 0.4)),
        ("training", "100", (1.0, 0.0, 0.0)),
    ],
)
def test_the_parts_of_the_split_are_linked(
    panel: DataPanel,
    document: Document,
    qtbot: QtBot,
    name: str,
    text: str,
    split: tuple[float, float, float],
) -> None:
    retype(qtbot, panel.split.row(name).field, text)
    assert document.project.data.split == pytest.approx(split)
    assert sum(document.project.data.split) == pytest.approx(1)
    assert document.undo_text == "Set the split"


def test_a_split_that_cannot_be(panel: DataPanel, document: Document, qtbot: QtBot) -> None:
    before = project_text(document.project)
    retype(qtbot, panel.split.row("training").field, "0")
    assert panel.split.row("training").error.text() == "The training part cannot be empty."
    retype(qtbot, panel.split.row("test").field, "120")
    assert panel.split.row("test").error.text() == "A part of the data is between 0 and 100 %."
    assert project_text(document.project) == before


def test_scaling_seed_and_strata(panel: DataPanel, document: Document, qtbot: QtBot) -> None:
    retype(qtbot, panel.how.row("seed").field, "7")
    field = panel.how.row("scale").field
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_End)
    switch = panel.how.row("stratified").field
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=QPoint(8, switch.height() // 2))
    data = document.project.data
    assert (data.seed, data.scale, data.stratified) == (7, "robust", False)
    choose(panel, "diabetes")
    assert not panel.how.row("stratified").isVisible()


def test_images(panel: DataPanel, worker: Worker) -> None:
    payload = worker.last[0]
    assert payload == {
        "data": {"source": "blobs", "options": {"features": 8, "centers": 10}, "seed": 0},
        "variables": {"hidden": 16},
    }
    assert part(panel, "busy").isVisible()
    worker.answer(IMAGES)
    assert not part(panel, "busy").isVisible()
    assert part(panel, "facts").text() == "1\u202f797 rows · 2×2 pixels · 2 classes"
    assert part(panel, "images").accessibleName() == "10 images of the classes 0, 1"
    picture = part(panel, "images").grab().toImage()
    assert picture.pixelColor(45, 10).lightness() > 200


def test_points_are_told_apart_by_shape_as_well(panel: DataPanel, worker: Worker) -> None:
    worker.answer(POINTS)
    assert part(panel, "points").isVisible()
    assert part(panel, "points").accessibleName() == "4 points over x and y"
    assert part(panel, "classes").text() == "in:\u00a02   out:\u00a02"


def test_a_table_shows_columns_and_first_rows(panel: DataPanel, worker: Worker) -> None:
    worker.answer({**TABLE, "source": "iris"})
    model = panel.preview.column_model
    shown = [
        [model.data(model.index(row, column)) for column in (NAME, ROLE, TYPE, MISSING, VALUES)]
        for row in range(model.rowCount())
    ]
    assert shown == [
        ["age", "feature", "number", "2", "−1.5 to 59"],
        ["bought", "target", "category", "–", "2 categories"],
    ]
    assert not model.flags(model.index(0, ROLE)) & Qt.ItemFlag.ItemIsEditable
    assert part(panel, "head").model().rowCount() == 2


def test_a_failed_preview_says_why_and_tries_again(
    panel: DataPanel, worker: Worker, qtbot: QtBot
) -> None:
    worker.fail("blobs: expected a network, got none.")
    assert part(panel, "error").text() == "blobs: expected a network, got none."
    assert part(panel, "error").isVisible()
    qtbot.mouseClick(part(panel, "again"), Qt.MouseButton.LeftButton)
    assert len(worker.asked) == 2
    worker.answer(POINTS)
    assert not part(panel, "error").isVisible()


def test_an_answer_that_came_too_late_is_passed_over(
    panel: DataPanel, worker: Worker, document: Document, qtbot: QtBot
) -> None:
    late = worker.last[1]
    document.do(steps.set_source(document, "moons"))
    qtbot.waitUntil(lambda: len(worker.asked) == 2, timeout=60_000)
    late(IMAGES)
    assert not part(panel, "images").isVisible()
    worker.answer(POINTS)
    assert part(panel, "points").isVisible()


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        {},
        {"kind": "images", "images": [{"pixels": "x"}, 3, {"pixels": [[1], [1, 2]]}]},
        {"kind": "points", "points": [[1], [None, 2, 3], "ab"], "classes": [["a", 1, 2], "x"]},
        {"kind": "table", "columns": [3, {}], "table": [[], [1, 2, 3]]},
    ],
)
def test_a_strange_answer_breaks_nothing(panel: DataPanel, worker: Worker, result: Any) -> None:
    worker.answer(result)
    panel.grab()


def test_a_file_and_what_was_found_out_come_in_one_step(
    panel: DataPanel, worker: Worker, document: Document, qtbot: QtBot
) -> None:
    before = project_text(document.project)
    worker.answer(POINTS)
    panel.choose_file("/data/people.csv")
    payload = worker.last[0]
    assert payload["data"]["source"] == "csv"
    assert payload["data"]["options"] == {"path": "/data/people.csv"}
    assert document.project.data.source == "blobs"
    worker.answer(TABLE)
    assert document.project.data.source == "csv"
    assert document.project.data.options == {
        "path": "/data/people.csv",
        "separator": ";",
        "columns": (
            ("age", "feature", "number", ()),
            ("bought", "target", "category", ("no", "yes")),
        ),
        "rows": 200,
    }
    assert document.undo_text == "Choose people.csv"
    assert document.purpose.data is not None
    assert document.purpose.data.classes == ("no", "yes")
    assert part(panel, "file").full_text() == "people.csv"
    assert part(panel, "columns").isVisible()
    qtbot.wait(300)
    assert len(worker.asked) == 2
    document.undo()
    assert project_text(document.project) == before


def test_a_file_that_cannot_be_read_changes_nothing(
    panel: DataPanel, worker: Worker, document: Document
) -> None:
    panel.choose_file("/data/nothing.csv")
    worker.fail("nothing.csv: expected a file, got nothing at this place. Choose the file anew.")
    assert part(panel, "error").isVisible()
    assert not document.can_undo


def test_roles_are_corrected_through_the_worker(
    panel: DataPanel, worker: Worker, document: Document, qtbot: QtBot
) -> None:
    panel.choose_file("/data/people.csv")
    worker.answer(TABLE)
    model = panel.preview.column_model
    assert model.setData(model.index(0, ROLE), "target")
    columns = worker.last[0]["data"]["options"]["columns"]
    assert [row[:3] for row in columns] == [
        ["age", "target", "number"],
        ["bought", "feature", "category"],
    ]
    swapped = [["age", "target", "number", []], ["bought", "feature", "category", ["no", "yes"]]]
    worker.answer({**TABLE, "options": {**TABLE["options"], "columns": swapped}})
    assert document.undo_text == "Change people.csv"
    assert document.purpose.data is not None
    assert document.purpose.data.target == "value"
    retype(qtbot, panel.options.row("separator").field, ",")
    assert worker.last[0]["data"]["options"]["separator"] == ","
    assert document.project.data.options["separator"] == ";"


def test_choosing_csv_asks_for_the_file(panel: DataPanel, document: Document, qtbot: QtBot) -> None:
    choose(panel, "csv")
    dialog = panel.findChild(QFileDialog, "data_file_dialog")
    assert dialog is not None
    dialog.close()
    assert part(panel, "state").text().startswith("Choose a file.")
    assert part(panel, "choose").isVisible()


def test_hidden_it_asks_for_nothing(
    panel: DataPanel, worker: Worker, document: Document, qtbot: QtBot
) -> None:
    panel.hide()
    document.do(steps.set_source(document, "moons"))
    qtbot.wait(300)
    assert len(worker.asked) == 1
    panel.show()
    qtbot.waitUntil(lambda: len(worker.asked) == 2, timeout=60_000)
    assert worker.last[0]["data"]["source"] == "moons"


def test_the_split_does_not_read_the_data_anew(
    panel: DataPanel, worker: Worker, qtbot: QtBot
) -> None:
    worker.answer(POINTS)
    retype(qtbot, panel.split.row("training").field, "50")
    qtbot.wait(300)
    assert len(worker.asked) == 1


def test_disposed_it_hears_no_late_answer(
    document: Document, worker: Worker, shown: Show, qtbot: QtBot
) -> None:
    panel = shown(DataPanel(document, worker), 300, 600)
    qtbot.waitUntil(lambda: len(worker.asked) == 1, timeout=60_000)
    panel.dispose()
    worker.answer(POINTS)
    assert not part(panel, "points").isVisible()


@pytest.mark.parametrize("width", [260, 640, 1000])
@pytest.mark.parametrize("result", [TABLE, IMAGES, POINTS])
def test_nothing_is_cut_off(
    document: Document,
    worker: Worker,
    shown: Show,
    qtbot: QtBot,
    qapp: QApplication,
    width: int,
    result: dict[str, Any],
) -> None:
    panel = shown(DataPanel(document, worker), width, 700)
    qtbot.waitUntil(lambda: len(worker.asked) == 1, timeout=60_000)
    worker.answer(result)
    qapp.processEvents()
    for kind in (QLabel, QWidget):
        for child in panel.findChildren(kind):
            if child.isVisible() and child.objectName().startswith(("data_", "split_", "field_")):
                right = child.mapTo(panel, QPoint(child.width() - 1, 0)).x()
                assert right < panel.width(), child.objectName()


def test_a_project_without_data_says_how_to_choose_some(
    document: Document, panel: DataPanel
) -> None:
    document.do(steps.set_data(document, DataSource("none")))
    assert part(panel, "doc").text() == (
        "No data are chosen yet. Choose a source in the Data panel, such as Digits or your file."
    )
    assert part(panel, "source").currentIndex() == -1
    document.do(steps.set_source(document, "digits"))
    assert part(panel, "doc").text() == spaced(sources()["digits"].doc)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10399, "10 399"),
        (0.1, "0.1"),
        (-7.96543, "−7.965"),
        (12345.6, "12 346"),
        (-2000.0, "−2 000"),
        (3e12, "3e+12"),
        (float("nan"), "nan"),
    ],
)
def test_numbers_of_a_table_read_well(value: float, text: str) -> None:
    assert measured(value).replace("\u202f", " ").replace("\u2009", " ") == text
