"""Losses drawn in the network: what stands before them, and what they apply themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph_compiler.checking import NodeCheck, behind
from graph_compiler.codes import problem
from graph_compiler.flow import Place
from graph_compiler.model import Purpose
from graph_compiler.problems import Connect, Fix, InsertOnWire, Problem, RemoveNode, Step


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a loss wants at a port, and which activations before it spoil that."""

    port: str
    wants: str
    spoilt_by: dict[str, str]


_SHARES = "shares that add up to 1"
_UNIT = "values from 0 to 1"
_RAW = "raw scores, for it applies {} itself"

_SCORES = {"Softmax": _SHARES, "Softmin": _SHARES, "Softmax2d": _SHARES, "Sigmoid": _UNIT}
_LOGITS = {**_SCORES, "Hardsigmoid": _UNIT}

_WISHES = {
    "CrossEntropyLoss": (_Wish("input", _RAW.format("a softmax"), _SCORES),),
    "Perplexity": (_Wish("input", _RAW.format("a softmax"), _SCORES),),
    "BCEWithLogitsLoss": (_Wish("input", _RAW.format("a sigmoid"), _LOGITS),),
    "MultiLabelSoftMarginLoss": (_Wish("input", _RAW.format("a sigmoid"), _LOGITS),),
    "NLLLoss": (_Wish("input", "logarithms of probabilities", _SCORES),),
    "KLDivLoss": (_Wish("input", "logarithms of probabilities", _SCORES),),
}
_JUDGED = {
    port: _Wish(port, _RAW.format("a sigmoid"), {"Sigmoid": _UNIT}) for port in ("real", "fake")
}

_TAKES_LOG = frozenset({"CrossEntropyLoss", "NLLLoss", "KLDivLoss"})
"""Losses that are right on probabilities once their logarithm is taken."""


def _before_loss(place: Place, purpose: Purpose | None) -> Iterable[Problem]:
    for wish in _wishes(place):
        if wish.port not in place.ports:
            continue
        port = place.ports.index(wish.port)
        last, _ = behind(place, port)
        if last is None or last.node.type not in wish.spoilt_by:
            continue
        fixes = tuple(_cures(place, port, last))
        yield problem(
            "activation_before_loss",
            place.name,
            wish.port,
            expected=wish.wants,
            got=f"{wish.spoilt_by[last.node.type]} from {last.name}",
            remedy=_remedy(fixes),
            fixes=fixes,
        )


def _wishes(place: Place) -> Iterable[_Wish]:
    if place.node.type in ("DiscriminatorLoss", "GeneratorLoss"):
        if getattr(place.params, "kind", "") in ("original", "non_saturating"):
            return _JUDGED.values()
        return ()
    return _WISHES.get(place.node.type, ())


def _cures(place: Place, port: int, last: Place) -> Iterable[Fix]:
    """Without the activation, which stays where others read it, or with its logarithm."""
    shape = str(last.inputs[0]) if last.inputs else ""
    log = Fix(
        "Insert log, so that the loss reads probabilities",
        (InsertOnWire(*place.end(port), "Elementwise", (("function", "log"),)),),
        str(place.inputs[port]) if place.inputs else "",
    )
    if place.node.type in ("NLLLoss", "KLDivLoss"):
        yield log
        return
    if last.readers() == 1:
        yield Fix(f"Remove {last.name}", (RemoveNode(last.name),), shape)
    else:
        steps = _past(place, port, last)
        if steps:
            yield Fix(
                f"Keep {last.name} for predictions, and feed the loss what is before it",
                steps,
                shape,
            )
    if place.node.type in _TAKES_LOG and last.node.type != "Sigmoid":
        yield log


def _past(place: Place, port: int, last: Place) -> tuple[Step, ...]:
    """The wire into the loss led around the activation, where both stand in one drawing."""
    before = last.feed(0)
    home = place.name.rpartition("/")[0]
    direct = place.feed(port)
    if before is None or direct is None or direct.name != last.name:
        return ()
    if any(one.name.rpartition("/")[0] != home for one in (before, last)) or not before.layer:
        return ()
    outlets = before.layer.outputs
    if before.structured or len(outlets) != 1:
        return ()
    return (Connect(before.name, outlets[0], place.name, place.ports[port]),)


def _remedy(fixes: tuple[Fix, ...]) -> str:
    if not fixes:
        return "Feed the loss what is before it."
    first = fixes[0].label
    if len(fixes) == 1:
        return f"{first}."
    return f"{first}, or {fixes[1].label[0].lower()}{fixes[1].label[1:]}."


def _no_probability(place: Place, purpose: Purpose | None) -> Iterable[Problem]:
    """Torch stops at once where its binary cross-entropy meets a number outside 0 to 1."""
    if place.node.type != "BCELoss" or "input" not in place.ports:
        return
    port = place.ports.index("input")
    last, (node, at) = behind(place, port)
    if last is None or last.family not in ("dense", "convolution"):
        return
    if last.node.type in ("Perceptron", "PolynomialFeatures"):
        return
    shape = str(place.inputs[port]) if place.inputs else ""
    yield problem(
        "activation_missing_before_loss",
        place.name,
        "input",
        expected="probabilities from 0 to 1",
        got=f"any number from {last.name}",
        remedy="Insert Sigmoid, or take BCEWithLogitsLoss.",
        fixes=(Fix("Insert Sigmoid", (InsertOnWire(node, at, "Sigmoid"),), shape),) if node else (),
    )


BEFORE_LOSS = NodeCheck(frozenset({"loss", "metric"}), _before_loss, params=True)
NO_PROBABILITY = NodeCheck(frozenset({"loss"}), _no_probability)
