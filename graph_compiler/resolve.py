"""A node's parameters as its layer's rules read them: defaults filled in, expressions evaluated.

Owns what a parameter of each kind may hold. Collects every fault; raises only where asked to.
"""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from graph_compiler.expressions import ExpressionError, parse
from graph_compiler.layer import Layer, Mismatch, Param, Params
from graph_compiler.model import Node, Value, Variable
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Symbolic

MAX_SIZE = 2**31 - 1
"""Largest whole number where a parameter sets no bound of its own."""
MAX_AXES = 8
"""Most axes of one example."""
MAX_ITEMS = 1000
"""Most numbers in one list."""

Env = Mapping[str, Value]


def environment(variables: Mapping[str, Variable]) -> dict[str, Value]:
    """Variable names to values, as expressions read them."""
    return {name: variable.value for name, variable in variables.items()}


def resolved(node: Node, layer: Layer, variables: Mapping[str, Variable]) -> Params:
    """The node's parameters, defaults filled in and expressions evaluated; raises `Mismatch`."""
    params, faults = resolve(node.params, layer, environment(variables))
    if faults:
        raise faults[0]
    return params


def resolve(
    given: Mapping[str, Value], layer: Layer, env: Env, *, symbolic: bool = False
) -> tuple[Params, tuple[Mismatch, ...]]:
    """The resolved parameters and all faults; where a value is faulty, the default stands in."""
    table = _TABLES.get(id(layer)) or _tabled(layer)
    if not given:
        return table.plain, ()
    values = dict(table.defaults)
    faults: list[Mismatch] = []
    known = table.params
    for name, value in given.items():
        param = known.get(name) if isinstance(name, str) else None
        if param is None:
            faults.append(_unknown(name, layer))
            continue
        try:
            values[name] = value_of(param, value, env, symbolic=symbolic)
        except Mismatch as fault:
            faults.append(fault)
    return Params(values), tuple(faults)


def value_of(param: Param, value: Any, env: Env, *, symbolic: bool = False) -> Any:
    """One stored value, evaluated and checked; raises `Mismatch` naming the parameter."""
    if value is None:
        if param.optional:
            return None
        raise _fault(param, "nothing", value)
    return _KINDS[param.kind](param, value, env, symbolic)


class _Table(NamedTuple):
    """A layer's parameters by name, and their defaults."""

    layer: Layer
    """Kept, so that no other layer can come to its id."""
    params: dict[str, Param]
    defaults: dict[str, Any]
    plain: Params
    """What a node has that sets nothing."""


_TABLES: dict[int, _Table] = {}


def _tabled(layer: Layer) -> _Table:
    by_name = {param.name: param for param in layer.params}
    defaults = {param.name: param.default for param in layer.params}
    table = _TABLES[id(layer)] = _Table(layer, by_name, defaults, Params(defaults))
    return table


def _int(param: Param, value: Any, env: Env, symbolic: bool) -> Any:
    if isinstance(value, str):
        value = _evaluated(param, value, env, symbolic)
    return _whole(param, value)


def _whole(param: Param, value: Any) -> Any:
    if type(value) is not int and not isinstance(value, Symbolic):
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise _fault(param, shown(value), value)
        value = operator.index(value)
    low, high = param.low, MAX_SIZE if param.high is None else param.high
    if value > high or (value < low if low is not None else value < -MAX_SIZE):
        raise _fault(param, shown(int(value)), value)
    return value


def _pick(param: Param, value: Any, env: Env, symbolic: bool) -> Any:
    """Which branch: a number from 0, or false and true for the first and the second."""
    if isinstance(value, str):
        value = _evaluated(param, value, env, False)
    return _whole(param, int(value) if isinstance(value, bool) else value)


def _float(param: Param, value: Any, env: Env, symbolic: bool) -> Any:
    if isinstance(value, str):
        value = _evaluated(param, value, env, False)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        raise _fault(param, shown(value), value)
    low, high = param.low, param.high
    if (low is not None and value < low) or (high is not None and value > high):
        raise _fault(param, shown(value), value)
    return float(value)


