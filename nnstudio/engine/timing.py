"""How long each node takes, forward and backward, and how strong its gradient is: on one batch.

Operations are timed as torch is called and belong to the node whose text called them; the way back
is timed between the hooks of each `grad_fn`. On a GPU every operation is waited for, which takes
the overlap away: times tell nodes apart, their sum is no forecast of a step.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from nnstudio.engine.one_batch import OneBatch, one_batch
from nnstudio.engine.probe import number
from nnstudio.engine.whereabouts import Whereabouts

TURNS = 5
"""Steps that are timed, after one that is not."""
MOST_SECONDS = 20.0
"""No turn is begun after this time."""

Times = dict[str, float]


class Stopwatch(TorchFunctionMode):
    """Adds up the seconds of each node's operations while it is entered."""

    def __init__(
        self, where: Whereabouts, wait: Callable[[], None], clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self.forward: Times = defaultdict(float)
        self.backward: Times = defaultdict(float)
        self._where, self._wait, self._clock = where, wait, clock
        self._seen: set[Any] = set()
        self._began: dict[Any, float] = {}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute as asked, and add the time to the node that asked."""
        begin = self._clock()
        result = func(*args, **(kwargs or {}))
        self._wait()
        seconds = self._clock() - begin
        node = self._where.of_frame(sys._getframe(1))
        if node:
            self.forward[node] += seconds
            for tensor in _tensors(result):
                self._watch(tensor.grad_fn, node)
        return result

    def _watch(self, newest: Any, node: str) -> None:
        """Time the steps back that this operation added."""
        ahead = [newest]
        while ahead:
            function = ahead.pop()
            if function is None or function in self._seen:
                continue
            self._seen.add(function)
            if hasattr(function, "variable"):
                continue  # it only adds the gradient to the weight, which several nodes may share
            function.register_prehook(self._starter(function))
            function.register_hook(self._stopper(function, node))
            ahead += [before for before, _ in function.next_functions]

    def _starter(self, function: Any) -> Callable[[Any], None]:
        def start(gradients: Any) -> None:
            self._wait()
            self._began[function] = self._clock()

        return start

    def _stopper(self, function: Any, node: str) -> Callable[[Any, Any], None]:
        def stop(given: Any, gradients: Any) -> None:
            self._wait()
            self.backward[node] += self._clock() - self._began.pop(function)

        return stop


def measure(
    one: OneBatch, turns: int = TURNS, clock: Callable[[], float] = time.perf_counter
) -> dict[str, Any]:
    """Seconds forward and backward (the median of `turns`), gradient norms; by node path.

    The norm is that of the gradient of all of a node's own weights together, at the weights as
    they are. Nodes without weights have none. No weight, buffer or gradient is changed.
    """
    network, device = one.network, one.inputs.device
    where = Whereabouts(one.nodes, {"": network})
    kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    begin = time.monotonic()
    forward: dict[str, list[float]] = defaultdict(list)
    backward: dict[str, list[float]] = defaultdict(list)
    norms: dict[str, float] = {}
    done = 0
    for turn in range(turns + 1):
        if turn > 1 and time.monotonic() - begin > MOST_SECONDS:
            break
        network.zero_grad()
        watch = Stopwatch(where, _waiter(device), clock)
        _there_and_back(one, watch)
        if turn == 0:
            norms = _norms(one)  # the first turn's numbers; its times hold what is done only once
            continue
        done += 1
        for seconds, all_seconds in ((watch.forward, forward), (watch.backward, backward)):
            for node, value in seconds.items():
                all_seconds[node].append(value)
    network.zero_grad()
    network.load_state_dict(kept)
    return {
        "forward": {node: statistics.median(values) for node, values in forward.items()},
        "backward": {node: statistics.median(values) for node, values in backward.items()},
        "gradient": {node: number(value) for node, value in norms.items()},
        "rows": len(one.inputs),
        "turns": done,
        "device": str(device),
    }


def _there_and_back(one: OneBatch, watch: Stopwatch) -> None:
    """One step of the network, without its change: by the stage's own text where that says more."""
    if one.step is not None:
        with watch:
            one.step(lambda: None)
        return
    with watch:
        outputs = one.network(one.inputs)
    loss = one.loss(outputs, one.targets) if one.loss is not None else None
    if loss is not None and loss.requires_grad:
        loss.backward()


def timing_request(
    text: str, weights: str | None, rows: int, device: str, network: str = ""
) -> dict[str, Any]:
    """Times and gradient norms of a drawing on `rows` training rows, in the first stage with it.

    Without a name it is the first network that is trained.
    """
    with one_batch(text, weights, rows, device, network) as one:
        measured = measure(one)
    return {**measured, "weights": one.matched.as_json()} if one.matched else measured


def _norms(one: OneBatch) -> dict[str, float]:
    squares: dict[str, float] = defaultdict(float)
    for path, weight in one.network.named_parameters():
        if weight.grad is not None:
            node = one.nodes.weight_name(path).partition(".")[0]
            if not node.startswith(":"):
                squares[node] += weight.grad.double().square().sum().item()
    return {node: math.sqrt(value) if value >= 0 else value for node, value in squares.items()}


def _tensors(result: Any) -> list[torch.Tensor]:
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, tuple | list):
        return [tensor for item in result for tensor in _tensors(item)]
    return []


def _waiter(device: torch.device) -> Callable[[], None]:
    """What waits until the device has done all it was given; nothing on a CPU."""
    if device.type == "cpu":
        return lambda: None
    module = torch.get_device_module(device)
    return lambda: module.synchronize()
