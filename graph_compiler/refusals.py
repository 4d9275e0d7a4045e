"""Why something is no project, in words: the refusal, and the schema library's findings translated.

Owns the wording; no message of that library ever reaches a person. Knows nothing of projects.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]


class Refusal(Exception):
    """A value that no project may hold: its path, what was expected and found, the remedy."""

    def __init__(self, path: Path, expected: str, got: str, remedy: str) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: expected {expected}, got {got}. {remedy}")
        self.path, self.expected, self.got, self.remedy = path, expected, got, remedy


class FutureVersion(Exception):
    """The file is of a version that this program does not know yet."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version}")
        self.version = version


_KINDS = {
    "string_type": "a text",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
}


def in_words(error: ErrorDetails) -> Refusal:
    """The schema library's first finding in this product's words; its own never reach a person."""
    path: Path = tuple(part for part in error["loc"] if part != "[key]")
    given, facts = error["input"], error.get("ctx", {})
    match error["type"]:
        case "refused":
            return Refusal(path, facts["expected"], facts["got"], facts["remedy"])
        case "string_unicode":
            return Refusal(
                path, "whole characters", "half of a surrogate pair", "Type the text anew."
            )
        case "missing":
            return Refusal(path, "this field", "nothing", "Add it.")
        case "extra_forbidden":
            return Refusal(path, "a known field", quoted(str(path[-1])), "Remove it.")
        case "string_pattern_mismatch":
            return Refusal(
                path,
                "a name of the letters a to z, digits and _, not beginning with a digit",
                quoted(given),
                "Rename it.",
            )
        case "string_too_long":
            most = facts["max_length"]
            return Refusal(path, f"at most {most} characters", f"{len(given)}", "Shorten it.")
        case "too_short" | "too_long":
            count = facts.get("min_length", facts.get("max_length"))
            return Refusal(path, f"{count} numbers", f"{len(given)}", "Correct the list.")
        case "literal_error":
            return Refusal(path, facts["expected"].replace("'", '"'), kind(given), "Replace it.")
        case "greater_than" | "greater_than_equal" | "less_than_equal" | "finite_number":
            return Refusal(path, "a number within its bounds", f"{given}", "Replace it.")
        case other if other in _KINDS:
            return Refusal(path, _KINDS[other], kind(given), "Replace it.")
    return Refusal(path, "another value", kind(given), "Replace it.")


def kind(given: Any) -> str:
    """What a parsed value is, in words."""
    match given:
        case None:
            return "null"
        case bool():
            return "true" if given else "false"
        case int() | float():
            return f"the number {given}"
        case str():
            return quoted(given)
        case list() | tuple():
            return "a list"
        case dict():
            return "an object"
    return f"a value of type {type(given).__name__}"


def quoted(text: str) -> str:
    """A stranger's text, short, in ASCII and in quotes, fit for a message of one line."""
    short = text if len(text) <= 40 else text[:40] + "…"
    return '"' + "".join(c if " " <= c <= "~" or c == "…" else ascii(c)[1:-1] for c in short) + '"'
