"""The one reader of JSON that came from outside: caps first, then parsing, lines in refusals.

Owns the limits a hostile text meets before anything is built from it. Knows nothing of projects.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 64
MAX_STRING = 10_000
MAX_DIGITS = 15
MAX_VALUES = 3_000_000
_LOCATED_UP_TO = 4 * 2**20
"""Walking a text for the line of an error is slow; beyond this length a message does without."""

# Possessive, and content with the end of the text for a closing quote: nothing to backtrack.
_TEXT = r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
_STRING = re.compile(_TEXT, re.DOTALL)
_NOT_MARK = re.compile(r"[^\[\]{},]+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_CONSTANT = re.compile(r"-?Infinity|NaN")
_TOKEN = re.compile(_TEXT + r'|[\[\]{},:]|[^\s"\[\]{},:]+', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")

Path = tuple[str | int, ...]


class JsonError(ValueError):
    """No acceptable JSON: the line (0 where unknown), what was expected and found, the remedy."""

    def __init__(self, line: int, expected: str, got: str, remedy: str) -> None:
        super().__init__(f"line {line}: expected {expected}, got {got}. {remedy}")
        self.line, self.expected, self.got, self.remedy = line, expected, got, remedy


class _Refused(Exception):
    """Raised inside the parser's hooks, which see values, not positions."""

    def __init__(self, expected: str, got: str, remedy: str) -> None:
        super().__init__(expected)
        self.expected, self.got, self.remedy = expected, got, remedy


_HALF_CHARACTER = _Refused(
    "whole characters", "half of a surrogate pair", "Remove the \\ud… escape."
)


