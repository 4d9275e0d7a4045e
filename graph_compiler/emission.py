"""From a checked graph to the Python an expert would have typed.

Owns the form of the emitted file. The first two lines are fixed, a stranger's text passes through
`graph_compiler.naming`, and the finished text is read again and compared with the graph before
anyone sees it. Never imports torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from graph_compiler.blocks import types_of
from graph_compiler.bypass import running
from graph_compiler.checker import Checker
from graph_compiler.emit_chains import Parts, UndecidedError, pipeline, take_apart
from graph_compiler.emit_classes import ClassWriter
from graph_compiler.emit_custom import (
    FUNCTIONS_IMPORT,
    ClashError,
    Custom,
    custom_code,
    custom_spans,
    import_block,
    joined,
)
from graph_compiler.emit_inlined import Copies, inlined
from graph_compiler.emit_layout import Place
from graph_compiler.emit_text import renamed
from graph_compiler.emit_verify import verify
from graph_compiler.emit_written import MOST_PATHS, Written, alone
from graph_compiler.graphs import read_blocks, read_networkx
from graph_compiler.inferred import Body
from graph_compiler.layer import Layer
from graph_compiler.model import Network, Project, Value, Variable
from graph_compiler.naming import MAX_ARGUMENT, Namespace, class_name, exported, plain_text
from graph_compiler.problems import Problem
from graph_compiler.source import MadeNetwork, Source, Span
from graph_compiler.symbolic_blocks import ends_of
from graph_compiler.symbolic_inference import Inference

_FUNCTIONS = re.compile(r"(?<![\w.])F\.[a-z]")
FIRST_LINE = '"""A network emitted by NN Studio.'


