"""The code panel: the very Python that runs, coupled with the selection both ways.

`model.py` and `train.py`, read-only and highlighted. Selected nodes' lines light up; the cursor on
a line selects its node. While the drawing has errors the last good code stays, greyed, below a
strip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.theme import Theme, current, icons, notifier, style
from nnstudio.theme.tokens import TYPE_SMALL

if TYPE_CHECKING:
    from graph_compiler.source import Source
    from nnstudio.document.document import Document
    from nnstudio.document.events import Event

DELAY = 120
"""Milliseconds of quiet after an edit before code is emitted anew."""

CODE_SIZE = 12
ROOM_FOR_CODE = 112
"""Pixels that tabs and a few lines of code need."""
MODEL, TRAIN = 0, 1


def _colours(look: Theme) -> dict[str, str]:
    """Kind of token to colour; the kinds are Pygments' short names, the longest match counts."""
    return {
        "Token.Keyword": look.family("convolution"),
        "Token.Operator.Word": look.family("convolution"),
        "Token.Name.Class": look.family("activation"),
        "Token.Name.Function": look.family("pooling"),
        "Token.Name.Decorator": look.family("shape"),
        "Token.Name.Builtin": look.family("regularization"),
        "Token.Literal.Number": look.family("activation"),
        "Token.Literal.String": look.family("dense"),
        "Token.Comment": look.muted,
    }


