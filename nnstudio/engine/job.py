"""One run from its folder to its end: checked, prepared, trained, and every failure put into words.

Owns the order: heartbeat, data checks, script, checkpoint, training.
"""

from __future__ import annotations

import gc
from pathlib import Path
from types import ModuleType
from typing import cast

import torch

from graph_compiler.files import ProjectError, load_project
from graph_compiler.model import Project
from nnstudio.document.sources import DataError, facts, source_options, sources
from nnstudio.engine import checkpoints
from nnstudio.engine.array_looking import SOURCES as ARRAYS
from nnstudio.engine.array_looking import check_arrays, check_gap
from nnstudio.engine.bad_data import BadData, check_parts
from nnstudio.engine.before_start import check_room, device_for, with_room
from nnstudio.engine.failures import Failure, RunFailed, explained
from nnstudio.engine.fitted import keep_fitted
from nnstudio.engine.loading import load_script
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.processes import Group
from nnstudio.engine.states import Recipe
from nnstudio.engine.training import Training
from nnstudio.runs.heartbeat import Pulse
from nnstudio.runs.info import read_info
from nnstudio.runs.layout import CHECKPOINTS, MAP, MODEL, PROJECT, SCRIPT, RunError
from nnstudio.runs.trust import project_of_run, require_of_run
from nnstudio.runs.writer import append_event


class Job:
    """The work on the run at `run`; with `resume` it goes on from the newest checkpoint."""

    def __init__(self, run: Path, resume: bool) -> None:
        self.run, self.resume = run, resume
        self._training: Training | None = None
        self._group: Group | None = None
        self.untold = False
        """Whether the end could not even be written into the run's folder."""
        self._stop_reason = ""
        self._device, self._why = "", ""
        self._notes: list[tuple[str, str]] = []

    def stop(self, reason: str) -> None:
        """End after the present step, with a checkpoint; may be called by a signal handler."""
        self._stop_reason = reason
        if self._training is not None:
            self._training.stop_reason = self._training.stop_reason or reason

    def work(self) -> bool:
        """Do it all; whether it ended without a failure."""
        try:
            pulse = Pulse(self.run)
        except RunError as error:
            print(error, flush=True)
            return False
        try:
            failure = self._attempt(pulse.after)
            if failure is None:
                return True
            try:
                self._tell(failure)
            except (OSError, RunError) as error:
                print(f"The end of the run could not be written: {error}", flush=True)
                self.untold = True
            return False
        finally:
            if self._group is not None:
                self._group.end()
            pulse.stop()

    def _attempt(self, after: int) -> Failure | None:
        nodes = NodeMap({}, {}, "")
        try:
            nodes = _nodes(self.run)
            self._prepare(nodes, after)
            self._train()
        except Exception as error:  # whatever it is, the run has to say it
            training = self._training
            networks = training.recipe.networks if training is not None else {}
            doing = "a step" if training is not None else "a start"
            failure = explained(error, nodes, networks, self._device, doing)
            failure = with_room(failure, self.run, self._device)
            if self._group is not None and (lost := self._group.why()):
                failure = Failure("process", lost, detail=failure.detail)
            # What holds the tensors goes before anything is read from the device again.
            error.__traceback__ = None
        else:
            return None
        gc.collect()
        return failure

    def _prepare(self, nodes: NodeMap, after: int) -> None:
        """Data checked, script imported, recipe built, checkpoint found."""
        _check_trust(self.run, self.resume)
        script = _script(self.run)
        count = read_info(self.run).processes
        if count > 1:
            self._group = Group(self.run, count)
        check_data(self.run, script)
        if hasattr(script, "FILE_SHA256") and script.fingerprint() != (
            script.FILE_SIZE,
            script.FILE_SHA256,
        ):
            text = f"{Path(script.PATH).name} is not as it was when the run was made."
            self._notes.append(("data", text))
        options = script.arguments([])
        self._device = options.device
        _check_device(options.device)
        took = device_for(self.run, script, options, self.resume)
        self._device = options.device = took.device
        self._why = took.why
        if tight := check_room(self.run, str(script.device_named(options.device))):
            self._notes.append(("memory", tight))
        begin = None
        if self.resume:
            begin, fault = checkpoints.newest(self.run / CHECKPOINTS, nodes)
            if fault or begin is None:
                where = f"goes on from step {begin.step}" if begin is not None else "begins anew"
                text = f"{fault or 'There is no checkpoint.'} The run {where}."
                self._notes.append(("checkpoint", text))
        if self._group is not None:
            options.device = script.device_named(options.device).type
            _check_devices(options.device, count)
            self._group.begin(options.device, begin.path if begin is not None else None)
            if begin is not None and len(begin.state.get("others", [])) != count - 1:
                text = "The checkpoint is of another number of processes: dropout is drawn anew."
                self._notes.append(("processes", text))
        if torch.are_deterministic_algorithms_enabled():
            torch.use_deterministic_algorithms(False)  # a look at another project has left it
        recipe = cast(Recipe, script.build(options))
        keep_fitted(self.run, getattr(recipe, "data", None))
        self._training = Training(self.run, recipe, nodes, after, begin, self._group)
        self._device = _device_of(recipe, script)
        if self._stop_reason:
            self._training.stop_reason = self._stop_reason

    def _train(self) -> None:
        import os

        training = self._training
        assert training is not None
        training.started(
            device=self._device,
            threads=torch.get_num_threads(),
            **({"processes": self._group.count} if self._group is not None else {}),
            torch=torch.__version__,
            pid=os.getpid(),
            resumed=self.resume,
            **({"why": self._why} if self._why else {}),
        )
        for code, text in self._notes:
            training.note(code, text)
        training.run()

    def _tell(self, failure: Failure) -> None:
        print(failure.text, failure.detail, sep="\n", flush=True)
        if self._training is not None:
            self._training.abandon()
            self._training.failed(failure)
        else:
            append_event(
                self.run,
                "failed",
                reason=failure.reason,
                node=failure.node,
                text=failure.text,
                detail=failure.detail,
            )


