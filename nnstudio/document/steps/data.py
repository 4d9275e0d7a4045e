"""Steps on the description of the data: source, options, split, columns of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from graph_compiler.layer import Param
from graph_compiler.model import DataSource, Value
from nnstudio.document.document import Document
from nnstudio.document.edits import Edit, Refused, Step
from nnstudio.document.preparation import preparation
from nnstudio.document.project_edits import PutData, PutVariables
from nnstudio.document.sources import sources
from nnstudio.document.specs import options
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.params import add_variable
from nnstudio.document.values import checked
from nnstudio.document.vocabulary import vocabulary_of, vocabulary_variable

MOST_POINTS = 10_000
SCALES = ("none", "standard", "unit", "robust")


def set_data(document: Document, data: DataSource) -> Step:
    """Another description of the data."""
    if any(part < 0 for part in data.split) or abs(sum(data.split) - 1) > 1e-6:
        raise Refused("The three parts of the split are fractions that add up to 1.")
    if data.split[0] <= 0:
        raise Refused("The training part cannot be empty.")
    if data.scale not in SCALES:
        raise Refused(f"There is no scaling “{data.scale}”. Choose one of {', '.join(SCALES)}.")
    text = "Change the data" if data.source == document.project.data.source else "Choose the data"
    return Step(text, (PutData(document.project.data, data),))


def set_source(document: Document, name: str) -> Step:
    """Another source of data, with the options at their defaults; split and scaling stay."""
    spec = sources().get(name)
    if spec is None:
        raise Refused(f"There is no data source “{name}”.")
    data = replace(document.project.data, source=name, options={})
    return _chosen(document, f"Choose {spec.title}", data)


def set_option(document: Document, name: str, value: Value) -> Step:
    """One option of the source; None takes it back to its default."""
    data = with_option(document, document.project.data, name, value)
    return _chosen(document, f"Set {name.replace('_', ' ')}", data)


def with_option(document: Document, data: DataSource, name: str, value: Value) -> DataSource:
    """The description with one option changed; what is no option of the form's is kept."""
    known = options(data.source) or ()
    spec = _option(data, name)
    clean = checked(spec, value, document.project.variables)
    after = {key: one for key, one in data.options.items() if key != name}
    if type(clean) is not type(spec.default) or clean != spec.default:
        after[name] = clean
    order = [param.name for param in known]
    ordered = sorted(after, key=lambda key: order.index(key) if key in order else len(order))
    return replace(data, options={key: after[key] for key in ordered})


def set_preparation(document: Document, name: str, value: Value) -> Step:
    """One setting of the preparation; None takes it back to its default."""
    before = document.project.data
    spec = next((param for param in preparation() if param.name == name), None)
    if spec is None:
        raise Refused(f"The preparation has no setting “{name}”.")
    clean = checked(spec, value, document.project.variables)
    after = {key: one for key, one in before.preparation.items() if key != name}
    if type(clean) is not type(spec.default) or clean != spec.default:
        after[name] = clean
    data = replace(before, preparation=dict(sorted(after.items())))
    return Step(f"Set {spec.title}", (PutData(before, data),))


def make_option_variable(document: Document, field: str, name: str | None = None) -> Step:
    """A new variable with an option's value, and the option refers to it."""
    draft = Draft(document.project)
    data = draft.project.data
    spec = _option(data, field)
    title = add_variable(draft, spec, data.options.get(field, spec.default), name)
    draft.data(replace(data, options={**data.options, field: title}))
    return draft.step(f"Make {title} a variable")


def set_split(document: Document, part: int, share: float) -> Step:
    """The share of one part, 0 training, 1 validation, 2 test; the others fill up."""
    if not 0 <= share <= 1:
        raise Refused("A part of the data is between 0 and 100 %.")
    split = list(document.project.data.split)
    others = [index for index in range(3) if index != part]
    before = sum(split[index] for index in others)
    split[part] = share
    for index in others:
        proportion = split[index] / before if before > 0 else (0.0, 1.0)[index == others[-1]]
        split[index] = round((1 - share) * proportion, 6)
    split[others[-1]] = round(1 - share - split[others[0]], 6)
    data = replace(document.project.data, split=(split[0], split[1], split[2]))
    return replace(set_data(document, data), text="Set the split")


def use_found(document: Document, source: str, options: Mapping[str, Value]) -> Step:
    """A file or folder of the user's, with all that a look at it found."""
    spec = sources().get(source)
    if spec is None:
        raise Refused(f"There is no data source “{source}”.")
    defaults = {param.name: param.default for param in spec.options}
    kept = {
        name: one
        for name in (*defaults, *spec.kept)
        if (one := frozen(options.get(name))) is not None and one != defaults.get(name)
    }
    before = document.project.data
    data = replace(before, source=source, options=kept)
    name = PurePath(str(kept.get("path", ""))).name
    same = before.source == source and before.options.get("path") == kept.get("path")
    return _chosen(document, f"Change {name}" if same else f"Choose {name}", data)


def _chosen(document: Document, text: str, data: DataSource) -> Step:
    """Other data; where they have a vocabulary, the variable for it follows in the same step."""
    project = document.project
    edits: tuple[Edit, ...] = (PutData(project.data, data),)
    outputs = vocabulary_of(data, project.variables)
    if outputs is None:
        return Step(text, edits)
    name = vocabulary_variable(project.variables)
    before = tuple(project.variables.values())
    after = tuple(replace(one, value=outputs) if one.name == name else one for one in before)
    return Step(text, (*edits, PutVariables(before, after)) if after != before else edits)


def use_table(document: Document, options: Mapping[str, Value]) -> Step:
    """A CSV file's table, with all that was found out about it: form, columns, number of rows."""
    return use_found(document, "csv", options)


def paint_points(
    document: Document,
    points: Sequence[tuple[float, float, int]],
    names: Sequence[str],
    text: str = "Paint points",
) -> Step:
    """Other points painted by hand, each with its class's number; `text` says what was done."""
    before = document.project.data
    if before.source != "painted":
        raise Refused("The data are no painted points.")
    options = {name: one for name, one in before.options.items() if name not in ("points", "names")}
    kept = tuple((round(x, 4), round(y, 4), kind) for x, y, kind in points)
    if len(kept) > MOST_POINTS:
        raise Refused(f"At most {MOST_POINTS:,} points can be painted.")
    if kept:
        options["points"] = kept
    options["names"] = tuple(names)
    return Step(text, (PutData(before, replace(before, options=options)),))


def frozen(value: object) -> Value:
    """What came as lists from another process, as a value."""
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value if isinstance(value, int | float | bool | str) else None


def _option(data: DataSource, name: str) -> Param:
    for param in options(data.source) or ():
        if param.name == name:
            return param
    raise Refused(f"The data has no option “{name}”.")