def decode(data: bytes) -> str:
    """The text of UTF-8 bytes, with or without a byte order mark."""
    if len(data) > MAX_BYTES:
        raise JsonError(
            0,
            f"at most {MAX_BYTES >> 20} MB",
            "a larger text",
            "Check that this is the right file.",
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise JsonError(1, "UTF-8 text", "UTF-16 text", "Save the file as UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        raise JsonError(
            line,
            "UTF-8 text",
            f"the byte 0x{byte:02x}",
            "Check that this is the right file, or save it as UTF-8.",
        ) from None


def parse(text: str) -> Any:
    """The value of a JSON text; `JsonError` on the malformed, the ambiguous and the excessive."""
    if not text.strip():
        raise JsonError(1, "a JSON object", "an empty text", "Restore the file from its backup.")
    _refuse_beyond_limits(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_small_int,
            parse_float=_finite_float,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise _malformed(text, error) from None
    except _Refused as refused:
        line = _refused_line(text) if len(text) <= _LOCATED_UP_TO else 0
        raise JsonError(line, refused.expected, refused.got, refused.remedy) from None
    except RecursionError:
        raise _too_deep(0) from None


def line_of(text: str, path: Path) -> int:
    """The line on which the value at `path` begins, or its nearest ancestor where it is missing."""
    best, depth = 1, -1
    for place, line, _ in _places(text):
        if place == path:
            return line
        if depth < len(place) < len(path) and path[: len(place)] == place:
            best, depth = line, len(place)
    return best


def _refuse_beyond_limits(text: str) -> None:
    for match in _STRING.finditer(text):
        if match.end() - match.start() > MAX_STRING + 2:
            try:
                length = len(json.loads(match[0]))
            except ValueError:
                continue  # the parser will say what is wrong with it
            if length > MAX_STRING:
                raise JsonError(
                    _line(text, match.start()),
                    f"strings of at most {MAX_STRING} characters",
                    f"one of {length}",
                    "Shorten it.",
                )
    marks = _NOT_MARK.sub("", _STRING.sub("", text))
    if len(marks) > MAX_VALUES:
        raise JsonError(
            0,
            f"at most {MAX_VALUES} values",
            "more",
            "Check that this is the right file; no project is so large.",
        )
    levels = accumulate(1 if mark in "[{" else -1 for mark in marks if mark != ",")
    if max(levels, default=0) > MAX_DEPTH:
        raise _too_deep(_deep_line(text))


def _too_deep(line: int) -> JsonError:
    return JsonError(
        line,
        f"at most {MAX_DEPTH} levels of brackets",
        "more",
        "Check that this is the right file; no project is nested so deeply.",
    )


def _deep_line(text: str) -> int:
    depth = 0
    for match in _TOKEN.finditer(text):
        if match[0] in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                return _line(text, match.start())
        elif match[0] in ("]", "}"):
            depth -= 1
    return 0


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _Refused(
                "every key once", f"{_quoted(key)} twice", "Remove or rename one of the two."
            )
        if _SURROGATE.search(key) or (isinstance(value, str) and _SURROGATE.search(value)):
            raise _HALF_CHARACTER
        result[key] = value
    return result


def _small_int(digits: str) -> int:
    if (length := len(digits.lstrip("-"))) > MAX_DIGITS:
        raise _Refused(
            f"whole numbers of at most {MAX_DIGITS} digits",
            f"one of {length}",
            "Replace it by a smaller one.",
        )
    return int(digits)


def _finite_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _Refused("a finite number", _clipped(digits), "Replace it by a smaller one.")
    return value


def _refuse_constant(name: str) -> float:
    raise _Refused("a finite number", name, "Replace it by a number.")


def _refused_line(text: str) -> int:
    """The first line that holds something the hooks refuse."""
    seen: set[Path] = set()
    for place, line, token in _places(text):
        if place in seen or _CONSTANT.fullmatch(token):
            return line
        seen.add(place)
        if token[0] == '"' and _SURROGATE.search(_unquoted(token)):
            return line
        if _NUMBER.fullmatch(token):
            digits = token.lstrip("-")
            whole = digits.isdigit()
            if (whole and len(digits) > MAX_DIGITS) or not (whole or math.isfinite(float(token))):
                return line
    return 0


def _malformed(text: str, error: json.JSONDecodeError) -> JsonError:
    if error.pos >= len(text.rstrip()):
        return JsonError(
            error.lineno,
            "the rest of the project",
            "the end of the file",
            "The file is cut off: restore it from its backup, the file whose name ends in ~.",
        )
    match = _TOKEN.search(text, error.pos)
    found = match[0].strip('"') if match else "nothing"
    expected = {
        "Expecting ',' delimiter": "a comma or a closing bracket",
        "Expecting ':' delimiter": "a colon",
        "Expecting property name enclosed in double quotes": "a key in double quotes",
        "Extra data": "the end of the file",
        "Invalid control character at": "no control character inside a string",
        "Invalid \\escape": "a valid escape",
        "Unterminated string starting at": "a closing quote",
    }.get(error.msg, "a JSON value")
    return JsonError(
        error.lineno, expected, _quoted(found), "Mend this line, or restore the file's backup."
    )


def _places(text: str) -> Iterator[tuple[Path, int, str]]:
    """Every value of the text with its path, line and first token; tolerant, for messages only."""
    stack: list[tuple[str, str | int]] = []
    line, last = 1, 0
    key: str | None = None
    for match in _TOKEN.finditer(text):
        token = match[0]
        line += text.count("\n", last, match.start())
        last = match.start()
        if token in ("]", "}"):
            if stack:
                stack.pop()
            continue
        if token == ",":
            if stack and stack[-1][0] == "[":
                stack[-1] = ("[", int(stack[-1][1]) + 1)
            continue
        if token == ":":
            if stack and key is not None:
                stack[-1] = ("{", key)
            continue
        if stack and stack[-1][0] == "{" and token[0] == '"' and _next_is_colon(text, match.end()):
            key = _unquoted(token)
            continue
        yield tuple(part for _, part in stack), line, token
        if token in ("[", "{"):
            stack.append((token, 0 if token == "[" else ""))


def _next_is_colon(text: str, position: int) -> bool:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return text[position : position + 1] == ":"


def _unquoted(token: str) -> str:
    try:
        value = json.loads(token)
    except ValueError:
        return token
    return value if isinstance(value, str) else token


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _clipped(text: str) -> str:
    return text if len(text) <= 24 else text[:24] + "…"


def _quoted(text: str | int) -> str:
    return '"' + ascii(_clipped(str(text)))[1:-1] + '"'