def _bool(param: Param, value: Any, env: Env, symbolic: bool) -> Any:
    if isinstance(value, str):
        value = _evaluated(param, value, env, False)
    if not isinstance(value, bool):
        raise _fault(param, shown(value), value)
    return value


def _choice(param: Param, value: Any, env: Env, symbolic: bool) -> Any:
    if not isinstance(value, str):
        raise _fault(param, shown(value), value)
    if value in param.choices:
        return value
    if value in env or not value.isidentifier():
        value = _evaluated(param, value, env, False)
    if value not in param.choices:
        raise _fault(param, shown(value), value)
    return value


def _size(param: Param, value: Any, env: Env, symbolic: bool) -> Any:
    if type(value) is int:
        return _whole(param, value)
    if isinstance(value, str) and value in param.choices:
        return value
    if isinstance(value, str):
        value = _evaluated(param, value, env, symbolic)
    if isinstance(value, tuple | list):
        if len(value) != param.axes:
            raise _fault(param, shown(value), value)
        return tuple(_int(param, item, env, symbolic) for item in value)
    return _whole(param, value)


def _shape(param: Param, value: Any, env: Env, symbolic: bool) -> Any:
    if isinstance(value, str):
        value = _evaluated(param, value, env, symbolic)
    if not isinstance(value, tuple | list) or not param.axes <= len(value) <= MAX_AXES:
        raise _fault(param, shown(value), value)
    return tuple(_int(param, item, env, symbolic) for item in value)


def _ints(param: Param, value: Any, env: Env, symbolic: bool) -> Any:
    if isinstance(value, str):
        value = _evaluated(param, value, env, symbolic)
    if not isinstance(value, tuple | list) or len(value) > MAX_ITEMS:
        raise _fault(param, shown(value), value)
    return tuple(_int(param, item, env, symbolic) for item in value)


def _floats(param: Param, value: Any, env: Env, symbolic: bool) -> Any:
    if isinstance(value, str):
        value = _evaluated(param, value, env, symbolic)
    if not isinstance(value, tuple | list) or len(value) > MAX_ITEMS:
        raise _fault(param, shown(value), value)
    return tuple(_float(param, item, env, symbolic) for item in value)


def _text(param: Param, value: Any, env: Env, symbolic: bool) -> Any:
    if not isinstance(value, str):
        raise _fault(param, shown(value), value)
    return value


_KINDS: dict[str, Callable[[Param, Any, Env, bool], Any]] = {
    "int": _int,
    "pick": _pick,
    "float": _float,
    "bool": _bool,
    "choice": _choice,
    "size": _size,
    "shape": _shape,
    "ints": _ints,
    "floats": _floats,
    "text": _text,
}


def _evaluated(param: Param, text: str, env: Env, symbolic: bool) -> Any:
    try:
        expression = parse(text)
        return expression.symbolic(env) if symbolic else expression.evaluate(env)
    except ExpressionError as error:
        raise Mismatch(
            "expression_failed",
            param.name,
            expected=expected(param),
            got=f"`{shown(text, quoted=False)}` with {error.reason} at column {error.column}",
            remedy=error.remedy,
            fixes=(_default_fix(param),),
        ) from None


def expected(param: Param, *, reached: bool = False) -> str:
    """What a parameter may hold, in words: `a whole number of at least 1`.

    `reached` names the bound that every whole number has as well.
    """
    bounds = _bounds(param, reached=reached)
    match param.kind:
        case "int":
            return f"a whole number{bounds}"
        case "pick":
            return "the number of a branch, from 0, or true or false"
        case "float":
            return f"a number{bounds}"
        case "bool":
            return "true or false"
        case "choice":
            return f"one of {', '.join(param.choices)}"
        case "size":
            words = "".join(f", or the word {word}" for word in param.choices)
            several = f", or {param.axes} of them" if param.axes != 1 else ""
            return f"a whole number{bounds}{several}{words}"
        case "shape":
            count = f"{param.axes} to {MAX_AXES}" if param.axes else f"at most {MAX_AXES}"
            return f"{count} whole numbers, each{bounds}"
        case "ints":
            return f"whole numbers, each{bounds}" if bounds else "whole numbers"
        case "floats":
            return f"numbers, each{bounds}" if bounds else "numbers"
    return "text"


