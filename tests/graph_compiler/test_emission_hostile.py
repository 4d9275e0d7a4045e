"""Whatever a project is called, its emitted text says what the graph says and nothing else."""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import linecache
import tokenize
import traceback
from dataclasses import replace
from typing import Any

import networkx as nx
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from torch import nn

from graph_compiler import check_graph, compile_graph, emission, emit
from graph_compiler.build import module_class
from graph_compiler.emit_reading import UnfaithfulError
from graph_compiler.emit_text import literal, string
from graph_compiler.emit_verify import verify
from graph_compiler.naming import (
    MODULE_ATTRIBUTES,
    RESERVED,
    Namespace,
    class_name,
    identifier,
    plain_text,
)
from graph_compiler.problems import Problem

HOSTILE = [
    '"""\nimport os\n"""',
    "x\n# coding: utf-7\n+AG8-",
    "# -*- coding: rot13 -*-",
    "a\\",
    "{x}",
    "%s",
    "ｓelf",
    "ﬁlter",
    "а",  # a letter of another alphabet that looks like a
    "\u202egnp.exe",
    "\ud800",
    "\0",
    "class",
    "None",
    "__class__",
    "_parameters",
    "__init__",
    "torch",
    "nn",
    "F",
    "self",
    "print",
    "l",
    "'; import os; '",
    "a" * 5000,
    "١٢٣",
    "",
]
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
finite = st.floats(allow_nan=False, allow_infinity=False)
node_names = st.one_of(
    st.sampled_from([n for n in HOSTILE if n.isascii() and n.isidentifier() and len(n) < 80]),
    st.sampled_from(sorted(RESERVED)).filter(str.isidentifier),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,79}", fullmatch=True),
)


def chain(title: str, names: list[str], frame: str, variable: str) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(name=title, variables={variable: 3}, frames={frame: names[1:3]})
    graph.add_node(names[0], type="Input", params={"shape": (4,)})
    graph.add_node(names[1], type="Linear", params={"out_features": variable})
    graph.add_node(names[2], type="ReLU")
    graph.add_node(names[3], type="Step")
    graph.add_node(names[4], type="Output")
    nx.add_path(graph, names)
    return graph


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts, st.lists(node_names, min_size=5, max_size=5, unique=True), texts, node_names)
@example(HOSTILE[0], ["self", "torch", "nn", "F", "class"], HOSTILE[1], "hidden")
@example(HOSTILE[1], ["x", "X", "_x", "x_", "__x__"], "x", "X")
def test_no_name_gets_out_of_its_place(
    title: str, names: list[str], frame: str, variable: str
) -> None:
    graph = chain(title, names, frame, variable)
    if not check_graph(graph).ok:
        return  # such as a variable that no expression can name
    source = emit(graph)
    text = source.text
    assert text.isascii()
    first, second, *_ = text.splitlines()
    assert first in ('"""A network emitted by NN Studio.', '"""A network emitted by NN Studio."""')
    assert second == ""
    assert tokenize.detect_encoding(io.BytesIO(text.encode()).readline)[0] == "utf-8"
    tree = ast.parse(text)
    assert [type(node).__name__ for node in tree.body] == [
        "Expr", "Import", "ImportFrom", "Assign", "ClassDef", "ClassDef",
    ]  # fmt: skip
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Lambda | ast.Global | ast.Import) or node in tree.body
        for name in (getattr(node, "id", ""), getattr(node, "arg", ""), getattr(node, "attr", "")):
            assert not (name or "").startswith("_") or name == "__init__" or name == "__all__"
    model = module_class(source)()
    assert model(torch.zeros(2, 4)).shape == (2, 3)
    assert [type(m).__name__ for m in model.modules()][2:] == ["Linear", "ReLU", "Step"]


@settings(max_examples=300, deadline=None)
@given(texts)
def test_identifiers_and_class_names_are_what_they_must_be(text: str) -> None:
    name, of_class = identifier(text), class_name(text)
    assert name.isidentifier()
    assert name.isascii()
    assert name == name.lower()
    assert name not in RESERVED
    assert not keyword.iskeyword(name)
    assert not hasattr(builtins, name)
    assert not hasattr(nn.Module(), name)
    assert not name.startswith("_")
    assert of_class.isidentifier()
    assert of_class.isascii()
    assert of_class[0].isupper()
    assert "_" not in of_class
    assert of_class not in RESERVED
    assert identifier(name) == name
    assert class_name(of_class) == of_class


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, max_size=8))
def test_names_of_one_scope_differ(wishes: list[str]) -> None:
    names = Namespace().claim_all(wishes)
    assert len(set(names.values())) == len(set(wishes))
    assert names == Namespace().claim_all(reversed(wishes))


