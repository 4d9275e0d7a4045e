"""Data sources as the data panel needs them: titles, options, and what a network must fit.

Reads the table `SOURCE` at the head of each file in `nnstudio/engine/data`; imports none of them. A
CSV file's facts come from the description of its columns that the project keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from graph_compiler.expressions import parse
from graph_compiler.layer import Mismatch, Param
from graph_compiler.model import DataFacts, DataSource, Project, Purpose, Value, Variable
from nnstudio.document.recipes import evaluated, settings_and_faults
from nnstudio.document.tables import params, tables

ROLES = ("feature", "target", "ignore")
TYPES = ("number", "category")
MAX_COLUMNS = 10_000
NO_DATA = "none"
"""The source of a project whose data are not chosen yet: it checks, counts and exports its model,
and cannot train."""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One kind of data source."""

    name: str
    title: str
    doc: str
    kind: str
    """`images`, `table` or `points`: what a preview looks like."""
    target: str
    """`class`, `value`, or `either` where the columns decide."""
    options: tuple[Param, ...]
    kept: tuple[str, ...]
    """Further options that no form shows; a preview finds them and the project keeps them."""
    shape: str
    outputs: str
    rows: str
    classes: tuple[str, ...]
    columns: tuple[str, ...]


class DataError(ValueError):
    """A description of data that cannot be used: `data.<option>: expected …, got …. <remedy>`."""

    def __init__(self, option: str, expected: str, got: str, remedy: str) -> None:
        super().__init__(f"data.{option}: expected {expected}, got {got}. {remedy}")
        self.option, self.expected, self.got, self.remedy = option, expected, got, remedy


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its name, what it is for, what it holds."""

    name: str
    role: str
    type: str
    categories: tuple[str, ...] = ()

    def as_option(self) -> tuple[Value, ...]:
        """The form in which a project keeps it."""
        return (self.name, self.role, self.type, self.categories)


@cache
def sources() -> Mapping[str, SourceSpec]:
    """Every data source by name."""
    return MappingProxyType(
        {
            name: SourceSpec(
                name=name,
                title=table["title"],
                doc=table["doc"],
                kind=table["kind"],
                target=table["target"],
                options=params(table["options"]),
                kept=tuple(table.get("kept", ())),
                shape=table["shape"],
                outputs=table["outputs"],
                rows=table["rows"],
                classes=tuple(table["classes"]),
                columns=tuple(table["columns"]),
            )
            for name, table in tables("data", "SOURCE").items()
        }
    )


def source_options(data: DataSource, variables: Mapping[str, Variable]) -> dict[str, Any]:
    """All options of the source, defaults filled in, expressions evaluated; raises `DataError`."""
    values, faults = options_and_faults(data, variables)
    if faults:
        fault = faults[0]
        raise DataError(fault.port or "options", fault.expected, fault.got, fault.remedy)
    return values


def no_data(data: DataSource) -> str:
    """What to tell where no data are chosen yet, with the way to choose some; else ""."""
    if data.source != NO_DATA:
        return ""
    return "No data are chosen yet. Choose a source in the Data panel, such as Digits or your file."


def options_and_faults(
    data: DataSource, variables: Mapping[str, Variable]
) -> tuple[dict[str, Any], tuple[Mismatch, ...]]:
    """The same, with the default in place of each faulty option, and all faults."""
    spec = sources().get(data.source)
    if data.source == NO_DATA:
        fault = Mismatch(
            "no_data",
            "source",
            expected="data to learn from",
            got="none",
            remedy="Choose the data.",
        )
        return {}, (fault,)
    if spec is None:
        fault = Mismatch(
            "bad_parameter",
            "source",
            expected=f"one of {', '.join(sources())}",
            got=ascii(data.source)[:60],
            remedy="Choose one of them.",
        )
        return {}, (fault,)
    shown = {name: value for name, value in data.options.items() if name not in spec.kept}
    values, faults = evaluated(spec.options, shown, variables)
    return {**values, **{name: data.options.get(name) for name in spec.kept}}, faults


def columns_of(data: DataSource) -> tuple[Column, ...]:
    """The description of a table's columns that the project keeps; raises `DataError`."""
    rows = data.options.get("columns")
    if not isinstance(rows, tuple | list) or not rows:
        raise DataError("columns", "the file's columns", "none", "Choose the file anew.")
    if len(rows) > MAX_COLUMNS:
        raise DataError(
            "columns", f"at most {MAX_COLUMNS} columns", str(len(rows)), "Leave some out."
        )
    return tuple(_column(number, row) for number, row in enumerate(rows, 1))


def facts(data: DataSource, variables: Mapping[str, Variable]) -> DataFacts:
    """What a network must fit; raises `DataError`."""
    options = source_options(data, variables)
    if data.source == "csv":
        return _table_facts(data)
    spec = sources()[data.source]
    shape: Any = parse(spec.shape).evaluate(options)
    outputs: Any = parse(spec.outputs).evaluate(options)
    rows: Any = parse(spec.rows).evaluate(options)
    classes = spec.classes
    if spec.target == "class" and len(classes) != outputs:
        classes = tuple(str(number) for number in range(outputs))
    columns = spec.columns or tuple(f"x{number + 1}" for number in range(shape[0]))
    return DataFacts(
        name=data.source,
        shape=tuple(shape),
        target=spec.target,
        outputs=outputs,
        rows=rows,
        classes=classes if spec.target == "class" else (),
        columns=() if spec.kind == "images" else columns,
    )


def purpose(project: Project) -> Purpose:
    """What the project's first stage is for; without data where its description is not usable."""
    stage = project.plan.stages[0] if project.plan.stages else None
    try:
        known: DataFacts | None = facts(project.data, project.variables)
    except DataError:
        known = None
    if stage is None:
        return Purpose(known)
    settings, _ = settings_and_faults(stage, project.variables)
    return replace(
        Purpose(known), recipe=stage.recipe, loss=str(settings.get("loss", "cross_entropy"))
    )


def _table_facts(data: DataSource) -> DataFacts:
    columns = columns_of(data)
    features = [column for column in columns if column.role == "feature"]
    targets = [column for column in columns if column.role == "target"]
    if not features:
        raise DataError("columns", "at least one feature", "none", "Make a column a feature.")
    if not targets:
        raise DataError("columns", "a target", "none", "Make a column the target.")
    if len(targets) > 1 and any(target.type == "category" for target in targets):
        raise DataError(
            "columns",
            "one target of categories, or several of numbers",
            f"{len(targets)} targets with categories among them",
            "Keep one of them.",
        )
    names = tuple(name for feature in features for name in _inputs(feature))
    rows = data.options.get("rows")
    target = targets[0]
    return DataFacts(
        name="csv",
        shape=(len(names),),
        target="class" if target.type == "category" else "value",
        outputs=len(target.categories) if target.type == "category" else len(targets),
        rows=rows if isinstance(rows, int) else 0,
        classes=target.categories if target.type == "category" else (),
        columns=names,
    )


def _inputs(column: Column) -> tuple[str, ...]:
    """Names of the network's inputs that come from a column: one, or one for each category."""
    if column.type == "number":
        return (column.name,)
    return tuple(f"{column.name} = {category}" for category in column.categories)


def _column(number: int, row: Value) -> Column:
    match row:
        case (str(name), str(role), str(type), (tuple() | list()) as categories) if (
            role in ROLES and type in TYPES and all(isinstance(one, str) for one in categories)
        ):
            return Column(name, role, type, tuple(str(one) for one in categories))
    raise DataError(
        "columns",
        f"name, role, type and categories of column {number}",
        "something else",
        "Choose the file anew.",
    )
