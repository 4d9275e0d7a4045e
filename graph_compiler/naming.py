"""Names in emitted code: what a person typed becomes a safe, unique identifier close to it.

Owns the words an emitted name must never be, and the whitelist for text in docstrings. A
stranger's text reaches emitted code through this file only. Imports no torch: its names are listed,
and tested.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

MAX_NAME = 40
"""Longest name of an attribute or local; a call of one on another fits into one line."""
MAX_ARGUMENT = 60
MAX_CLASS = 48

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_IN_NAME = re.compile(r"[^a-z0-9_]+")
_NOT_IN_CLASS = re.compile(r"[^A-Za-z0-9]+")
_NOT_IN_TEXT = re.compile(r"[^A-Za-z0-9 .,()+/&_-]+")
_NOT_IN_SENTENCE = re.compile(r"[^A-Za-z0-9 .,:;'()+/&_-]+")
_SENTENCE = re.compile(r".*?\.(?= [A-Z]|$)")

MODULE_ATTRIBUTES = frozenset(
    [
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
    ]
)
"""Public attributes of `nn.Module`, which a submodule must not hide."""

RESERVED = (
    frozenset(keyword.kwlist)
    | frozenset(keyword.softkwlist)
    | frozenset(dir(builtins))
    | MODULE_ATTRIBUTES
    | {"self", "torch", "nn", "F", "l", "O", "I", "math"}
)
"""What no emitted identifier may be; l, O and I because they cannot be told from digits."""


class Namespace:
    """The names of one scope: gives each wish a name that nothing else in the scope has."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def claim(self, wish: str) -> str:
        """The wish itself, or with the smallest number that makes it unique."""
        name = wish
        number = self._next.get(wish, 2)
        while name in self._taken:
            separator = "_" if wish[-1].isdigit() else ""
            name = f"{wish}{separator}{number}"
            number += 1
        self._next[wish] = number
        self._taken.add(name)
        return name

    def take(self, name: str) -> None:
        """Keeps a name from being given to anything else."""
        self._taken.add(name)

    def is_taken(self, name: str) -> bool:
        """Whether something in the scope has this name."""
        return name in self._taken

    def claim_all(self, wishes: Iterable[str], longest: int = MAX_NAME) -> dict[str, str]:
        """A name for each text, in the given order but independent of it; good names are kept."""
        order = list(dict.fromkeys(wishes))
        plain = {text: identifier(text, longest=longest) for text in order}
        claimed = {
            text: self.claim(plain[text])
            for text in sorted(order, key=lambda text: (plain[text] != text, text))
        }
        return {text: claimed[text] for text in order}


def identifier(text: str, otherwise: str = "node", longest: int = MAX_NAME) -> str:
    """A lower-case identifier as close to the text as is safe."""
    if _is_plain(text, longest):
        return text
    name = _NOT_IN_NAME.sub("_", _CAMEL.sub("_", _ascii(text)).lower()).strip("_")
    name = name[:longest].rstrip("_")
    if not name:
        name = otherwise
    if name[0].isdigit():
        name = f"{otherwise}_{name}"[:longest]
    return f"{name}_" if name in RESERVED else name


def natural(name: str) -> tuple[str, int, str]:
    """A key by which `input2` comes before `input10`."""
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or 0), name


def exported(names: Iterable[str]) -> list[str]:
    """Class names in the order of `__all__`: those all in capitals first, numbers by their size."""
    pieces = {name: re.split(r"(\d+)", name) for name in names}
    return sorted(
        pieces,
        key=lambda name: (
            not (name.isupper() and len(name) > 1),
            [(int(p), "") if p.isdigit() else (-1, p) for p in pieces[name]],
        ),
    )


def class_name(text: str, otherwise: str = "Network") -> str:
    """A class name in capitals and small letters as close to the text as is safe."""
    words = _NOT_IN_CLASS.sub(" ", _ascii(text)).split()
    name = "".join(word[0].upper() + word[1:] for word in words)[:MAX_CLASS]
    if not name or name[0].isdigit():
        name = f"{otherwise}{name}"[:MAX_CLASS]
    return f"{name}Network" if name in RESERVED else name


def plain_text(text: str, longest: int = 80) -> str:
    """One line of harmless characters, for a docstring; empty if nothing is left."""
    return " ".join(_NOT_IN_TEXT.sub(" ", _ascii(text)).split())[:longest].strip()


def sentence(text: str, longest: int = 180) -> str:
    """The first sentence of a text in harmless characters, for a docstring; empty if too long."""
    words = _NOT_IN_SENTENCE.sub(" ", _ascii(text.replace("×", "x").replace("’", "'"))).split()
    plain = " ".join(words)
    match = _SENTENCE.match(plain)
    first = match[0] if match else plain
    if not any(c.isalnum() for c in first) or len(first) > longest:
        return ""
    return first if first.endswith(".") else f"{first}."


def _is_plain(text: str, longest: int) -> bool:
    return (
        0 < len(text) <= longest
        and text.isascii()
        and text.isidentifier()
        and text.islower()
        and text[0] != "_"
        and text not in RESERVED
    )


def _ascii(text: str) -> str:
    """The text in ASCII: look-alikes become the letters they look like, accents and the rest go."""
    decomposed = unicodedata.normalize("NFKD", text[:1000])
    return "".join(
        c if c.isascii() else "" if unicodedata.combining(c) else " " for c in decomposed
    )