def _bounds(param: Param, *, reached: bool = False) -> str:
    """The range in words; the bound that every whole number has only where it is `reached`."""
    low, high = param.low, param.high
    if high is None and reached:
        high = MAX_SIZE
    if low is not None and high is not None:
        return f" from {_plain(low)} to {_plain(high)}"
    if low is not None:
        return f" of at least {_plain(low)}"
    return f" of at most {_plain(high)}" if high is not None else ""


def _fault(param: Param, got: str, value: Any) -> Mismatch:
    """A value outside what the parameter allows; the first fix is the nearest value inside."""
    fixes = [_default_fix(param)]
    is_number = isinstance(value, int | float | Symbolic) and not isinstance(value, bool)
    if is_number and param.kind in ("int", "float", "size"):
        near = _nearest(param, value)
        if near is not None:
            fixes.insert(0, Fix(f"Set {param.title} to {_plain(near)}", (_set(param, near),)))
    return Mismatch(
        "bad_parameter",
        param.name,
        expected=expected(param, reached=is_number and value > MAX_SIZE),
        got=got,
        remedy=f"Set {param.name} to {_wanted(param)}.",
        fixes=tuple(fixes),
    )


def _plain(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}"


def _set(param: Param, value: Value) -> SetParam:
    return SetParam("", param.name, value)


def _wanted(param: Param) -> str:
    return {
        "int": "such a number",
        "float": "such a number",
        "bool": "one of the two",
        "choice": "one of these words",
        "size": f"one number, or {param.axes}",
        "shape": "the sizes of one example",
        "ints": "such numbers",
        "pick": "such a number",
        "floats": "such numbers",
    }.get(param.kind, "a text")


def _nearest(param: Param, value: Any) -> int | float | None:
    number = float(value) if not isinstance(value, int) else value
    if isinstance(number, float) and not math.isfinite(number):
        return None
    low = param.low
    high = param.high
    if param.kind != "float":
        number = round(number)
        high = MAX_SIZE if high is None else high
    if low is not None and number < low:
        return low
    if high is not None and number > high:
        return None if high == MAX_SIZE else high
    return number


def _default_fix(param: Param) -> Fix:
    words = "follow the input" if param.default is None else shown(param.default, quoted=False)
    label = f"Let {param.title} follow the input" if param.default is None else ""
    return Fix(label or f"Set {param.title} back to {words}", (SetParam("", param.name, None),))


def _unknown(name: Any, layer: Layer) -> Mismatch:
    names = [param.name for param in layer.params]
    text = shown(name, quoted=False)
    near = difflib.get_close_matches(text, names, 1)
    known = ", ".join(names) if names else "no parameters"
    remedy = f"Did you mean {near[0]}?" if near else "Remove it."
    fixes = (Fix(f"Remove {text}", (SetParam("", name, None),)),) if isinstance(name, str) else ()
    return Mismatch(
        "unknown_parameter",
        text if isinstance(name, str) and name.isidentifier() else "",
        expected=known,
        got=text,
        remedy=remedy,
        fixes=fixes,
    )


def shown(value: Any, *, quoted: bool = True) -> str:
    """A stranger's value in a message: short, on one line, in plain characters."""
    if isinstance(value, str) and not quoted:
        text = ascii(value)[1:-1]
    elif isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 200:
        text = "a number of more than 60 digits"
    elif isinstance(value, tuple | list):
        left, right = "()" if isinstance(value, tuple) else "[]"
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        text = left + ", ".join(shown(item) for item in value[:9]) + comma + right
    elif isinstance(value, str | int | float | bool) or value is None:
        text = ascii(value)
    else:
        text = f"a value of type {type(value).__name__[:40]}"
    return text if len(text) <= 60 else text[:57] + "..."
