"""Data and plans: a table's proposal, previews, painted points, stages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from screens import screen

if TYPE_CHECKING:
    from studio import Studio


@screen
def table(studio: Studio) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "customers.csv"
        path.write_text(_messy(), encoding="utf-8")
        window = studio.open()
        window.files.opening.open_dropped(path)
        page = studio.dialog("proposal_page")
        studio.keep("proposal", page)
        page.accept()
        studio.until(lambda: window.editor is not None)
        window.editor.show_panel("data")
        studio.rest(3.0)
        studio.keep()


@screen
def web(studio: Studio) -> None:
    """A table from a server on this machine, fetched anew; the list of kept data."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from graph_compiler.model import DataSource
    from nnstudio.document import steps

    with TemporaryDirectory() as folder, _served(Path(folder)) as address:
        table = Path(folder) / "customers.csv"
        table.write_text(_messy(), encoding="utf-8")
        window = studio.open("template:mlp")
        editor = window.editor
        editor.document.do(steps.set_data(editor.document, DataSource("csv")))
        editor.show_panel("data")
        box = editor.data.opening
        box.address.ask()
        studio.keep("address")
        box.address.field.setText(f"{address}/customers.csv")
        QTest.keyClick(box.address.field, Qt.Key.Key_Return)
        studio.until(box.origin.isVisible)
        table.write_text(_messy() + "1;1.1.2020;30;1,5;Bern;2020;no;none\n", encoding="utf-8")
        box.origin.button.click()
        studio.until(lambda: not box.fetching.busy)
        studio.rest(2.0)
        studio.keep("anew")
        window.actions_made.by_id["file.kept"].trigger()
        page = studio.dialog("kept_page")
        studio.until(page.table.rowCount)
        studio.keep("kept", page)
        page.close()


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The address of a server of a folder, on this machine alone."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@screen
def painted(studio: Studio) -> None:
    _with_data(studio, "mlp", "painted")


@screen
def previews(studio: Studio) -> None:
    _with_data(studio, "lenet5", "scenes", "scenes")
    _with_data(studio, "lenet5", "photographs", "photographs")


@screen
def stages(studio: Studio) -> None:
    from graph_compiler.model import Plan, Stage
    from nnstudio.document.edits import Step
    from nnstudio.document.project_edits import PutPlan

    editor = studio.open("template:lenet5").editor
    document = editor.document
    before = document.project.plan
    head = replace(before.stages[0], name="head", frozen=("conv1", "conv2"))
    every = Stage("all", settings={"optimizer": "sgd", "schedule": "cosine", "warmup": 2})
    document.do(Step("Two stages", (PutPlan(before, Plan((head, every))),)))
    editor.show_panel("plan")
    studio.rest(1.5)
    studio.keep("first")
    editor.plan.bar.chosen.emit(1)
    studio.keep("second")


@screen
def outputs(studio: Studio) -> None:
    """A second, early output with the same classes and less weight."""
    from PySide6.QtWidgets import QScrollArea

    from graph_compiler.model import Node, Wire
    from nnstudio.document import steps
    from nnstudio.document.steps.draft import Draft

    editor = studio.open("template:lenet5").editor
    document = editor.document
    draft = Draft(document.project, "main")
    draft.put(Node("early_head", "Linear", {"out_features": 10}, (368.0, 310.0)))
    draft.put(Node("early", "Output", {}, (552.0, 310.0)))
    draft.connect(Wire("flatten", "output", "early_head", "input"))
    draft.connect(Wire("early_head", "output", "early", "input"))
    document.do(draft.step("An early head"))
    document.do(steps.set_stage(document, "recipe", "several_outputs"))
    document.do(steps.set_stage(document, "early.weight", 0.3))
    editor.show_panel("plan")
    studio.rest(1.5)
    (area,) = editor.plan.findChildren(QScrollArea)
    area.ensureWidgetVisible(editor.plan.goals)
    studio.rest(0.3)
    studio.keep()


@screen
def rates(studio: Studio) -> None:
    """Features at a tenth of the rate, and biases that do not decay."""
    from PySide6.QtWidgets import QScrollArea

    from nnstudio.document import steps

    editor = studio.open("template:lenet5").editor
    line = "conv*: rate 0.1, *.bias: decay 0, fc3: rate 2 decay 0.01"
    editor.document.do(steps.set_stage(editor.document, "groups", line))
    editor.show_panel("plan")
    studio.rest(1.5)
    (area,) = editor.plan.findChildren(QScrollArea)
    area.ensureWidgetVisible(editor.plan.groups)
    studio.rest(0.3)
    studio.keep()


@screen
def use(studio: Studio) -> None:
    """A digit that was drawn, a text and samples, in the panel “Use it”."""
    from nnstudio.document import steps

    for template, part in (("lenet5", "digit"), ("char-rnn", "text"), ("gan", "samples")):
        editor = studio.open(f"template:{template}").editor
        editor.document.do(steps.set_stage(editor.document, "epochs", 6))
        editor.run.start()
        studio.until(lambda editor=editor: editor.run.phase.value == "finished")
        editor.show_panel("use")
        panel = editor.use
        studio.until(lambda panel=panel: panel.way.count() > 0)
        if part == "digit":
            for place in range(22, 7, -1):
                panel.input.pad.dab(17, place)
            for place in range(6):
                panel.input.pad.dab(16 - place, 9 + place)
            studio.until(lambda panel=panel: panel.result.words.text())
        else:
            panel.ask()
            studio.rest(3.0)
        studio.keep(part)
        studio.close()


def _with_data(studio: Studio, template: str, source: str, part: str = "") -> None:
    from graph_compiler.model import DataSource
    from nnstudio.document import steps

    editor = studio.open(f"template:{template}").editor
    editor.document.do(steps.set_data(editor.document, DataSource(source)))
    editor.show_panel("data")
    studio.rest(4.0)
    studio.keep(part)
    if part:
        studio.close()


def _messy() -> str:
    """A table as people have them: identifiers, decimal commas, dates, gaps, a leaking column."""
    drawn = random.Random(7)
    rows = ["id;joined;age;income;city;member since;left;reason left"]
    for number in range(400):
        age, income = drawn.randint(18, 80), drawn.gauss(38, 9)
        left = drawn.random() < 0.2 + 0.5 * (income < 35)
        city = drawn.choice(["Bern", "Basel", "Genf", "Chur", "Bern", "Basel"])
        gap = "" if number % 37 == 5 else f"{income:.2f}".replace(".", ",")
        day = f"{drawn.randint(1, 28):02d}.{drawn.randint(1, 12):02d}.{drawn.randint(2010, 2024)}"
        cells = [str(10_000 + number), day, str(age), gap, city, day[-4:]]
        rows.append(";".join([*cells, "yes" if left else "no", "price" if left else "none"]))
    return "\n".join(rows) + "\n"
