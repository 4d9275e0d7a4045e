"""The view of Python code: read-only, highlighted, numbered, with lines that light up.

Knows no drawing; it tells which place was chosen and asks what to say of one.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
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
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from nnstudio.theme import Theme, current, style
from nnstudio.theme.tokens import TYPE_SMALL

CODE_SIZE = 12


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
        style.wear(self, style.mono, CODE_SIZE)
        self.highlighter = Highlighter(self.document())
        self._numbers = _Numbers(self)
        self._marked: tuple[int, ...] = ()
        self._telling = True
        self.explain: Callable[[int, int], str] = lambda line, column: ""
        """What to say of a place when the mouse rests on it."""
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
        style.wear(self, style.mono, CODE_SIZE)
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

    def show_line(self, line: int) -> None:
        """Bring a line, counted from 1, to the top."""
        block = self.document().findBlockByNumber(line - 1)
        if block.isValid():
            self._telling = False
            self.setTextCursor(QTextCursor(block))
            self._telling = True
            self.verticalScrollBar().setValue(block.firstLineNumber())

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

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cursor = self.cursorForPosition(event.pos())
            line, column = cursor.blockNumber() + 1, cursor.positionInBlock()
            on_text = self.cursorRect(cursor).adjusted(-12, 0, 12, 0).contains(event.pos())
            text = self.explain(line, column) if on_text else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return bool(super().viewportEvent(event))

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
