"""From a text to windows of tokens: split first, a tokenizer fitted on the training part, windows.

This text becomes part of `train.py`; it knows nothing of NN Studio. A text is anything with a
length whose slices are bytes, so that a file larger than memory is read piece by piece; its
tokens then lie in a temporary file and are read by position.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch

SPLIT = (0.6, 0.15, 0.25)
TOKENIZER = "none"
CONTEXT = 32
MOST = 0
VOCABULARY = 0
IN_MEMORY = 268435456
PIECE = 1048576
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
WORDS = r" ?\w+| ?[^\w\s]+|\s"


class Part(NamedTuple):
    """Windows of tokens, and for each place of a window the token that follows."""

    inputs: Any
    targets: Any


class Data(NamedTuple):
    """The training, validation and test part, and what turned the text into tokens."""

    train: Part
    validation: Part
    test: Part
    tokenizer: Any


def prepare(text: Any, device: torch.device) -> Data:
    """Three contiguous parts of the text, as windows of tokens on the device."""
    ends = np.cumsum(SPLIT[:2]) * len(text)
    if TOKENIZER == "none":
        places = [0, *(int(end) for end in ends), len(text)]
        parts = [text[first:last] for first, last in pairwise(places)]
        tokenizer = Numbers()
    else:
        places = [0, *(cut(text, int(end)) for end in ends), len(text)]
        tokenizer = fitted(pieces(text, 0, places[1]))
        spans = pairwise(places)
        parts = [encoded(pieces(text, *span), tokenizer) for span in spans]
    train, validation, test = (windows(tokens, CONTEXT, device) for tokens in parts)
    return Data(train, validation, test, tokenizer)


def windows(tokens: Any, context: int, device: torch.device) -> Part:
    """The windows of a row of tokens, one behind the other, and the same a token later."""
    if isinstance(tokens, np.ndarray):
        tokens = torch.from_numpy(tokens.astype(np.int32)).to(device)
    return Part(Windows(tokens, context, 0, device), Windows(tokens, context, 1, device))


class Windows:
    """Windows of `context` tokens; rows are read when they are asked for."""

    def __init__(self, tokens: Any, context: int, shift: int, device: torch.device) -> None:
        self.tokens, self.context, self.shift, self.device = tokens, context, shift, device

    def __len__(self) -> int:
        return max(0, len(self.tokens) - 1) // self.context

    def __getitem__(self, rows: torch.Tensor | slice) -> torch.Tensor:
        """The windows of these numbers (rows, context)."""
        if isinstance(rows, slice):
            rows = torch.arange(len(self))[rows]
        starts = rows * self.context + self.shift
        if isinstance(self.tokens, torch.Tensor):
            places = starts[:, None] + torch.arange(self.context, device=starts.device)
            return self.tokens[places.to(self.device)].long()
        found = [self.tokens[start : start + self.context] for start in starts.tolist()]
        read = np.stack(found) if found else np.empty((0, self.context))
        return torch.from_numpy(read.astype(np.int64)).to(self.device)


class StoredTokens:
    """Tokens in a file, read by position; slices with a step are not known."""

    def __init__(self, file: Any, dtype: str, first: int, last: int) -> None:
        self.file, self.dtype, self.first, self.last = file, np.dtype(dtype), first, last

    def __len__(self) -> int:
        return self.last - self.first

    def __getitem__(self, places: slice) -> Any:
        """A long stretch stays in the file, a short one is read."""
        first, last, _ = places.indices(len(self))
        if (last - first) * self.dtype.itemsize > PIECE:
            return StoredTokens(self.file, self.dtype.str, self.first + first, self.first + last)
        self.file.seek((self.first + first) * self.dtype.itemsize)
        return np.frombuffer(self.file.read((last - first) * self.dtype.itemsize), self.dtype)


def cut(text: Any, place: int) -> int:
    """The first place from here on at which no word is cut in two, or at least no character."""
    near = text[place : place + 256]
    found = re.search(rb"[ \n]", near) or re.search(rb"[^\x80-\xbf]", near)
    return place + (found.start() if found else len(near))


def pieces(text: Any, first: int, last: int) -> Iterator[str]:
    """A stretch of the text, in strings of about a million bytes."""
    while first < last:
        end = min(last, cut(text, first + PIECE)) if last - first > PIECE else last
        yield bytes(text[first:end]).decode("utf-8")
        first = end


def encoded(texts: Iterable[str], tokenizer: Any) -> Any:
    """The tokens of the texts as one array, or as a file where they are too many for memory."""
    kept: list[np.ndarray] = []
    file: Any = None
    count = 0
    for text in texts:
        numbers = np.array(tokenizer.encode(text), np.int32)
        count += len(numbers)
        kept.append(numbers)
        if file is None and count * 4 > IN_MEMORY:
            # Open for as long as its tokens are read; it has no name and goes with the process.
            file = tempfile.TemporaryFile()  # noqa: SIM115
        if file is not None:
            file.write(b"".join(one.tobytes() for one in kept))
            kept.clear()
    if file is not None:
        return StoredTokens(file, "int32", 0, count)
    return np.concatenate(kept) if kept else np.empty(0, np.int32)


def fitted(texts: Iterable[str]) -> Any:
    """The tokenizer, fitted on these texts alone."""
    counts: Counter[str] = Counter()
    most = VOCABULARY or MOST
    if TOKENIZER == "character":
        for text in texts:
            counts.update(text)
        return Characters.fitted(counts, most)
    for text in texts:
        counts.update(re.findall(WORDS, text))
    if TOKENIZER == "word":
        return Words.fitted(counts, most)
    return BytePairs.fitted(counts, most)


class Numbers:
    """For data that are tokens already: a token is shown as its number."""

    def encode(self, text: str) -> list[int]:
        """Numbers between spaces."""
        return [int(number) for number in text.split()]

    def decode(self, tokens: Iterable[int]) -> str:
        """Each token's number and a space."""
        return "".join(f"{token} " for token in tokens)

    def saved(self) -> str:
        """What a file needs to hold."""
        return json.dumps({"tokenizer": "none"})


