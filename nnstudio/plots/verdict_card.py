"""The verdict on bias and variance as a card: an icon by severity, two sentences, remedies.

Owns the card. Must not judge: that is `nnstudio.plotdata.verdict`.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnstudio.plotdata.verdict import Verdict
from nnstudio.plots.states import Glyph
from nnstudio.theme import style

_ICONS = {
    "too_early": ("hint", "muted"),
    "good_fit": ("good", "good"),
    "high_bias": ("warning", "warning"),
    "high_variance": ("warning", "warning"),
    "both": ("warning", "warning"),
    "diverging": ("error", "bad"),
}
_WIDTH = 328


def _label(role: str, wrap: bool = True) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    style.role(label, role)
    return label


class VerdictCard(QScrollArea):
    """Shows a verdict; scrolls where the window is low."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("verdict_card")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFixedWidth(_WIDTH)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._shown: Verdict | None = None
        self._glyph = Glyph(18)
        self._title, self._text = _label("title"), _label("muted")
        self._heading = _label("section", wrap=False)
        self._heading.setText("Remedies")
        self._remedies = QVBoxLayout()
        self._remedies.setSpacing(2)
        card = QFrame()
        style.role(card, "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._title, 1)
        column.addLayout(head)
        column.addWidget(self._text)
        column.addSpacing(2)
        column.addWidget(self._heading)
        column.addLayout(self._remedies)
        page = QWidget()
        outer = QVBoxLayout(page)
        outer.setContentsMargins(0, 0, 4, 0)
        outer.addWidget(card)
        outer.addStretch(1)
        self.setWidget(page)

    def show_verdict(self, verdict: Verdict) -> None:
        """Show another verdict."""
        if verdict == self._shown:
            return
        self._shown = verdict
        self._glyph.show_icon(*_ICONS[verdict.kind])
        self._title.setText(verdict.title)
        self._text.setText(verdict.text.replace(" %", "\u00a0%"))
        self._heading.setVisible(bool(verdict.remedies))
        while (item := self._remedies.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for remedy in verdict.remedies:
            row = _label("")
            row.setText(f"– {remedy}")
            self._remedies.addWidget(row)
        self.setAccessibleName(f"Verdict: {verdict.title}. {verdict.text}")

    def verdict(self) -> Verdict | None:
        """The verdict shown."""
        return self._shown
