"""`train.py`: the recipe's and the data source's own text with the project's values.

Owns the assembly: which texts, which constants, which flags. The worker runs the result as it
is, and so does `python train.py` beside `model.py`. Reads the engine's files as text and
imports none of them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph_compiler.emit_text import expression, names_in, string
from graph_compiler.expressions import variables_in
from graph_compiler.layer import Param
from graph_compiler.model import Project, Value, Variable
from graph_compiler.naming import plain_text
from graph_compiler.source import Source
from nnstudio.document import sources
from nnstudio.document.fingerprints import NONE, fingerprint
from nnstudio.document.folding import fold, switches
from nnstudio.document.pieces import Pieces, call_text
from nnstudio.document.recipes import recipes, stage_settings
from nnstudio.document.tables import ENGINE

RESERVED = frozenset({"epochs", "seed", "device", "threads", "help"})
"""Flags that every script has; a variable of such a name gets none of its own."""
HEAD = '"""A training script written by NN Studio.\n'
_TABLES = ("RECIPE", "SOURCE")


@dataclass(frozen=True, slots=True)
class _Setting:
    """A recipe's setting or a source's option: where its value comes from."""

    constant: str
    value: Any
    kind: str
    flagged: str = ""
    """The expression over `options`, where a flag decides the value."""


def train_script(project: Project, source: Source, options: Mapping[str, Any] | None = None) -> str:
    """The script that trains the first stage's network on the project's data.

    `options` may hold `device` (`auto`), `threads` (all cores but one), `folder`, to which
    relative paths in the project belong, and `fingerprint`: whether the script shall warn where a
    file of the user's is no longer what it is now, which reads the file. Raises `SettingsError`
    and `DataError` for values that do not fit.
    """
    return _Script(project, source, options or {}).text()


