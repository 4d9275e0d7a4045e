"""Data sources as the data panel needs them: titles, options, and what a network must fit.

Reads the table `SOURCE` at the head of each file in `nnstudio/engine/data`; imports none of them. A
CSV file's facts come from the description of its columns that the project keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from graph_compiler.expressions import parse
from graph_compiler.goals import columns_by_answer
from graph_compiler.layer import Mismatch, Param
from graph_compiler.model import (
    Answer,
    DataFacts,
    DataSource,
    Plan,
    Project,
    Purpose,
    Stage,
    Variable,
)
from nnstudio.document.kept import UNSET, checked_kept
from nnstudio.document.preparation import preparation_settings, prepared
from nnstudio.document.recipes import evaluated, networks_of, recipes, settings_and_faults
from nnstudio.document.tables import params, tables
from nnstudio.document.tabular import DataError as DataError
from nnstudio.document.tabular import columns_of as columns_of
from nnstudio.document.tabular import table_facts

TARGETS = ("class", "value", "mask", "none", "either")
BACKGROUND = "background"
"""The first class of a mask: what belongs to nothing."""
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
    group: str = "real"
    """`own` (the user's files), `real` or `generated`: where the list of sources shows it."""
    answers: tuple[str, ...] = ()
    """Names of the numbers to be predicted, where there are names."""
    class_parts: tuple[str, ...] = ()
    """Expressions over the options, whose texts one after the other are the classes."""
    several: tuple[tuple[str, str, str], ...] = ()
    """Name, kind and number of outputs of each target, where `target` comes to `several`; one that
    comes to 0 outputs is not given. The pixels of a mask stand behind all else."""
    places: str = "()"
    """The axes of a target behind its classes or numbers, such as height and width of a mask."""
    form: str = "examples"
    """`examples` (rows with targets), or the part of the engine that prepares another form."""
    dtype: str = "float"
    unset: tuple[str, str] = UNSET
    """What is expected, and what to do, where a kept option is missing."""
    opens: str = ""
    """`file` or `folder`: what of the user's it reads."""
    endings: tuple[str, ...] = ()
    """How the names of files that it reads usually end."""
    takes: tuple[str, ...] = ()
    """Endings of files, or of what lies in a folder, that are for it if nothing else is known."""
    gap: str = "0"
    """Rows between two parts that belong to none, because they would share values."""
    in_order: bool = False
    """Whether the rows follow one another in time, so that the parts must too."""
    downloads: tuple[str, ...] = ()
    """Sets that can be fetched for it when asked for."""
    shipped: tuple[str, ...] = ()
    """Files among the assets that a script of it reads beside itself."""

    @property
    def is_table(self) -> bool:
        """Whether it is a table of the user's, with columns that the project describes."""
        return "columns" in self.kept


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
                group=table.get("group", "real"),
                answers=tuple(table.get("answers", ())),
                class_parts=tuple(table.get("class_parts", ())),
                several=tuple(map(tuple, table.get("several", ()))),
                places=table.get("places", "()"),
                form=table.get("form", "examples"),
                dtype=table.get("dtype", "float"),
                unset=tuple(table.get("unset", UNSET)),
                opens=table.get("opens", ""),
                shipped=tuple(table.get("shipped", ())),
                endings=tuple(table.get("endings", ())),
                takes=tuple(table.get("takes", ())),
                gap=table.get("gap", "0"),
                in_order=table.get("in_order", False),
                downloads=tuple(table.get("downloads", ())),
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


def preparing_part(form: str) -> str:
    """The part of the engine that prepares data of a form."""
    return "preparation" if form == "examples" else form


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


def facts(data: DataSource, variables: Mapping[str, Variable]) -> DataFacts:
    """What a network must fit; raises `DataError`."""
    options = source_options(data, variables)
    settings = preparation_settings(data, variables)
    return prepared(_facts(data, options, settings), settings)


def _facts(data: DataSource, options: Mapping[str, Any], settings: Mapping[str, Any]) -> DataFacts:
    """What the source holds before products of features are added."""
    spec = sources()[data.source]
    if spec.is_table:
        return table_facts(data, settings)
    options = {**options, **checked_kept(spec.kept, options, spec.unset)}
    shape: Any = parse(spec.shape).evaluate(options)
    outputs: Any = parse(spec.outputs).evaluate(options)
    rows: Any = parse(spec.rows).evaluate(options)
    target = spec.target if spec.target in TARGETS else str(parse(spec.target).evaluate(options))
    parts: list[Any] = [parse(part).evaluate(options) for part in spec.class_parts]
    classes = tuple(name for part in parts for name in part) or spec.classes
    if target == "class" and len(classes) != outputs:
        classes = tuple(str(number) for number in range(outputs))
    places: Any = parse(spec.places).evaluate(options)
    columns = spec.columns or tuple(f"x{number + 1}" for number in range(shape[0]))
    answers = _several(spec, options, classes, tuple(shape[1:])) if target == "several" else ()
    return DataFacts(
        name=data.source,
        shape=tuple(shape),
        target=target,
        outputs=outputs if not answers else sum(map(len, columns_by_answer(answers).values())),
        rows=rows,
        classes=classes if target in ("class", "mask") else (),
        columns=() if spec.kind in ("images", "sounds") else columns,
        form=spec.form,
        dtype=spec.dtype,
        places=tuple(places),
        answers=answers,
    )


def _several(
    spec: SourceSpec,
    options: Mapping[str, Any],
    classes: tuple[str, ...],
    places: tuple[int, ...],
) -> tuple[Answer, ...]:
    """The targets of several kinds one by one; a mask has the size of the pictures."""
    words = {"class": classes, "mask": (BACKGROUND, *classes)}
    found = []
    for name, kind, outputs in spec.several:
        count: Any = parse(outputs).evaluate({**options})
        if count:
            size = places if kind == "mask" else ()
            found.append(Answer(name, kind, count, words.get(kind, ()), size))
    return tuple(found)


def judged(plan: Plan) -> Stage | None:
    """The stage that says what the data are for: the first that compares outputs with something."""
    for stage in plan.stages:
        recipe = recipes().get(stage.recipe)
        if recipe is None or recipe.output != "free":
            return stage
    return plan.stages[0] if plan.stages else None


def purpose(project: Project) -> Purpose:
    """What the plan is for; without data where their description is not usable."""
    stage = judged(project.plan)
    try:
        known: DataFacts | None = facts(project.data, project.variables)
    except DataError:
        known = None
    if stage is None:
        return Purpose(known)
    settings, _ = settings_and_faults(stage, project.variables)
    recipe = recipes().get(stage.recipe)
    return Purpose(
        known,
        recipe=stage.recipe,
        loss=str(settings.get("loss", "cross_entropy")),
        output=recipe.output if recipe is not None else "target",
        network=networks_of(stage)[recipe.taker] if recipe is not None else stage.network,
        goals=stage.outputs,
        answers=recipe.answers if recipe is not None else "scores",
        floor=recipe is None or recipe.floor,
    )
