"""Text in, text out: translations, hidden words, feelings of phrases; with the recipes' own search.

Owns how words that a person types become tokens, and what is said of words that were never learned.
Completions, which come piece by piece, are `using_stream`'s.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import torch

from nnstudio.engine.parts import sentence_pairs, translation, trees
from nnstudio.engine.parts.tokens import BytePairs, Characters, Numbers, Words
from nnstudio.engine.parts.wording import words_in
from nnstudio.engine.recipes.sequence_to_sequence import beam
from nnstudio.engine.using_run import CannotUse, InUse, kept_state

MASK = "[MASK]"
FEELINGS = {
    5: ("very bad", "bad", "neither", "good", "very good"),
    2: ("bad", "good"),
}
MOST_CHARACTERS = 20_000
MOST_GUESSES = 20


def typed(given: dict[str, Any], name: str = "text") -> str:
    """A text among the input; raises `CannotUse` for anything else, and for far too long ones."""
    text = given.get(name, "")
    if not isinstance(text, str):
        raise CannotUse(f"{name}: expected a text, got something else. Type one.")
    if len(text) > MOST_CHARACTERS:
        raise CannotUse(
            f"{name}: expected at most {MOST_CHARACTERS:,} characters, got {len(text):,}. "
            "Shorten it."
        )
    return text


def tokenizer_of(one: InUse) -> Any:
    """What turned the text into tokens, as the run kept it."""
    saved = one.fitted.get("tokenizer") or kept_state(one).get("tokenizer")
    if isinstance(saved, str):
        saved = json.loads(saved)
    if not isinstance(saved, dict):
        raise CannotUse(
            f"{one.run.name}: expected a run that kept its tokenizer, got none. Train it anew."
        )
    match saved.get("tokenizer"):
        case "character":
            return Characters(list(saved["vocabulary"]))
        case "word":
            return Words(list(saved["vocabulary"]))
        case "byte_pair":
            return BytePairs([(int(left), int(right)) for left, right in saved["merges"]])
    return Numbers()


def vocabulary_of(one: InUse) -> list[str]:
    """The words by their numbers, as the run kept them."""
    words = one.fitted.get("vocabulary") or kept_state(one).get("vocabulary")
    if not isinstance(words, list) or not words:
        raise CannotUse(
            f"{one.run.name}: expected a run that kept its words, got none. Train it anew."
        )
    return [str(word) for word in words]


def translate(one: InUse, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """The likeliest answers to a row of words, the best first."""
    vocabulary, length = vocabulary_of(one), one.facts.shape[0]
    words = _parted(typed(given), vocabulary)
    if not words:
        raise CannotUse("text: expected some words, got none. Type a sentence.")
    numbers = {word: number for number, word in enumerate(vocabulary)}
    notes = _unknown(words, numbers)
    if len(words) > length - 1:
        notes.append(f"Only the first {length - 1} words were read: the network knows no more.")
    known = [numbers.get(word, translation.UNKNOWN) for word in words[: length - 1]]
    row = [*known, translation.END, *[translation.PAD] * (length - 1 - len(known))]
    found = beam(one.network, torch.tensor(row), length, int(options["beams"]))
    between = "" if one.facts.name == "sequence_tasks" else " "
    rows = [
        (between.join(translation.words_of(tokens, vocabulary)), chance) for tokens, chance in found
    ]
    table = [
        [text or "(nothing)", f"{math.exp(chance):.1%}", f"{chance:.3f}"] for text, chance in rows
    ]
    return {
        "kind": "text",
        "text": rows[0][0],
        "words": f"{rows[0][0] or 'Nothing'}, with a chance of {math.exp(rows[0][1]):.1%}",
        "table": {"columns": ["answer", "chance", "log chance"], "rows": table},
        "notes": notes,
    }


def fill_in(one: InUse, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """The likeliest words for every [MASK], and whether the second sentence follows the first."""
    vocabulary, length = vocabulary_of(one), one.facts.shape[0]
    numbers = {word: number for number, word in enumerate(vocabulary)}
    sides = [_masked(typed(given, name), vocabulary) for name in ("first", "second")]
    if not sides[0]:
        raise CannotUse("first: expected a sentence, got none. Type one with a [MASK] in it.")
    notes = _unknown([word for side in sides for word in side], numbers)
    known = [[numbers.get(word, sentence_pairs.UNKNOWN) for word in side] for side in sides]
    tokens, types = _joined(known[0], known[1], length, notes)
    answers = one.network(tokens=torch.tensor([tokens]), types=torch.tensor([types]))
    words, follows = answers if answers[0].ndim == 3 else reversed(answers)
    shares = words[0].clone()
    shares[:, : len(sentence_pairs.MARKS)] = -torch.inf  # marks are no words
    shares = shares.softmax(1)
    places = [place for place, token in enumerate(tokens) if token == sentence_pairs.MASK]
    chosen: list[str] = []
    rows = []
    for number, place in enumerate(places, 1):
        best = shares[place].topk(min(int(options["guesses"]), MOST_GUESSES, len(vocabulary)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        for rank, (token, share) in enumerate(pairs):
            if not rank:
                chosen.append(vocabulary[token])
            rows.append([str(number), vocabulary[token], f"{share:.1%}"])
    blanks = iter(chosen)
    # A blank that was cut off stays one.
    text = " ".join(next(blanks, MASK) if word == MASK else word for side in sides for word in side)
    result: dict[str, Any] = {"kind": "text", "text": text, "words": text, "notes": notes}
    if rows:
        result["table"] = {"columns": ["blank", "word", "share"], "rows": rows}
    else:
        notes.append(f"Write {MASK} where a word is to be guessed.")
    if sides[1]:
        share = float(follows[0].softmax(0)[1])
        result["bars"] = [
            {"name": "the second sentence follows", "share": share},
            {"name": "it is from elsewhere", "share": 1 - share},
        ]
    return result


def feel(one: InUse, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """The class of every part of a phrase: brackets say what belongs together, else words are put
    together from the right."""
    tree, notes = tree_of(typed(given), one.facts.shape[0])
    vocabulary = vocabulary_of(one)
    numbers = {word: number for number, word in enumerate(vocabulary)}
    notes += _unknown([word for word in tree.words if word], numbers)
    fill = one.facts.shape[0] - len(tree.words)
    words = torch.tensor([[*(numbers.get(word, 0) for word in tree.words), *[0] * fill]])
    left, right = (torch.tensor([[*side, *[-1] * fill]]) for side in (tree.left, tree.right))
    shares = one.network(words=words, left=left, right=right)[0].softmax(1)
    names = FEELINGS.get(shares.shape[1]) or tuple(str(n) for n in range(shares.shape[1]))
    rows = shares[: len(tree.words)]
    texts = _texts(tree)
    nodes = [
        {
            "text": texts[place],
            "left": tree.left[place],
            "right": tree.right[place],
            "class": int(row.argmax()),
            "name": names[int(row.argmax())],
            "share": float(row.max()),
        }
        for place, row in enumerate(rows)
    ]
    root = rows[-1]
    return {
        "kind": "tree",
        "words": f"{names[int(root.argmax())]}, with {float(root.max()):.0%}",
        "bars": [
            {"name": name, "share": share} for name, share in zip(names, root.tolist(), strict=True)
        ],
        "tree": nodes,
        "classes": list(names),
        "notes": notes,
    }


def tree_of(text: str, room: int) -> tuple[trees.Tree, list[str]]:
    """The tree of a phrase, with `(not (very good))`, `(1 (2 not) (3 good))` or no brackets."""
    if re.search(r"\(\s*\d", text):
        try:
            tree = trees.read(text)
        except ValueError as error:
            raise CannotUse(f"text: {error}") from error
        notes = []
    else:
        parts = re.findall(r"[()]|[^\s()]+", text.lower())
        tree = trees.Tree([], [], [], [])
        place, end = _grow(parts, 0, tree)
        if place < 0:
            raise CannotUse("text: expected some words, got none. Type a phrase.")
        if end != len(parts):
            raise CannotUse(
                "text: expected an opening bracket for each closing one, got one too few. "
                "Take a bracket away."
            )
        joined = "(" not in parts and len(parts) > 2
        notes = ["Without brackets the words are put together from the right."] if joined else []
    if len(tree.words) > room:
        raise CannotUse(
            f"text: expected at most {(room + 1) // 2} words, got {(len(tree.words) + 1) // 2}. "
            "Shorten the phrase."
        )
    return tree, notes


def _grow(parts: list[str], start: int, tree: trees.Tree) -> tuple[int, int]:
    """Add the parts of one bracket to the tree; its top (-1 without words), and where it ends."""
    tops: list[int] = []
    at = start
    while at < len(parts) and parts[at] != ")":
        if parts[at] == "(":
            top, at = _grow(parts, at + 1, tree)
            if at >= len(parts):
                raise CannotUse(
                    "text: expected a closing bracket for each opening one, got too few. "
                    "Add the missing one."
                )
            if top >= 0:
                tops.append(top)
        else:
            _add(tree, parts[at], -1, -1)
            tops.append(len(tree.words) - 1)
        at += 1
    while len(tops) > 1:  # two words at the end first, as in (not (very good))
        _add(tree, "", tops[-2], tops[-1])
        tops[-2:] = [len(tree.words) - 1]
    return (tops[0] if tops else -1), at


def _add(tree: trees.Tree, word: str, left: int, right: int) -> None:
    tree.words.append(word)
    tree.left.append(left)
    tree.right.append(right)
    tree.classes.append(0)


def _texts(tree: trees.Tree) -> list[str]:
    """The words that each node stands for."""
    texts: list[str] = []
    for word, left, right in zip(tree.words, tree.left, tree.right, strict=True):
        texts.append(word or f"{texts[left]} {texts[right]}")
    return texts


def _parted(text: str, vocabulary: list[str]) -> list[str]:
    """The words of a sentence; where all words are single signs, its signs."""
    known = [word for word in vocabulary if not word.startswith("[") or len(word) == 1]
    if known and all(len(word) == 1 for word in known):
        return [sign for sign in text if not sign.isspace()]
    return _as_written(words_in(text, lower=False), known)


def _masked(text: str, vocabulary: list[str]) -> list[str]:
    """The words of a sentence with its marks for hidden ones."""
    pieces = re.split(r"\[mask\]|_{2,}", text, flags=re.IGNORECASE)
    words: list[str] = []
    for number, piece in enumerate(pieces):
        if number:
            words.append(MASK)
        words += _parted(piece, vocabulary)
    return words


def _as_written(words: list[str], known: list[str]) -> list[str]:
    """Words in the spelling in which they were learned: `The` is `the` where only that is known."""
    there = set(known)
    return [
        next((form for form in (word, word.lower(), word.capitalize()) if form in there), word)
        for word in words
    ]


def _unknown(words: list[str], numbers: dict[str, int]) -> list[str]:
    strange = [word for word in dict.fromkeys(words) if word not in numbers]
    if not strange:
        return []
    listed = ", ".join(f"“{word}”" for word in strange[:5])
    more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
    if len(strange) == 1:
        return [f"{listed} was never learned and is read as an unknown word."]
    return [f"{listed}{more} were never learned and are read as unknown words."]


def _joined(
    first: list[int], second: list[int], length: int, notes: list[str]
) -> tuple[list[int], list[int]]:
    """`[CLS] first [SEP] second [SEP]` as in training, cut where it is too long."""
    room = length - 3
    if len(first) + len(second) > room:
        notes.append(f"Only {room} words of both sentences were read: there is no more room.")
    first, second = list(first), list(second)
    while len(first) + len(second) > room:
        (first if len(first) > len(second) else second).pop()
    words = [sentence_pairs.BEGIN, *first, sentence_pairs.END, *second, sentence_pairs.END]
    sides = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    rest = [0] * (length - len(words))
    return words + rest, sides + rest
