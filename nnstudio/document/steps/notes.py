"""Steps on notes: the texts on the canvas that are for people alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from graph_compiler.model import Note
from graph_compiler.safe_json import MAX_STRING
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.look_edits import PutNote
from nnstudio.document.steps import layout, naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.layout import Place
from nnstudio.document.steps.looks import valid_colour

SMALLEST, LARGEST = (40.0, 24.0), (10_000.0, 10_000.0)


def add_note(
    document: Document,
    network: str,
    at: Place,
    text: str = "",
    size: Place | None = None,
    colour: str = "",
    name: str | None = None,
) -> Step:
    """A new note with its top left corner at a place, named `note1` and so on."""
    draft = Draft(document.project, network)
    taken = draft.network.notes
    title = naming.another(naming.valid(name), taken) if name else naming.fresh("note", taken)
    note = Note(title, _text(text), layout.possible(at), colour=valid_colour(colour))
    draft.edit(PutNote(network, title, None, note if size is None else _sized(note, size)))
    return draft.step("Add a note")


def edit_note(
    document: Document,
    network: str,
    name: str,
    *,
    text: str | None = None,
    at: Place | None = None,
    size: Place | None = None,
    colour: str | None = None,
) -> Step:
    """Another text, place, size or colour for a note; what is not given stays."""
    draft = Draft(document.project, network)
    before = note_of(draft, name)
    after = before if text is None else replace(before, text=_text(text))
    if at is not None:
        after = replace(after, at=layout.possible(at))
    if size is not None:
        after = _sized(after, size)
    if colour is not None:
        after = replace(after, colour=valid_colour(colour))
    draft.edit(PutNote(network, name, before, after))
    given = {"Write": text, "Resize": size, "Move": at, "Colour": colour}
    verbs = [verb for verb, value in given.items() if value is not None]
    return draft.step(f"{verbs[0] if verbs else 'Change'} a note")


def move_notes(document: Document, network: str, places: Mapping[str, Place]) -> Step:
    """Notes to other places on the canvas."""
    draft = Draft(document.project, network)
    draft.move({}, {note_of(draft, name).name: layout.possible(at) for name, at in places.items()})
    return draft.step("Move a note" if len(places) == 1 else f"Move {len(places)} notes")


def remove_note(document: Document, network: str, name: str) -> Step:
    """A note goes."""
    draft = Draft(document.project, network)
    draft.edit(PutNote(network, name, note_of(draft, name), None))
    return draft.step("Remove a note")


def note_of(draft: Draft, name: str) -> Note:
    """The note `name`; refused where there is none."""
    try:
        return draft.network.notes[name]
    except KeyError:
        raise Refused(f"There is no note “{name}”.") from None


def _text(text: str) -> str:
    if len(text) > MAX_STRING:
        raise Refused(f"A note has at most {MAX_STRING:,} characters. Divide it into two.")
    return text.encode("utf-8", "replace").decode("utf-8")


def _sized(note: Note, size: Place) -> Note:
    if not all(math.isfinite(one) for one in size):
        raise Refused("A note needs a size. Draw it larger.")
    width, height = (
        min(max(float(given), least), most)
        for given, least, most in zip(size, SMALLEST, LARGEST, strict=True)
    )
    return replace(note, size=(width, height))