class EmitError(ValueError):
    """The graph has errors and cannot become code; `problems` says which, and what to do."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(problem.text for problem in problems))
        self.problems = problems


def emit(graph: Any, class_name: str | None = None) -> Source:
    """The graph as a Python module with one `nn.Module` class; raises `EmitError` if it has errors.

    The same graph gives the same bytes, in whatever order its nodes were added.
    """
    network, variables, faults = read_networkx(graph)
    blocks, more = read_blocks(graph)
    title = network.title or str(graph.graph.get("name") or "")
    checker = Checker(network, variables, None, blocks)
    errors = tuple(fault for fault in (*faults, *more) if fault.severity == "error")
    if errors:
        raise EmitError((*errors, *checker.errors()))
    return emit_network(network, variables, title, class_name, checker, blocks)


def emit_network(
    network: Network,
    variables: Mapping[str, Variable],
    title: str = "",
    wanted_class: str | None = None,
    checker: Checker | None = None,
    blocks: Mapping[str, Network] | None = None,
) -> Source:
    """The same for a bare network; `title` stands in the docstring and names the class.

    Whoever keeps a checker of this network gives it, and saves most of the time.
    """
    checker = checker or Checker(network, variables, None, blocks)
    if errors := checker.errors():
        raise EmitError(errors)
    known = checker.inferred()
    file = _File(variables, blocks or {})
    return file.write([(network, wanted_class or title)], title, known)


def emit_checked(
    networks: Iterable[tuple[Network, str]],
    variables: Mapping[str, Variable],
    blocks: Mapping[str, Network],
    title: str,
) -> Source:
    """Sound networks, each with the title of its class, as one file; the first is the primary one.

    Raises `Mismatch` where a network is not sound after all.
    """
    return _File(variables, blocks).write(list(networks), title)


def emit_project(project: Project, names: Iterable[str] | None = None) -> Source:
    """Several networks of a project in one file; all that stand alone, where none are named.

    Raises `EmitError` if one of them has errors.
    """
    blocks = {name: n for name, n in project.networks.items() if n.is_block}
    chosen = list(names) if names is not None else [n for n in project.networks if n not in blocks]
    errors = tuple(
        problem
        for name in chosen
        for problem in Checker(project.networks[name], project.variables, None, blocks).errors()
    )
    if errors:
        raise EmitError(errors)
    rows = [(project.networks[name], title_of(project, name)) for name in chosen]
    return emit_checked(rows, project.variables, blocks, project.name)


def title_of(project: Project, name: str) -> str:
    """What the class of a network is called after: its title, the project, or its own name.

    The project lends its name to the main network, and to one that stands alone.
    """
    title = project.networks[name].title
    alone = sum(not network.is_block for network in project.networks.values()) == 1
    return title or (project.name if alone or name == "main" else name)


class _File:
    """Writes one file: the classes of blocks, callees first, then those of the networks."""

    def __init__(self, variables: Mapping[str, Variable], blocks: Mapping[str, Network]) -> None:
        everything = [*blocks.values()]
        rows = any(node.repeat is not None for n in everything for node in n.nodes.values())
        taken = {"i"} if rows or blocks else set()
        self.names = Namespace(taken).claim_all(variables, longest=MAX_ARGUMENT)
        changed = {old: new for old, new in self.names.items() if old != new}
        self._changed = changed
        self.variables = {
            self.names[old]: replace(variable, name=self.names[old])
            for old, variable in variables.items()
        }
        self._types = types_of(blocks)
        self.blocks = {name: _with_names(self._run(one), changed) for name, one in blocks.items()}
        self.inference = Inference(self.variables, self.blocks)
        self.written: list[Written] = []
        self.by_body: dict[int, Written] = {}
        self._bodies: list[Body] = []
        """Kept, so that no other body can come to the identity of one."""

        self._tied = _reached_by_ties(self.blocks)
        """Block to the nodes with a weight that another drawing ties: each keeps its name."""

    def write(
        self,
        networks: list[tuple[Network, str]],
        title: str,
        known: Mapping[str, Any] | None = None,
    ) -> Source:
        networks = [(self._run(network), wish) for network, wish in networks]
        self._tied = _reached_by_ties(self.blocks, [network for network, _ in networks])
        bodies = self._settled(networks, known)
        layers = _layers(bodies)
        copies = inlined(sorted({layer.source for layer in layers.values() if layer.source}))
        try:
            custom = custom_code(layers, copies.names)
        except ClashError as error:
            raise EmitError((error.problem,)) from None
        if custom.layers:
            self.inference = Inference(self.variables, self.blocks, custom.layers)
            bodies = self._settled(networks, None)
        self.scope = Namespace((*copies.names, *custom.names))
        mains = []
        reserved = [self._claimed(class_name(wish)) for _, wish in networks]
        for body, name in zip(bodies, reserved, strict=True):
            mains.append(self._class(body, name))
        return self._source(mains, title, joined(copies, custom), custom)

    def _run(self, network: Network) -> Network:
        """The drawing without what is bypassed."""
        return running(network, self._types)

    def _settled(
        self, networks: list[tuple[Network, str]], known: Mapping[str, Any] | None
    ) -> list[Body]:
        bodies = self._inferred(networks, known)
        while not self.inference.settled():
            bodies = self._inferred(networks, known)
        return bodies

    def _inferred(
        self, networks: list[tuple[Network, str]], known: Mapping[str, Any] | None
    ) -> list[Body]:
        bodies = []
        for network, _ in networks:
            if known is not None and not self._changed:
                ends = ends_of(network)
                bodies.append(Body(network, known, self.inference.variables, {}, {}, *ends))
            else:
                bodies.append(self.inference.network(_with_names(network, self._changed)))
        return bodies

    def _claimed(self, wish: str) -> str:
        """A class name that nothing else in the file has."""
        if self.scope.is_taken(wish):
            wish += "Network"
        return self.scope.claim(wish)

    def _class(self, body: Body, name: str = "") -> Written:
        """The class of a drawing; equal texts of one block are one class."""
        found = self.by_body.get(id(body))
        if found is not None:
            return found
        original = body
        body, taken = self._taken_apart(body)
        for node in body.nodes.values():
            turns = node.turns
            singles = (node,) if turns is None else (*turns.samples, *turns.general)
            for single in {id(single): single for single in singles}.values():
                if single.body is not None:
                    self._class(single.body)
        params = {
            body.params[param]: variable for param, variable in (body.network.params or {}).items()
        }
        block = class_name(body.name, "Block")
        sequence = () if name else self._sequence(body, taken)
        writer = ClassWriter(
            body, taken, self.variables, params, self.by_body, name or block, sequence
        )
        made = writer.write()
        if not name:
            for other in self.written:
                if other.body.name == body.name and other.key == made.key:
                    self.by_body[id(original)] = self.by_body[id(body)] = replace(
                        made, name=other.name, page=other.page
                    )
                    return self.by_body[id(original)]
            made.name = self.scope.claim(block)
            made.page.lines[0] = made.head
        self.by_body[id(original)] = self.by_body[id(body)] = made
        self.written.append(made)
        return made

    def _taken_apart(self, body: Body) -> tuple[Body, Parts]:
        """The steps of a drawing, with choices decided that no constructor can make."""
        self._bodies.append(body)
        while True:
            try:
                apart = alone(body) | self._tied.get(body.name, frozenset())
                taken = take_apart(
                    body.nodes, body.network.frames, (body.inputs, body.outputs), apart
                )
                return body, _with_shared(taken, body)
            except UndecidedError as error:
                body = self.inference.again(body, error.names)
                self._bodies.append(body)

    def _sequence(self, body: Body, taken: Parts) -> tuple[str, ...]:
        """The nodes of a block that becomes an `nn.Sequential`; empty for any other."""
        if alone(body) or body.name in self._tied:
            return ()
        return pipeline(taken, body.nodes, body.network.frames)

    def _source(self, mains: list[Written], title: str, copies: Copies, custom: Custom) -> Source:
        lines = [FIRST_LINE if plain_text(title) else FIRST_LINE + '"""']
        if plain_text(title):
            lines += ["", plain_text(title), '"""']
        texts = [copies.text, *(made.page.text for made in self.written)]
        functions = any("F." in text and _FUNCTIONS.search(text) for text in texts)
        functions = functions or FUNCTIONS_IMPORT in copies.text
        lines += ["", *import_block(copies.imports, functions)]
        public = exported(main.name for main in mains)
        names = ", ".join(f'"{name}"' for name in public)
        lines += ["", f"__all__ = [{names}]"]
        if len(lines[-1]) > 100:
            lines[-1:] = ["__all__ = [", *(f'    "{name}",' for name in public), "]"]
        if copies.text:
            lines += ["", "", *copies.text.splitlines()]
        own = custom_spans(custom, len(lines))
        parts: dict[str, dict[str, tuple[Span, ...]]] = {}
        for made in self.written:
            lines += ["", ""]
            made.first_line = len(lines)
            lines += made.page.lines
            _add_spans(parts.setdefault(made.body.name, {}), made)
        main = mains[0]
        networks = {one.body.name: self._network(one) for one in reversed(mains)}
        first = networks[main.body.name]
        source = Source(
            text="\n".join(lines) + "\n",
            class_name=main.name,
            spans=parts[main.body.name],
            modules=first.modules,
            arguments=first.arguments,
            classes={made.body.name: made.name for made in reversed(self.written)},
            parts=parts,
            networks=networks,
            custom=own,
        )
        verify(source, self.written, mains, copies)
        return source

    def _network(self, made: Written) -> MadeNetwork:
        taken = {argument.name for argument in made.arguments}
        return MadeNetwork(
            made.name,
            dict(islice(made.paths(), MOST_PATHS)),
            {old: new for old, new in self.names.items() if new in taken},
        )