def _nodes(run: Path) -> NodeMap:
    """The map of a run; raises `RunFailed` where a file of the run is missing or broken."""
    for name in (MAP, MODEL, SCRIPT, PROJECT):
        if not (run / name).is_file():
            raise _broken(name, "a file of the run", "nothing under this name")
    try:
        return NodeMap.of_run(run)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _broken(MAP, "the places of the nodes", "something else") from error


def _script(run: Path) -> ModuleType:
    """The run's `train.py`, imported; raises `RunFailed` where its text is broken."""
    try:
        return load_script(run)
    except SyntaxError as error:
        name = Path(error.filename or SCRIPT).name
        where = f" in line {error.lineno}" if error.lineno else ""
        raise _broken(name, "the Python that the run began with", f"broken{where}") from error


def _broken(name: str, expected: str, got: str) -> RunFailed:
    return RunFailed(
        Failure("exception", f"{name}: expected {expected}, got {got}. Copy the run anew.")
    )


def _check_trust(run: Path, resume: bool) -> None:
    """Refuse code that the user does not trust; raises `RunFailed`."""
    try:
        project_of_run(run)
        require_of_run(run, resume=resume)
    except (RunError, ProjectError) as error:
        raise RunFailed(Failure("exception", str(error))) from error


def check_data(run: Path, script: ModuleType) -> None:
    """Refuse data that nothing could be learned from; raises `RunFailed`."""
    try:
        project = load_project(run / PROJECT)
    except ProjectError as error:
        raise RunFailed(Failure("data", str(error))) from error
    try:
        if sources()[project.data.source].is_table:
            from nnstudio.engine.csv_checking import check_table

            check_table(project.data, Path(script.PATH))
        else:
            rows = facts(project.data, project.variables).rows
            check_parts(project.data.source, rows, project.data.split)
            spec = sources()[project.data.source]
            if project.data.source in ARRAYS:
                options = source_options(project.data, project.variables)
                check_arrays(project.data.source, options, script.PATH)
                check_gap(project.data.source, rows, project.data.split, script)
            elif spec.opens == "file" and spec.form != "examples":
                from nnstudio.engine.text_looking import check_text

                check_text(script.PATH)
            _check_folder(project, script)
    except (BadData, DataError) as error:
        raise RunFailed(Failure("data", str(error))) from error


def _check_folder(project: Project, script: ModuleType) -> None:
    """Refuse a folder of the user's that is not as it was; raises `BadData`."""
    from nnstudio.engine.looking import can_look_at, check_again

    data = project.data
    if can_look_at(data.source):
        options = source_options(data, project.variables)
        check_again(data.source, {**options, "path": script.PATH})


def _check_device(name: str) -> None:
    """Raises `RunFailed` where there is no such device here."""
    if name == "auto":
        return
    try:
        torch.zeros(1, device=name).sum().item()
    except (RuntimeError, AssertionError) as error:
        known = "auto, " + ", ".join(one["id"] for one in _devices())
        text = f"run.device: expected one of {known}, got {ascii(name)[1:-1][:40]}. Choose another."
        raise RunFailed(Failure("device", text, detail=str(error))) from error


def _check_devices(kind: str, count: int) -> None:
    """Raises `RunFailed` where there are fewer accelerators than processes."""
    if kind == "cuda" and torch.cuda.device_count() < count:
        found = torch.cuda.device_count()
        text = f"processes: expected at most {found}, one for each device, got {count}. "
        raise RunFailed(Failure("device", text + "Choose fewer, or the CPU."))


def _devices() -> list[dict[str, object]]:
    from nnstudio.engine.devices import devices

    return devices()


def _device_of(recipe: Recipe, script: ModuleType) -> str:
    """The device that the network lies on, as torch names it."""
    for network in recipe.networks.values():
        for weight in network.parameters():
            return str(weight.device)
    return str(script.device_named("auto"))
