"""Which key does what on the canvas: one table of defaults, and the keys that hold at present.

A key belongs to the canvas only while the canvas has the keyboard; actions of the window with the
same key come first, by Qt's own rule, and call the same methods.
"""

from __future__ import annotations

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

_Key = Qt.Key
_Mod = Qt.KeyboardModifier
_NONE, _SHIFT = _Mod.NoModifier, _Mod.ShiftModifier
_CTRL, _ALT = _Mod.ControlModifier, _Mod.AltModifier

TABLE: dict[tuple[Qt.KeyboardModifier, Qt.Key], str] = {
    (_CTRL, _Key.Key_A): "select_all",
    (_CTRL, _Key.Key_C): "copy",
    (_CTRL, _Key.Key_X): "cut",
    (_CTRL, _Key.Key_V): "paste",
    (_CTRL, _Key.Key_D): "duplicate",
    (_CTRL, _Key.Key_Z): "undo",
    (_CTRL | _SHIFT, _Key.Key_Z): "redo",
    (_CTRL, _Key.Key_Y): "redo",
    (_NONE, _Key.Key_Delete): "delete_selection",
    (_NONE, _Key.Key_Backspace): "delete_selection",
    (_CTRL, _Key.Key_Delete): "dissolve_selection",
    (_CTRL, _Key.Key_Backspace): "dissolve_selection",
    (_CTRL | _SHIFT, _Key.Key_F): "make_frame",
    (_CTRL, _Key.Key_G): "group",
    (_CTRL | _SHIFT, _Key.Key_G): "ungroup",
    (_CTRL, _Key.Key_Down): "open_or_inspect",
    (_CTRL, _Key.Key_Up): "leave_drawing",
    (_CTRL, _Key.Key_L): "tidy",
    (_NONE, _Key.Key_F): "frame_selection",
    (_NONE, _Key.Key_Home): "frame_all",
    (_CTRL, _Key.Key_Plus): "zoom_in",
    (_CTRL, _Key.Key_Equal): "zoom_in",
    (_CTRL | _SHIFT, _Key.Key_Plus): "zoom_in",
    (_CTRL, _Key.Key_Minus): "zoom_out",
    (_CTRL, _Key.Key_0): "zoom_reset",
    (_NONE, _Key.Key_Tab): "open_search",
    (_NONE, _Key.Key_W): "open_wiring",
    (_SHIFT, _Key.Key_W): "wiring_list.ports",
    (_NONE, _Key.Key_I): "wiring_list.insert",
    (_NONE, _Key.Key_E): "selecting.next_wire",
    (_SHIFT, _Key.Key_E): "selecting.previous_wire",
    (_NONE, _Key.Key_R): "wires.add_point",
    (_NONE, _Key.Key_L): "wires.ask_link",
    (_NONE, _Key.Key_N): "selecting.next_aside",
    (_SHIFT, _Key.Key_N): "selecting.previous_aside",
    (_CTRL | _SHIFT, _Key.Key_N): "notes.add",
    (_NONE, _Key.Key_M): "marking.bypass",
    (_NONE, _Key.Key_BracketLeft): "selecting.before",
    (_NONE, _Key.Key_BracketRight): "selecting.after",
    (_NONE, _Key.Key_S): "selecting.same_type",
    (_CTRL | _SHIFT, _Key.Key_Left): "selecting.before",
    (_CTRL | _SHIFT, _Key.Key_Right): "selecting.after",
    (_CTRL | _SHIFT, _Key.Key_I): "selecting.invert",
    (_NONE, _Key.Key_F2): "rename_selection",
    (_NONE, _Key.Key_P): "values.edit",
    (_CTRL, _Key.Key_Period): "open_fixes",
    (_NONE, _Key.Key_Return): "open_or_inspect",
    (_NONE, _Key.Key_Enter): "open_or_inspect",
    (_NONE, _Key.Key_Left): "walk_left",
    (_NONE, _Key.Key_Right): "walk_right",
    (_NONE, _Key.Key_Up): "walk_up",
    (_NONE, _Key.Key_Down): "walk_down",
    (_SHIFT, _Key.Key_Left): "walk_left_adding",
    (_SHIFT, _Key.Key_Right): "walk_right_adding",
    (_SHIFT, _Key.Key_Up): "walk_up_adding",
    (_SHIFT, _Key.Key_Down): "walk_down_adding",
    (_CTRL | _ALT, _Key.Key_Left): "grow_left",
    (_CTRL | _ALT, _Key.Key_Right): "grow_right",
    (_CTRL | _ALT, _Key.Key_Up): "grow_up",
    (_CTRL | _ALT, _Key.Key_Down): "grow_down",
    (_CTRL | _SHIFT, _Key.Key_Up): "swap_up",
    (_CTRL | _SHIFT, _Key.Key_Down): "swap_down",
    (_ALT, _Key.Key_Left): "nudge_left",
    (_ALT, _Key.Key_Right): "nudge_right",
    (_ALT, _Key.Key_Up): "nudge_up",
    (_ALT, _Key.Key_Down): "nudge_down",
    (_ALT | _SHIFT, _Key.Key_Left): "nudge_left_far",
    (_ALT | _SHIFT, _Key.Key_Right): "nudge_right_far",
    (_ALT | _SHIFT, _Key.Key_Up): "nudge_up_far",
    (_ALT | _SHIFT, _Key.Key_Down): "nudge_down_far",
}


Chord = tuple[Qt.KeyboardModifier, Qt.Key]
_present: dict[Chord, str] = TABLE


def use(table: dict[Chord, str]) -> None:
    """Have these keys hold on every canvas from now on."""
    global _present
    _present = table


def command_of(event: QKeyEvent) -> str:
    """The name of the canvas's command for a key; "" where it has none."""
    modifiers = event.modifiers() & ~_Mod.KeypadModifier
    return _present.get((modifiers, _Key(event.key())), "")


def chord(text: str) -> Chord | None:
    """Modifiers and key of a text such as `Ctrl+G`; None where it is not one key."""
    keys = QKeySequence.fromString(text, QKeySequence.SequenceFormat.PortableText)
    if keys.count() != 1 or keys[0].key() == _Key.Key_unknown:
        return None
    return keys[0].keyboardModifiers(), keys[0].key()


def present(default: str) -> str:
    """The key that does at present what `default` does at first, as menus show it."""
    wanted = chord(default)
    command = TABLE.get(wanted) if wanted is not None else None
    if command is None or wanted is None:
        return default
    held = [keys for keys, one in _present.items() if one == command]
    if wanted in held:
        return _shown(wanted)
    return _shown(held[0]) if held else ""


def _shown(keys: Chord) -> str:
    combination = QKeyCombination(keys[0], keys[1])
    return QKeySequence(combination).toString(QKeySequence.SequenceFormat.NativeText)
