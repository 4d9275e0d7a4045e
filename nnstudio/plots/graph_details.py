"""Everything that is known of one operation, beside the graph.

Owns the details pane. Must not select: it is told what to show.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnstudio.plotdata.curves import number
from nnstudio.plotdata.opgraph import Operation, Tensor, shape_text, short_number
from nnstudio.plots.graph_items import title
from nnstudio.theme import current, notifier, style

_WIDTH = 268
_COLUMNS = 4


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    style.role(label, role)
    return label


class _TensorView(QWidget):
    """Statistics and first numbers of a value or a gradient."""

    def __init__(self, heading: str, gradient: bool) -> None:
        super().__init__()
        self._gradient = gradient
        self._heading = _label("section")
        self._heading.setText(heading)
        self._statistics, self._numbers, self._rest = (
            _label("mono"),
            _label("mono"),
            _label("small"),
        )
        self._numbers.setWordWrap(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(4)
        for label in (self._heading, self._statistics, self._numbers, self._rest):
            column.addWidget(label)

    def show_tensor(self, tensor: Tensor | None, missing: str) -> None:
        """Show a tensor, or a word where there is none."""
        self._numbers.setVisible(tensor is not None)
        if tensor is None:
            self._statistics.setText(missing)
            self._rest.hide()
            return
        self._statistics.setText(
            f"min  {number(tensor.low)}\nmax  {number(tensor.high)}\n"
            f"mean {number(tensor.mean)}\nstd  {number(tensor.std)}"
        )
        words = [short_number(value) for value in tensor.first]
        lines = [words[k : k + _COLUMNS] for k in range(0, len(words), _COLUMNS)]
        self._numbers.setText("\n".join("".join(f"{w:>8}" for w in line) for line in lines))
        left = tensor.size - len(words)
        self._rest.setText(f"the first {len(words)} of {tensor.size} numbers")
        self._rest.setVisible(left > 0)

    def recolour(self) -> None:
        """Gradients have a colour of their own."""
        colour = current().gradient if self._gradient else current().text
        for label in (self._statistics, self._numbers):
            label.setStyleSheet(f"color: {colour};")


class DetailsPane(QScrollArea):
    """Shape, function, value and gradient of an operation, with up to 64 numbers of each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph_details")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFixedWidth(_WIDTH)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._title, self._kind = _label("title"), _label("muted")
        self._value = _TensorView("Value", gradient=False)
        self._gradient = _TensorView("Gradient of the loss", gradient=True)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(10)
        self._facts.setVerticalSpacing(2)
        self._fact_labels: dict[str, QLabel] = {}
        for row, name in enumerate(("node", "shape", "function")):
            caption, text = _label("small"), _label("mono")
            caption.setText(name)
            self._facts.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(text, row, 1)
            self._fact_labels[name] = text
        self._facts.setColumnStretch(1, 1)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(14, 12, 12, 12)
        column.setSpacing(4)
        column.addWidget(self._title)
        column.addWidget(self._kind)
        column.addLayout(self._facts)
        column.addWidget(self._value)
        column.addWidget(self._gradient)
        column.addStretch(1)
        self.setWidget(page)
        self._listens = True
        notifier.theme_changed.connect(self._recolour)
        self._recolour()
        self.hide()

    def show_operation(self, operation: Operation | None) -> None:
        """Show an operation; None hides the pane."""
        if operation is None:
            self.hide()
            return
        self._title.setText(title(operation))
        self._kind.setText(operation.label if operation.kind == "operation" else operation.kind)
        facts = {
            "node": operation.node or "none",
            "shape": shape_text(operation.shape),
            "function": operation.grad_fn or "none, a leaf of the graph",
        }
        for name, text in facts.items():
            self._fact_labels[name].setText(text)
        self._value.show_tensor(operation.value, "not kept")
        self._gradient.show_tensor(operation.gradient, "none: the loss needs no gradient here")
        self.show()

    def text(self) -> str:
        """Everything that is shown, for tests and screen readers."""
        labels = self.widget().findChildren(QLabel)
        return "\n".join(label.text() for label in labels if not label.isHidden())

    def dispose(self) -> None:
        """Stop listening to the theme; a second call does nothing."""
        if self._listens:
            self._listens = False
            notifier.theme_changed.disconnect(self._recolour)

    def _recolour(self, theme: object = None) -> None:
        self._value.recolour()
        self._gradient.recolour()
