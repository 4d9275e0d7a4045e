"""What the checker keeps for one node, and the inference of its types.

Owns `Slot` and the one step of inference. The order of steps is the checker's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from graph_compiler.blocks import FAMILY as BLOCK
from graph_compiler.calls import Call, Fault, costed, facts_of, join, less_shared
from graph_compiler.faults import ShapeFault, misfit, port_fault
from graph_compiler.feeding import Feeding
from graph_compiler.flow import Place, maker, only_feed
from graph_compiler.layer import Layer, Mismatch, Params
from graph_compiler.model import Node, Value, Wire
from graph_compiler.problems import Problem
from graph_compiler.report import NodeFacts
from graph_compiler.resolve import resolve
from graph_compiler.structure import Structure, outlets_of
from graph_compiler.tensors import TensorType
from graph_compiler.turns import INDEX, turns
from graph_compiler.wiring import bound, is_optional

_NO_PARAMS = Params({})


class Slot:
    """A node with all that is known of it; `inputs` and `outputs` are empty where unknown."""

    __slots__ = (
        "_many",
        "_port",
        "_rule",
        "_single",
        "_source",
        "advice",
        "after",
        "at_end",
        "before",
        "bypassed",
        "call",
        "cyclic",
        "facts",
        "faults",
        "feeds",
        "first",
        "given",
        "inputs",
        "is_plain",
        "layer",
        "missing",
        "name",
        "names",
        "node",
        "outlets",
        "outputs",
        "params",
        "ports",
        "position",
        "queued",
        "shape_problems",
        "structure",
        "structured",
        "stuck",
        "unread",
        "watched",
        "wires_in",
        "wires_out",
        "wiring",
    )

    def __init__(self, node: Node, structure: Structure) -> None:
        self.structure = structure
        self.structured = False
        """Whether the node is a block, a repeat or a scan."""
        self.given: TensorType | None = None
        """For an Input of a block: what its caller feeds it."""
        self.call: Call | None = None
        """What a structured node computes."""
        self.name = node.name
        self.node = node
        self.layer: Layer | None = None
        self.params: Params = _NO_PARAMS
        self.names: frozenset[str] = frozenset()
        """Variables that the parameters read."""
        self.faults: tuple[Mismatch, ...] = ()
        """What is wrong with the parameters."""
        self.wiring: tuple[Problem, ...] = ()
        """What is wrong with type, name and wires."""
        self.shape_problems: tuple[Problem, ...] = ()
        self.advice: tuple[Problem, ...] = ()
        self.ports: tuple[str, ...] = ()
        self.feeds: tuple[tuple[Slot, int] | None, ...] = ()
        """For each port the slot that feeds it and which of its outputs; None where none does."""
        self.wires_in: dict[Wire, None] = {}
        self.wires_out: dict[Wire, None] = {}
        self.before: dict[Slot, int] = {}
        self.after: dict[Slot, int] = {}
        self.position = 0
        self.queued = False
        self.cyclic = False
        self.bypassed = False
        """Whether it is out of the run, its first wire standing for all its outputs."""
        self.first: Wire | None = None
        """For a bypassed node the wire that passes through."""
        self.unread: frozenset[Wire] = frozenset()
        """Wires that leave it for an input that a bypassed node leaves unread."""
        self.is_plain = False
        """Whether one wire goes into the only port, and the layer stands for itself."""
        self.watched = False
        """Whether a check of this node reads its types."""
        self.at_end = False
        """Whether the checks of the whole network read its type."""
        self.missing: tuple[str, ...] = ()
        """Ports that need a wire and have none that gives anything."""
        self.outlets: tuple[str, ...] = ()
        """The names of the output ports."""
        self.stuck = True
        """Whether inference cannot run here whatever the inputs are."""
        self.inputs: tuple[Any, ...] = ()
        """Types in the order of the layer's rules, None for an optional port without a wire."""
        self.outputs: tuple[TensorType, ...] = ()
        self.facts: NodeFacts | None = None
        self._rule: Callable[..., Any] | None = None
        self._source: Slot | None = None
        self._port: tuple[int, float, str] = (0, 0, "any")
        self._single = True
        self._many = False

    @property
    def family(self) -> str:
        """The layer's family; empty for an unknown type, and for a node that is out of the run."""
        return self.layer.family if self.layer and not self.bypassed else ""

    @property
    def inside(self) -> Mapping[str, NodeFacts]:
        """For blocks the nodes inside, for repeats the turns; empty where unknown."""
        return self.call.inside if self.call is not None else {}

    @property
    def before_one(self) -> Place | None:
        """The layer that feeds the only input; None where there are none or several."""
        if len(self.feeds) != 1:
            return only_feed(self) if self.node.type == "Choice" else None
        return self.feed(0)

    def feed(self, port: int) -> Place | None:
        """The layer that feeds a port, found inside blocks where it stands in one."""
        feed = self.feeds[port]
        if feed is None:
            return None
        source, outlet = feed
        return maker(source, outlet) if source.structured else source

    def end(self, port: int) -> tuple[str, str]:
        """Node and port at which the wire into a port ends."""
        return self.name, self.ports[port]

    def wires_by_port(self) -> tuple[Wire, ...]:
        """The wires into it in the order of its ports."""
        if len(self.wires_in) < 2 or self.layer is None:
            return tuple(self.wires_in)
        return tuple(wire for _, wire in bound(self.layer, self.wires_in) if wire is not None)

    def readers(self) -> int:
        """How many wires leave it, those behind bypassed nodes in place of the wires into them."""
        found, waiting = 0, [self]
        while waiting:
            slot = waiting.pop()
            through = {one.name: one for one in slot.after if one.bypassed}
            read = [wire.target for wire in slot.wires_out if wire not in slot.unread]
            waiting += [through[target] for target in read if target in through]
            found += sum(target not in through for target in read)
        return found

    def set_layer(self, layer: Layer | None) -> None:
        """Takes on another type."""
        self.layer = layer
        self._rule = layer.output if layer else None
        self._single = layer is None or (len(layer.outputs) < 2 and layer.outlets is None)
        self._many = False
        for port in layer.inputs if layer else ():
            self._many = self._many or port.many

    def set_params(self, env: Mapping[str, Value]) -> None:
        """Resolves the node's parameters anew."""
        if self.layer is None:
            self.params, self.faults, self.outlets = _NO_PARAMS, (), ()
            return
        node = self.node
        if self.bypassed:
            self._set_bypassed(self.layer, env)
            return
        self.structured = node.repeat is not None or bool(node.scan) or self.layer.family == BLOCK
        if self.structured:
            self._set_structured(env)
            return
        self.call = None
        self.params, self.faults = resolve(node.params, self.layer, env)
        if self.layer.outlets is None:
            self.outlets = self.layer.outputs
        else:
            self.outlets = outlets_of(self.layer, self.params)

    def _set_bypassed(self, layer: Layer, env: Mapping[str, Value]) -> None:
        """The same for a node that is out of the run: of its parameters only its outlets hang."""
        self.structured, self.call, self.faults = False, None, ()
        self.params, _ = resolve(self.node.params, layer, env)
        self.outlets = self.structure.outlets(self.node, layer, self.params)

    def _set_structured(self, env: Mapping[str, Value]) -> None:
        """The same for the first turn; the turns themselves are worked out with the types."""
        assert self.layer is not None
        node = self.node
        turn = env if node.repeat is None else {**env, INDEX: 0}
        self.params, self.faults = resolve(node.params, self.layer, turn)
        self.outlets = self.structure.outlets(node, self.layer, self.params)
        try:
            if (wrong := self.structure.misplaced(node, self.layer)) is not None:
                raise wrong
            if node.repeat is not None:
                turns(node, env)
        except Mismatch as fault:
            self.faults = (*self.faults, fault)

    def bind(self, feeding: Feeding) -> None:
        """Finds what feeds each port."""
        layer = self.layer
        if layer is None:
            self.ports, self.feeds, self._source, self.missing = (), (), None, ()
            self.is_plain = False
            return
        if self.bypassed:
            self._bind_bypassed(layer, feeding)
            return
        self.is_plain = self._is_plain(layer)
        if self.is_plain:
            self._bind_plain(layer, feeding)
            return
        ports, feeds = [], []
        for port, wire in bound(layer, self.wires_in):
            ports.append(port)
            feeds.append(feeding.of(wire))
        self.ports, self.feeds = tuple(ports), tuple(feeds)
        self.missing = ()
        if None in feeds:
            fed = {wire.target_port for wire in self.wires_in}
            self.missing = tuple(
                port
                for port, feed in zip(ports, feeds, strict=True)
                if feed is None
                and (port in fed or not is_optional(layer, port))
                and not (port not in fed and self.structure.optional(self.node, port))
            )
        self._source = None

    def _bind_bypassed(self, layer: Layer, feeding: Feeding) -> None:
        """The same for a node that is out of the run: one port, which passes through."""
        port = layer.inputs[0]
        name = self.first.target_port if self.first else f"{port.name}{'1' if port.many else ''}"
        feed = feeding.of(self.first)
        self.is_plain, self._source = False, None
        self.ports, self.feeds = (name,), (feed,)
        self.missing = (name,) if feed is None and self.wires_out else ()

    def _is_plain(self, layer: Layer) -> bool:
        """Whether one wire goes into the only port, and the layer stands for itself."""
        if len(self.wires_in) != 1 or len(layer.inputs) != 1 or self._many or self.structured:
            return False
        return next(iter(self.wires_in)).target_port == layer.inputs[0].name

    def _bind_plain(self, layer: Layer, feeding: Feeding) -> None:
        """The same for most nodes of most networks, in less time."""
        port = layer.inputs[0]
        feed = feeding.of(next(iter(self.wires_in)))
        self.ports, self.feeds, self._source = (port.name,), (feed,), None
        self.missing = () if feed is not None else self.ports
        if feed is not None and feed[1] == 0:
            self._source = feed[0]
            low, high = port.rank
            self._port = (low, float("inf") if high is None else high, port.dtype)

    def settle_stuck(self) -> None:
        """Notes whether anything but the inputs keeps inference from running."""
        self.stuck = self.layer is None or self.cyclic or bool(self.faults) or bool(self.missing)

    def infer(self, env: Mapping[str, Value]) -> bool:
        """Applies the layer's rule; whether the outputs changed."""
        old = self.outputs
        self.facts = None
        source = self._source
        if source is not None and not self.stuck:
            given = source.outputs
            if not given:
                self.inputs = self.outputs = self.shape_problems = ()
                return old != ()
            x = given[0]
            low, high, dtype = self._port
            if low <= len(x.shape) <= high and (
                dtype == x.dtype or dtype == "any" or (dtype == "number" and x.dtype != "bool")
            ):
                try:
                    y = self._rule(self.params, x)  # type: ignore[misc]
                except Exception as error:
                    self.inputs = (x,)
                    self._failed(error, env)
                    return self.outputs != old
                self.inputs, self.shape_problems = (x,), ()
                self.outputs = (y,) if self._single or isinstance(y, TensorType) else tuple(y)
                return self.outputs != old
        self._infer_in_full(env)
        return self.outputs != old

    def _infer_in_full(self, env: Mapping[str, Value]) -> None:
        self.inputs = self.outputs = self.shape_problems = ()
        self.call = None
        layer = self.layer
        if self.given is not None and self.node.type == "Input":
            self.outputs = (self.given,)
            return
        if self.bypassed:
            self._pass()
            return
        if self.stuck or layer is None:
            return
        waits = self.params.pick if self.node.type == "Choice" else None
        inputs: list[TensorType | None] = []
        for place, feed in enumerate(self.feeds):
            if feed is None:
                inputs.append(None)
            elif not feed[0].outputs:
                if waits is None or waits == place:
                    return
                inputs.append(None)
            else:
                inputs.append(feed[0].outputs[feed[1]])
        self.inputs = tuple(inputs)
        if self.structured:
            self._infer_structured(layer, env)
            return
        try:
            fault = port_fault(layer, self.ports, self.inputs)
            if fault is not None:
                raise fault
            result = layer.output(self.params, *inputs)
        except Exception as error:
            self._failed(error, env)
            return
        self.outputs = (result,) if isinstance(result, TensorType) else tuple(result)

    def _pass(self) -> None:
        """What comes in goes out again."""
        feed = self.feeds[0] if self.feeds and not self.cyclic else None
        if feed is not None and feed[0].outputs:
            x = feed[0].outputs[feed[1]]
            self.inputs, self.outputs = (x,), (x,) * len(self.outlets)

    def _infer_structured(self, layer: Layer, env: Mapping[str, Value]) -> None:
        try:
            call = self.structure.work_out(self.node, layer, self.ports, self.inputs)
        except Fault as fault:
            self.shape_problems = (fault.problem,)
            return
        except Exception as error:
            self._failed(error, env)
            return
        self.call, self.outputs = call, call.outputs
        self.shape_problems = tuple(
            replace(one, node=join(self.name, one.node)) for one in call.problems
        )

    def _failed(self, error: Exception, env: Mapping[str, Value]) -> None:
        self.outputs = ()
        sources = tuple(feed[0].node if feed else None for feed in self.feeds)
        where = ShapeFault(
            self.node, self.layer, self.params, self.ports, self.inputs, sources, env
        )
        self.shape_problems = (misfit(where, error),)

    def broken_facts(self) -> NodeFacts | None:
        """What was worked out of a structured node before something in it went wrong."""
        return facts_of(self.node, self.inputs, self.call) if self.call is not None else None

    def known_facts(self) -> NodeFacts | None:
        """Types, weights and multiply-accumulates, worked out when first asked for."""
        if self.facts is not None or not self.outputs:
            return self.facts
        type, params = self.node.type, self.params
        if self.call is not None:
            self.facts = facts_of(self.node, self.inputs, self.call)
        elif self.bypassed:
            self.facts = NodeFacts(type, self.inputs, self.outputs, {}, 0, 0, {}, params, True)
        elif self.given is not None:
            self.facts = NodeFacts(type, (), self.outputs, {}, 0, 0, {}, params)
        elif self.layer is not None:
            call = costed(self.layer, params, self.inputs, self.outputs)
            self.facts = facts_of(self.node, self.inputs, less_shared(call, self.node, params))
        return self.facts
