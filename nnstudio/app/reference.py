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

from nnstudio.app.dialogs import size
from nnstudio.app.labels import label
from nnstudio.theme import icons, scale
from nnstudio.theme.families import families


def show_reference(parent: QWidget, type: str = "") -> QDialog:
    """The reference in a window that stays beside the work, at the page of a layer."""
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
    names.setAccessibleName("Layers")
    names.setFixedWidth(scale.px(248))
    names.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    text = QTextBrowser()
    text.document().setDocumentMargin(12)
    text.setObjectName("layer_reference_text")
    text.setAccessibleName("The page of the layer")
    across.addWidget(names)
    across.addWidget(text, 1)
    lines.addLayout(across, 1)
    close = QPushButton("Close")
    close.clicked.connect(dialog.accept)
    lines.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
    places = {one: i for i, one in enumerate(families(one.family for one in layers().values()))}
    ordered = sorted(layers().items(), key=lambda item: places[item[1].family])
    types, entries = [type for type, _ in ordered], [layer for _, layer in ordered]
    for entry in entries:
        names.addItem(QListWidgetItem(icons.family_icon(entry.family), entry.title))

    def show(row: int) -> None:
        if row >= 0:
            text.setHtml(_page(entries[row], escape))

    names.currentRowChanged.connect(show)
    names.setCurrentRow(types.index(type) if type in types else 0)
    size(dialog, 760, 520)
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
