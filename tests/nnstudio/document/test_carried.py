"""Projects carried in pictures come out whole, and hostile pictures get one clear error."""

from __future__ import annotations

import contextlib
import struct
import tempfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_compiler.files import ProjectError, project_text
from graph_compiler.model import Note, Route
from graph_compiler.safe_json import MAX_BYTES
from nnstudio.document.carried import _chunk, into_png, into_svg, load_carried
from nnstudio.document.templates import load_target

EMPTY_PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b"")
)
EMPTY_SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>\n'


@pytest.mark.parametrize("ending", ["png", "svg"])
@pytest.mark.parametrize("name", ["plain", "</metadata><script>&amp;", "Größe → “Netz”"])
def test_a_project_comes_out_as_it_went_in(tmp_path: Path, ending: str, name: str) -> None:
    project = load_target("template:resnet@18")
    project.about = name
    main = project.networks["main"]
    main.routes[next(iter(main.wires))] = Route(((1.5, -2.0),), "orthogonal", name[:60])
    main.notes["note1"] = Note("note1", name, (0.0, 0.0), (80.0, 40.0), "blue")
    text = project_text(project)
    path = tmp_path / f"picture.{ending}"
    if ending == "png":
        path.write_bytes(into_png(EMPTY_PNG, text))
    else:
        path.write_text(into_svg(EMPTY_SVG, text), encoding="utf-8")
    assert project_text(load_carried(path)) == text
    assert load_target(str(path)).about == name
    assert load_target(f"{path}@101").variables["depths"].value == (3, 4, 23, 3)


@pytest.mark.parametrize(
    "data", [EMPTY_PNG, EMPTY_SVG.encode(), b"", b"\xff\xfe", b"\x89PNG\r\n\x1a\n"]
)
def test_a_picture_without_a_project_says_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "holiday.png"
    path.write_bytes(data)
    with pytest.raises(ProjectError) as caught:
        load_carried(path)
    assert str(caught.value) == (
        "holiday.png: expected a picture that was exported from NN Studio, "
        "got one without a project in it. Open the project's .nns file instead."
    )


def test_text_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(into_png(EMPTY_PNG, " " * (MAX_BYTES + 1)))
    assert path.stat().st_size < MAX_BYTES / 100
    with pytest.raises(ProjectError, match="one whose project is damaged or too large"):
        load_carried(path)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damage_is_an_error_and_no_traceback(noise: bytes, at: int) -> None:
    whole = into_png(EMPTY_PNG, project_text(load_target("template:perceptron")))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
        with contextlib.suppress(ProjectError):
            assert load_carried(path).name == "Perceptron"