class _Script:
    def __init__(self, project: Project, source: Source, options: Mapping[str, Any]) -> None:
        self.project, self.source, self.options = project, source, options
        self.stage = project.plan.stages[0]
        self.facts = sources.facts(project.data, project.variables)
        self.values = stage_settings(self.stage, project.variables)
        self.texts = [
            _engine_text("data", project.data.source),
            _engine_text("parts", "preparation"),
            _engine_text("recipes", self.stage.recipe),
            _engine_text("parts", "program"),
        ]
        self.recipe = _recipe_class(self.texts[2])
        asked: frozenset[str] = frozenset().union(*map(switches, self.texts))
        self.settings = self._settings(asked)
        self.flags = self._flags()

    def text(self) -> str:
        """The whole script."""
        constants = self._constants()
        free = {setting.constant for setting in self.settings if setting.flagged}
        known = {name: value for name, value in constants.items() if name not in free}
        pieces = Pieces()
        for text in self.texts:
            text = re.sub(r"\bSupervised\b", self.recipe, text)
            for setting in self.settings:
                if setting.flagged:
                    text = with_parameter(text, setting.constant, setting.kind)
            pieces.take(fold(text, _known(text, known)), constants, _TABLES)
        pieces.imports["argparse"] = ("argparse", "", "argparse")
        name = self.source.class_name
        pieces.imports[name] = ("model", name, name)
        title = plain_text(self.project.name)
        head = f'{HEAD}\n{title}\n"""\n\n' if title else f'{HEAD}"""\n\n'
        body = [self._arguments(), self._build()]
        end = 'if __name__ == "__main__":\n    run(build(arguments()))\n'
        return pieces.text(head, ("run",), "\n\n".join([*body, end]))

    def _constants(self) -> dict[str, Any]:
        data, facts = self.project.data, self.facts
        given = {
            "SPLIT": tuple(data.split),
            "STRATIFIED": data.stratified and facts.target == "class",
            "DATA_SEED": data.seed,
            "SCALE": data.scale,
            "TARGET": facts.target,
            "CLASSES": facts.outputs,
            "TABLE": data.source == "csv",
            "RECIPE_NAME": self.stage.recipe,
            "VALIDATED": self._is_validated(),
            "BATCH_NORM": "nn.BatchNorm" in self.source.text,
        }
        given |= {setting.constant: setting.value for setting in self.settings}
        if not given["VALIDATED"]:
            given["PATIENCE"] = 0
        if data.source == "csv":
            given |= self._table_constants()
        return given

    def _is_validated(self) -> bool:
        """Whether any row falls into the validation part."""
        first, second, _ = self.project.data.split
        rows = self.facts.rows
        return second > 0 and (not rows or round((first + second) * rows) > round(first * rows))

    def _table_constants(self) -> dict[str, Any]:
        columns = sources.columns_of(self.project.data)
        features = {c.name: list(c.categories) for c in columns if c.role == "feature"}
        path = Path(str(self.project.data.options.get("path", "")))
        if "folder" in self.options:
            path = Path(self.options["folder"]) / path
        size, digest = fingerprint(path) if self.options.get("fingerprint") else NONE
        return {
            "PATH": str(path),
            "FILE_SIZE": size,
            "FILE_SHA256": digest,
            "FEATURES": features,
            "TARGETS": [column.name for column in columns if column.role == "target"],
            "CATEGORIES": any(features.values()),
            "NAMES": list(self.facts.classes),
        }

    def _settings(self, asked: frozenset[str]) -> tuple[_Setting, ...]:
        project, spec = self.project, recipes()[self.stage.recipe]
        source = sources.sources()[project.data.source]
        options = sources.source_options(project.data, project.variables)
        found = [self._setting(p, self.stage.settings, self.values, asked) for p in spec.settings]
        found += [self._setting(p, project.data.options, options, asked) for p in source.options]
        return tuple(found)

    def _setting(
        self,
        param: Param,
        given: Mapping[str, Value],
        values: Mapping[str, Any],
        asked: frozenset[str],
    ) -> _Setting:
        """A value from a flag is an expression; what decides branches is decided here and now."""
        constant, stored = param.name.upper(), given.get(param.name)
        value = values[param.name]
        uses = variables_in(stored, text=param.kind == "text")
        choice = param.kind == "choice" and stored in param.choices
        if not uses or choice or constant in asked or param.name in RESERVED or uses & RESERVED:
            return _Setting(constant, value, param.kind)
        return _Setting(constant, value, param.kind, _over_options(str(stored)))

    def _flags(self) -> tuple[Variable, ...]:
        """Variables that the network's constructor takes or that a setting follows."""
        wanted = set(self.source.arguments)
        for setting in self.settings:
            if setting.flagged:
                wanted |= set(re.findall(r"options\.(\w+)", setting.flagged))
        known = self.project.variables
        return tuple(known[name] for name in known if name in wanted and name not in RESERVED)

    def _arguments(self) -> str:
        what = f"Train {self.source.class_name}, and write losses.csv and weights.pt."
        rows = [_flag(variable) for variable in self.flags]
        threads = self.options.get("threads")
        default = str(int(threads)) if threads else "spare_cores()"
        rows += [
            ('"--epochs"', "type=int", f"default={self.values['epochs']}"),
            ('"--seed"', "type=int", f"default={self.values['seed']}"),
            (
                '"--device"',
                f"default={string(str(self.options.get('device', 'auto')))}",
                'help="auto, cpu, cuda, xpu or mps"',
            ),
            ('"--threads"', "type=int", f"default={default}", 'help="CPU threads"'),
        ]
        lines = [
            "def arguments(given: list[str] | None = None) -> argparse.Namespace:",
            '    """What the command line says, or `given` in its place."""',
            call_text("parser = argparse.ArgumentParser", [f"description={string(what)}"], "", 4),
            *(call_text("parser.add_argument", row, "", 4) for row in rows),
            "    return parser.parse_args(given)",
        ]
        return "\n".join(lines) + "\n"

    def _build(self) -> str:
        names = {variable.name for variable in self.flags}
        model = [
            f"{argument}={_read(self.project.variables[name])}"
            for name, argument in sorted(self.source.arguments.items())
            if name in names
        ]
        options = {param.name for param in sources.sources()[self.project.data.source].options}
        examples = [
            f"{s.constant.lower()}={s.flagged}"
            for s in self.settings
            if s.flagged and s.constant.lower() in options
        ]
        settings = [
            f"{s.constant.lower()}={s.flagged}"
            for s in self.settings
            if s.flagged and s.constant.lower() not in options
        ]
        recipe = ["model", "data", "options.epochs", "options.seed", *settings]
        if examples:
            data = [
                call_text("inputs, targets = examples", examples, "", 4),
                "    data = prepare(inputs, targets, device)",
            ]
        else:
            data = ["    data = prepare(*examples(), device)"]
        lines = [
            f"def build(options: argparse.Namespace) -> {self.recipe}:",
            '    """The recipe with its data and its network; the seed decides what is random."""',
            "    torch.set_num_threads(options.threads)",
            "    device = device_named(options.device)",
            *data,
            "    torch.manual_seed(options.seed)",
            call_text(f"model = {self.source.class_name}", model, ".to(device)", 4),
            call_text(f"return {self.recipe}", recipe, "", 4),
        ]
        return "\n".join(lines) + "\n"