@settings(max_examples=300, deadline=None)
@given(texts)
def test_text_in_docstrings_is_harmless(text: str) -> None:
    plain = plain_text(text)
    assert len(plain) <= 80
    assert not set(plain) & set("\"'\\#\n\r{}:=")
    assert plain.isascii()
    assert ast.literal_eval(f'"""{plain}"""') == plain


def test_every_public_attribute_of_a_module_is_reserved() -> None:
    public = {name for name in dir(nn.Module()) if name[0] != "_" and name.islower()}
    assert public <= MODULE_ATTRIBUTES


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | finite | texts,
        lambda inner: st.lists(inner, max_size=3).map(tuple),
        max_leaves=5,
    )
)
def test_literals_read_back(value: Any) -> None:
    assert ast.literal_eval(literal(value)) == value
    assert literal(value).isascii()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_no_literal(value: float) -> None:
    with pytest.raises(ValueError):
        literal(value)


def test_strings_are_quoted_as_the_formatter_quotes() -> None:
    assert [string(text) for text in ("a", "it's", 'a "b"', "\n")] == [
        '"a"', '"it\'s"', "'a \"b\"'", '"\\n"',
    ]  # fmt: skip


def test_hostile_values_never_reach_the_text() -> None:
    for value in ("1); import os; (", "__import__('os')", float("nan"), "open('x')", "9" * 4000):
        graph = chain("T", list("abcde"), "f", "hidden")
        graph.nodes["b"]["params"] = {"out_features": value}
        report = check_graph(graph)
        assert {problem.severity for problem in report.problems} >= {"error"}
        assert isinstance(report.problems[0], Problem)


TAMPERED = {
    "an import more": ("import torch\n", "import torch\nimport os\n"),
    "a call more": ("super().__init__()\n", 'super().__init__()\n        self.x = print("x")\n'),
    "another class": ("nn.ReLU()", "nn.Tanh()"),
    "a module twice": ("self.f(a)", "self.f(self.f(a))"),
    "a module not called": ("self.f(a)", "a"),
    "a name from elsewhere": ("nn.Linear(4, hidden)", "nn.Linear(4, sneaky)"),
    "no Python": ("class T", "clas T"),
    "a statement more": ("        return", "        a.x\n        return"),
    "another copy": ("(x > 0)", "(x > 1)"),
    "a method more": ("    def forward", "    def eval(self): ...\n\n    def forward"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_text_that_says_something_else_is_caught(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last gate is tried with texts that no emitter of this program writes."""
    graph = chain("T", list("abcde"), "f", "hidden")
    seen: list[Any] = []
    monkeypatch.setattr(emission, "verify", lambda *given: seen.extend(given))
    source = emit(graph)
    old, new = TAMPERED[case]
    before, found, after = source.text.rpartition(old)
    assert found
    with pytest.raises(UnfaithfulError):
        verify(replace(source, text=before + new + after), *seen[1:])
    verify(source, *seen[1:])


def test_a_traceback_shows_the_emitted_line() -> None:
    model = compile_graph(chain("T", list("abcde"), "f", "hidden"))
    with pytest.raises(RuntimeError) as caught:
        model(torch.zeros(2, 5))
    shown = "".join(traceback.format_exception(caught.value))
    assert "<T " in shown
    assert "in forward\n    x = self.f(a)" in shown


def test_lines_of_modules_that_are_gone_are_forgotten() -> None:
    import gc

    def entries() -> int:
        gc.collect()
        return sum(name.startswith("<Fleeting ") for name in linecache.cache)

    model = compile_graph(chain("Fleeting", list("abcde"), "f", "hidden"))
    assert entries() == 1
    assert isinstance(model, nn.Module)
    del model
    assert entries() == 0


def test_two_modules_of_one_graph_have_weights_of_their_own() -> None:
    graph = chain("T", list("abcde"), "f", "hidden")
    torch.manual_seed(0)
    one, two = compile_graph(graph), compile_graph(graph)
    assert not torch.equal(one.f[0].weight, two.f[0].weight)
    torch.manual_seed(0)
    again = compile_graph(graph)
    assert torch.equal(one.f[0].weight, again.f[0].weight)
