"""Names of the values in a forward pass: `x` for what is used up, a word for what lives longer.

Owns which statement's value has which name. What is written inside another statement has none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from graph_compiler.emit_chains import Part, Parts, Value
from graph_compiler.emit_loops import is_loop
from graph_compiler.inferred import Inferred
from graph_compiler.naming import Namespace, identifier

Users = Mapping[Value, list[Part | None]]
"""Value to the parts that read it, a part twice if it reads it twice, None for the return."""
_RUNNING = ("x", "y", "z", "h")
_NUMBERED = re.compile(r"output\d+")
"""Outputs that have no name of their own: `parts` gives `parts1`, `parts2`."""


class ValueNames:
    """Gives the names of one forward pass; `inner` are the values that need none."""

    def __init__(
        self,
        taken: Parts,
        nodes: Mapping[str, Inferred],
        arguments: Mapping[Value, str],
        returned: Mapping[str, str],
        users: Users,
        inner: set[Value],
    ) -> None:
        self._taken, self._nodes, self._arguments = taken, nodes, arguments
        self._users, self._inner = users, inner
        self._maker = {value: part for part in taken.parts for value in part.values}
        self._results = {
            value: returned[output] for output, value in reversed(list(taken.outputs.items()))
        }
        self._names: dict[Value, str] = {}
        self.scope = Namespace({*arguments.values(), "x"})
        """All names of the forward pass."""

    def give(self, steps: list[Part]) -> dict[Value, str]:
        """`x` for what the next statement uses up; a name of its own for what lives longer."""
        number = {part.value: place for place, part in enumerate(steps)}
        last_use = self._last_uses(steps, number)
        short = {
            part.value
            for part in steps
            if last_use.get(part.value, -1) <= number[part.value] + 1
            and not self._is_scan(part)
            and not self._has_sisters(part)
        }
        scope = self.scope
        for part in steps:
            for place, value in enumerate(part.values):
                if value in last_use and value not in short:
                    goes_on = self._goes_on(part, place)
                    self._names[value] = goes_on or scope.claim(self._own_name(part, place))
        holders = {name: value for value, name in self._arguments.items()}
        running = [n for n in _RUNNING if n in holders or n == "x" or not scope.is_taken(n)]
        for place, part in enumerate(steps):
            if part.value not in short:
                continue
            kept = self._read_in_loop(part)
            name = next(
                (
                    name
                    for name in running
                    if name not in holders
                    or (last_use.get(holders[name], -1) <= place and holders[name] not in kept)
                ),
                "",
            )
            if name:
                scope.take(name)
                holders[name] = part.value
            self._names[part.value] = name or scope.claim(self._own_name(part, 0))
        self._name_starts(steps)
        self._name_parts(steps)
        return self._names

    def _name_starts(self, steps: list[Part]) -> None:
        """What only a loop goes on from has the name of what comes out of the loop."""
        for part in steps:
            node = self._nodes[part.nodes[0]]
            if not is_loop_part(part, self._nodes) or node.turns is None:
                continue
            for source, name in self._starts(part).items():
                own = source in self._maker and self._names.get(source) not in _RUNNING
                if own and self._users[source] == [part] and name not in _RUNNING:
                    self._names[source] = name

    def _name_parts(self, steps: list[Part]) -> None:
        """Outputs without names of their own are called after what becomes of each.

        `query, key, value = self.qkv(x).chunk(3, dim=-1)`, then `query = query.unflatten(…)`.
        """
        for part in steps:
            values = [value for value in part.values if value in self._names]
            if len(part.ports) < 2 or not all(map(_NUMBERED.fullmatch, part.ports)):
                continue
            users = [user for value in values for user in self._users[value]]
            single = len(users) == len(values) == len({id(user) for user in users})
            if not single or any(
                u is None or len(u.ports) > 1 or is_loop_part(u, self._nodes) for u in users
            ):
                continue
            for value, user in zip(values, users, strict=True):
                assert user is not None
                name = self._names.get(user.value, _RUNNING[0])
                if name in _RUNNING or user.value in self._results:
                    name = self.scope.claim(user.attribute or identifier(user.nodes[0]))
                self._names[value] = name

    def _starts(self, part: Part) -> dict[Value, str]:
        """Value that a loop goes on from to the name of what comes out for it."""
        node = self._nodes[part.nodes[0]]
        ports = dict(zip(part.ports, part.values, strict=True))
        sources = {w.target_port: s for w, s in zip(node.wires, part.sources, strict=True)}
        back = node.turns.back if node.turns is not None else ()
        return {
            sources[target]: self._names[ports[source]]
            for target, source in back
            if target in sources and ports.get(source) in self._names
        }

    def _read_in_loop(self, part: Part) -> set[Value]:
        """What every turn of a loop reads anew, so that no name of it may be given away."""
        node = self._nodes[part.nodes[0]]
        if not is_loop_part(part, self._nodes) or node.turns is None:
            return set()
        fed = {target for target, _ in node.turns.back}
        pairs = list(zip(node.wires, part.sources, strict=True))
        once = {source for wire, source in pairs if wire.target_port in fed}
        again = {source for wire, source in pairs if wire.target_port not in fed}
        return again if len(once) < 2 else again | once

    def _goes_on(self, part: Part, place: int) -> str:
        """The name of the state that a scan begins with, where nothing else reads that."""
        node = self._nodes[part.nodes[0]]
        if not self._is_scan(part) or node.turns is not None:
            return ""
        for wire, source in zip(node.wires, part.sources, strict=True):
            if part.ports[place] == f"last_{wire.target_port}" and self._users[source] == [part]:
                return self._names.get(source, "")
        return ""

    def _is_scan(self, part: Part) -> bool:
        return not part.is_chain and self._nodes[part.nodes[0]].scan is not None

    def _has_sisters(self, part: Part) -> bool:
        """Whether values that come from the same place as this one are named where it is used."""
        users = self._users.get(part.value, [])
        if len(users) != 1 or users[0] is None or is_loop_part(users[0], self._nodes):
            return False
        own = self._origins(part)
        sisters = self._leaves(users[0]) - {part.value}
        return any(
            value in self._maker and own & self._origins(self._maker[value]) and value[0] not in own
            for value in sisters
        )

    def _origins(self, part: Part) -> set[str]:
        """The nodes whose values a statement reads."""
        return {value[0] for value in self._leaves(part)}

    def _leaves(self, part: Part) -> set[Value]:
        """The values that a statement reads by name."""
        found: set[Value] = set()
        for source in part.sources:
            found |= self._leaves(self._maker[source]) if source in self._inner else {source}
        return found

    def _last_uses(self, steps: list[Part], number: Mapping[Value, int]) -> dict[Value, int]:
        """Value to the number of the last statement that reads it, the return being one more."""
        last: dict[Value, int] = {}

        def reads(part: Part, place: int) -> None:
            for source in part.sources:
                last[source] = max(last.get(source, -1), place)
                if source in self._inner:
                    reads(self._maker[source], place)

        for place, part in enumerate(steps):
            reads(part, place)
        for value in self._taken.outputs.values():
            last[value] = len(steps)
            if value in self._inner:
                reads(self._maker[value], len(steps))
        return last

    def _own_name(self, part: Part, place: int) -> str:
        value = part.values[place]
        if value in self._results:
            return self._results[value]
        if len(part.ports) > 1 and _NUMBERED.fullmatch(part.ports[place]):
            name = part.attribute or identifier(value[0])
            return f"{name}{'_' if name[-1].isdigit() else ''}{place + 1}"
        if self._is_scan(part) and part.ports[place].startswith("last_"):
            return identifier(part.ports[place].removeprefix("last_"))
        return identifier(part.ports[place]) if place else part.attribute or identifier(value[0])


def is_loop_part(part: Part, nodes: Mapping[str, Inferred]) -> bool:
    """Whether the forward pass writes a loop for the part."""
    return not part.is_chain and is_loop(nodes[part.nodes[0]])
