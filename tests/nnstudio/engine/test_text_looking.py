"""A look at texts: the vocabulary that the script will find, and files of text refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnstudio.document.sources import sources
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.preview import preview

FORMS = sorted(name for name, one in sources().items() if one.form != "examples" and not one.opens)


@pytest.mark.parametrize("source", FORMS)
def test_every_text_source_has_a_preview_whose_vocabulary_fits(source: str) -> None:
    from graph_compiler.model import DataSource
    from nnstudio.document.sources import facts

    found = preview({"source": source}, {})
    known = facts(DataSource(source), {})
    assert found["rows"] == known.rows or source in ("corpus", "markov")
    assert found["rows"] <= known.rows
    assert found["options"] == {}
    names = [column["name"] for column in found["columns"]]
    assert 10 < len(found["table"]) <= 50
    assert all(len(row) == len(names) for row in found["table"])
    assert known.dtype == "int"


@pytest.mark.parametrize(("tokenizer", "count"), [("character", 8), ("word", 5)])
def test_what_a_look_finds_is_kept(tokenizer: str, count: int, tmp_path: Path) -> None:
    """`a`, `b`, `c`, `d`, `e`, space, line end and unknown; four words with their spaces."""
    path = tmp_path / "text.txt"
    path.write_text("ab cd\n" * 50 + "e", encoding="utf-8")
    options = {"path": str(path), "tokenizer": tokenizer, "context": 5}
    found = preview({"source": "text_file", "options": options, "split": [1, 0, 0]}, {})
    assert found["options"]["vocabulary"] == (count if tokenizer == "character" else 5)
    assert found["options"]["rows"] == found["rows"]
    assert found["table"][0] == ["ab cd" if tokenizer == "character" else "ab cd\nab cd"]


@pytest.mark.parametrize("source", ["text_file", "tree_file"])
def test_a_mark_before_the_text_is_none_of_it(source: str, tmp_path: Path) -> None:
    path, found = tmp_path / "text.txt", []
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text("(3 (2 not) (4 bad))\n" * 40, encoding=encoding)
        data = {"source": source, "options": {"path": str(path)}, "split": [1, 0, 0]}
        found.append(preview(data, {}))
    assert found[0] == found[1]


def test_feelings_that_are_not_known_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "trees.txt"
    path.write_text("(3 (2 not) (9 bad))\n" * 40)
    assert refusal(path, "tree_file") == (
        "Tree file: expected data in its form, got (3 (2 not) (9 bad)): expected feelings from 0 "
        "to 4, got 9. Mend the file."
    )


def refusal(path: Path | str, source: str = "text_file") -> str:
    with pytest.raises(BadData) as caught:
        preview({"source": source, "options": {"path": str(path)}}, {})
    return str(caught.value)


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    assert refusal("") == ("data.path: expected a file, got none. Choose one in the Data panel.")
    gone = tmp_path / "gone.txt"
    assert refusal(gone) == (
        f"{gone}: expected a file, got nothing there. Choose a file that is there."
    )
    assert refusal(tmp_path) == (
        f"{tmp_path}: expected a file, got a folder. Choose a file that is there."
    )
    latin = tmp_path / "latin.txt"
    latin.write_bytes("plain\nschön\n".encode("latin-1"))
    assert refusal(latin) == (
        f"{latin}, line 2: expected text in UTF-8, got other bytes. Save it as UTF-8."
    )
    zeros = tmp_path / "zeros.txt"
    zeros.write_bytes(b"a\0b")
    assert (
        refusal(zeros) == f"{zeros}: expected text, got zeros, as in no text. Choose a text file."
    )
    short = tmp_path / "short.txt"
    short.write_bytes(b"abc")
    assert refusal(short) == (
        f"{short}: expected at least one row in the training part, got too little text. "
        "Choose a longer text, or a shorter context."
    )
    tree = tmp_path / "trees.txt"
    tree.write_text("(1 (2 a) (3 b)")
    assert refusal(tree, "tree_file") == (
        "Tree file: expected data in its form, got (1 (2 a) (3 b): expected a closing bracket for "
        "each opening one. Mend the file."
    )
