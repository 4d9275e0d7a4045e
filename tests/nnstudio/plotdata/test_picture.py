"""Pictures of curves: which lines, in which manner, in which file."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnstudio.plotdata import picture
from nnstudio.theme import LIGHT

STEPS = np.arange(200)
EPOCHS = np.arange(20, 201, 20)
RUN = {
    "train_loss": (STEPS, np.exp(-STEPS / 50).astype("f4")),
    "fit_loss": (EPOCHS, np.exp(-EPOCHS / 50)),
    "val_loss": (EPOCHS, np.exp(-EPOCHS / 50) + 0.1),
    "fit_accuracy": (EPOCHS, 1 - np.exp(-EPOCHS / 50)),
    "val_accuracy": (EPOCHS, 0.9 - np.exp(-EPOCHS / 50)),
}
SVG = "{http://www.w3.org/2000/svg}"


def strokes(target: Path) -> dict[str, list[str]]:
    """Colour to the styles of the paths drawn in it."""
    found: dict[str, list[str]] = {}
    for path in ElementTree.parse(target).iter(f"{SVG}path"):
        style = path.get("style", "")
        for colour in (picture.TRAINING, picture.VALIDATION):
            if f"stroke: {colour}" in style:
                found.setdefault(colour, []).append(style)
    return found


def comments(target: Path) -> str:
    """matplotlib keeps the text that it draws as outlines in comments."""
    return target.read_text(encoding="utf-8")


def test_colours_are_those_of_the_light_theme():
    assert (
        LIGHT.panel,
        LIGHT.text,
        LIGHT.muted,
        LIGHT.line,
    ) == (picture.PAPER, picture.INK, picture.MUTED, picture.RULE)
    assert (LIGHT.training, LIGHT.validation) == (picture.TRAINING, picture.VALIDATION)


@pytest.mark.parametrize("kind", picture.KINDS)
def test_png(tmp_path, kind):
    picture.draw(kind, RUN, tmp_path / "a.png", "LeNet-5")
    image = Image.open(tmp_path / "a.png").convert("RGB")
    assert image.size == (1080, 630)
    colours = {colour for _, colour in image.getcolors(1 << 20)}
    for wanted in (picture.TRAINING, picture.VALIDATION, picture.PAPER):
        assert tuple(bytes.fromhex(wanted[1:])) in colours


@pytest.mark.parametrize("kind", picture.KINDS)
def test_training_is_solid_and_validation_dashed_with_names_at_the_ends(tmp_path, kind):
    picture.draw(kind, RUN, tmp_path / "a.svg", "LeNet-5")
    found = strokes(tmp_path / "a.svg")
    assert not any("dasharray" in style for style in found[picture.TRAINING])
    assert all("dasharray" in style for style in found[picture.VALIDATION])
    text = comments(tmp_path / "a.svg")
    last = {"loss": "0.0183", "accuracy": "0.9817", "gap": "0.0183"}[kind]
    assert f"<!-- training {last} -->" in text
    assert "<!-- validation 0." in text
    assert "<!-- LeNet-5 -->" in text


def test_same_numbers_give_the_same_file(tmp_path):
    for name in ("a.svg", "b.svg"):
        picture.draw("loss", RUN, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_title_of_a_stranger_is_only_text(tmp_path):
    picture.draw("loss", RUN, tmp_path / "a.svg", "$\\frac{1}{ <script>&")
    ElementTree.parse(tmp_path / "a.svg")
    assert "<script>" not in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_gap_is_shaded_between_the_errors(tmp_path):
    picture.draw("gap", RUN, tmp_path / "a.svg")
    text = comments(tmp_path / "a.svg")
    assert f"fill: {picture.VALIDATION}" in text
    assert "<!-- error -->" in text


def test_regression_shows_its_losses_as_errors(tmp_path):
    columns = {name: RUN[name] for name in ("train_loss", "fit_loss", "val_loss")}
    picture.draw("gap", columns, tmp_path / "a.svg")
    assert "<!-- training 0.0183 -->" in comments(tmp_path / "a.svg")


def test_half_of_the_lines_is_drawn_where_it_is_all_there_is(tmp_path):
    picture.draw("loss", {"train_loss": RUN["train_loss"]}, tmp_path / "a.png")
    with pytest.raises(picture.NothingToDraw) as error:
        picture.draw("gap", {"train_loss": RUN["train_loss"]}, tmp_path / "b.png")
    assert str(error.value) == "expected series for gap, got train_loss"
    with pytest.raises(picture.NothingToDraw) as error:
        picture.draw("accuracy", {}, tmp_path / "b.png")
    assert str(error.value) == "expected series for accuracy, got none yet"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "values",
    [
        np.full(10, np.nan),
        np.array([1.0, np.nan, np.inf, 2.0, -np.inf, 1, 1, 1, 1, 1]),
        np.zeros(10),
        np.full(10, 1e30),
        np.array([3.0]),
    ],
)
@pytest.mark.parametrize("kind", ["loss", "gap"])
def test_gaps_and_extremes_are_drawn(tmp_path, kind, values):
    steps = np.arange(len(values)) + 1
    columns = dict.fromkeys(("fit_loss", "val_loss"), (steps, values))
    picture.draw(kind, columns, tmp_path / "a.png")


def test_thinning_keeps_every_peak_and_gap():
    values = np.zeros(1_000_000, "f4")
    values[123_456] = 9
    values[654_321] = -7
    values[500_000] = np.nan
    steps, thinned = picture.thinned(np.arange(len(values)), values)
    assert len(thinned) < 10_000
    assert np.nanmax(thinned) == 9
    assert np.nanmin(thinned) == -7
    assert steps[np.isnan(thinned)].tolist() == [500_000]
    assert (np.diff(steps) > 0).all()


def test_drawing_loads_neither_qt_nor_pyplot(tmp_path):
    script = (
        "import sys, numpy\n"
        "from pathlib import Path\n"
        "from nnstudio.plotdata.picture import draw\n"
        "a = numpy.arange(5.0)\n"
        "draw('loss', {'fit_loss': (a, a)}, Path(sys.argv[1]))\n"
        "unwanted = ('PySide6', 'matplotlib.pyplot', 'torch')\n"
        "print([name for name in sys.modules if name.startswith(unwanted)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.png")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == "[]\n"
