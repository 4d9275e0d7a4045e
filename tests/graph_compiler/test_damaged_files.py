"""Files that were right until something struck them: each opens soundly or gets one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_compiler import ProjectError, check_graph, emit, parse_project, project_text

FORMATS = Path(__file__).parents[1] / "formats"
FILES = ("v1/lenet5.nns", "v2/python_layer.nns", "v3/looks.nns")
WORDS = ("", "x", "a.output -> b.input", "fc1", "../x", "main", "é\u2028", "\x00", "i" * 201)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**14), 10**14),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(WORDS),
    st.text(max_size=6),
)
garbage = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner),
    max_leaves=6,
)


def places(part: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a parsed file."""
    items: Any = ()
    if isinstance(part, dict):
        items = part.items()
    elif isinstance(part, list):
        items = enumerate(part)
    for key, inside in items:
        yield (*above, key)
        yield from places(inside, (*above, key))


@pytest.mark.parametrize("file", FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_struck_opens_or_says_why(file: str, data: st.DataObject) -> None:
    raw = json.loads((FORMATS / file).read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        *above, key = data.draw(st.sampled_from(list(places(raw))))
        part = raw
        for step in above:
            part = part[step]
        match data.draw(st.sampled_from(["replace", "replace", "remove", "rename", "copy"])):
            case "replace":
                part[key] = data.draw(garbage)
            case "remove":
                del part[key]
            case "rename" if isinstance(part, dict):
                part[data.draw(st.sampled_from(WORDS))] = part.pop(key)
            case _:
                if isinstance(part, list):
                    part.append(part[key])
    try:
        project = parse_project(json.dumps(raw), "x.nns")
    except ProjectError as error:
        sentence = str(error)
        assert sentence.startswith("x.nns: ")
        assert ": expected " in sentence
        assert ", got " in sentence
        assert sentence.endswith((".", "?"))
        assert "\n" not in sentence
        return
    written = project_text(project)
    assert project_text(parse_project(written, "again")) == written
    for name, network in project.networks.items():
        if not network.is_block and check_graph(project.graph(name)).ok:
            emit(project.graph(name))
