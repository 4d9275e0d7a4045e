"""What the program proposes for a table of one's own: target, task, template, plan, decisions.

A value that the worker's look at the file fills; window and terminal show its text and make the
same project of it. Reads no data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graph_compiler.model import Value

KINDS = (
    "form",
    "empty",
    "identifier",
    "constant",
    "duplicate",
    "words",
    "rare",
    "date",
    "leak",
    "imbalance",
)
"""What can be found, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Something found in the file, with its count, and what is done about it unless one says so."""

    kind: str
    column: str
    finding: str
    decision: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """How to learn from a file, ready to be accepted."""

    name: str
    rows: int
    columns: int
    target: tuple[str, ...]
    task: str
    """`class`, `value` or `labels`."""
    classes: int
    features: tuple[str, ...]
    template: str
    plan: Mapping[str, Value]
    """Settings of the first stage."""
    options: Mapping[str, Any]
    preparation: Mapping[str, Value] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    source: str = "csv"
    problem: str = ""
    """Why nothing can be learned from it as it stands; empty where it can."""

    def lines(self) -> tuple[tuple[str, str], ...]:
        """What a page says: headings, each with its text."""
        found: list[tuple[str, str]] = [
            ("File", f"{self.name}: {_count(self.rows, 'row')}, {_count(self.columns, 'column')}"),
            ("Target", " and ".join(self.target)),
            ("Task", self.task_text),
            ("Features", _listed(self.features)),
            ("Network", f"{self.template_title}, in the sizes that the table needs"),
            ("Plan", self.plan_text),
        ]
        for decision in self.decisions:
            found.append((decision.column or "File", f"{decision.finding} → {decision.decision}"))
        if self.problem:
            found.append(("Problem", self.problem))
        return tuple(found)

    @property
    def task_text(self) -> str:
        """What is to be learned, in words."""
        if self.task == "class":
            return f"tell {self.classes} classes apart"
        if self.task == "labels":
            return f"answer {self.classes} questions of yes or no"
        return (
            "predict a number" if len(self.target) == 1 else f"predict {len(self.target)} numbers"
        )

    @property
    def template_title(self) -> str:
        """The template in words."""
        return {"mlp": "multilayer perceptron"}.get(self.template, self.template)

    @property
    def plan_text(self) -> str:
        """The plan in words."""
        settings = [f"{name.replace('_', ' ')} {value}" for name, value in self.plan.items()]
        return "supervised learning, " + ", ".join(settings)

    def text(self) -> str:
        """All of it, to be read in a terminal."""
        first, rest = self.lines()[:6], self.lines()[6:]
        lines = [f"{title + ':':<10}{text}" for title, text in first]
        if rest:
            lines += ["", "Found, and what is done about it:"]
            lines += [f"  {title}: {text}" for title, text in rest]
        return "\n".join(lines)


def proposal_of(answer: Any) -> Proposal:
    """The worker's answer as a proposal; raises `ValueError` where it is none."""
    try:
        return Proposal(
            name=str(answer["name"]),
            rows=int(answer["rows"]),
            columns=int(answer["columns"]),
            target=tuple(str(one) for one in answer["target"]),
            task=str(answer["task"]),
            classes=int(answer["classes"]),
            features=tuple(str(one) for one in answer["features"]),
            template=str(answer["template"]),
            plan=dict(answer["plan"]),
            options=dict(answer["options"]),
            preparation=dict(answer["preparation"]),
            decisions=tuple(Decision(*map(str, one)) for one in answer["decisions"]),
            source=str(answer["source"]),
            problem=str(answer["problem"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ValueError("The file could not be understood. Choose another one.") from None


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown
