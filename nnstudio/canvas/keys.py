"""Which key does what on the canvas: one table, read by the view.

A key belongs to the canvas only while the canvas has the keyboard; actions of the window with the
same key come first, by Qt's own rule, and call the same methods.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

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
    (_NONE, _Key.Key_F2): "rename_selection",
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
    (_ALT, _Key.Key_Left): "nudge_left",
    (_ALT, _Key.Key_Right): "nudge_right",
    (_ALT, _Key.Key_Up): "nudge_up",
    (_ALT, _Key.Key_Down): "nudge_down",
    (_ALT | _SHIFT, _Key.Key_Left): "nudge_left_far",
    (_ALT | _SHIFT, _Key.Key_Right): "nudge_right_far",
    (_ALT | _SHIFT, _Key.Key_Up): "nudge_up_far",
    (_ALT | _SHIFT, _Key.Key_Down): "nudge_down_far",
}


def command_of(event: QKeyEvent) -> str:
    """The name of the canvas's command for a key; "" where it has none."""
    modifiers = event.modifiers() & ~_Mod.KeypadModifier
    return TABLE.get((modifiers, _Key(event.key())), "")
