"""What the program proposes for a table, as one page: read it, and accept it with one click.

Owns the dialog. The proposal comes from the worker; the project is made by `from_table`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.dialogs import size
from nnstudio.panels.text import label, spaced
from nnstudio.theme import scale

if TYPE_CHECKING:
    from nnstudio.document.proposal import Proposal

_FACTS = 6
"""Lines that say what is proposed; those behind them say what was found."""


class ProposalPage(QDialog):
    """Shows a proposal; accepted, its project is made."""

    def __init__(self, parent: QWidget, proposal: Proposal) -> None:
        super().__init__(parent)
        self.setObjectName("proposal_page")
        self.setWindowTitle("NN Studio")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        lines = proposal.lines()
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 8, 0)
        inner.setSpacing(12)
        inner.addLayout(_grid(lines[:_FACTS], "proposal_fact"))
        found = tuple(line for line in lines[_FACTS:] if line[0] != "Problem")
        if found:
            inner.addWidget(label("Found, and what is done about it", "section"))
            inner.addLayout(_grid(found, "proposal_found"))
        if proposal.problem:
            inner.addWidget(label(proposal.problem, "bad", "proposal_problem"))
        inner.addStretch(1)
        area = QScrollArea()
        area.setObjectName("proposal_lines")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        area.setAccessibleName(proposal.text())
        buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.accept_button = buttons.addButton("Start with this", role.AcceptRole)
        self.accept_button.setObjectName("proposal_accept")
        self.accept_button.setProperty("role", "primary")
        self.accept_button.setEnabled(not proposal.problem)
        self.accept_button.setDefault(True)
        self.cancel_button = buttons.addButton("Cancel", role.RejectRole)
        self.cancel_button.setObjectName("proposal_cancel")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        column.addWidget(label("What could be learned from this table", "head", "proposal_head"))
        column.addWidget(area, 1)
        more = (
            "All of it can be changed afterwards: columns in the Data panel, the rest in the Plan."
        )
        column.addWidget(label(more, "muted"))
        column.addWidget(buttons)
        size(self, 680, 520)
        (self.cancel_button if proposal.problem else self.accept_button).setFocus()


def _grid(lines: tuple[tuple[str, str], ...], name: str) -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    grid.setColumnMinimumWidth(0, scale.px(112))
    grid.setColumnStretch(1, 1)
    for row, (title, text) in enumerate(lines):
        heading = label(title if len(title) <= 24 else f"{title[:23]}…", "muted", wrap=False)
        heading.setToolTip(title)
        grid.addWidget(heading, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(label(spaced(text), "", f"{name}_{row}"), row, 1)
    return grid