class Characters:
    """A token for every character of the training part; 0 is any other."""

    def __init__(self, vocabulary: list[str]) -> None:
        self.vocabulary = vocabulary
        self.numbers = {piece: number for number, piece in enumerate(vocabulary)}

    @classmethod
    def fitted(cls, counts: Counter[str], most: int) -> Any:
        """Every character, or the `most` - 1 most frequent, in the order of their codes."""
        kept = counts.most_common(most - 1 if most else None)
        return cls([UNKNOWN, *sorted(piece for piece, _ in kept)])

    def encode(self, text: str) -> list[int]:
        """The tokens of a text."""
        return [self.numbers.get(piece, 0) for piece in text]

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens; a number that no piece has stands for nothing."""
        known = len(self.vocabulary)
        return "".join(self.vocabulary[token] for token in tokens if token < known)

    def saved(self) -> str:
        """What a file needs to hold to make the same tokenizer again."""
        return json.dumps({"tokenizer": "character", "vocabulary": self.vocabulary})


class Words:
    """A token for every word and mark of the training part; 0 is any other."""

    def __init__(self, vocabulary: list[str]) -> None:
        self.vocabulary = vocabulary
        self.numbers = {piece: number for number, piece in enumerate(vocabulary)}

    @classmethod
    def fitted(cls, counts: Counter[str], most: int) -> Any:
        """Every word, or the `most` - 1 most frequent, the most frequent first."""
        kept = counts.most_common(most - 1 if most else None)
        return cls([UNKNOWN, *(piece for piece, _ in kept)])

    def encode(self, text: str) -> list[int]:
        """The tokens of a text; a word takes the space before it along."""
        return [self.numbers.get(piece, 0) for piece in re.findall(WORDS, text)]

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens; a number that no piece has stands for nothing."""
        known = len(self.vocabulary)
        return "".join(self.vocabulary[token] for token in tokens if token < known)

    def saved(self) -> str:
        """What a file needs to hold to make the same tokenizer again."""
        return json.dumps({"tokenizer": "word", "vocabulary": self.vocabulary})


class BytePairs:
    """Bytes, and pairs of tokens that often stand together, joined again and again.

    Nothing is unknown: what was never joined stays in bytes. Sennrich et al., Neural machine
    translation of rare words with subword units (2016).
    """

    def __init__(self, merges: list[tuple[int, int]]) -> None:
        self.merges = merges
        self.vocabulary = [bytes([number]) for number in range(256)]
        for left, right in merges:
            self.vocabulary.append(self.vocabulary[left] + self.vocabulary[right])
        self.ranks = {pair: number for number, pair in enumerate(merges)}
        self.known: dict[str, list[int]] = {}

    @classmethod
    def fitted(cls, counts: Counter[str], most: int) -> Any:
        """Join the most frequent pair until the vocabulary has `most` tokens or none is left."""
        words = [(list(word.encode("utf-8")), count) for word, count in counts.items()]
        pairs: Counter[tuple[int, int]] = Counter()
        for word, count in words:
            for pair in pairwise(word):
                pairs[pair] += count
        merges: list[tuple[int, int]] = []
        while 256 + len(merges) < (most or 512) and pairs:
            # Of equals the smaller numbers, so that the order of the words does not matter.
            best = max(pairs, key=lambda pair: (pairs[pair], -pair[0], -pair[1]))
            if pairs[best] < 2:
                break
            joined = 256 + len(merges)
            merges.append(best)
            for place, (word, count) in enumerate(words):
                shorter = merged(word, best, joined)
                if len(shorter) < len(word):
                    pairs.subtract(dict_of_pairs(word, count))
                    pairs.update(dict_of_pairs(shorter, count))
                    words[place] = shorter, count
        return cls(merges)

    def encode(self, text: str) -> list[int]:
        """The tokens of a text."""
        return [token for word in re.findall(WORDS, text) for token in self._of_word(word)]

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens; bytes that make no character show as one that says so."""
        known = len(self.vocabulary)
        data = b"".join(self.vocabulary[token] for token in tokens if token < known)
        return data.decode("utf-8", errors="replace")

    def saved(self) -> str:
        """What a file needs to hold to make the same tokenizer again."""
        return json.dumps({"tokenizer": "byte_pair", "merges": self.merges})

    def _of_word(self, word: str) -> list[int]:
        if word not in self.known:
            tokens = list(word.encode("utf-8"))
            while len(tokens) > 1:
                pairs = set(pairwise(tokens))
                first = min(pairs, key=lambda pair: self.ranks.get(pair, len(self.merges)))
                if first not in self.ranks:
                    break
                tokens = merged(tokens, first, 256 + self.ranks[first])
            self.known[word] = tokens
        return self.known[word]


def merged(tokens: list[int], pair: tuple[int, int], joined: int) -> list[int]:
    """The tokens with `joined` in the place of the pair, wherever it stands."""
    if pair[0] not in tokens:
        return tokens
    result: list[int] = []
    for token in tokens:
        if result and token == pair[1] and result[-1] == pair[0]:
            result[-1] = joined
        else:
            result.append(token)
    return result


def dict_of_pairs(word: list[int], count: int) -> dict[tuple[int, int], int]:
    """How often each pair of neighbours stands in `count` such words."""
    found: dict[tuple[int, int], int] = {}
    for pair in pairwise(word):
        found[pair] = found.get(pair, 0) + count
    return found
