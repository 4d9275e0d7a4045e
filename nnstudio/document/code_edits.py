"""The edit of a layer written in Python: its text, its ports and rules, what was measured.

The text is data; nothing here or behind it reads more of it than its syntax.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph_compiler.code_model import Code
from graph_compiler.model import Project
from nnstudio.document.edits import Edit, Refused, network_of, stale
from nnstudio.document.events import CodeChanged, Event


@dataclass(frozen=True, slots=True)
class PutCode:
    """Replace the code of a layer that is written in Python."""

    network: str
    before: Code
    after: Code

    @property
    def key(self) -> tuple[str, ...] | None:
        return ("code", self.network)

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        if network.code is None:
            raise Refused(f"{self.network} is drawn, not written in Python.")
        if network.code != self.before:
            raise stale(self.network)
        network.code = self.after
        return (CodeChanged(self.network),)

    def inverse(self) -> PutCode:
        return PutCode(self.network, self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, PutCode) or later.network != self.network:
            return None
        return PutCode(self.network, self.before, later.after)

    @property
    def nothing(self) -> bool:
        return self.before == self.after
