"""`predict.py`: the parts of `train.py` that prepare examples, and what the answers mean.

Owns which projects have one, and its assembly. It stands beside `model.py` and reads the weights
and what was fitted, as `train.py` wrote them; `nnstudio predict` runs the same text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graph_compiler.emit_text import string
from graph_compiler.goals import places_of
from graph_compiler.model import DataFacts, Project
from graph_compiler.naming import plain_text
from graph_compiler.source import Source
from nnstudio.document import sources
from nnstudio.document.pieces import Pieces, call_text
from nnstudio.document.planned import planned_networks
from nnstudio.document.recipes import recipes, stage_settings
from nnstudio.document.script_data import data_constants
from nnstudio.document.script_drawing import goal_constants
from nnstudio.document.script_settings import flag, flags, read
from nnstudio.document.script_stages import TABLES, folded
from nnstudio.document.script_texts import engine_text, with_parts
from nnstudio.document.tabular import PIECE, is_streamed

INPUTS = {
    "table": "rows",
    "points": "rows",
    "painted": "rows",
    "images": "pictures",
    "sounds": "sounds",
    "arrays": "arrays",
}
"""Kind of a source to what new examples come as."""
FILES_AT_ONCE = 256
_DATA_TEXTS = ("wav_folder", "parquet")
"""Sources whose ways of reading a file are needed."""

HEAD = '"""Predictions of a trained network, written by NN Studio.\n'


def why_not(project: Project) -> str:
    """Why nothing can be predicted from files with this project, in a sentence; empty where it can.

    Raises `DataError` where the description of the data is not usable.
    """
    stage = project.plan.stages[-1]
    recipe = recipes()[stage.recipe]
    if "predict" not in recipe.uses or len(planned_networks(project)) != 1:
        return "Its last stage trains no network that answers a question about each example."
    facts = sources.facts(project.data, project.variables)
    known = ("class", "value", "labels", "several")
    if facts.form != "examples" or facts.places or facts.target not in known:
        return "Its answers are no classes and no numbers, so they fit into no table."
    outputs = [
        node for node in project.networks[stage.network].nodes.values() if node.type == "Output"
    ]
    if len(outputs) != 1 and recipe.output not in ("free", "several"):
        return "Its network has several outputs."
    if input_kind(project, facts) == "":
        return "Its examples are nothing that a file could hold."
    return ""


def input_kind(project: Project, facts: DataFacts) -> str:
    """`rows`, `pictures`, `sounds` or `arrays`: what new examples come as; empty for none."""
    spec = sources.sources()[project.data.source]
    kind = INPUTS.get(spec.kind, "")
    if kind == "rows" and len(facts.shape) != 1:
        return "arrays"
    if kind == "pictures" and not _is_square(facts.shape):
        return "arrays"
    if kind == "sounds" and project.data.source != "wav_folder":
        return "arrays"
    return kind


def predict_script(project: Project, source: Source, options: Mapping[str, Any]) -> str:
    """The script; `options` are those of `train_script`. Only where `why_not` says nothing."""
    facts = sources.facts(project.data, project.variables)
    given = prediction_constants(project, options)
    pieces = Pieces()
    main = engine_text("parts", "prediction")
    texts = [engine_text("data", name) for name in _DATA_TEXTS] + with_parts(main, ())
    for text in texts:
        pieces.take(folded(text, given), given, TABLES)
    pieces.imports["argparse"] = ("argparse", "", "argparse")
    network = source.networks[planned_networks(project)[0]]
    cls = network.class_name
    while cls in {*pieces.definitions, *pieces.constants, *pieces.imports}:
        cls += "Network"
    pieces.imports[cls] = ("model", network.class_name, cls)
    flagged = flags(project.variables, set(network.arguments), ())
    names = {variable.name for variable in flagged}
    arguments = [
        f"{argument}={read(project.variables[variable])}"
        for variable, argument in sorted(network.arguments.items())
        if variable in names
    ]
    title = plain_text(project.name)
    head = f'{HEAD}\n{title}\n"""\n\n' if title else f'{HEAD}"""\n\n'
    made = call_text("network = " + cls, arguments, "", 4)
    tail = "\n\n".join(
        [
            _arguments(facts, input_kind(project, facts), flagged, bool(given["FITS"])),
            'if __name__ == "__main__":\n'
            "    options = arguments()\n"
            f"{made}\n"
            "    run(network, options)\n",
        ]
    )
    return pieces.text(head, ("run",), tail)


