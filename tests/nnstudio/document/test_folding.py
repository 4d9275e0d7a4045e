"""Branches of constant switches are cut out of a text, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.document.folding import fold, switches

CASES: dict[str, tuple[str, dict[str, object], str]] = {
    "a true branch moves left and keeps its comments": (
        "if B:\n    if A:\n        # why\n        y = [\n            2,\n        ]\n",
        {"A": True},
        "if B:\n    # why\n    y = [\n        2,\n    ]\n",
    ),
    "a false branch goes": ("x = 1\nif A > 3:\n    x = 2\ny = x\n", {"A": 3}, "x = 1\ny = x\n"),
    "else takes over": (
        "if A == 'b':\n    x = 2\nelse:\n    # so\n    x = 3\n",
        {"A": "c"},
        "# so\nx = 3\n",
    ),
    "a chain": (
        "if A == 1:\n    x = 1\nelif A == 2:\n    x = 2\nelif A == 3:\n    x = 3\n",
        {"A": 2},
        "x = 2\n",
    ),
    "the chain's end": (
        "if A == 1:\n    x = 1\nelif A == 2:\n    x = 2\nelse:\n    x = 4\n",
        {"A": 9},
        "x = 4\n",
    ),
    "the rest of a chain that stays": (
        "if A:\n    x = 1\nelif y:\n    x = 2\nelse:\n    x = 4\n",
        {"A": False},
        "if y:\n    x = 2\nelse:\n    x = 4\n",
    ),
    "a false link": (
        "if y:\n    x = 1\nelif A:\n    x = 2\nelse:\n    x = 4\n",
        {"A": False},
        "if y:\n    x = 1\nelse:\n    x = 4\n",
    ),
    "a true link": (
        "if y:\n    x = 1\nelif A:\n    x = 2\nelse:\n    x = 4\n",
        {"A": True},
        "if y:\n    x = 1\nelse:\n    x = 2\n",
    ),
    "nested": (
        "if A:\n    if not B:\n        x = 1\n    else:\n        x = 2\n",
        {"A": True, "B": True},
        "x = 2\n",
    ),
    "an expression": ("x = f(1 if A else 2) + (3 if A else 4)\n", {"A": True}, "x = f(1) + (3)\n"),
    "half a condition": ("if A and y:\n    x = 1\n", {"A": True}, "if y:\n    x = 1\n"),
    "a condition that is settled": ("if A and y:\n    x = 1\nz = 1\n", {"A": False}, "z = 1\n"),
    "a value that is settled": ("x = A or y\n", {"A": True}, "x = A\n"),
    "code behind a return": (
        "def f():\n    if A:\n        return 1\n    if B:\n        return 2\n    return 3\n",
        {"A": True},
        "def f():\n    return 1\n",
    ),
    "a name for the moment": (
        "def f():\n    x = {\n        1: 2,\n    }\n    if A:\n        x = 3\n    return x\n",
        {"A": False},
        "def f():\n    return {\n        1: 2,\n    }\n",
    ),
    "the only statement of a block": (
        "if y:\n    if A:\n        x = 1\n",
        {"A": False},
        "if y:\n    pass\n",
    ),
    "unknown names stay": ("if y:\n    x = 1\n", {"A": True}, "if y:\n    x = 1\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_cuts(case: str) -> None:
    text, known, wanted = CASES[case]
    assert fold(text, known) == wanted


def test_switches_are_the_names_in_conditions() -> None:
    text = "x = A\nif B == 1 and C:\n    y = 1 if not D else E\nwhile F:\n    pass\n"
    assert switches(text) == {"B", "C", "D", "F"}


@st.composite
def programs(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """Statements that record where they have been, some of them under switches."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 3 if depth < 3 else 0))
        if kind == 0:
            lines.append(f"seen.append({draw(st.integers(0, 99))})")
            continue
        names = st.sampled_from(["A", "B", "C", "free"])
        test = draw(
            st.one_of(
                names,
                names.map("not {}".format),
                st.tuples(names, names).map(" and ".join),
                st.tuples(names, names).map(" or ".join),
                names.map("{} == 1".format),
            )
        )
        word = "if"
        for _ in range(kind):
            lines.append(f"{word} {test}:")
            lines += ["    " + line for line in draw(programs(depth=depth + 1))]
            word, test = "elif", draw(names)
        if draw(st.booleans()):
            lines.append("else:")
            lines += ["    " + line for line in draw(programs(depth=depth + 1))]
    return lines


@settings(max_examples=50, deadline=None)
@given(programs(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_the_shorter_text_does_the_same(
    lines: list[str], a: bool, b: bool, c: bool, free: bool
) -> None:
    text = "\n".join([*lines, "seen.append(-1)"]) + "\n"
    shorter = fold(text, {"A": a, "B": b, "C": c})
    names = {"A": a, "B": b, "C": c, "free": free}
    assert _run(shorter, names) == _run(text, names)
    tests = [line for line in shorter.splitlines() if line.lstrip().startswith(("if ", "elif "))]
    assert all("free" in line for line in tests)


def _run(text: str, names: dict[str, bool]) -> list[int]:
    """A program of `if` and `seen.append(n)` alone, interpreted: nothing is executed."""
    import ast

    seen: list[int] = []

    def value(node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return names[name]
            case ast.UnaryOp(operand=operand):
                return not value(operand)
            case ast.BoolOp(op=ast.And(), values=values):
                return all(map(value, values))
            case ast.BoolOp(values=values):
                return any(map(value, values))
            case ast.Compare(left=left):
                return value(left) == 1
        raise TypeError(ast.dump(node))

    def walk(block: list[ast.stmt]) -> None:
        for statement in block:
            if isinstance(statement, ast.If):
                walk(statement.body if value(statement.test) else statement.orelse)
            elif not isinstance(statement, ast.Pass):
                assert isinstance(statement, ast.Expr)
                assert isinstance(statement.value, ast.Call)
                seen.append(ast.literal_eval(statement.value.args[0]))

    walk(ast.parse(text).body)
    return seen
