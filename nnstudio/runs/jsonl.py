"""JSON of the run directory: one compact line from a value, one checked object from a line.

Owns how values become lines: finite numbers, clipped texts. `graph_compiler.safe_json` reads.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from graph_compiler import safe_json

MAX_TEXT = 9_000
"""Characters of a text as written; a longer one keeps its beginning and its end."""


class BadLine(ValueError):
    """A line that holds no acceptable JSON object; the text says why."""


def line(value: Mapping[str, Any]) -> bytes:
    """The value as one line with its end; what is not finite becomes null."""
    text = json.dumps(plain(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.encode("ascii") + b"\n"


def parse(data: bytes) -> dict[str, Any]:
    """The object on a line; raises `BadLine`."""
    try:
        value = _parse_short(data) if _is_harmless(data) else _parse_any(data)
    except ValueError:
        value = _parse_any(data)
    if not isinstance(value, dict):
        raise BadLine("expected a JSON object, got another value")
    return value


def _is_harmless(data: bytes) -> bool:
    """Whether a line is too short for anything to be too long or too deep in it, as most are."""
    brackets = data.count(b"{") + data.count(b"[")
    return len(data) < MAX_TEXT and brackets < safe_json.MAX_DEPTH and b"\\u" not in data


def _parse_short(data: bytes) -> Any:
    return json.loads(data.decode("utf-8"), parse_constant=_refuse)


def _parse_any(data: bytes) -> Any:
    try:
        return safe_json.parse(safe_json.decode(data))
    except safe_json.JsonError as error:
        raise BadLine(f"expected {error.expected}, got {error.got}") from None


def _refuse(name: str) -> float:
    raise ValueError(name)


def plain(value: Any) -> Any:
    """The value with nothing but JSON in it: numbers of any library as Python's, texts clipped."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _clipped(value)
    if isinstance(value, Mapping):
        return {_clipped(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if hasattr(value, "item"):  # a number of numpy or torch
        return plain(value.item())
    return _clipped(str(value))


def _clipped(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")
    if len(text) <= MAX_TEXT:
        return text
    half = MAX_TEXT // 2
    return f"{text[:half]}\n…\n{text[-half:]}"
