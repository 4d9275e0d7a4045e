"""What a person gives to a network: a row of fields, a drawing or file, a text or two, a series.

Each kind is one widget with the same face: `given` is what stands in it, `changed` tells that it is
another. None knows what becomes of it.
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from graph_compiler.layer import Choice, Float, Param, Text
from nnstudio.panels.form import ParamForm
from nnstudio.panels.text import label
from nnstudio.panels.use_pad import MOST_POINTS, POINTS, Pad

PICTURES = "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp *.tif *.tiff *.ppm *.pgm)"
SOUNDS = "Sounds (*.wav)"
LARGEST = 512
"""Pixels along a side of a picture that is pasted; a larger one is made smaller."""


class UseInput(QWidget):
    """The face of every kind."""

    changed = Signal()

    def given(self) -> dict[str, Any] | None:
        """What stands in it; None where nothing does yet."""
        return {}

    def show_example(self, found: dict[str, Any]) -> None:
        """Take over a row of the data."""

    def takes(self, data: QMimeData) -> bool:
        """Whether something dropped or pasted fits."""
        return False

    def take(self, data: QMimeData) -> None:
        """Take over what was dropped or pasted."""

    def commit(self) -> None:
        """Tell what stands typed and has not been told yet."""

    def dispose(self) -> None:
        """Let go."""


class NoInput(UseInput):
    """For what is made from nothing."""


class RowInput(UseInput):
    """A field for each value of a row, at its usual value first."""

    def __init__(self, entry: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = ParamForm(with_variables=False)
        self.form.value_edited.connect(self._edited)
        params = [_field(field) for field in _list(entry.get("fields")) if isinstance(field, dict)]
        self.form.set_params(tuple(params))
        self._values: dict[str, Any] = {param.name: param.default for param in params}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.form)
        self.form.set_values(self._values)

    def given(self) -> dict[str, Any] | None:
        return {"values": dict(self._values)}

    def show_example(self, found: dict[str, Any]) -> None:
        values = found.get("values")
        if isinstance(values, dict):
            self._values |= {name: values[name] for name in self._values if name in values}
            self.form.set_values(self._values)
            self.changed.emit()

    def commit(self) -> None:
        self.form.commit()

    def _edited(self, name: str, value: Any, gesture: str) -> None:
        param = self.form.row(name).param
        value = param.default if value is None else value
        if param.kind == "float" and not isinstance(value, int | float):
            self.form.refuse(name, value, "A value of a row is a number.")
            return
        self._values[name] = value
        self.form.set_values(self._values)
        self.changed.emit()


class TextInput(UseInput):
    """A text, or two."""

    def __init__(self, entry: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair = entry.get("kind") == "pair"
        labels = [str(one) for one in _list(entry.get("labels"))] or [str(entry.get("label", ""))]
        texts = entry.get("example")
        texts = _list(texts) if self._pair else [texts]
        self.fields: list[QPlainTextEdit] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for number, title in enumerate(labels):
            field = QPlainTextEdit()
            field.setObjectName(f"use_text_{number}")
            field.setAccessibleName(title)
            field.setTabChangesFocus(True)
            field.setPlainText(str(texts[number]) if number < len(texts) else "")
            lines = int(entry.get("lines", 2))
            field.setFixedHeight(field.fontMetrics().lineSpacing() * (lines + 1) + 8)
            field.textChanged.connect(self.changed)
            words = label(title, "small")
            words.setBuddy(field)
            column.addWidget(words)
            column.addWidget(field)
            self.fields.append(field)

    def given(self) -> dict[str, Any] | None:
        texts = [field.toPlainText() for field in self.fields]
        if self._pair:
            return {"first": texts[0], "second": texts[1]} if texts[0].strip() else None
        return {"text": texts[0]}


class SeriesInput(UseInput):
    """Numbers with spaces between."""

    def __init__(self, entry: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = int(entry.get("count", 0))
        self.field = QPlainTextEdit()
        self.field.setObjectName("use_numbers")
        self.field.setAccessibleName(f"{self._count} numbers")
        self.field.setTabChangesFocus(True)
        self.field.setPlaceholderText(f"{self._count} numbers with spaces between")
        self.field.setMinimumHeight(80)
        self.field.textChanged.connect(self.changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(label(f"{self._count} numbers, the first first", "small"))
        column.addWidget(self.field)

    def given(self) -> dict[str, Any] | None:
        text = self.field.toPlainText().strip()
        return {"text": text} if text else None

    def show_example(self, found: dict[str, Any]) -> None:
        self.field.setPlainText(str(found.get("text", "")))


class FileInput(UseInput):
    """Files: a sound, or pictures of several moments."""

    def __init__(self, entry: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sound = entry.get("kind") == "sound"
        self._count = int(entry.get("frames", 1))
        self._files: list[str] = []
        self._example: int | None = None
        self.button = QPushButton("Choose a sound…" if self._sound else "Choose pictures…")
        self.button.setObjectName("use_choose")
        self.button.clicked.connect(self.ask)
        what = "a WAV file" if self._sound else f"{self._count} pictures, one for each moment"
        self._told = label(f"Drop {what} here, or choose. Nothing is chosen yet.", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._told)

    def given(self) -> dict[str, Any] | None:
        if self._example is not None:
            return {"example": self._example}
        return {"files": list(self._files)} if self._files else None

    def show_example(self, found: dict[str, Any]) -> None:
        self._example, self._files = int(found.get("number", 0)), []
        self._told.setText(str(found.get("words", "")))
        self.changed.emit()

    def takes(self, data: QMimeData) -> bool:
        return bool(_files(data))

    def take(self, data: QMimeData) -> None:
        self.use_files(_files(data))

    def use_files(self, files: list[str]) -> None:
        """Give these files."""
        self._example, self._files = None, sorted(files)
        self._told.setText(", ".join(Path(file).name for file in self._files))
        self.changed.emit()

    def ask(self) -> None:
        """Let a person choose."""
        ask_for_files(self, SOUNDS if self._sound else PICTURES, self._count, self.use_files)


class PictureInput(UseInput):
    """A picture: drawn on a pad where the data are grey, dropped, pasted, or chosen as a file."""

    def __init__(self, entry: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draws = bool(entry.get("draws"))
        self._files: list[str] = []
        self._pasted: dict[str, Any] | None = None
        self._example: int | None = None
        self.pad = Pad()
        high, wide = int(entry.get("height", POINTS)), int(entry.get("width", POINTS))
        if entry.get("digits") or max(high, wide) <= POINTS:
            side = POINTS
            self.pad.set_points(side, max(1, round(side * wide / high)))
        else:
            less = max(1.0, max(high, wide) / MOST_POINTS)
            self.pad.set_points(round(high / less), round(wide / less))
        self.pad.drawn.connect(self._drawn)
        self._told = label("", "muted", "use_given")
        beside = QVBoxLayout()
        beside.setSpacing(4)
        for button in self._buttons():
            beside.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        beside.addWidget(self._told)
        beside.addStretch(1)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        line.addWidget(self.pad, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(beside, 1)
        self._say()

    def _buttons(self) -> list[QWidget]:
        self.eraser = QPushButton()
        self.eraser.setObjectName("use_eraser")
        self.eraser.setText("Eraser")
        self.eraser.setCheckable(True)
        self.eraser.setToolTip("Wipe out in place of drawing (E on the pad)")
        self.eraser.toggled.connect(self._take_eraser)
        self.clear_button = QPushButton("Clear")
        self.clear_button.setObjectName("use_clear")
        self.clear_button.setToolTip("Wipe everything out (Delete on the pad)")
        self.clear_button.clicked.connect(self.pad.clear)
        self.choose_button = QPushButton("Choose a picture…")
        self.choose_button.setObjectName("use_choose")
        self.choose_button.clicked.connect(self.ask)
        self.paste_button = QPushButton("Paste")
        self.paste_button.setObjectName("use_paste")
        self.paste_button.setToolTip("Take the picture on the clipboard (Ctrl+V)")
        self.paste_button.clicked.connect(self._paste)
        for widget in (self.pad, self.eraser, self.clear_button):
            widget.setVisible(self._draws)
        drawing = [self.eraser, self.clear_button] if self._draws else []
        return [*drawing, self.choose_button, self.paste_button]

    def given(self) -> dict[str, Any] | None:
        if self._example is not None:
            return {"example": self._example}
        if self._files:
            return {"files": list(self._files)}
        if self._pasted is not None:
            return {"picture": self._pasted}
        if not self._draws or self.pad.is_clear:
            return None
        return {"picture": self.pad.picture(), "drawn": True}

    def show_example(self, found: dict[str, Any]) -> None:
        self._instead(str(found.get("words", "")), example=int(found.get("number", 0)))

    def takes(self, data: QMimeData) -> bool:
        return bool(_files(data)) or data.hasImage()

    def take(self, data: QMimeData) -> None:
        if files := _files(data):
            self.use_files(files)
            return
        image = data.imageData()
        if isinstance(image, QImage) and not image.isNull():
            self._instead("The pasted picture", pasted=_entry_of(image))

    def use_files(self, files: list[str]) -> None:
        """Give a file."""
        self._instead(", ".join(Path(file).name for file in files[:3]), files=files)

    def ask(self) -> None:
        """Let a person choose a file."""
        ask_for_files(self, PICTURES, 1, self.use_files)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self._paste()
        else:
            super().keyPressEvent(event)

    def _paste(self) -> None:
        data = QGuiApplication.clipboard().mimeData()
        if data is not None and self.takes(data):
            self.take(data)
        else:
            self._told.setText("There is no picture on the clipboard. Copy one first.")

    def _take_eraser(self, on: bool) -> None:
        self.pad.erases = on

    def _drawn(self) -> None:
        self._files, self._pasted, self._example = [], None, None
        self.eraser.setChecked(self.pad.erases)
        self._say()
        self.changed.emit()

    def _instead(
        self,
        words: str,
        *,
        files: list[str] | None = None,
        pasted: dict[str, Any] | None = None,
        example: int | None = None,
    ) -> None:
        """Something else than the drawing is given now."""
        self.pad.drawn.disconnect(self._drawn)
        self.pad.clear()
        self.pad.drawn.connect(self._drawn)
        self._files, self._pasted, self._example = files or [], pasted, example
        self._told.setText(words)
        self.changed.emit()

    def _say(self) -> None:
        if self._draws:
            self._told.setText("Draw, or drop a picture here." if self.pad.is_clear else "")
        else:
            self._told.setText("Drop a picture here.")


def input_for(entry: Any) -> UseInput:
    """The widget for a kind of input; one without fields where it is not known."""
    entry = entry if isinstance(entry, dict) else {}
    match entry.get("kind"):
        case "row":
            return RowInput(entry)
        case "text" | "pair":
            return TextInput(entry)
        case "sequence":
            return SeriesInput(entry)
        case "sound":
            return FileInput(entry)
        case "picture" if int(entry.get("frames", 1)) > 1:
            return FileInput(entry)
        case "picture":
            return PictureInput(entry)
    return NoInput()


def accept_drag(event: QDragEnterEvent, field: UseInput) -> None:
    """Take a drag that fits."""
    if field.takes(event.mimeData()):
        event.acceptProposedAction()


def accept_drop(event: QDropEvent, field: UseInput) -> None:
    """Take what was dropped."""
    if field.takes(event.mimeData()):
        event.acceptProposedAction()
        field.take(event.mimeData())


def ask_for_files(parent: QWidget, what: str, count: int, then: Any) -> None:
    """A dialog for one file, or for several at once."""
    dialog = QFileDialog(parent, "Choose a file" if count == 1 else f"Choose {count} files")
    dialog.setObjectName("use_file_dialog")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    mode = QFileDialog.FileMode
    dialog.setFileMode(mode.ExistingFile if count == 1 else mode.ExistingFiles)
    dialog.setNameFilters([what, "All files (*)"])
    dialog.filesSelected.connect(then)
    dialog.open()


def _field(entry: dict[str, Any]) -> Param:
    """A field of a row as a form knows it."""
    name = str(entry.get("name", ""))
    if entry.get("kind") == "category":
        words = tuple(str(word) for word in _list(entry.get("choices")))
        usual = str(entry.get("usual") or (words[0] if words else ""))
        return Choice(name, usual, words, doc="one of the words that the data hold", label=name)
    if entry.get("kind") == "date":
        return Text(
            name, str(entry.get("usual", "")), doc="a date as the data write it", label=name
        )
    low, high = entry.get("low"), entry.get("high")
    doc = f"{low:g} to {high:g} in the training part" if _numbers(low, high) else "a number"
    usual = entry.get("usual")
    return Float(name, float(usual) if _numbers(usual) else 0.0, doc=doc, label=name)


def _numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _files(data: QMimeData) -> list[str]:
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def _entry_of(image: QImage) -> dict[str, Any]:
    """A picture as it goes to the worker."""
    if max(image.width(), image.height()) > LARGEST:
        way = Qt.TransformationMode.SmoothTransformation
        image = image.scaled(LARGEST, LARGEST, Qt.AspectRatioMode.KeepAspectRatio, way)
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    wide, high = image.width(), image.height()
    lines = bytes(image.constBits())
    rows = [lines[n * image.bytesPerLine() :][: 3 * wide] for n in range(high)]
    return {"size": [high, wide, 3], "bytes": b64encode(b"".join(rows)).decode("ascii")}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
