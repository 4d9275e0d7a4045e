"""The list of templates below the layers."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from nnstudio.panels.labels import ElidedButton

ROOM = 170
"""Most height of the list, in pixels; more are scrolled to."""


class Templates(QFrame):
    """Templates to open by a click."""

    activated = Signal(str)

    def __init__(self, templates: Iterable[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "templates")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 8, 0, 0)
        outer.setSpacing(0)
        heading = QPushButton("Templates")
        heading.setProperty("role", "heading")
        heading.setEnabled(False)
        outer.addWidget(heading)
        inside = QWidget()
        lines = QVBoxLayout(inside)
        lines.setContentsMargins(0, 0, 8, 0)
        lines.setSpacing(0)
        for id, name in templates:
            button = ElidedButton(name)
            button.setObjectName(f"palette_template_{id}")
            button.setProperty("role", "item")
            button.setToolTip(f"Open the template {name}")
            button.clicked.connect(lambda *_, id=id: self.activated.emit(id))
            lines.addWidget(button)
        scroll = QScrollArea()
        scroll.setObjectName("palette_templates")
        scroll.setProperty("role", "bare")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        scroll.setMaximumHeight(min(inside.sizeHint().height(), ROOM))
        outer.addWidget(scroll)
