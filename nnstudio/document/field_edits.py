"""The edit of one field of a drawing: title, description, order of the ports, Python.

One form for all of them: what the field was, what it is, and the event that tells of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graph_compiler.code_model import Code
from graph_compiler.model import Project
from nnstudio.document.edits import Edit, network_of, same, stale
from nnstudio.document.events import CodeChanged, Event, PortsChanged, ProjectChanged

Field = Literal["title", "about", "ports", "code"]
Content = str | tuple[str, ...] | Code
"""What a field holds."""

_TOLD: Mapping[str, tuple[str, Callable[[str], Event]]] = {
    "title": ("The title", lambda _: ProjectChanged()),
    "about": ("The description", lambda _: ProjectChanged()),
    "ports": ("The order of the ports", PortsChanged),
    "code": ("The Python", CodeChanged),
}
"""Field to what it is called and to the event of another content."""


@dataclass(frozen=True, slots=True)
class PutField:
    """Replace the content of one field of a drawing."""

    network: str
    field: Field
    before: Content
    after: Content

    @property
    def key(self) -> tuple[str, ...] | None:
        return (self.field, self.network)

    def apply(self, project: Project) -> tuple[Event, ...]:
        network: Any = network_of(project, self.network)
        words, told = _TOLD[self.field]
        if getattr(network, self.field) != self.before:
            raise stale(words)
        setattr(network, self.field, self.after)
        return (told(self.network),)

    def inverse(self) -> PutField:
        return PutField(self.network, self.field, self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, PutField) or later.key != self.key:
            return None
        return PutField(self.network, self.field, self.before, later.after)

    @property
    def nothing(self) -> bool:
        return same(self.before, self.after)
