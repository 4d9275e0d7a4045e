"""`train.py`: the recipes' and the data source's own texts with the project's values.

Owns the assembly: which texts, which constants, which flags. The worker runs the result as it
is, and so does `python train.py` beside `model.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graph_compiler.emit_text import string
from graph_compiler.model import Project
from graph_compiler.naming import Namespace, plain_text
from graph_compiler.source import Source
from nnstudio.document import sources
from nnstudio.document.folding import switches
from nnstudio.document.pieces import Pieces, call_text
from nnstudio.document.planned import is_staged, network_keys
from nnstudio.document.recipes import recipes
from nnstudio.document.script_data import data_constants
from nnstudio.document.script_passing import can_be_passed, passed_down
from nnstudio.document.script_settings import RESERVED, Setting, flag, flags, read, settings_of
from nnstudio.document.script_stages import (
    TABLES,
    StageScript,
    add_recipes,
    folded,
    frozen_modules,
    stage_scripts,
    used_names,
)
from nnstudio.document.script_texts import engine_text, readers, with_parts
from nnstudio.document.tabular import is_streamed

__all__ = ["RESERVED", "train_script"]

DRAWING = re.compile(
    r"[Dd]ropout|RReLU|rand\w*_like|(?<!Parameter\()torch\.rand|bernoulli|gumbel|multinomial"
)
"""What the text of a network has where it draws random numbers."""
HEAD = '"""A training script written by NN Studio.\n'


def train_script(project: Project, source: Source, options: Mapping[str, Any] | None = None) -> str:
    """The script that goes through the project's plan on the project's data.

    `source` holds the plan's networks. `options` may hold `device` (`auto`), `threads` (all cores
    but one), `folder`, to which relative paths in the project belong, and `fingerprint`: whether
    the script shall warn where a file of the user's is no longer what it is now, which reads the
    file, or what it was, as size and SHA-256. Raises `SettingsError` and `DataError` for values
    that do not fit.
    """
    return _Script(project, source, options or {}).text()


