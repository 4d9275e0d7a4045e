"""The device of a run that leaves the choice: timed where the network is small, and said."""

from __future__ import annotations

import pytest

from nnstudio.engine.choosing import SMALL, Chosen, chosen
from nnstudio.runs.pace import Pace, StagePace


class Clock:
    """Tells how long a step takes on each device, and which were asked for."""

    def __init__(self, **seconds: float) -> None:
        self.seconds, self.asked = seconds, []  # type: ignore[var-annotated]

    def __call__(self, device: str) -> Pace:
        self.asked.append(device)
        if device not in self.seconds:
            raise RuntimeError("the device cannot do that")
        return Pace(device, (stage("train", self.seconds[device]),))


def stage(name: str, seconds: float, epochs: int = 1) -> StagePace:
    return StagePace(name, seconds, 10, 10 * seconds, epochs)


def test_of_several_stages_all_count() -> None:
    paces = {
        "cpu": Pace("cpu", (stage("head", 0.001), stage("all", 0.1, epochs=30))),
        "cuda": Pace("cuda", (stage("head", 0.004), stage("all", 0.02, epochs=30))),
    }
    found = chosen(5_000, ["cuda", "cpu"], paces.__getitem__)
    assert found == Chosen("cuda", "cuda: all stages take about 6.0 s there, 30 s on cpu")


def test_a_small_network_goes_where_its_steps_are_faster() -> None:
    clock = Clock(cpu=0.0004, cuda=0.0012)
    found = chosen(5_000, ["cuda", "cpu"], clock)
    assert found == Chosen("cpu", "cpu: a step takes 0.4 ms there, 1.2 ms on cuda")
    assert clock.asked == ["cpu", "cuda"]
    found = chosen(5_000, ["cuda", "cpu"], Clock(cpu=0.11, cuda=0.0012))
    assert found == Chosen("cuda", "cuda: a step takes 1.2 ms there, 110 ms on cpu")


def test_nothing_is_timed_where_there_is_nothing_to_choose() -> None:
    clock = Clock()
    assert chosen(5_000, ["cpu"], clock) == Chosen("cpu")
    assert chosen(SMALL + 1, ["cuda:0", "cuda:1", "cpu"], clock) == Chosen("cuda:0")
    assert clock.asked == []


@pytest.mark.parametrize(("able", "device"), [("cpu", "cpu"), ("mps", "mps")])
def test_a_device_that_cannot_do_it_is_not_taken(able: str, device: str) -> None:
    other = "mps" if able == "cpu" else "cpu"
    found = chosen(5_000, ["mps", "cpu"], Clock(**{able: 0.002}))
    assert found == Chosen(device, f"{device}: a step takes 2 ms there, none on {other}")


def test_where_none_can_do_it_the_usual_one_tells_why() -> None:
    assert chosen(5_000, ["xpu", "cpu"], Clock()) == Chosen("xpu")