def _add_spans(spans: dict[str, tuple[Span, ...]], made: Written) -> None:
    """Where the nodes of a class stand in the file, behind what is known of them already."""
    shift = made.first_line
    shared: dict[Place, Span] = {}
    """A chain's call belongs to all its nodes."""
    for node, places in made.page.places.items():
        moved = []
        for place in places:
            span = shared.get(place)
            if span is None:
                line, column, end_line, end_column = place
                span = Span(line + shift, column, end_line + shift, end_column)
                shared[place] = span
            moved.append(span)
        spans[node] = (*spans.get(node, ()), *moved)
    for node in made.body.nodes:
        spans.setdefault(node, ())


def _reached_by_ties(
    blocks: Mapping[str, Network], networks: Iterable[Network] = ()
) -> dict[str, frozenset[str]]:
    """Blocks that ties of other drawings lead into, with the nodes there: `embed/word.weight`."""
    found: dict[str, frozenset[str]] = {}
    for drawing in (*blocks.values(), *networks):
        for target in (tie for node in drawing.nodes.values() for tie in node.ties.values()):
            inside: Network | None = drawing
            for step in target.split("/"):
                name = step.partition(".")[0].partition("[")[0]
                if inside is not None and inside is not drawing:
                    found[inside.name] = found.get(inside.name, frozenset()) | {name}
                node = inside.nodes.get(name) if inside is not None else None
                inside = blocks.get(node.type) if node is not None else None
    return found


def _with_shared(taken: Parts, body: Body) -> Parts:
    """Steps that use another's module get its attribute."""
    owners = {part.nodes[0]: part.attribute for part in taken.parts}
    parts = []
    for part in taken.parts:
        shares = body.nodes[part.nodes[0]].node.shares
        parts.append(replace(part, attribute=owners[shares]) if shares in owners else part)
    return replace(taken, parts=tuple(parts))


def _layers(bodies: list[Body]) -> dict[str, Layer]:
    """The layers of these drawings, and of the blocks in them, by type."""
    found: dict[str, Layer] = {}
    seen: set[int] = set()
    waiting = list(bodies)
    while waiting:
        body = waiting.pop()
        if id(body) in seen:
            continue
        seen.add(id(body))
        for node in body.nodes.values():
            found[node.node.type] = node.layer
            if node.turns is not None:
                waiting += [turn.body for turn in node.turns.each if turn.body is not None]
            elif node.body is not None:
                waiting.append(node.body)
    return found


def _with_names(network: Network, changed: dict[str, str]) -> Network:
    """The network with every variable under the name of its argument: safe, in small letters."""
    own = {old: new for old, new in changed.items() if old not in (network.params or {})}
    if not own:
        return network
    nodes = {
        name: replace(
            node,
            params={k: _renamed(v, own) for k, v in node.params.items()},
            repeat=_renamed(node.repeat, own),
        )
        for name, node in network.nodes.items()
    }
    return replace(network, nodes=nodes)


def _renamed(value: Value, names: dict[str, str]) -> Value:
    if isinstance(value, str):
        return renamed(value, names)
    if isinstance(value, tuple):
        return tuple(_renamed(item, names) for item in value)
    return value
