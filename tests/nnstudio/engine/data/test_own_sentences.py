"""Sentences and pairs of the user's own: how they are parted, learned from, exported and used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph_compiler.model import DataSource, Project
from nnstudio.document.templates import assign, load_target
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.data import pair_file, sentence_file
from nnstudio.engine.preview import preview
from nnstudio.terminal.targets import with_vocabulary

STORY = 'Mia has a dog. "It doesn\'t bark!" she says.\nIs it old?  No.'
NAMES = ("Mia", "Tom", "Ann", "Leo", "Eva")


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Writes a text, and reads it as a script would."""

    def read(module: Any, text: str, **constants: Any) -> Any:
        path = tmp_path / "own.txt"
        path.write_text(text, encoding="utf-8")
        for name, value in {"PATH": str(path), **constants}.items():
            monkeypatch.setattr(module, name, value)
        return module.examples()

    return read


def test_paragraphs_are_parted_at_the_marks_that_end_a_sentence(texts: Callable[..., Any]) -> None:
    (stories,) = texts(sentence_file, "\n\n \n".join([STORY] * 12))
    assert len(stories) == 12
    assert stories[0] == [
        "mia has a dog .",
        '" it doesn\'t bark ! " she says .',
        "is it old ?",
        "no .",
    ]


def test_lines_may_be_sentences(texts: Callable[..., Any]) -> None:
    (stories,) = texts(sentence_file, "A b\nC d.\n\n" * 10, SENTENCES="lines", LOWER=False)
    assert stories == [["A b", "C d ."]] * 10


def test_a_text_without_empty_lines_is_cut(texts: Callable[..., Any]) -> None:
    (stories,) = texts(sentence_file, " ".join(f"Number {n}." for n in range(20)))
    assert [len(story) for story in stories] == [8, 8, 4]
    assert stories[1][0] == "number 8 ."


def test_pairs_stand_in_lines_with_a_tab(texts: Callable[..., Any]) -> None:
    given, wanted = texts(pair_file, "\ufeffGo on.\tWeiter!\tby somebody\n\nI'm in.\tIch bin da.\n")
    assert given == [["Go", "on", "."], ["I'm", "in", "."]]
    assert wanted == [["Weiter", "!"], ["Ich", "bin", "da", "."]]


@pytest.mark.parametrize("line", ["no tab", "\tonly one", "one\t", "one\t \tthree"])
def test_a_line_without_two_texts_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(f"a\tb\n{line}\n", encoding="utf-8")
    with pytest.raises(BadData) as refused:
        preview({"source": "pair_file", "options": {"path": str(path)}}, {})
    assert str(refused.value) == (
        "Pair file: expected data in its form, got line 2: expected two texts with a tab between "
        "them. Mend the file."
    )


def own(template: str, source: str, text: str, folder: Path) -> Project:
    """A template on a text of one's own, looked at as by window and terminal."""
    path = folder / f"{source}.txt"
    path.write_text(text, encoding="utf-8")
    options = {"path": str(path)}
    found = preview({"source": source, "options": options}, {})["options"]
    project = load_target(f"template:{template}")
    project = replace(project, data=DataSource(source, found))
    return assign(with_vocabulary(project, {"data.path"}), "plan.epochs", 1)


def pairs() -> str:
    lines = [f"{a} sees {b}.\t{b} , {a} .\n" for a in NAMES for b in NAMES]
    return "".join(lines * 4)


def paragraphs() -> str:
    return "\n\n".join(f"{a} has a dog. {a} likes it. It likes {a}." for a in NAMES * 6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("template", "source", "text"),
    [("transformer", "pair_file", pairs()), ("bert", "sentence_file", paragraphs())],
)
def test_they_are_learned_from_and_the_exported_script_gives_the_losses(
    template: str, source: str, text: str, runs: Any, tmp_path: Path
) -> None:
    project = own(template, source, text, tmp_path)
    run = runs.create(project)
    reader = runs.work(run)
    assert reader.state().status == "done"
    assert list(reader.series("train_loss")[1]) == runs.script_losses(run, tmp_path / "alone")
    assert "nnstudio" not in (run / "train.py").read_text().split('"""')[2]


def test_the_largest_vocabulary_holds(tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(pairs(), encoding="utf-8")
    options = {"path": str(path), "most": 7}
    found = preview({"source": "pair_file", "options": options}, {})
    assert found["options"]["vocabulary"] == 7
    assert found["rows"] == 100
