"""Which node is at work: read off the calls that lie above a line of code, while it runs or failed.

Owns the walk from the outermost call inwards. A module that several nodes share is told by the
node that called it; an operation that a block's own text does belongs to that node of the block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import CodeType, FrameType, TracebackType

from torch import nn

from nnstudio.engine.nodes import NodeMap, Place

_Call = tuple[FrameType, int, int]
"""A frame, the instruction it is at, and that instruction's line."""


class Whereabouts:
    """Tells the node at work in one of `networks`."""

    def __init__(self, nodes: NodeMap, networks: Mapping[str, nn.Module]) -> None:
        self._nodes = nodes
        self._paths = {
            id(module): nodes.path_in(name, path)
            for name, network in networks.items()
            for path, module in network.named_modules()
        }
        self._known: dict[tuple[CodeType, int], tuple[str, ...]] = {}

    def of_frame(self, frame: FrameType | None) -> str:
        """Path of the node on whose behalf a frame runs; empty if there is none."""
        calls: list[_Call] = []
        while frame is not None:
            calls.append((frame, frame.f_lasti, frame.f_lineno))
            frame = frame.f_back
        return self._walked(reversed(calls))

    def of_error(self, error: BaseException) -> str:
        """Path of the node at work when an exception was raised; empty where none was."""
        return self._walked(_calls(error.__traceback__))

    def _walked(self, calls: Iterable[_Call]) -> str:
        found: tuple[str, ...] = ()
        """What the call looked at last is for: one node, or the nodes that share the call."""
        swaps: list[tuple[str, str]] = []
        """Nodes whose modules work for another node in these calls, with that other node."""
        for frame, instruction, line in calls:
            if frame.f_code.co_varnames[:1] != ("self",):
                continue
            module = self._paths.get(id(frame.f_locals.get("self")))
            if module is None:
                continue
            here = self._owner(module, found, swaps)
            inside: tuple[str, ...] = ()
            if frame.f_code.co_filename == self._nodes.file:
                inside = self._in_text(frame, instruction, line)
            if inside:
                found = tuple(f"{here}/{name}" if here else name for name in inside)
            elif here:
                found = (here,)
        return found[0] if found else ""

    def _owner(self, module: str, found: tuple[str, ...], swaps: list[tuple[str, str]]) -> str:
        """The node of a module; of several that share it, the one whose call was found before."""
        owner = _swapped(self._nodes.node_of_module(module), swaps)
        if owner not in found:
            for other in self._nodes.nodes_of(module)[1:]:
                if (guest := _swapped(other, swaps)) in found:
                    swaps.append((owner, guest))
                    return guest
        return owner

    def _in_text(self, frame: FrameType, instruction: int, line: int) -> tuple[str, ...]:
        key = frame.f_code, instruction
        if key not in self._known:
            place = _place(frame.f_code, instruction, line)
            self._known[key] = self._nodes.nodes_in_text(place)
        return self._known[key]


def _swapped(node: str, swaps: list[tuple[str, str]]) -> str:
    for owner, other in swaps:
        rest = node.removeprefix(owner)
        if rest != node and rest[:1] in ("", "/", "["):
            node = f"{other}{rest}"
    return node


def _place(code: CodeType, instruction: int, line: int) -> Place:
    """The piece of text that an instruction was made from."""
    for number, (begin, end, column, end_column) in enumerate(code.co_positions()):
        if number == instruction // 2:
            begin, column = begin or line, column or 0
            return begin, column, end or begin, column if end_column is None else end_column
    return line, 0, line, 0


def _calls(traceback: TracebackType | None) -> Iterator[_Call]:
    """The calls of a traceback, outermost first."""
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno
        traceback = traceback.tb_next
