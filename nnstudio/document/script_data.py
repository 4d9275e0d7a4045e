"""What a script says of its data: constants of the source, the split and the preparation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graph_compiler.expressions import parse
from graph_compiler.goals import places_of
from graph_compiler.model import DataFacts, Project, Value
from nnstudio.document import sources
from nnstudio.document.augmentation import augmentation_constants
from nnstudio.document.fingerprints import NONE, fingerprint
from nnstudio.document.goals import counted_columns
from nnstudio.document.preparation import preparation_settings
from nnstudio.document.tabular import NO_TABLE, class_columns, table_constants


def data_constants(
    project: Project, facts: DataFacts, options: Mapping[str, Any]
) -> dict[str, Any]:
    """The constants of data and preparation but for the source's own options."""
    data = project.data
    given = {
        "SPLIT": tuple(data.split),
        "STRATIFIED": data.stratified and facts.target == "class",
        "DATA_SEED": data.seed,
        "SCALE": data.scale,
        "TARGET": facts.target,
        "CLASSES": facts.outputs,
        "PLACED": bool(facts.places),
        **NO_TABLE,
        "VALIDATED": is_validated(project, facts),
    }
    given |= _mask_constants(facts)
    settings = preparation_settings(data, project.variables)
    given |= {name.upper(): value for name, value in settings.items()}
    given |= augmentation_constants(facts, settings)
    spec = sources.sources()[data.source]
    if spec.is_table:
        given |= _file_constants(project, options) | table_constants(data, facts)
    else:
        given |= _found_constants(project, spec, options)
        given["CLASS_COLUMNS"] = class_columns(facts)
        if facts.target == "several":
            given["KINDS"] = {one.name: list(one.classes) for one in facts.answers if one.classes}
    given["KEPT_COLUMNS"] = sorted({*given["CLASS_COLUMNS"], *counted_columns(project, facts)})
    given["IN_ORDER"] |= spec.in_order
    values = sources.source_options(data, project.variables)
    given["ROWS_BETWEEN"] = parse(spec.gap).evaluate({**values})
    given["STEPS"] = values.get("layout") == "sequence"
    if given["IN_ORDER"]:
        given["STRATIFIED"] = False
    return given | fitting_constants(given, values)


def _mask_constants(facts: DataFacts) -> dict[str, Any]:
    """Where the pixels of a mask stand that is one of several targets, and its size."""
    masks = [one for one in facts.answers if one.kind == "mask"]
    if not masks:
        return {"PIXELS_FROM": 0, "PLACES": ()}
    return {"PIXELS_FROM": places_of(facts)[masks[0].name][0], "PLACES": masks[0].places}


def fitting_constants(given: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, bool]:
    """Whether anything is fitted on the training part, and whether on the cells of a table."""
    table = bool(given["TABLE"])
    filled = options.get("missing") in ("fill", "median")
    columns = given.get("CATEGORIES") and given["CATEGORIES_AS"] == "one_hot"
    return {
        "FITS": table or given["SCALE"] != "none",
        "FITS_TABLE": table and bool(filled or columns),
    }


def fits(project: Project) -> bool:
    """Whether the preparation of examples needs values that are fitted on the training part."""
    spec = sources.sources()[project.data.source]
    return spec.is_table or project.data.scale != "none"


def is_validated(project: Project, facts: DataFacts) -> bool:
    """Whether any row falls into the validation part."""
    data = project.data
    if sources.sources()[data.source].is_table:
        parts = [c for c in sources.columns_of(data) if c.role == "part"]
        if parts:
            return bool(parts[0].categories[1])
    if preparation_settings(data, project.variables)["folds"]:
        return True
    first, second, _ = data.split
    return second > 0 and (
        not facts.rows or round((first + second) * facts.rows) > round(first * facts.rows)
    )


def _found_constants(
    project: Project, spec: sources.SourceSpec, options: Mapping[str, Any]
) -> dict[str, Any]:
    """What a look at the data found, and the place of the user's folder or file."""
    data = project.data
    found: dict[str, Any] = {name.upper(): _listed(data.options.get(name)) for name in spec.kept}
    path = data.options.get("path")
    if isinstance(path, str) and path:
        found["PATH"] = str(Path(options.get("folder", "")) / path)
        if spec.opens == "file":
            found |= _file_constants(project, options)
    return found


def _listed(value: Value | None) -> Any:
    """A list of the project's as lists of Python."""
    return list(value) if isinstance(value, tuple | list) else value


def _file_constants(project: Project, options: Mapping[str, Any]) -> dict[str, Any]:
    path = Path(str(project.data.options.get("path", "")))
    if "folder" in options:
        path = Path(options["folder"]) / path
    asked = options.get("fingerprint")
    size, digest = asked if isinstance(asked, tuple) else fingerprint(path) if asked else NONE
    return {
        "PATH": str(path),
        "FILE_SIZE": size,
        "FILE_SHA256": digest,
        "CACHE": str(options.get("cache", "")),
    }