class Highlighter(QSyntaxHighlighter):
    """Colours Python by Pygments' lexer, the whole text at once, so that long strings are right."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._lines: list[list[tuple[int, int, str]]] = []
        self.grey = False

    def show_text(self, text: str) -> None:
        """Lex a new text; to be called before it is shown."""
        from pygments.lexers.python import PythonLexer

        self._lines = [[]]
        column = 0
        for kind, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(text):
            for i, piece in enumerate(value.split("\n")):
                if i:
                    self._lines.append([])
                    column = 0
                if piece:
                    self._lines[-1].append((column, len(piece), str(kind)))
                    column += len(piece)

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        if number >= len(self._lines):
            return
        look = current()
        colours = _colours(look)
        for start, length, kind in self._lines[number]:
            shown = QTextCharFormat()
            if self.grey:
                shown.setForeground(QColor(look.muted))
                self.setFormat(start, length, shown)
                continue
            fitting = [name for name in colours if kind.startswith(name)]
            if fitting:
                shown.setForeground(QColor(colours[max(fitting, key=len)]))
                if kind.startswith("Token.Comment"):
                    shown.setFontItalic(True)
                self.setFormat(start, length, shown)


class _Numbers(QWidget):
    """Line numbers beside the code."""

    def __init__(self, view: CodeView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:
        return QSize(self._view.number_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_numbers(self, event)


class CodeView(QPlainTextEdit):
    """Read-only code with line numbers and marked lines."""

    line_chosen = Signal(int, int)
    """Line from 1 and column from 0 that a person put the cursor on."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setReadOnly(True)
        self.setProperty("role", "code")
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFont(style.mono(CODE_SIZE))
        self.highlighter = Highlighter(self.document())
        self._numbers = _Numbers(self)
        self._marked: tuple[int, ...] = ()
        self._telling = True
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._scrolled)
        self.cursorPositionChanged.connect(self._moved)
        self._make_room()

    def show_code(self, text: str, *, grey: bool = False) -> None:
        """Replace the text where it is another one; the place in it is kept."""
        if text == self.toPlainText() and grey == self.highlighter.grey:
            return
        bars = (self.verticalScrollBar(), self.horizontalScrollBar())
        places = [bar.value() for bar in bars]
        self._telling = False
        self.highlighter.grey = grey
        self.highlighter.show_text(text)
        self.setPlainText(text)
        for bar, place in zip(bars, places, strict=True):
            bar.setValue(place)
        self._telling = True

    def repaint_code(self) -> None:
        """Colour anew after the theme has changed."""
        self.setFont(style.mono(CODE_SIZE))
        self.highlighter.rehighlight()
        self._mark()

    def mark(self, lines: tuple[int, ...], *, reveal: bool = True) -> None:
        """Light up these lines, counted from 1, and bring the first into view."""
        self._marked = lines
        self._mark()
        if lines and reveal:
            block = self.document().findBlockByNumber(lines[0] - 1)
            if not self._visible(block):
                self._telling = False
                self.setTextCursor(QTextCursor(block))
                self.centerCursor()
                self._telling = True
        self._numbers.update()

    @property
    def marked(self) -> tuple[int, ...]:
        """The lines lit up, counted from 1."""
        return self._marked

    def _visible(self, block: QTextBlock) -> bool:
        box = self.blockBoundingGeometry(block).translated(self.contentOffset())
        return box.top() >= 0 and box.bottom() <= self.viewport().height()

    def _mark(self) -> None:
        look = current()
        ground = QColor(style.mix(look.ground, look.accent, 0.22 if look.dark else 0.18))
        marks = []
        for line in self._marked:
            block = self.document().findBlockByNumber(line - 1)
            if not block.isValid():
                continue
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(block)
            mark.format.setBackground(ground)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            marks.append(mark)
        self.setExtraSelections(marks)

    def _moved(self) -> None:
        cursor = self.textCursor()
        if self._telling and self.hasFocus() and not cursor.hasSelection():
            self.line_chosen.emit(cursor.blockNumber() + 1, cursor.positionInBlock())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._moved()

    def number_width(self) -> int:
        """Room for the line numbers."""
        digits = len(str(max(99, self.blockCount())))
        return 14 + self.fontMetrics().horizontalAdvance("9") * digits

    def _make_room(self) -> None:
        self.setViewportMargins(self.number_width() + 6, 0, 0, 0)

    def _scrolled(self, area: QRect, by: int) -> None:
        if by:
            self._numbers.scroll(0, by)
        else:
            self._numbers.update(0, area.y(), self._numbers.width(), area.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        box = self.contentsRect()
        self._numbers.setGeometry(box.left(), box.top(), self.number_width(), box.height())

    def paint_numbers(self, numbers: QWidget, event: QPaintEvent) -> None:
        """Draw the visible line numbers into their column."""
        look = current()
        painter = QPainter(numbers)
        painter.fillRect(event.rect(), QColor(look.ground))
        painter.setFont(style.mono(TYPE_SMALL))
        block = self.firstVisibleBlock()
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if box.top() > event.rect().bottom():
                break
            line = block.blockNumber() + 1
            colour = look.accent if line in self._marked else look.muted
            painter.setPen(
                QColor(style.mix(colour, look.ground, 0 if line in self._marked else 0.4))
            )
            area = QRect(0, round(box.top()), numbers.width() - 4, round(box.height()))
            painter.drawText(area, int(Qt.AlignmentFlag.AlignRight), str(line))
            block = block.next()
        painter.end()


class CodePanel(QFrame):
    """`model.py` and `train.py` of the open project."""

    nodes_activated = Signal(object)
    """Names of the nodes whose line a person chose."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code_panel")
        self.setAccessibleName("Code")
        self.setProperty("role", "well")
        self._document = document
        self._source: Source | None = None
        self._nodes: tuple[str, ...] = ()
        self._script = ""
        self._choosing = False
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        lines.addWidget(self._head())
        self._strip = QLabel()
        self._strip.setObjectName("code_strip")
        self._strip.setTextFormat(Qt.TextFormat.PlainText)
        self._strip.setWordWrap(True)
        self._strip.setProperty("role", "notice")
        self._strip.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._strip.hide()
        self._wrong = ""
        lines.addWidget(self._strip)
        self.view = CodeView("code_view")
        self.view.setAccessibleName("Python code of the network")
        self.view.line_chosen.connect(self._line_chosen)
        lines.addWidget(self.view, 1)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(DELAY)
        self._soon.timeout.connect(self.refresh)
        notifier.theme_changed.connect(self._theme_changed)
        self._unsubscribe = document.subscribe(self._heard)
        self.refresh()

    def _head(self) -> QWidget:
        head = QFrame()
        head.setProperty("role", "panel")
        row = QHBoxLayout(head)
        row.setContentsMargins(8, 0, 6, 2)
        self.tabs = QTabBar()
        self.tabs.setObjectName("code_tabs")
        self.tabs.setAccessibleName("File")
        self.tabs.setProperty("role", "top")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.addTab("model.py")
        self.tabs.addTab("train.py")
        self.tabs.currentChanged.connect(self.refresh)
        row.addWidget(self.tabs)
        row.addStretch(1)
        self._copy = QToolButton()
        self._copy.setObjectName("copy_code")
        self._copy.setAccessibleName("Copy the code")
        self._copy.setToolTip("Copy the code")
        self._copy.setIcon(icons.icon("copy", "muted"))
        self._copy.setIconSize(QSize(15, 15))
        self._copy.clicked.connect(self._copy_all)
        row.addWidget(self._copy)
        return head

    def dispose(self) -> None:
        """Stop listening to the document and the theme."""
        self._soon.stop()
        self._unsubscribe()
        notifier.theme_changed.disconnect(self._theme_changed)

    def show_nodes(self, names: tuple[str, ...]) -> None:
        """Light up the lines of these nodes."""
        self._nodes = tuple(names)
        self._mark(reveal=not self._choosing)

    def refresh(self) -> None:
        """Show the code as it is now."""
        self._soon.stop()
        source = self._document.source("main")
        errors = self._errors()
        if source is not None:
            self._source = source
        self._strip.setVisible(source is None)
        if source is None:
            self._wrong = self._what_is_wrong(errors)
            self._fit_strip()
        if self._source is None:
            self.view.show_code("")
            return
        if self.tabs.currentIndex() == TRAIN:
            self.view.show_code(self._train(source), grey=source is None)
        else:
            self.view.show_code(self._source.text, grey=source is None)
        self._mark(reveal=False)

    def _fit_strip(self) -> None:
        """The whole list where code fits below it, else its first sentence and a tooltip."""
        head, _, listed = self._wrong.partition("\n")
        self._strip.setToolTip(listed)
        self._strip.setText(self._wrong)
        needed = self._strip.heightForWidth(self.width())
        if listed and self.isVisible() and needed > self.height() - ROOM_FOR_CODE:
            self._strip.setText(f"{head} See the Problems panel.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._wrong:
            self._fit_strip()

    def _errors(self) -> list[str]:
        report = self._document.report("main")
        return [problem.text for problem in report.problems if problem.severity == "error"]

    def _what_is_wrong(self, errors: list[str]) -> str:
        stays = "" if self._source is None else " Below is the code from before."
        if not errors:
            return f"There is no code for this drawing yet.{stays}"
        more = len(errors) - 3
        listed = "\n".join(f"• {text}" for text in errors[:3])
        also = f"\n… and {more} more" if more > 0 else ""
        return f"No code while there are errors.{stays}\n{listed}{also}"

    def _train(self, source: Source | None) -> str:
        if source is not None:
            from nnstudio.document.script import train_script

            self._script = train_script(self._document.project, source)
        return self._script

    def _mark(self, *, reveal: bool) -> None:
        if self._source is None or self.tabs.currentIndex() != MODEL:
            self.view.mark(())
            return
        lines = sorted({n for name in self._nodes for n in self._source.lines_of(name)})
        self.view.mark(tuple(lines), reveal=reveal)

    def _line_chosen(self, line: int, column: int) -> None:
        if self._source is None or self.tabs.currentIndex() != MODEL:
            return
        node = self._source.node_at(line, column)
        if node is None or (node,) == self._nodes:
            return
        self._choosing = True
        try:
            self.nodes_activated.emit((node,))
        finally:
            self._choosing = False

    def _copy_all(self) -> None:
        QGuiApplication.clipboard().setText(self.view.toPlainText())

    def _heard(self, event: Event) -> None:
        from nnstudio.document import events

        if not isinstance(event, events.NodesMoved | events.Saved):
            self._soon.start()

    def _theme_changed(self, look: object) -> None:
        self.view.repaint_code()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self._mark(reveal=False)
        return super().event(event)
