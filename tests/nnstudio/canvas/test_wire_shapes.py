"""The ways of wires: pure geometry, checked by points on the path."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.canvas.wire_path import WirePath
from nnstudio.canvas.wire_shapes import STYLES, nearest_leg, shaped

coordinate = st.integers(-900, 900).map(lambda n: n * 4.0)
point = st.tuples(coordinate, coordinate)


@given(
    start=point,
    end=point,
    points=st.lists(point, max_size=4),
    style=st.sampled_from(STYLES),
)
def test_every_style_begins_ends_and_runs_through_its_points(
    start: tuple[float, float],
    end: tuple[float, float],
    points: list[tuple[float, float]],
    style: str,
) -> None:
    path = shaped(start, end, points, style)
    assert path.start == start
    assert path.end == end
    here = start
    for _, _, there in path.segments:
        assert all(abs(value) < 1e6 for value in there)
        here = there
    assert here == end
    # A corner is cut round by 8; what runs through a point comes at least so near.
    assert all(path.distance(one) <= 8.0 for one in points)


@given(start=point, end=point, points=st.lists(point, max_size=3))
def test_orthogonal_lines_run_across_or_down(
    start: tuple[float, float], end: tuple[float, float], points: list[tuple[float, float]]
) -> None:
    path = shaped(start, end, points, "orthogonal")
    here = path.start
    for one, two, there in path.segments:
        straight = one == here and two == there
        if straight:
            assert abs(here[0] - there[0]) < 1e-6 or abs(here[1] - there[1]) < 1e-6
        here = there


def test_straight_is_one_line_for_each_leg() -> None:
    path = shaped((0, 0), (100, 50), [(40, 80)], "straight")
    assert path == WirePath(
        (0, 0), (((0, 0), (40, 80), (40, 80)), ((40, 80), (100, 50), (100, 50)))
    )


@pytest.mark.parametrize("style", STYLES)
def test_a_wire_around_a_node_does_not_cross_it(style: str) -> None:
    box = (80.0, -40.0, 220.0, 60.0)
    path = shaped((0, 0), (300, 0), (), style, obstacles=[box])
    inside = [
        (x, y) for x, y in path.points() if box[0] < x < box[2] and box[1] + 1 < y < box[3] - 1
    ]
    # A straight wire goes straight; that is what it was asked to do.
    assert bool(inside) == (style == "straight")


def test_a_new_point_belongs_to_the_leg_it_lies_on() -> None:
    points = [(100.0, 0.0), (200.0, 100.0)]
    legs = list(pairwise([(0.0, 0.0), *points, (300.0, 100.0)]))
    for index, (one, two) in enumerate(legs):
        middle = ((one[0] + two[0]) / 2, (one[1] + two[1]) / 2)
        assert nearest_leg((0, 0), (300, 100), points, middle) == index
