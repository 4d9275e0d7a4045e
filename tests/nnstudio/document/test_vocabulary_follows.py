"""The variable for the vocabulary follows the data in the same step, and goes back with it."""

from __future__ import annotations

import pytest

from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target


@pytest.fixture
def document() -> Document:
    """GPT-2 as published, without data."""
    return Document(load_target("template:gpt2@small"))


def words(document: Document) -> object:
    return document.project.variables["words"].value


def test_another_source_sets_the_variable(document: Document) -> None:
    document.do(steps.set_source(document, "corpus"))
    assert (document.project.data.source, words(document)) == ("corpus", 45)
    document.do(steps.set_option(document, "vocabulary", 60))
    assert words(document) == 60
    document.do(steps.set_option(document, "tokenizer", "byte_pair"))
    assert words(document) == 256
    for _ in range(3):
        document.undo()
    assert (document.project.data.source, words(document)) == ("none", 50257)


def test_a_file_that_was_looked_at_sets_the_variable(document: Document) -> None:
    found = {"path": "a.txt", "tokenizer": "word", "vocabulary": 321, "rows": 40}
    document.do(steps.use_found(document, "text_file", found))
    assert words(document) == 321


def test_a_vocabulary_that_follows_the_variable_leaves_it_alone(document: Document) -> None:
    document.do(steps.set_source(document, "corpus"))
    document.do(steps.set_option(document, "vocabulary", "words"))
    document.do(steps.set_option(document, "context", 16))
    assert words(document) == 45


def test_other_data_leave_it_alone(document: Document) -> None:
    document.do(steps.set_source(document, "digits"))
    assert words(document) == 50257
