"""The two stacks of undo and redo: merging within a gesture, steps that vanish, the saved state.

Values only: it never applies an edit. Unlimited; a step weighs as much as the values it replaced.
"""

from __future__ import annotations

from dataclasses import dataclass

from nnstudio.document.edits import Step, merge


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A step done, with the gesture it belongs to; entries are told apart by identity."""

    step: Step
    gesture: str


class History:
    """What can be undone and redone, and where the saved state lies among it."""

    __slots__ = ("_done", "_open", "_saved", "_undone")

    def __init__(self) -> None:
        self._done: list[Entry] = []
        self._undone: list[Entry] = []
        self._saved: Entry | None = None
        """The entry whose doing led to the saved state; None is the state at the beginning."""
        self._open = False
        """Whether a step of the same gesture may still join the last entry."""

    @property
    def dirty(self) -> bool:
        """Whether the present state is another one than the saved."""
        return (self._done[-1] if self._done else None) is not self._saved

    @property
    def last(self) -> Step | None:
        """The step that undo takes back."""
        return self._done[-1].step if self._done else None

    @property
    def next(self) -> Step | None:
        """The step that redo does again."""
        return self._undone[-1].step if self._undone else None

    def __len__(self) -> int:
        return len(self._done)

    def record(self, step: Step, gesture: str) -> None:
        """Note a step that has just been done; one of the same gesture joins the entry before."""
        self._undone.clear()
        if self._open and gesture and self._done and self._done[-1].gesture == gesture:
            before = self._done.pop()
            edits = merge(before.step.edits, step.edits)
            if edits:
                self._done.append(Entry(Step(step.text, edits), gesture))
            else:
                self._open = False
            return
        self._done.append(Entry(step, gesture))
        self._open = True

    def undone(self) -> None:
        """Note that the last step has been taken back."""
        self._undone.append(self._done.pop())
        self._open = False

    def redone(self) -> None:
        """Note that the next step has been done again."""
        self._done.append(self._undone.pop())
        self._open = False

    @property
    def state(self) -> Entry | None:
        """What stands for the present state; a gesture going on begins a new step after it."""
        self._open = False
        return self._done[-1] if self._done else None

    def mark_saved(self, state: Entry | None) -> None:
        """Note that the file holds that state."""
        self._saved = state

    def mark_unsaved(self) -> None:
        """Note that no state in reach is the saved one."""
        self._saved = Entry(Step("", ()), "")