def prediction_constants(project: Project, options: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the constants of `engine/parts/prediction.py` and of what it is put together
    with."""
    data = project.data
    facts = sources.facts(data, project.variables)
    stage = project.plan.stages[-1]
    settings = stage_settings(stage, project.variables)
    spec = sources.sources()[data.source]
    given: dict[str, Any] = {
        name.upper(): value
        for name, value in sources.source_options(data, project.variables).items()
    }
    given |= data_constants(project, facts, options)
    kind = input_kind(project, facts)
    given |= {
        "INPUT": kind,
        "STREAMED": is_streamed(data),
        "PARQUET": data.source == "parquet",
        "NAMES": list(facts.classes),
        "TARGETS": list(target_names(project, facts)),
        "ROLES": [],
        "READ_AS": recipes()[stage.recipe].answers,
        "LOSS": str(settings.get("loss", recipes()[stage.recipe].loss)),
    }
    if kind == "rows" and not spec.is_table:
        names = raw_columns(project)
        given |= {
            "FEATURES": {name: [] for name in names},
            "CATEGORIES": False,
            "DATES": {},
            "MISSING": "refuse",
            "DECIMAL": ".",
            "THOUSANDS": "none",
            "SIGNS": False,
        }
    if recipes()[stage.recipe].output == "several":
        given |= goal_constants(project, stage)
    if facts.target == "labels":
        columns = [one for one in sources.columns_of(data) if one.role == "target"]
        given["ANSWERS"] = {one.name: list(one.categories) for one in columns}
    if kind == "pictures":
        given |= {"SIZE": facts.shape[1], "COLOUR": facts.shape[0] == 3}
    if kind != "rows":
        given["PIECE"] = FILES_AT_ONCE
    elif spec.is_table:
        given["PIECE"] = max(100, PIECE // len(sources.columns_of(data)))
    return given


def raw_columns(project: Project) -> tuple[str, ...]:
    """The features' names before products of them are added."""
    plain = replace(project.data, preparation={**project.data.preparation, "degree": 1})
    return sources.facts(plain, project.variables).columns


def target_names(project: Project, facts: DataFacts) -> tuple[str, ...]:
    """What the answers are called."""
    spec = sources.sources()[project.data.source]
    if spec.is_table:
        return tuple(one.name for one in sources.columns_of(project.data) if one.role == "target")
    if facts.target == "class":
        return ("class",)
    if facts.target == "several":
        return tuple(
            name if len(places) == 1 else f"{name} {number}"
            for name, places in _told_places(facts).items()
            for number in range(1, len(places) + 1)
        )
    if len(spec.answers) == facts.outputs:
        return spec.answers
    if facts.outputs == 1:
        return ("value",)
    return tuple(f"value {number + 1}" for number in range(facts.outputs))


def _told_places(facts: DataFacts) -> dict[str, tuple[int, ...]]:
    """Target to its columns among all, where a mask is told as a whole."""
    masks = {one.name for one in facts.answers if one.kind == "mask"}
    return {n: at[:1] if n in masks else at for n, at in places_of(facts).items()}


def _arguments(facts: DataFacts, kind: str, flagged: Any, fits: bool) -> str:
    what = {
        "rows": "a table with the features, as CSV",
        "pictures": "a picture, or a folder of pictures",
        "sounds": "a WAV file, or a folder of them",
        "arrays": "an .npy file with the inputs",
    }[kind]
    rows = [
        ('"input"', f"help={string(what)}"),
        ('"-o"', '"--output"', "required=True", 'help="the table that is written"'),
        *(flag(variable) for variable in flagged),
        ('"--weights"', 'default="weights.pt"', 'help="as train.py wrote them"'),
    ]
    if fits:
        rows.append(('"--fitted"', 'default="fitted.json"', 'help="what train.py fitted"'))
    lines = [
        "def arguments(given: list[str] | None = None) -> argparse.Namespace:",
        '    """What the command line says, or `given` in its place."""',
        "    parser = argparse.ArgumentParser("
        'description="Write the answers of the trained network.")',
        *(call_text("parser.add_argument", row, "", 4) for row in rows),
        "    return parser.parse_args(given)",
    ]
    return "\n".join(lines) + "\n"


def _is_square(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and shape[0] in (1, 3) and shape[1] == shape[2]
