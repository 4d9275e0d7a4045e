"""A layer written in Python as a `Layer`: ports, parameters, and the shape rules that are stated.

Owns what a use of such a layer is told: stated rules are worked out, measured shapes are looked
up, and what is wrong with text, ports or rules is said at every use. Nothing of the text is run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from keyword import iskeyword
from typing import Any

from graph_compiler.code_expressions import is_single, items, worked_out
from graph_compiler.code_model import Code, Measured
from graph_compiler.code_reading import Fault, Signature, Unreadable, signature
from graph_compiler.expressions import ExpressionError
from graph_compiler.layer import Layer, Mismatch, Param, Params, Port, explicit
from graph_compiler.limits import refuse_huge
from graph_compiler.symbols import N, Symbolic
from graph_compiler.tensors import TensorType

FAMILY = "code"
MOST_PORTS = 16
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
_WEIGHT = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,199}")

Inputs = Mapping[str, TensorType | None]


def code_layer(name: str, title: str, about: str, params: tuple[Param, ...], code: Code) -> Layer:
    """The layer of a text; where something is wrong with it, its rule says so at every use."""
    fault = fault_of(name, params, code)
    if fault is not None:
        return _layer(name, title, about, params, code, _refusing(name, fault))
    read = signature(code.text, name)
    defaults = {one.name: one.default for one in read.arguments or ()}
    shown = tuple(
        one if _same(defaults.get(one.name), one.default) else explicit(one) for one in params
    )
    given = [f"{argument}={{_{argument}}}" for argument, _ in code.sizes]
    given += [f"{param.name}={{{param.name}}}" for param in params]
    called = ", ".join(f"{{{port.name}}}" for port in code.inputs)
    rules = _Rules(name, code, tuple(param.name for param in params))
    return _layer(
        name,
        title,
        about,
        shown,
        code,
        rules.output,
        module=f"{read.class_name}({', '.join(given)})",
        call=called,
        extra=rules.arguments,
        weights=rules.weights,
        inlined=code.text,
    )


def _layer(
    name: str,
    title: str,
    about: str,
    params: tuple[Param, ...],
    code: Code,
    output: Callable[..., Any],
    **more: Any,
) -> Layer:
    return Layer(
        title=title or name,
        family=FAMILY,
        doc=about or "A layer of this project, written in Python.",
        keywords=("python", "code", "custom"),
        params=params,
        inputs=tuple(
            Port(
                port.name,
                rank=port.rank,
                dtype=port.dtype,
                doc=port.doc or "what forward takes",
                optional=port.optional,
            )
            for port in code.inputs
        ),
        outputs=tuple(port.name for port in code.outputs),
        output=output,
        **more,
    )


def _refusing(name: str, fault: Fault) -> Callable[..., Any]:
    def refuse(params: Params, *inputs: TensorType | None) -> TensorType:
        raise Mismatch(
            "bad_code",
            "code",
            expected=fault.expected,
            got=fault.got,
            remedy=f"Open {name}. {fault.remedy}",
        )

    return refuse


# what is wrong, whatever flows in


@lru_cache(maxsize=512)
def fault_of(name: str, params: tuple[Param, ...], code: Code) -> Fault | None:
    """The first thing that is wrong with a text, its ports or its rules."""
    try:
        read = signature(code.text, name)
    except Unreadable as error:
        return error.fault
    names = tuple(param.name for param in params)
    for check in (_ports, _arguments, _forward, _rules):
        fault = check(read, names, code)
        if fault is not None:
            return fault
    return None


def _ports(read: Signature, params: tuple[str, ...], code: Code) -> Fault | None:
    entries = [port.name for port in code.inputs]
    exits = [port.name for port in code.outputs]
    sizes = [argument for argument, _ in code.sizes]
    for names, noun in ((entries, "input"), (exits, "output")):
        if not 1 <= len(names) <= MOST_PORTS:
            return Fault(f"1 to {MOST_PORTS} {noun}s", str(len(names)), f"Add or remove an {noun}.")
    for names, noun in (
        ([*entries, *params, *sizes], "input, parameter or argument"),
        (exits, "output"),
    ):
        for name in names:
            if not _NAME.fullmatch(name) or name == "self" or iskeyword(name):
                return Fault("plain names", ascii(name)[:60], f"Rename this {noun}.")
            if names.count(name) > 1:
                return Fault("names of their own", f"{name} twice", f"Rename one {noun}.")
    for port in code.inputs:
        low, high = port.rank
        if low < 0 or (high is not None and high < low):
            return Fault(
                f"a number of axes of {port.name}", f"{low} to {high}", "Swap or mend the two."
            )
    return None


def _arguments(read: Signature, params: tuple[str, ...], code: Code) -> Fault | None:
    if read.arguments is None:
        return None
    given = [*params, *(argument for argument, _ in code.sizes)]
    known = {one.name: one for one in read.arguments}
    for name in given:
        if name not in known:
            listed = ", ".join(known) or "none"
            return Fault(
                f"arguments of {read.class_name}: {listed}",
                f"the parameter {name}",
                f"Add {name} to __init__, or remove the parameter.",
                read.line,
            )
    for one in read.arguments:
        if one.required and one.name not in given:
            return Fault(
                f"a value for the argument {one.name} of {read.class_name}",
                "none",
                f"Add a parameter {one.name}, a size of that name, or give it a default.",
                read.line,
            )
    return None


def _forward(read: Signature, params: tuple[str, ...], code: Code) -> Fault | None:
    count = len(code.inputs)
    if read.fewest <= count and (read.most is None or count <= read.most):
        return None
    most = read.most if read.most is not None else read.fewest
    wanted = f"{read.fewest}" if read.fewest == most else f"{read.fewest} to {most}"
    noun = "input" if wanted == "1" else "inputs"
    return Fault(
        f"{wanted} {noun}, which forward of {read.class_name} takes",
        str(count),
        "Add or remove inputs, or change forward.",
        read.line,
    )


def _rules(read: Signature, params: tuple[str, ...], code: Code) -> Fault | None:
    ports = frozenset(port.name for port in code.inputs)
    known = ports | set(params)
    rows = [(f"the shape of {port.name}", port.shape) for port in code.outputs if port.shape]
    rows += [(f"the shape of {weight}", rule) for weight, rule in code.weights]
    rows += [(argument, rule) for argument, rule in code.sizes]
    for place, rule in rows:
        try:
            names = frozenset().union(*(names for _, names in items(rule, ports)))
        except ExpressionError as error:
            return Fault(
                f"an expression for {place}",
                f"{error.reason} at column {error.column}",
                error.remedy,
            )
        unknown = sorted(names - known)
        if unknown:
            return Fault(
                f"names of inputs and parameters in {place}",
                unknown[0][:60],
                f"Use {', '.join(sorted(known))}.",
            )
    for weight, _ in code.weights:
        if not _WEIGHT.fullmatch(weight):
            return Fault("torch's name of a weight", ascii(weight)[:60], "Rename the weight.")
    return None


# what a use computes


class _Rules:
    """The rules of one text, worked out for a use of it."""

    def __init__(self, name: str, code: Code, params: tuple[str, ...]) -> None:
        self._name, self._code, self._params = name, code, params
        self._ports = tuple(port.name for port in code.inputs)
        self._measured = {one.key: one for one in code.measured}

    def output(self, params: Params, *inputs: TensorType | None) -> Any:
        """The types of all outputs, stated or measured."""
        noted = _NOTED.get()
        if noted is not None:
            noted.append(Use(self._name, params, inputs))
        found = self._found(params, inputs)
        first = next((x for x in inputs if x is not None), None)
        batched = any(x is not None and x.rank > 0 and x.shape[0] is N for x in inputs)
        types = []
        for place, port in enumerate(self._code.outputs):
            measured = None if found is None else _type(found.outputs[place])
            if not port.shape:
                if measured is None:
                    raise self._unknown(port.name)
                types.append(measured)
                continue
            sizes = self._sizes(port.shape, port.name, params, inputs)
            _refuse_huge(self._name, port.name, sizes)
            dtype = port.dtype or (first.dtype if first is not None else "float")
            stated = TensorType((N, *sizes) if batched else sizes, dtype)
            if measured is not None and measured != stated:
                raise Mismatch(
                    "bad_code",
                    port.name,
                    expected=f"{stated}, as {self._name} states",
                    got=f"{measured}, as the worker has measured",
                    remedy="Correct the rule, or the code.",
                )
            types.append(stated)
        # Told here, as all that is wrong with a use: nobody asks the other rules for faults.
        self.weights(params, *inputs)
        self.arguments(params, types[0], *inputs)
        return types[0] if len(types) == 1 else tuple(types)

    def weights(
        self, params: Params, *inputs: TensorType | None
    ) -> Mapping[str, tuple[Any, ...] | None]:
        """Trainable parameters: measured for this use, else as stated."""
        found = self._found(params, inputs)
        if found is not None:
            return dict(found.weights)
        return {name: self._sizes(rule, name, params, inputs) for name, rule in self._code.weights}

    def arguments(
        self, params: Params, output: TensorType, *inputs: TensorType | None
    ) -> Mapping[str, Any]:
        """The constructor's arguments that are worked out from sizes."""
        env = self._env(params, inputs)
        found: dict[str, Any] = {}
        for name, rule in self._code.sizes:
            values = worked_out(self._name, name, rule, env, self._ports)
            found[f"_{name}"] = values[0] if len(values) == 1 and is_single(rule) else values
        return found

    def _found(self, params: Params, inputs: Sequence[TensorType | None]) -> Measured | None:
        if not self._measured:
            return None
        found = self._measured.get(use_key(self._code, vars(params), inputs))
        fits = found is not None and len(found.outputs) == len(self._code.outputs)
        return found if fits else None

    def _sizes(
        self, rule: str, place: str, params: Params, inputs: Sequence[TensorType | None]
    ) -> tuple[Any, ...]:
        sizes = worked_out(self._name, place, rule, self._env(params, inputs), self._ports)
        for size in sizes:
            if isinstance(size, bool) or not isinstance(size, int | Symbolic) or size < 0:
                raise Mismatch(
                    "bad_code",
                    place,
                    expected="whole sizes of at least 0",
                    got=f"{ascii(size)[:40]} from the rule {rule[:60]}",
                    remedy=f"Open {self._name} and correct the rule.",
                )
        return sizes

    def _env(self, params: Params, inputs: Sequence[TensorType | None]) -> dict[str, Any]:
        given = vars(params)
        env = {name: given[name] for name in self._params if name in given}
        for name, x in zip(self._ports, inputs, strict=True):
            shape = () if x is None else x.shape
            env[name] = shape[1:] if shape and shape[0] is N else shape
        return env

    def _unknown(self, port: str) -> Mismatch:
        stale = bool(self._measured)
        return Mismatch(
            "shape_unknown",
            port,
            expected="a shape",
            got="one measured for other code, inputs or parameters" if stale else "none yet",
            remedy=f"Have it measured, or state a rule in {self._name}.",
        )


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a layer that is written in Python, as the checks see it."""

    layer: str
    params: Params
    inputs: tuple[TensorType | None, ...]


_NOTED: ContextVar[list[Use] | None] = ContextVar("uses of layers written in Python", default=None)


@contextmanager
def noting() -> Iterator[list[Use]]:
    """Collects every use whose types are worked out meanwhile, also those of unknown shape."""
    found: list[Use] = []
    token = _NOTED.set(found)
    try:
        yield found
    finally:
        _NOTED.reset(token)


def _refuse_huge(name: str, port: str, sizes: tuple[Any, ...]) -> None:
    count: Any = 1
    for size in sizes:
        count = count * size
    refuse_huge(count, port, "numbers in one example", f"Open {name} and correct the rule.")


def use_key(code: Code, params: Mapping[str, Any], inputs: Sequence[TensorType | None]) -> str:
    """What a measured shape holds for: text, arguments, parameters and the types that go in."""
    row = [
        code.text,
        [list(one) for one in code.sizes],
        sorted((name, repr(_plain(value))) for name, value in params.items()),
        [
            None if x is None else [["N" if size is N else int(size) for size in x.shape], x.dtype]
            for x in inputs
        ],
    ]
    return hashlib.sha256(json.dumps(row).encode("ascii")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    return value.value if isinstance(value, Symbolic) else value


def _type(row: tuple[tuple[int | str, ...], str]) -> TensorType:
    shape, dtype = row
    return TensorType(tuple(N if isinstance(size, str) else size for size in shape), dtype)


def _same(one: Any, two: Any) -> bool:
    return type(one) is type(two) and bool(one == two)