def with_parameter(text: str, constant: str, kind: str) -> str:
    """The text with a constant turned into a parameter of the function that reads it."""
    tree = ast.parse(text)
    for statement in tree.body:
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        functions = [statement] if isinstance(statement, ast.FunctionDef) else statement.body
        for function in functions:
            if isinstance(function, ast.FunctionDef) and _reads(function, constant):
                return _with_parameter(text, function, constant, kind)
    return text


def _reads(function: ast.FunctionDef, constant: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == constant for n in ast.walk(function))


def _with_parameter(text: str, function: ast.FunctionDef, constant: str, kind: str) -> str:
    lines = text.splitlines(keepends=True)
    name, first, body = constant.lower(), function.lineno - 1, function.body[0].lineno - 1
    type = {"int": "int", "float": "float", "bool": "bool"}.get(kind, "str")
    declared = [ast.unparse(argument) for argument in function.args.args] + [f"{name}: {type}"]
    result = f" -> {ast.unparse(function.returns)}:" if function.returns else ":"
    head = call_text(f"def {function.name}", declared, result, function.col_offset) + "\n"
    inner = "".join(lines[body : function.end_lineno])
    inner = re.sub(rf"\b{constant}\b", name, inner)
    return "".join([*lines[:first], head, inner, *lines[function.end_lineno :]])


def _known(text: str, constants: Mapping[str, Any]) -> dict[str, Any]:
    return {name: constants[name] for name in switches(text) if name in constants}


def _engine_text(folder: str, name: str) -> str:
    return (ENGINE / folder / f"{name}.py").read_text(encoding="utf-8")


def _recipe_class(text: str) -> str:
    """The class with a method `steps`."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.ClassDef) and any(
            isinstance(method, ast.FunctionDef) and method.name == "steps"
            for method in statement.body
        ):
            return statement.name
    raise ValueError("a recipe without a class that has steps()")


def _over_options(text: str) -> str:
    """An expression with every variable read from the command line."""
    written = expression(text)
    for name in names_in(written):
        written = re.sub(rf"(?<![\w.\"']){name}(?![\w\"'])", f"options.{name}", written)
    return written


def _flag(variable: Variable) -> tuple[str, ...]:
    """The arguments of `add_argument` for a variable."""
    value = variable.value
    row = [f'"--{variable.name}"']
    if isinstance(value, bool):
        row.append("action=argparse.BooleanOptionalAction")
    elif isinstance(value, tuple):
        row += [f"type={_type(value[0]) if value else 'float'}", 'nargs="+"']
    elif not isinstance(value, str):
        row.append(f"type={_type(value)}")
    row.append(f"default={string(value) if isinstance(value, str) else value!r}")
    if doc := plain_text(variable.doc):
        row.append(f"help={string(doc)}")
    return tuple(row)


def _type(value: Any) -> str:
    return "int" if isinstance(value, int) else "float"


def _read(variable: Variable) -> str:
    read = f"options.{variable.name}"
    return f"tuple({read})" if isinstance(variable.value, tuple) else read