class _Script:
    def __init__(self, project: Project, source: Source, options: Mapping[str, Any]) -> None:
        self.project, self.source, self.options = project, source, options
        self.facts = sources.facts(project.data, project.variables)
        self.constants = data_constants(project, self.facts, options)
        self.constants["BATCH_NORM"] = "nn.BatchNorm" in source.text
        self.stages = stage_scripts(project, source, self.constants["VALIDATED"])
        self.is_staged = is_staged(project)
        self.judged = self._judged()
        self.classes: dict[str, str] = {}
        self.variables = self._variables()
        part = sources.preparing_part(self.facts.form)
        if is_streamed(project.data):
            part = "streaming"
        self.data_texts = {
            "examples": with_parts(engine_text("data", project.data.source), {part}),
            "prepare": with_parts(engine_text("parts", part), ()),
        }
        self.data_settings = self._data_settings()
        self.flags = flags(
            project.variables,
            {name for network in self._networks().values() for name in network.arguments},
            [*self.data_settings, *(s for one in self.stages for s in one.settings)],
        )

    def text(self) -> str:
        """The whole script."""
        pieces = Pieces()
        taken = self._add_data(pieces)
        add_recipes(pieces, self.stages, self.constants, taken)
        self._add_program(pieces)
        pieces.imports["argparse"] = ("argparse", "", "argparse")
        self._name_classes(pieces)
        for name, network in self._networks().items():
            here = self.classes[name]
            pieces.imports[here] = ("model", network.class_name, here)
        title = plain_text(self.project.name)
        head = f'{HEAD}\n{title}\n"""\n\n' if title else f'{HEAD}"""\n\n'
        body = [self._arguments(), self._build()]
        end = 'if __name__ == "__main__":\n    run(build(arguments()))\n'
        if not self._alone():
            end += "    leave()\n"
        return pieces.text(head, ("run",), "\n\n".join([*body, end]))

    def _data_settings(self) -> list[Setting]:
        """The source's options; one that cannot be handed down to where it is read has no flag."""
        data, variables = self.project.data, self.project.variables
        texts = [text for group in self.data_texts.values() for text in group]
        found = settings_of(
            sources.sources()[data.source].options,
            data.options,
            sources.source_options(data, variables),
            frozenset[str]().union(*map(switches, texts)),
        )

        def can_be_passed_on(one: Setting) -> bool:
            return all(
                can_be_passed(group, one.constant, begin)
                for begin, group in self.data_texts.items()
            )

        return [
            replace(one, flagged="") if one.flagged and not can_be_passed_on(one) else one
            for one in found
        ]

    @property
    def recipe(self) -> str:
        """The class of what `build` returns."""
        return "Stages" if self.is_staged else self.stages[0].class_name

    def _networks(self) -> dict[str, Any]:
        """The plan's networks by name, in the order of the stages."""
        names = [name for one in self.stages for name in one.networks.values()]
        return {name: self.source.networks[name] for name in dict.fromkeys(names)}

    def _name_classes(self, pieces: Pieces) -> None:
        """Network to the name of its class in the script, where its own may mean something else."""
        taken = {*pieces.definitions, *pieces.constants, *pieces.imports, "build", "arguments"}
        for name, network in self._networks().items():
            wish = network.class_name
            while wish in taken:
                wish += "Network"
            self.classes[name] = wish

    def _variables(self) -> dict[str, str]:
        """Network to the name of its variable in `build`: its role, or its own name."""
        names = list(self._networks())
        if len(names) == 1:
            return {names[0]: "model"}
        if not self.is_staged:
            return {name: role for role, name in self.stages[0].networks.items()}
        taken = ("data", "device", "options", "stages", "inputs", "targets")
        return Namespace(taken).claim_all(names)

    def _judged(self) -> StageScript:
        """The stage that decides which kind of target the loss takes."""
        stage = sources.judged(self.project.plan)
        return next(one for one in self.stages if one.stage is stage)

    def _add_data(self, pieces: Pieces) -> dict[str, str]:
        """The texts of the data into the pieces; the names that they use."""
        loss = {"LOSS": self.judged.values["loss"]} if "loss" in self.judged.values else {}
        given = {setting.constant: setting.value for setting in self.data_settings}
        given |= {**self.constants, **loss, "READ_AS": recipes()[self.judged.stage.recipe].answers}
        flagged = [setting for setting in self.data_settings if setting.flagged]
        free = {setting.constant for setting in flagged}
        used: dict[str, str] = {}
        for begin, group in self.data_texts.items():
            texts = [folded(text, given, free) for text in group]
            for setting in flagged:
                texts = passed_down(texts, setting.constant, setting.kind, begin)
            for text in texts:
                pieces.take(text, given, TABLES)
            used |= used_names(texts, given)
        return used

    def _add_program(self, pieces: Pieces) -> None:
        stages = self.stages
        given = {
            "FREEZES": any(one.stage.frozen and not one.stage.frozen_running for one in stages),
            "HOLDS": any(one.stage.frozen and one.stage.frozen_running for one in stages),
            "BEGINS_FROM": any(one.stage.weights for one in stages),
            "LIMITS": any(one.values.get("most_steps") for one in stages),
            "SEVERAL": len(self._networks()) > 1,
            "FITS": self.facts.form == "examples" and self.constants["FITS"],
            "WORDS": self.facts.form in ("sentence_pairs", "translation", "trees"),
            "TOKENIZED": self.facts.form == "tokens",
            "BATCH_NORM": self.constants["BATCH_NORM"],
            "SHARED": not self._alone(),
            "VERDICT": "self.verdict" in pieces.definitions[stages[-1].class_name],
        }
        texts = with_parts(engine_text("parts", "program"), {"stages"})
        if self.is_staged:
            texts = [*with_parts(engine_text("parts", "stages"), ()), *texts]
        for text in texts:
            text = re.sub(r"\bSupervised\b", self.recipe, text)
            pieces.take(folded(text, given), given, TABLES)

    def _arguments(self) -> str:
        titles = " and ".join(network.class_name for network in self._networks().values())
        what = f"Train {titles}, and write losses.csv and weights.pt."
        rows = [flag(variable) for variable in self.flags]
        threads = self.options.get("threads")
        default = str(int(threads)) if threads else "spare_cores()"
        epochs = [one.values["epochs"] for one in self.stages]
        seed = self.stages[0].values["seed"]
        if len(epochs) > 1:
            number, default_epochs = f"nargs={len(epochs)}", f"default={epochs}"
            rows.append(('"--epochs"', "type=int", number, default_epochs, 'help="of each stage"'))
        elif not self.stages[0].values.get("most_steps"):
            rows.append(('"--epochs"', "type=int", f"default={epochs[0]}"))
        rows += [
            ('"--seed"', "type=int", f"default={seed}"),
            (
                '"--device"',
                f"default={string(str(self.options.get('device', 'auto')))}",
                'help="auto, cpu, cuda, xpu or mps"',
            ),
            ('"--threads"', "type=int", f"default={default}", 'help="CPU threads"'),
        ]  # fmt: skip
        lines = [
            "def arguments(given: list[str] | None = None) -> argparse.Namespace:",
            '    """What the command line says, or `given` in its place."""',
            call_text("parser = argparse.ArgumentParser", [f"description={string(what)}"], "", 4),
            *(call_text("parser.add_argument", row, "", 4) for row in rows),
            "    return parser.parse_args(given)",
        ]
        return "\n".join(lines) + "\n"

    def _build(self) -> str:
        several = len(self._networks()) > 1
        what = "its networks" if several else "its network"
        noun = "stages with their data and networks" if self.is_staged else "recipe with its data"
        told = noun if self.is_staged else f"{noun} and {what}"
        lines = [
            f"def build(options: argparse.Namespace) -> {self.recipe}:",
            f'    """The {told}; the seed decides what is random."""',
            "    torch.set_num_threads(options.threads)",
            *(["    repeat_exactly()"] if self._repeats() else []),
            *self._joined(),
            *self._prepared(),
            "    torch.manual_seed(options.seed)",
            *(self._network(name) for name in self._networks()),
            *(["    vary(options.seed)"] if self._draws() else []),
            *(self._all_stages() if self.is_staged else self._one_stage()),
        ]
        return "\n".join(lines) + "\n"

    def _joined(self) -> list[str]:
        """The device, once the processes know one another, or why there may be but one."""
        if reason := self._alone():
            call = call_text("stay_alone", [string(reason)], "", 4)
            return [call, "    device = device_named(options.device)"]
        return ["    device = join(device_named(options.device))"]

    def _alone(self) -> str:
        """Why there may be but one process; empty where there may be several."""
        reasons = [recipes()[one.stage.recipe].alone for one in self.stages]
        return next(filter(None, reasons), "")

    def _repeats(self) -> bool:
        """Whether a stage wants the same numbers every time."""
        return any(one.values.get("deterministic") for one in self.stages)

    def _draws(self) -> bool:
        """Whether the networks draw random numbers of their own, such as for dropout."""
        return not self._alone() and bool(DRAWING.search(self.source.text))

    def _prepared(self) -> list[str]:
        given = {
            begin: [
                f"{one.constant.lower()}={one.flagged}"
                for one in self.data_settings
                if one.flagged and any(readers(text, one.constant) for text in group)
            ]
            for begin, group in self.data_texts.items()
        }
        if given["examples"] and self.facts.form == "examples":
            return [
                call_text("inputs, targets = examples", given["examples"], "", 4),
                call_text(
                    "data = prepare", ["inputs", "targets", "device", *given["prepare"]], "", 4
                ),
            ]
        inner = call_text("examples", given["examples"], "", 0)
        return [call_text("data = prepare", [f"*{inner}", "device", *given["prepare"]], "", 4)]

    def _network(self, name: str) -> str:
        made = self.source.networks[name]
        names = {variable.name for variable in self.flags}
        given = [
            f"{argument}={read(self.project.variables[variable])}"
            for variable, argument in sorted(made.arguments.items())
            if variable in names
        ]
        head = f"{self.variables[name]} = {self.classes[name]}"
        return call_text(head, given, ".to(device)", 4)

    def _begun(self, one: StageScript, epochs: str) -> list[str]:
        networks = [self.variables[name] for name in one.networks.values()]
        return [*networks, "data", epochs, "options.seed", *one.arguments]

    def _one_stage(self) -> list[str]:
        one = self.stages[0]
        return [call_text(f"return {one.class_name}", self._begun(one, "options.epochs"), "", 4)]

    def _all_stages(self) -> list[str]:
        rows = []
        for number, one in enumerate(self.stages):
            head = f"lambda epochs: {one.class_name}"
            begun = call_text(head, self._begun(one, "epochs"), ",", 12).strip().rstrip(",")
            epochs = f"options.epochs[{number}]" if len(self.stages) > 1 else "options.epochs"
            if len(self.stages) == 1 and one.values.get("most_steps"):
                epochs = str(one.values["epochs"])
            row = [string(one.stage.name), begun, epochs]
            if frozen := self._frozen(one):
                row.append(f"{'held' if one.stage.frozen_running else 'frozen'}={frozen}")
            if one.stage.weights:
                name = next(iter(one.networks.values()))
                row.append(f"weights={{{string(self._key(name))}: {string(self._path(one))}}}")
            if steps := one.values.get("most_steps"):
                row.append(f"steps={steps}")
            inner = "".join(f"            {part},\n" for part in row)
            rows.append(
                f"        Stage(\n{inner}        ),"
                if "\n" in begun
                else call_text("Stage", row, ",", 8)
            )
        networks = ", ".join(f"{string(self._key(n))}: {v}" for n, v in self.variables.items())
        return ["    stages = [", *rows, "    ]", f"    return Stages({{{networks}}}, stages)"]

    def _frozen(self, one: StageScript) -> str:
        rows = []
        for name in one.networks.values():
            paths = frozen_modules(one.stage, self.source.networks[name].modules)
            if paths:
                rows.append(f"{string(self._key(name))}: [{', '.join(map(string, paths))}]")
        return f"{{{', '.join(rows)}}}" if rows else ""

    def _key(self, network: str) -> str:
        """The network's name among the recipe's networks."""
        return next(key for key, name in network_keys(self.project).items() if name == network)

    def _path(self, one: StageScript) -> str:
        from pathlib import Path

        folder = self.options.get("folder")
        return str(Path(folder) / one.stage.weights) if folder else one.stage.weights
