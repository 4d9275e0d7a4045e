"""A look at texts, sentences and trees: vocabulary, how many rows, the first of them as words.

Owns the preview of every form but examples, and why a file of text is refused. Reads and divides
with the very functions that become part of `train.py`.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from graph_compiler.model import DataSource
from nnstudio import places
from nnstudio.document.sources import SourceSpec, preparing_part, sources
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.looking import with_constants

SHOWN = 50
PIECE = 1 << 20
WIDEST = 200


def look_at_text(data: DataSource, options: Mapping[str, Any]) -> dict[str, Any]:
    """The preview of a source whose form is not examples; raises `BadData`.

    `options` are all options of the source, worked out. What the project keeps of the look is in
    the answer's `options`.
    """
    spec = sources()[data.source]
    if spec.opens:
        check_text(str(options.get("path") or ""))
    prepared, vocabulary = _prepared(spec, data, options)
    rows = sum(len(part.inputs) for part in prepared[:3])
    if not len(prepared.train.inputs):
        raise BadData(
            str(options.get("path") or data.source),
            "at least one row in the training part",
            "too little text",
            "Choose a longer text, or a shorter context.",
        )
    found = {"vocabulary": len(vocabulary), "rows": rows}
    kept = {name: found[name] for name in spec.kept}
    names, table = _table(spec.form, prepared, vocabulary)
    column = {"role": "feature", "type": "text", "missing": 0}
    return {
        "source": data.source,
        "kind": spec.kind,
        "target": spec.target,
        "rows": rows,
        "columns": [{"name": name, **column} for name in names],
        "table": table,
        "options": {**data.options, **kept},
        "problem": "",
    }


def check_text(path: str) -> None:
    """Refuse what is no file of text in UTF-8; raises `BadData` with the line of the fault."""
    if not path:
        raise BadData("data.path", "a file", "none", "Choose one in the Data panel.")
    file = Path(path)
    if not file.is_file():
        got = "a folder" if file.is_dir() else "nothing there"
        raise BadData(path, "a file", got, "Choose a file that is there.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    try:
        with open(file, "rb") as opened:
            while piece := opened.read(PIECE):
                text = decoder.decode(piece)
                line += text.count("\n")
                if "\0" in text:
                    raise BadData(path, "text", "zeros, as in no text", "Choose a text file.")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        at = line + error.object[: error.start].count(b"\n")
        remedy = "Save it as UTF-8."
        raise BadData(f"{path}, line {at}", "text in UTF-8", "other bytes", remedy) from error
    except OSError as error:
        raise BadData(path, "a readable file", str(error), "Choose another file.") from error


def _prepared(spec: SourceSpec, data: DataSource, options: Mapping[str, Any]) -> tuple[Any, Any]:
    """The three parts as a script would make them, and the words by their numbers."""
    given = {name.upper(): value for name, value in options.items() if name not in spec.kept}
    if "vocabulary" in spec.kept and "most" in options:
        given["VOCABULARY"] = options["most"]
    constants = {
        **given,
        "DATA_SEED": data.seed,
        "SPLIT": tuple(data.split),
        "TOKENIZER": options.get("tokenizer", "none"),
        "FOLDER": str(places.assets()),
    }
    part = import_module(f"nnstudio.engine.parts.{preparing_part(spec.form)}")
    with ExitStack() as stack:
        module = stack.enter_context(with_constants(data.source, constants))
        for name in constants:
            if hasattr(part, name):
                stack.callback(setattr, part, name, getattr(part, name))
                setattr(part, name, constants[name])
        try:
            prepared = part.prepare(*module.examples(), torch.device("cpu"))
            if spec.form == "tokens":
                vocabulary = getattr(prepared.tokenizer, "vocabulary", ())
            else:
                vocabulary = prepared.vocabulary
        except ValueError as error:
            remedy = "Mend the file."
            raise BadData(spec.title, "data in its form", str(error).rstrip("."), remedy) from error
    return prepared, vocabulary


def _table(form: str, prepared: Any, vocabulary: Any) -> tuple[list[str], list[list[str]]]:
    """Names of columns, and the first rows of the training part in words."""
    part = prepared.train
    inputs = part.inputs[:SHOWN].tolist()
    if form == "tokens":
        rows = [[prepared.tokenizer.decode(row)[:WIDEST]] for row in inputs]
        return ["text"], rows
    if form == "sentence_pairs":
        answers = ("no", "yes")
        return ["sentences", "follows"], [
            [_words(row, vocabulary), answers[int(follows)]]
            for row, follows in zip(inputs, part.targets[:SHOWN], strict=True)
        ]
    if form == "translation":
        return ["given", "wanted"], [
            [_words(one, vocabulary), _words(other, vocabulary)]
            for one, other in zip(inputs, part.targets[:SHOWN].tolist(), strict=True)
        ]
    return ["words", "class of the whole"], [
        [
            " ".join(
                vocabulary[word]
                for word, left in zip(row, below[: root + 1], strict=False)
                if left < 0
            )[:WIDEST],
            str(int(classes[root])) if classes[root] >= 0 else "not asked",
        ]
        for row, below, root, classes in zip(
            inputs,
            part.left[:SHOWN].tolist(),
            part.root[:SHOWN].tolist(),
            part.targets[:SHOWN].tolist(),
            strict=True,
        )
    ]


def _words(tokens: list[int], vocabulary: Any) -> str:
    """The words but for what is filled up."""
    return " ".join(vocabulary[token] for token in tokens if token)[:WIDEST]
