"""Steps on the description of the data: source, options, split, columns of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

from graph_compiler.layer import Param
from graph_compiler.model import DataSource, Value
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.project_edits import PutData
from nnstudio.document.sources import sources
from nnstudio.document.specs import options
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.params import add_variable
from nnstudio.document.values import checked

SCALES = ("none", "standard", "unit")


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
    return Step(f"Choose {spec.title}", (PutData(document.project.data, data),))


def set_option(document: Document, name: str, value: Value) -> Step:
    """One option of the source; None takes it back to its default."""
    data = with_option(document, document.project.data, name, value)
    return Step(f"Set {name.replace('_', ' ')}", (PutData(document.project.data, data),))


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


def use_table(document: Document, options: Mapping[str, Value]) -> Step:
    """A file's table, with all that was found out about it: form, columns, number of rows."""
    spec = sources()["csv"]
    defaults = {param.name: param.default for param in spec.options}
    kept = {
        name: one
        for name in (*defaults, *spec.kept)
        if (one := _frozen(options.get(name))) is not None and one != defaults.get(name)
    }
    before = document.project.data
    data = replace(before, source="csv", options=kept)
    name = PurePath(str(kept.get("path", ""))).name
    same = before.source == "csv" and before.options.get("path") == kept.get("path")
    return Step(f"Change {name}" if same else f"Choose {name}", (PutData(before, data),))


def _frozen(value: object) -> Value:
    """What came as lists from another process, as a value."""
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    return value if isinstance(value, int | float | bool | str) else None


def _option(data: DataSource, name: str) -> Param:
    for param in options(data.source) or ():
        if param.name == name:
            return param
    raise Refused(f"The data has no option “{name}”.")
