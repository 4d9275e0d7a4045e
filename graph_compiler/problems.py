"""Problems: what is wrong in a drawing, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from graph_compiler.model import Value

Severity = Literal["error", "warning", "hint"]

SEVERITY: dict[str, Severity] = {}
"""Problem code to severity; every code has one row in `graph_compiler.codes`."""


@dataclass(frozen=True, slots=True)
class SetParam:
    """Fix step: set one parameter of a node; None takes the parameter back to its default."""

    node: str
    param: str
    value: Value


@dataclass(frozen=True, slots=True)
class InsertOnWire:
    """Fix step: put a new layer on the wire that ends in `target.target_port`."""

    target: str
    target_port: str
    type: str
    params: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class AppendNode:
    """Fix step: put a new layer behind `source.source_port`; its wires now leave the new layer."""

    source: str
    source_port: str
    type: str
    params: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class AddNode:
    """Fix step: put in a new layer; it feeds `target.target_port` where a target is named."""

    type: str
    params: tuple[tuple[str, Value], ...] = ()
    target: str = ""
    target_port: str = ""


@dataclass(frozen=True, slots=True)
class RemoveNode:
    """Fix step: take a node out and heal the wire through it."""

    node: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Fix step: lay a wire."""

    source: str
    source_port: str
    target: str
    target_port: str


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Fix step: take the wire away that ends in `target.target_port`."""

    target: str
    target_port: str


@dataclass(frozen=True, slots=True)
class SetTie:
    """Fix step: make a weight another node's; None gives the node one of its own."""

    node: str
    weight: str
    other: str | None = None


@dataclass(frozen=True, slots=True)
class SetPlan:
    """Fix step: change one field of the first stage (`recipe` or a setting)."""

    field: str
    value: Value


@dataclass(frozen=True, slots=True)
class SetData:
    """Fix step: change one field or option of the data description."""

    field: str
    value: Value


Step = (
    SetParam
    | InsertOnWire
    | AppendNode
    | AddNode
    | RemoveNode
    | Connect
    | Disconnect
    | SetTie
    | SetPlan
    | SetData
)


@dataclass(frozen=True, slots=True)
class Fix:
    """One offered cure: a label in the imperative, the steps of one edit, the shape they give."""

    label: str
    steps: tuple[Step, ...]
    preview: str = ""


def _plain(name: str) -> str:
    """A name as it is; a stranger's on one line, in plain characters, cut short."""
    if name.isascii() and name.isprintable() and len(name) <= 80:
        return name
    text = ascii(name)[1:-1]
    return text if len(text) <= 80 else text[:77] + "..."


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: stable code, place, expected, got, remedy in the imperative, fixes."""

    code: str
    severity: Severity
    node: str
    port: str
    expected: str
    got: str
    remedy: str
    fixes: tuple[Fix, ...] = ()
    network: str = "main"

    @property
    def place(self) -> str:
        """`node.port`, or what there is of it."""
        return ".".join(_plain(part) for part in (self.node, self.port) if part) or self.network

    @property
    def text(self) -> str:
        """`<node>.<port>: expected <what>, got <what>. <remedy>`"""
        return f"{self.place}: expected {self.expected}, got {self.got}. {self.remedy}"

    def as_json(self) -> dict[str, Any]:
        """The form that `nnstudio check --json` prints."""
        return {
            "code": self.code,
            "severity": self.severity,
            "network": self.network,
            "node": self.node,
            "port": self.port,
            "expected": self.expected,
            "got": self.got,
            "remedy": self.remedy,
            "fixes": [{"label": fix.label, "preview": fix.preview} for fix in self.fixes],
        }


def weight(problem: Problem) -> int:
    """A key that puts errors first, then warnings."""
    return ("error", "warning", "hint").index(problem.severity)
