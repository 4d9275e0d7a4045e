"""Whether pictures may move: what the person chose, else what the desktop asks for.

What glides, fades or follows a clock asks `duration`, which is 0 where motion is reduced.
"""

from __future__ import annotations

from typing import Literal

from nnstudio.theme import system
from nnstudio.theme.current import notifier

Choice = Literal["system", "full", "reduced"]
CHOICES: tuple[Choice, ...] = ("system", "full", "reduced")

_choice: Choice = "system"


def choice() -> Choice:
    """What the person chose."""
    return _choice


def use(wanted: str) -> None:
    """Follow `system`, or move in `full` or `reduced`; any other word is `system`."""
    global _choice
    before = reduced()
    _choice = next((one for one in CHOICES if one == wanted), "system")
    if reduced() != before:
        notifier.motion_changed.emit()


def reduced() -> bool:
    """Whether nothing should glide."""
    return _choice == "reduced" or (_choice == "system" and system.wants_less_motion())


def duration(milliseconds: int) -> int:
    """How long a movement takes: the time given, or none at all."""
    return 0 if reduced() else milliseconds
