"""Edits of what surrounds the networks: variables, data, plan, name, variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph_compiler.model import DataSource, Plan, Project, Value, Variable
from nnstudio.document.edits import Edit, same, stale
from nnstudio.document.events import (
    DataChanged,
    Event,
    PlanChanged,
    ProjectChanged,
    VariablesChanged,
)


@dataclass(frozen=True, slots=True)
class PutVariables:
    """Replace all variables, in order."""

    before: tuple[Variable, ...]
    after: tuple[Variable, ...]

    @property
    def key(self) -> tuple[str, ...] | None:
        return ("variables",)

    def apply(self, project: Project) -> tuple[Event, ...]:
        if tuple(project.variables.values()) != self.before:
            raise stale("A variable")
        project.variables.clear()
        project.variables.update((variable.name, variable) for variable in self.after)
        return (VariablesChanged(),)

    def inverse(self) -> PutVariables:
        return PutVariables(self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        return PutVariables(self.before, later.after) if isinstance(later, PutVariables) else None

    @property
    def nothing(self) -> bool:
        return same(self.before, self.after)


@dataclass(frozen=True, slots=True)
class PutData:
    """Replace the description of the data."""

    before: DataSource
    after: DataSource

    @property
    def key(self) -> tuple[str, ...] | None:
        return ("data",)

    def apply(self, project: Project) -> tuple[Event, ...]:
        if project.data != self.before:
            raise stale("The data")
        project.data = self.after
        return (DataChanged(),)

    def inverse(self) -> PutData:
        return PutData(self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        return PutData(self.before, later.after) if isinstance(later, PutData) else None

    @property
    def nothing(self) -> bool:
        return same(self.before, self.after)


@dataclass(frozen=True, slots=True)
class PutPlan:
    """Replace the plan."""

    before: Plan
    after: Plan

    @property
    def key(self) -> tuple[str, ...] | None:
        return ("plan",)

    def apply(self, project: Project) -> tuple[Event, ...]:
        if project.plan != self.before:
            raise stale("The plan")
        project.plan = self.after
        return (PlanChanged(),)

    def inverse(self) -> PutPlan:
        return PutPlan(self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        return PutPlan(self.before, later.after) if isinstance(later, PutPlan) else None

    @property
    def nothing(self) -> bool:
        return same(self.before, self.after)


@dataclass(frozen=True, slots=True)
class About:
    """What a project says of itself."""

    name: str
    about: str = ""
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, project: Project) -> About:
        """The part of `project` that says what it is."""
        return cls(project.name, project.about, project.tags)


@dataclass(frozen=True, slots=True)
class PutAbout:
    """Replace name, description and tags."""

    before: About
    after: About

    @property
    def key(self) -> tuple[str, ...] | None:
        return ("about",)

    def apply(self, project: Project) -> tuple[Event, ...]:
        if About.of(project) != self.before:
            raise stale("The project's name")
        project.name, project.about, project.tags = (
            self.after.name,
            self.after.about,
            self.after.tags,
        )
        return (ProjectChanged(),)

    def inverse(self) -> PutAbout:
        return PutAbout(self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        return PutAbout(self.before, later.after) if isinstance(later, PutAbout) else None

    @property
    def nothing(self) -> bool:
        return same(self.before, self.after)


Variants = tuple[tuple[str, Mapping[str, Value]], ...]


@dataclass(frozen=True, slots=True)
class PutVariants:
    """Replace all variants, in order."""

    before: Variants
    after: Variants

    @property
    def key(self) -> tuple[str, ...] | None:
        return ("variants",)

    def apply(self, project: Project) -> tuple[Event, ...]:
        if tuple(project.variants.items()) != self.before:
            raise stale("A variant")
        project.variants.clear()
        project.variants.update(self.after)
        return (ProjectChanged(),)

    def inverse(self) -> PutVariants:
        return PutVariants(self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        return PutVariants(self.before, later.after) if isinstance(later, PutVariants) else None

    @property
    def nothing(self) -> bool:
        return same(self.before, self.after)
