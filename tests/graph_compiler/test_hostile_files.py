"""Files that no project is: each gets one whole sentence, and nothing is built from it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import graph_compiler
from graph_compiler import FutureVersionError, ProjectError, safe_json, schema

NODE = '"a": {"type": "Input", "at": [0, 0]}, "b": {"type": "Output", "at": [9, 0]}'


def text(**changes: Any) -> str:
    """A small sound project, with some fields exchanged."""
    fields: dict[str, Any] = {
        "format": "nnstudio",
        "version": 3,
        "name": "Small",
        "networks": {"main": {"nodes": {"a": {"type": "Input"}, "b": {"type": "Output"}}}},
    }
    fields.update(changes)
    return json.dumps({k: v for k, v in fields.items() if v is not ...}, indent=1)


def network(**changes: Any) -> str:
    """The same with its one network exchanged."""
    nodes = {"a": {"type": "Input"}, "b": {"type": "Output"}}
    return text(networks={"main": {"nodes": nodes, **changes}})


SOUND = text()
WIRED = {"wires": ["a.output -> b.input"]}

CASES: dict[str, tuple[str | bytes, str]] = {
    "empty": (
        "",
        "x.nns: line 1: expected a JSON object, got an empty text. "
        "Restore the file from its backup.",
    ),
    "blank": (
        " \n\t\n",
        "x.nns: line 1: expected a JSON object, got an empty text. "
        "Restore the file from its backup.",
    ),
    "binary": (
        b"\x89PNG\r\n\x1a\n\x00\x00\xff",
        "x.nns: line 1: expected UTF-8 text, got the byte 0x89. "
        "Check that this is the right file, or save it as UTF-8.",
    ),
    "latin-1": (
        SOUND.replace("Small", "Gr\xf6\xdfe").encode("latin-1"),
        "x.nns: line 4: expected UTF-8 text, got the byte 0xf6. "
        "Check that this is the right file, or save it as UTF-8.",
    ),
    "utf-16": (
        SOUND.encode("utf-16"),
        "x.nns: line 1: expected UTF-8 text, got UTF-16 text. Save the file as UTF-8.",
    ),
    "truncated": (
        SOUND[: len(SOUND) - 20],
        "x.nns: line 12: expected the rest of the project, got the end of the file. "
        "The file is cut off: restore it from its backup, the file whose name ends in ~.",
    ),
    "no JSON": (
        "import os\nos.system('true')\n",
        'x.nns: line 1: expected a JSON value, got "import". '
        "Mend this line, or restore the file's backup.",
    ),
    "missing comma": (
        SOUND.replace('"version": 3,', '"version": 3'),
        'x.nns: line 4: expected a comma or a closing bracket, got "name". '
        "Mend this line, or restore the file's backup.",
    ),
    "two values": (
        SOUND + " {}",
        'x.nns: line 17: expected the end of the file, got "{". '
        "Mend this line, or restore the file's backup.",
    ),
    "a list": (
        "[1, 2]",
        "x.nns: expected an object of a project, got a list. "
        "Choose a file that NN Studio has saved.",
    ),
    "a number": (
        "7",
        "x.nns: expected an object of a project, got the number 7. "
        "Choose a file that NN Studio has saved.",
    ),
    "another format": (
        text(format="notebook"),
        'x.nns: line 2: format: expected "nnstudio", got "notebook". '
        "Choose a file that NN Studio has saved.",
    ),
    "no format": (
        text(format=...),
        'x.nns: line 1: format: expected "nnstudio", got none. '
        "Choose a file that NN Studio has saved.",
    ),
    "version as text": (
        text(version="1"),
        'x.nns: line 3: version: expected a version up to 3, got "1". '
        "Restore the file's first lines.",
    ),
    "version true": (
        text(version=True),
        "x.nns: line 3: version: expected a version up to 3, got true. "
        "Restore the file's first lines.",
    ),
    "version 0": (
        text(version=0),
        "x.nns: line 3: version: expected a version up to 3, got 0. "
        "Restore the file's first lines.",
    ),
    "too deep": (
        "[" * 65 + "]" * 65,
        "x.nns: line 1: expected at most 64 levels of brackets, got more. "
        "Check that this is the right file; no project is nested so deeply.",
    ),
    "a million brackets": (
        "\n" + '{"a":' * 1_000_000,
        "x.nns: line 2: expected at most 64 levels of brackets, got more. "
        "Check that this is the right file; no project is nested so deeply.",
    ),
    "too many values": (
        "[" + "0," * safe_json.MAX_VALUES + "0]",
        "x.nns: expected at most 3000000 values, got more. "
        "Check that this is the right file; no project is so large.",
    ),
    "a long string": (
        text(about="a" * 10_001),
        "x.nns: line 17: expected strings of at most 10000 characters, got one of 10001. "
        "Shorten it.",
    ),
    "a long key": (
        text(**{"k" * 10_001: 1}),
        "x.nns: line 17: expected strings of at most 10000 characters, got one of 10001. "
        "Shorten it.",
    ),
    "a long integer": (
        SOUND.replace('"version": 3', '"version": 1234567890123456'),
        "x.nns: line 3: expected whole numbers of at most 15 digits, got one of 16. "
        "Replace it by a smaller one.",
    ),
    "an endless integer": (
        SOUND.replace('"version": 3', '"version": ' + "9" * 100_000),
        "x.nns: line 3: expected whole numbers of at most 15 digits, got one of 100000. "
        "Replace it by a smaller one.",
    ),
    "NaN": (
        SOUND.replace('"version": 3', '"version": NaN'),
        "x.nns: line 3: expected a finite number, got NaN. Replace it by a number.",
    ),
    "-Infinity": (
        SOUND.replace('"version": 3', '"version": -Infinity'),
        "x.nns: line 3: expected a finite number, got -Infinity. Replace it by a number.",
    ),
    "1e999": (
        SOUND.replace('"version": 3', '"version": 1e999'),
        "x.nns: line 3: expected a finite number, got 1e999. Replace it by a smaller one.",
    ),
    "half a character": (
        SOUND.replace("Small", "\\ud800"),
        "x.nns: line 4: expected whole characters, got half of a surrogate pair. "
        "Remove the \\ud… escape.",
    ),
    "a key twice": (
        SOUND.replace('"name"', '"version": 3,\n "name"'),
        'x.nns: line 4: expected every key once, got "version" twice. '
        "Remove or rename one of the two.",
    ),
    "a node twice": (
        f'{{"format": "nnstudio", "version": 3, "name": "", "networks": {{"main": {{"nodes":'
        f' {{\n{NODE},\n"a": {{}}\n}}}}}}}}',
        'x.nns: line 3: expected every key once, got "a" twice. Remove or rename one of the two.',
    ),
    "an unknown field": (
        text(script="import os"),
        'x.nns: line 17: script: expected a known field, got "script". Remove it.',
    ),
    "a hostile field": (
        text(**{'x"\n\u202e': 1}),
        'x.nns: line 17: x"\\n\\u202e: expected a known field, got "x"\\n\\u202e". Remove it.',
    ),
    "no name": (
        text(name=...),
        "x.nns: line 1: name: expected this field, got nothing. Add it.",
    ),
    "no networks": (
        text(networks=...),
        "x.nns: line 1: networks: expected this field, got nothing. Add it.",
    ),
    "networks as a list": (
        text(networks=[]),
        "x.nns: line 5: networks: expected an object, got a list. Replace it.",
    ),
    "a name of two lines": (
        text(name="a\nb"),
        "x.nns: line 4: name: expected one line of text, got a control character. "
        "Remove the character.",
    ),
    "a long name": (
        text(name="n" * 201),
        "x.nns: line 4: name: expected at most 200 characters, got 201. Shorten it.",
    ),
    "a node with a path for a name": (
        text(networks={"main": {"nodes": {"../a": {"type": "Input"}}}}),
        "x.nns: line 8: networks.main.nodes.../a: expected a name of the letters a to z, digits "
        'and _, not beginning with a digit, got "../a". Rename it.',
    ),
    "a type with a path": (
        text(networks={"main": {"nodes": {"a": {"type": "os.system"}}}}),
        "x.nns: line 9: networks.main.nodes.a.type: expected a name of the letters a to z, digits "
        'and _, not beginning with a digit, got "os.system". Rename it.',
    ),
    "a node without a type": (
        text(networks={"main": {"nodes": {"a": {}}}}),
        "x.nns: line 8: networks.main.nodes.a.type: expected this field, got nothing. Add it.",
    ),
    "an object as a parameter": (
        text(networks={"main": {"nodes": {"a": {"type": "Input", "params": {"shape": {}}}}}}),
        "x.nns: line 11: networks.main.nodes.a.params.shape: expected a number, a text, true, "
        "false, null or a list of those, got an object. Replace it by such a value.",
    ),
    "lists in lists": (
        text(networks={"main": {"nodes": {"a": {"type": "I", "params": {"s": [[[[[1]]]]]}}}}}),
        "x.nns: line 11: networks.main.nodes.a.params.s: expected a number, a text, true, false, "
        "null or a list of those, got lists nested more than four deep. "
        "Replace it by such a value.",
    ),
    "a place in three dimensions": (
        text(networks={"main": {"nodes": {"a": {"type": "Input", "at": [1, 2, 3]}}}}),
        "x.nns: line 10: networks.main.nodes.a.at: expected 2 numbers, got 3. Correct the list.",
    ),
    "a place far away": (
        text(networks={"main": {"nodes": {"a": {"type": "Input", "at": [1e300, 2]}}}}),
        "x.nns: line 11: networks.main.nodes.a.at.0: expected a number within its bounds, "
        "got 1e+300. Replace it.",
    ),
    "no turns at all": (
        text(networks={"main": {"nodes": {"a": {"type": "ReLU", "repeat": 0}}}}),
        "x.nns: line 10: networks.main.nodes.a.repeat: expected a whole number of at least 1, or "
        "an expression, got the number 0. Set repeat to such a value.",
    ),
    "a module of no name's": (
        text(networks={"main": {"nodes": {"a": {"type": "ReLU", "shares": "b c"}}}}),
        "x.nns: line 10: networks.main.nodes.a.shares: expected a name of the letters a to z, "
        'digits and _, not beginning with a digit, got "b c". Rename it.',
    ),
    "a wire of another form": (
        network(wires=["a.output"]),
        "x.nns: line 16: networks.main.wires.0: expected a wire such as "
        '"conv1.output -> relu1.input", got "a.output". Mend or remove this wire.',
    ),
    "a wire to nowhere": (
        network(wires=["a.output -> c.input"]),
        "x.nns: line 16: networks.main.wires.0: expected the names of two nodes of this network, "
        'got "a.output -> c.input". Add a node c, or remove this wire.',
    ),
    "two wires into one input": (
        network(wires=["a.output -> b.input", "b.output -> b.input"]),
        "x.nns: line 17: networks.main.wires.1: expected one wire into b.input, "
        'got "a.output -> b.input" and "b.output -> b.input". Remove one of the two.',
    ),
    "a wire as a number": (
        network(wires=[4]),
        "x.nns: line 16: networks.main.wires.0: expected a text, got the number 4. Replace it.",
    ),
    "a frame around nothing": (
        network(frames={"box": {"nodes": ["z"]}}),
        "x.nns: line 18: networks.main.frames.box.nodes.0: expected the name of a node of this "
        'network, got "z". Remove it from the frame.',
    ),
    "a route of no wire": (
        network(wires=[], routes={"a.output -> b.input": {}}),
        "x.nns: line 17: networks.main.routes.a.output -> b.input: expected the text of a wire of "
        'this network, got "a.output -> b.input". Remove this route.',
    ),
    "a route through infinity": (
        network(**WIRED, routes={"a.output -> b.input": {"points": [[0, 1e300]]}}),
        "x.nns: line 23: networks.main.routes.a.output -> b.input.points.0.1: expected a number "
        "within its bounds, got 1e+300. Replace it.",
    ),
    "a route through half a point": (
        network(**WIRED, routes={"a.output -> b.input": {"points": [[0]]}}),
        "x.nns: line 21: networks.main.routes.a.output -> b.input.points.0: expected 2 numbers, "
        "got 1. Correct the list.",
    ),
    "a route through too much": (
        network(**WIRED, routes={"a.output -> b.input": {"points": [[0, 0]] * 1001}}),
        "x.nns: line 20: networks.main.routes.a.output -> b.input.points: expected at most 1000 "
        "points on a wire, got 1001. Remove some of them.",
    ),
    "a style of its own": (
        network(**WIRED, routes={"a.output -> b.input": {"style": "wavy"}}),
        'x.nns: line 20: networks.main.routes.a.output -> b.input.style: expected "", '
        '"curved", "straight" or "orthogonal", got "wavy". Replace it.',
    ),
    "a link of two lines": (
        network(**WIRED, routes={"a.output -> b.input": {"link": "a\nb"}}),
        "x.nns: line 20: networks.main.routes.a.output -> b.input.link: expected one line of "
        "text, got a control character. Remove the character.",
    ),
    "a long link": (
        network(**WIRED, routes={"a.output -> b.input": {"link": "x" * 81}}),
        "x.nns: line 20: networks.main.routes.a.output -> b.input.link: expected at most 80 "
        "characters, got 81. Shorten it.",
    ),
    "a note without a size": (
        network(notes={"n": {"size": [10, 0]}}),
        "x.nns: line 19: networks.main.notes.n.size.1: expected a number within its bounds, "
        "got 0. Replace it.",
    ),
    "a note as long as a book": (
        network(notes={"n": {"text": "x" * 10_001}}),
        "x.nns: line 17: expected strings of at most 10000 characters, got one of 10001. "
        "Shorten it.",
    ),
    "a note named by a path": (
        network(notes={"../n": {}}),
        "x.nns: line 16: networks.main.notes.../n: expected a name of the letters a to z, digits "
        'and _, not beginning with a digit, got "../n". Rename it.',
    ),
    "a colour that is a command": (
        network(notes={"n": {"colour": "red; background: url(x)"}}),
        "x.nns: line 17: networks.main.notes.n.colour: expected the name of a colour, "
        'got "red; background: url(x)". Choose another colour.',
    ),
    "a bypass as a word": (
        text(networks={"main": {"nodes": {"a": {"type": "ReLU", "bypassed": "yes"}}}}),
        "x.nns: line 10: networks.main.nodes.a.bypassed: expected true or false, "
        'got "yes". Replace it.',
    ),
    "a split of more than everything": (
        text(data={"split": [0.6, 0.3, 0.3]}),
        "x.nns: line 18: data.split: expected three fractions that add up to 1, "
        "got [0.6, 0.3, 0.3], which add up to 1.2. Correct one of them.",
    ),
    "a negative split": (
        text(data={"split": [1.5, -0.5, 0]}),
        "x.nns: line 19: data.split.0: expected a number within its bounds, got 1.5. Replace it.",
    ),
    "an unknown scale": (
        text(data={"scale": "huge"}),
        'x.nns: line 18: data.scale: expected "none", "standard", "unit" or "robust", got "huge". '
        "Replace it.",
    ),
    "a source with a path": (
        text(data={"source": "../../etc/passwd"}),
        "x.nns: line 18: data.source: expected a name of the letters a to z, digits and _, not "
        'beginning with a digit, got "../../etc/passwd". Rename it.',
    ),
    "a plan for another network": (
        text(plan=[{"network": "critic"}]),
        'x.nns: line 19: plan.0.network: expected one of main, got "critic". '
        "Name a network of this project.",
    ),
    "a stage that is a text": (
        text(plan=["train"]),
        'x.nns: line 18: plan.0: expected an object, got "train". Replace it.',
    ),
    "a variable without a value": (
        text(variables={"h": {"doc": ""}}),
        "x.nns: line 18: variables.h.value: expected this field, got nothing. Add it.",
    ),
    "a bound as a text": (
        text(variables={"h": {"value": 1, "low": "0"}}),
        'x.nns: line 20: variables.h.low: expected a number, got "0". Replace it.',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_gets_one_sentence(case: str, tmp_path: Path) -> None:
    content, expected = CASES[case]
    path = tmp_path / "x.nns"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ProjectError) as caught:
        graph_compiler.load_project(path)
    assert str(caught.value) == expected
    assert "pydantic" not in str(caught.value)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 50


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "x.nns"
    path.write_bytes(b"\xef\xbb\xbf" + SOUND.encode())
    assert graph_compiler.load_project(path).name == "Small"


def test_a_future_version_is_named_and_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.nns"
    path.write_text(text(version=4, something="new"))
    with pytest.raises(FutureVersionError) as caught:
        graph_compiler.load_project(path)
    expected = (
        "version: expected a project file of version 3 or older, got version 4. "
        "Open it with a newer NN Studio; this one leaves the file as it is."
    )
    assert str(caught.value) == f"x.nns: {expected}"
    assert caught.value.version == 4
    before = path.read_bytes()
    with pytest.raises(FutureVersionError):
        graph_compiler.save_project(graph_compiler.parse_project(SOUND, "y"), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["x.nns"]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        graph_compiler.load_project(tmp_path / "none.nns")
    assert str(caught.value) == (
        "none.nns: expected a file, got nothing under this name. Check the path."
    )


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        graph_compiler.load_project(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path.name}: expected a file, got a folder. Choose a file inside it."
    )


def test_a_path_with_a_null_character() -> None:
    with pytest.raises(ProjectError) as caught:
        graph_compiler.load_project("a\0b")
    assert str(caught.value) == (
        "a\0b: expected the path of a file, got a path with a null character. Choose another file."
    )


def test_too_many_bytes(tmp_path: Path) -> None:
    path = tmp_path / "big.nns"
    with open(path, "wb") as file:
        file.truncate(safe_json.MAX_BYTES + 2**20)
    with pytest.raises(ProjectError) as caught:
        graph_compiler.load_project(path)
    assert str(caught.value) == (
        "big.nns: expected a file of at most 64 MB, got one of 65 MB. "
        "Check that this is the right file."
    )


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    if sys.platform == "win32":
        return  # Windows keeps its pipes out of folders
    path = tmp_path / "pipe.nns"
    os.mkfifo(path)
    with pytest.raises(ProjectError) as caught:
        graph_compiler.load_project(path)
    assert str(caught.value) == (
        "pipe.nns: expected a regular file, got a pipe, socket or device. Choose another file."
    )


@pytest.mark.parametrize("field", schema.CAPS)
def test_too_many_of_anything(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schema.CAPS, field, 1)
    given: Any = ["x", "y"] if field == "wires" else {"a": {}, "b": {}}
    with pytest.raises(ProjectError) as caught:
        graph_compiler.parse_project(text(networks={"main": {field: given}}), "x")
    assert caught.value.place == f"networks.main.{field}"
    assert (caught.value.expected, caught.value.got, caught.value.remedy) == (
        f"at most 1 {field} in a project",
        "more",
        "Divide the project into several files.",
    )


@pytest.mark.parametrize(
    "text", ['"\\"' * 300_000, '"' + "\\" * 999_999, '{"a' * 300_000, "[" + '"",' * 300_000]
)
def test_no_text_takes_long_to_refuse(text: str) -> None:
    """A scan that went back for each quote would take hours; the time limit would end it."""
    with pytest.raises(ProjectError):
        graph_compiler.parse_project(text, "x")


def test_the_line_of_a_refusal_is_that_of_the_value() -> None:
    source = '{\n "a": [1,\n  {"b": 2,\n   "c": "x"}],\n "d": {}\n}'
    assert safe_json.line_of(source, ("a", 1, "c")) == 4
    assert safe_json.line_of(source, ("a", 1, "missing")) == 3
    assert safe_json.line_of(source, ("d",)) == 5
