"""What an edit is: the smallest change of a project, a frozen value with an exact inverse.

Each edit names what it replaces and refuses to apply where that is not what it finds. A step is a
tuple of edits that are done and undone together. No Qt, no files, no knowledge of layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from graph_compiler.model import Network, Project
from nnstudio.document.events import Event


class Refused(Exception):
    """A step that cannot be done; `reason` says why and what to do instead. Nothing has changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Edit(Protocol):
    """One change with its inverse."""

    @property
    def key(self) -> tuple[str, ...] | None:
        """What is changed; None where the order among other edits may count."""
        ...

    def apply(self, project: Project) -> tuple[Event, ...]:
        """Change `project`; raises `Refused`, and then leaves it as it was."""
        ...

    def inverse(self) -> Edit:
        """The edit that takes this one back."""
        ...

    def merged(self, later: Edit) -> Edit | None:
        """One edit for this one and the `later` one right after it; None where there is none."""
        ...

    @property
    def nothing(self) -> bool:
        """Whether the edit changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """What one undo takes back: a text for the menu ("Delete fc1") and the edits in order."""

    text: str
    edits: tuple[Edit, ...]


def network_of(project: Project, name: str) -> Network:
    """The network `name`; refused where the project has none."""
    try:
        return project.networks[name]
    except KeyError:
        raise Refused(f"The project has no network “{name}”.") from None


def same(before: object, after: object) -> bool:
    """Whether two values are equal down to the kind of number: 1, 1.0 and True are three values."""
    return before is after or (before == after and repr(before) == repr(after))


def stale(place: str) -> Refused:
    """The refusal of an edit that does not find what it replaces."""
    return Refused(f"{place} has changed in the meantime. Try again.")


def merge(earlier: tuple[Edit, ...], later: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits of two steps of one gesture as one sequence, shortened where that is easy."""
    if len(earlier) == len(later) and _independent(earlier) and _independent(later):
        pairs = [first.merged(second) for first, second in zip(earlier, later, strict=True)]
        if all(pair is not None for pair in pairs):
            return tuple(pair for pair in pairs if pair is not None and not pair.nothing)
    edits = list(earlier)
    for edit in later:
        if edits and same(edits[-1].inverse(), edit):
            edits.pop()
        elif not edit.nothing:
            edits.append(edit)
    return tuple(edits)


def _independent(edits: tuple[Edit, ...]) -> bool:
    """Whether each edit changes another thing, so that their order does not matter."""
    if len(edits) == 1:
        return True
    keys = [edit.key for edit in edits]
    return None not in keys and len(set(keys)) == len(keys)
