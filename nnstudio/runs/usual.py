"""What a run is made with where nobody says otherwise: a person's choices, kept in the settings.

One place for window, queue and terminal; a run keeps what it was made with. Standard library only.
"""

from __future__ import annotations

from nnstudio import places
from nnstudio.runs.kept import Budget

EVALUATES = "evaluates"
"""Whether a run reads the test part when it ends."""
KEEP = "keep"
"""How many checkpoints a run keeps beside the best."""
KEEP_ROOM = "keep_room"
"""How many bytes these may take in all."""
MOST_KEPT = 1_000_000
MOST_ROOM = 10**15
"""Bytes; no disk holds more."""


def usually_evaluates() -> bool:
    """Whether runs read the test part when they end; they do unless it was switched off."""
    return places.setting(EVALUATES) is not False


def usual_budget() -> Budget:
    """How many checkpoints runs keep, and how large they may be in all."""
    usual = Budget()
    count, room = places.setting(KEEP), places.setting(KEEP_ROOM)
    return Budget(
        count if type(count) is int and 1 <= count <= MOST_KEPT else usual.count,
        room if type(room) is int and 0 <= room <= MOST_ROOM else usual.room,
    )
