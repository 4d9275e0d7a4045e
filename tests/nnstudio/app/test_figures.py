"""Numbers in words."""

from __future__ import annotations

import pytest

from graph_compiler.problems import Problem
from graph_compiler.report import NodeFacts, Report
from nnstudio.app import figures

THIN = "\u2009"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (999, "999"), (61706, f"61{THIN}706"), (1234567, f"1{THIN}234{THIN}567")],
)
def test_count(value: float, words: str) -> None:
    assert figures.count(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(7, "7"), (999, "999"), (416520, "417 k"), (35900, "35.9 k"), (1.2e6, "1.2 M"), (3e9, "3 G")],
)
def test_rough(value: float, words: str) -> None:
    assert figures.rough(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.52, "0.52"), (7.04, "7"), (18.4, "18"), (9437, f"9{THIN}400"), (123456, f"120{THIN}000")],
)
def test_rate(value: float, words: str) -> None:
    assert figures.rate(value) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s"),
        (6.2, "6 s"),
        (200, "3 min 20 s"),
        (1230, "20 min"),
        (7500, "2 h 5 min"),
        (7200, "2 h"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert figures.duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3, "just now"),
        (300, "5 min ago"),
        (7200, "2 h ago"),
        (90000, "yesterday"),
        (3e5, "3 days ago"),
    ],
)
def test_ago(seconds: float, words: str) -> None:
    assert figures.ago(seconds) == words


def test_size() -> None:
    assert [figures.size(n) for n in (12, 2048, 3 << 20, 3 << 29)] == [
        "12 B",
        "2 kB",
        "3 MB",
        "1.5 GB",
    ]


def test_status_line() -> None:
    wrong = Problem("x", "error", "fc1", "input", "a", "b", "C.")
    facts = NodeFacts("Linear", (), (), {}, 61706, 416520)
    assert figures.status_line(Report("main", ())) == "Empty network"
    assert figures.status_line(Report("main", (wrong,), {"fc1": facts})) == (
        f"61{THIN}706 parameters · 417 k multiply-accumulates · 1 nodes · 1 error"
    )
