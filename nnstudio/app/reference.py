"""The layer reference: formula, parameters and paper, made from the layers themselves."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.labels import label
from nnstudio.theme import icons


def show_reference(parent: QWidget) -> QDialog:
    """The reference in a window that stays beside the work."""
    from html import escape

    from graph_compiler.registry import layers

    dialog = QDialog(parent)
    dialog.setObjectName("layer_reference")
    dialog.setWindowTitle("Layer reference")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    lines = QVBoxLayout(dialog)
    lines.setContentsMargins(16, 14, 16, 14)
    lines.addWidget(label("Layer reference", "title"))
    across = QHBoxLayout()
    names = QListWidget()
    names.setObjectName("layer_reference_list")
    names.setFixedWidth(200)
    text = QTextBrowser()
    text.setObjectName("layer_reference_text")
    across.addWidget(names)
    across.addWidget(text, 1)
    lines.addLayout(across, 1)
    close = QPushButton("Close")
    close.clicked.connect(dialog.accept)
    lines.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
    entries = list(layers().values())
    for entry in entries:
        names.addItem(QListWidgetItem(icons.family_icon(entry.family), entry.title))

    def show(row: int) -> None:
        if row >= 0:
            text.setHtml(_page(entries[row], escape))

    names.currentRowChanged.connect(show)
    names.setCurrentRow(0)
    dialog.resize(760, 520)
    dialog.open()
    return dialog


def _page(layer: Any, escape: Any) -> str:
    parts = [f"<h3>{escape(layer.title)}</h3>", f"<p>{escape(layer.doc)}</p>"]
    if layer.formula:
        parts.append(f"<p><code>{escape(layer.formula)}</code></p>")
    if layer.params:
        rows = "".join(
            f"<tr><td><b>{escape(p.title)}</b>&nbsp;&nbsp;</td><td>{escape(p.doc)}</td></tr>"
            for p in layer.params
        )
        parts.append(f"<h4>Parameters</h4><table cellspacing='6'>{rows}</table>")
    if layer.paper:
        parts.append(f"<p><i>{escape(layer.paper)}</i></p>")
    return "".join(parts)
