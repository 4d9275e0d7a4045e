"""Drawings as pictures: right size, legible in print, the window's theme and selection unseen."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QColor, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from graph_compiler.files import project_text
from graph_compiler.model import Network, Project
from nnstudio import theme
from nnstudio.canvas.picture import KINDS, Kind, NothingToShow, picture
from nnstudio.document.carried import load_carried
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target


@pytest.fixture
def document(qapp: QApplication) -> Document:
    return Document(load_target("template:resnet@50"))


@pytest.mark.parametrize("drawing", ["main", "Bottleneck"])
def test_svg_and_png_show_the_drawing_and_carry_the_project(
    document: Document, tmp_path: Path, drawing: str
) -> None:
    text = project_text(document.project)
    svg, png = tmp_path / "net.svg", tmp_path / "net.png"
    svg.write_bytes(picture(document, drawing, "svg", text))
    png.write_bytes(picture(document, drawing, "png", text))
    shown, image = QSvgRenderer(str(svg)), QImage(str(png))
    assert shown.isValid()
    assert image.width() == pytest.approx(2 * shown.viewBox().width(), abs=2)
    for name in document.network(drawing).nodes:
        assert name in svg.read_text()
    for path in (svg, png):
        assert project_text(load_carried(path)) == text


def test_a_pdf_is_one_page_of_the_drawings_size(document: Document) -> None:
    made = picture(document, "main", "pdf", "")
    assert made.startswith(b"%PDF-")
    assert made.count(b"/Type /Page\n") == 1


def test_pictures_are_on_white_whatever_the_windows_theme(document: Document) -> None:
    made = []
    for one in (theme.DARK, theme.LIGHT):
        theme.use(one)
        made.append(picture(document, "Stage", "png", ""))
    theme.use(theme.DARK)
    assert made[0] == made[1]
    image = QImage.fromData(QByteArray(made[0]))
    assert image.pixelColor(2, 2) == QColor("white")
    assert theme.current() is theme.DARK


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_drawing_is_told(qapp: QApplication, kind: Kind) -> None:
    document = Document(Project(networks={"main": Network("main")}))
    with pytest.raises(NothingToShow, match=r"“main” is empty\. Add a layer first\."):
        picture(document, "main", kind, "")
    assert document.listener_count == 0
