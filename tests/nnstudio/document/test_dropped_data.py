"""Which source of data takes a file or folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnstudio.document.dropped_data import source_for


@pytest.mark.parametrize(
    ("name", "at_hand", "source"),
    [
        ("rows.csv", "", "csv"),
        ("ROWS.TSV", "digits", "csv"),
        ("rows.csv", "series", "series"),
        ("rows.csv", "text_file", "csv"),
        ("rows.parquet", "csv", "parquet"),
        ("tale.txt", "text_file", "text_file"),
        ("tale.txt", "digits", ""),
        ("model.onnx", "", ""),
        ("missing", "", ""),
    ],
)
def test_the_name_of_a_file_tells_its_source(name: str, at_hand: str, source: str) -> None:
    assert source_for(Path(name), at_hand) == source


@pytest.mark.parametrize(
    ("inside", "source"),
    [("cat/1.JPG", "image_folder"), ("yes/1.wav", "wav_folder"), ("notes/a.pdf", "")],
)
def test_what_lies_in_a_folder_tells_its_source(tmp_path: Path, inside: str, source: str) -> None:
    (tmp_path / inside).parent.mkdir()
    (tmp_path / inside).touch()
    assert source_for(tmp_path) == source
