"""Completions that come piece by piece: begun once, asked for more, ended at any time.

Owns the texts that are being written. A request for more takes at most a moment, so that whoever
stops asking has stopped the writing.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import torch

from nnstudio.engine.recipes.language_model import LanguageModel
from nnstudio.engine.using_run import CannotUse, InUse
from nnstudio.engine.using_text import tokenizer_of, typed

MOMENT = 0.1
"""Seconds after which what there is so far is handed over."""
MOST = 4
"""Texts that are written at the same time; the oldest gives way."""

_numbers = itertools.count(1)
_going: dict[int, Iterator[str]] = {}


def completion(
    one: InUse, given: dict[str, Any], options: dict[str, Any]
) -> tuple[Iterator[str], list[str]]:
    """The text behind a beginning, piece by piece, and what has to be said of it."""
    tokenizer, context = tokenizer_of(one), one.facts.shape[0]
    beginning = typed(given)
    try:
        tokens = tokenizer.encode(beginning)
    except ValueError as error:
        raise CannotUse(
            "text: expected whole numbers with spaces between, got something else. "
            "Such data have no letters; type for example: 3 1 4"
        ) from error
    known = one.options.get("words") or one.facts.outputs
    if isinstance(known, int) and tokens and max(tokens) >= known > 0:
        raise CannotUse(
            f"text: expected numbers below {known}, got {max(tokens)}. Type smaller ones."
        )
    notes = []
    strange = _strange(beginning, tokenizer)
    if strange:
        notes.append(f"Never learned, and read as something unknown: {strange}.")
    if len(tokens) > context:
        notes.append(f"The network sees the last {context} of {len(tokens)} tokens.")
    generator = torch.Generator()
    seed = options.get("seed")
    generator.manual_seed(seed) if seed is not None else generator.seed()
    part = SimpleNamespace(inputs=SimpleNamespace(context=context))
    data = SimpleNamespace(tokenizer=tokenizer, train=part)
    # The recipe's own words, asked of a network that is not trained any more.
    writer = cast(LanguageModel, SimpleNamespace(model=one.network, data=data))
    pieces = LanguageModel.complete(
        writer,
        beginning,
        int(options["most"]),
        float(options["temperature"]),
        int(options["top_k"]),
        float(options["top_p"]),
        str(options["stop"]).replace("\\n", "\n"),
        generator,
    )
    return pieces, notes


def begin(one: InUse, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """A text that is being written; its number is asked with."""
    pieces, notes = completion(one, given, options)
    number = next(_numbers)
    _going[number] = pieces
    while len(_going) > MOST:
        _going.pop(next(iter(_going)))
    return {"kind": "stream", "number": number, "notes": notes}


def more(number: int) -> dict[str, Any]:
    """What was written within a moment: `text`, and whether it is `done`."""
    pieces = _going.get(number)
    if pieces is None:
        raise CannotUse("This text is not being written any more. Begin anew.")
    text, done, end = "", False, time.monotonic() + MOMENT
    while time.monotonic() < end:
        piece = next(pieces, None)
        if piece is None:
            done = True
            break
        text += piece
    if done:
        _going.pop(number, None)
    return {"text": text, "done": done}


def stop(number: int) -> dict[str, Any]:
    """Write no more of it."""
    return {"was": _going.pop(number, None) is not None}


def _strange(text: str, tokenizer: Any) -> str:
    """The first few pieces of a text that the tokenizer has no token for."""
    vocabulary = getattr(tokenizer, "numbers", None)
    if vocabulary is None:
        return ""
    decoded = [tokenizer.decode([token]) for token in tokenizer.encode(text)]
    unknown = tokenizer.vocabulary[0]
    if unknown not in decoded:
        return ""
    if len(decoded) == len(text):  # a token for each character
        pieces = [sign for sign, token in zip(text, decoded, strict=True) if token == unknown]
    else:
        import re

        from nnstudio.engine.parts.tokens import WORDS

        found = re.findall(WORDS, text)
        pieces = [w for w, token in zip(found, decoded, strict=False) if token == unknown]
    return ", ".join(f"“{piece.strip() or repr(piece)[1:-1]}”" for piece in dict.fromkeys(pieces))[
        :120
    ]
