"""Projects carried inside pictures: in a text chunk of a PNG, in the metadata of an SVG.

Reading takes the text out and nothing else: no picture is decoded, no XML entity expanded, no more
text unpacked than a project file may have.
"""

from __future__ import annotations

import html
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from graph_compiler.files import ProjectError, parse_project
from graph_compiler.model import Project
from graph_compiler.safe_io import ReadError, read_file
from graph_compiler.safe_json import MAX_BYTES

SUFFIXES = (".png", ".svg")
KEY = "nnstudio"
"""The keyword of the PNG's chunk, the id of the SVG's element."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LARGEST = 2 * MAX_BYTES
_SVG_TEXT = re.compile(rf'<metadata id="{KEY}">([^<]*)</metadata>')


def into_png(picture: bytes, text: str) -> bytes:
    """The PNG with a project's text in it (PNG specification, chunk iTXt)."""
    body = f"{KEY}\0\1\0\0\0".encode("ascii") + zlib.compress(text.encode("utf-8"), 9)
    end = picture.rindex(b"IEND") - 4
    return picture[:end] + _chunk(b"iTXt", body) + picture[end:]


def into_svg(picture: str, text: str) -> str:
    """The SVG with a project's text in it."""
    head, end, tail = picture.rpartition("</svg>")
    return f'{head}<metadata id="{KEY}">{html.escape(text)}</metadata>\n{end}{tail}'


def load_carried(path: Path) -> Project:
    """The project in a picture, as data only; raises `ProjectError` where there is none."""
    try:
        data = read_file(path, _LARGEST)
    except ReadError as error:
        raise ProjectError(path.name, "", error.expected, error.got, error.remedy) from error
    text = _in_png(data, path) if data.startswith(_SIGNATURE) else _in_svg(data)
    if text is None:
        raise ProjectError(
            path.name,
            "",
            "a picture that was exported from NN Studio",
            "one without a project in it",
            "Open the project's .nns file instead.",
        )
    return parse_project(text, path.name)


def _chunk(kind: bytes, body: bytes) -> bytes:
    checked = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checked)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each whole chunk."""
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        if at + 12 + size > len(data):
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += 12 + size


def _in_png(data: bytes, path: Path) -> str | None:
    for kind, body in _chunks(data):
        key, nul, rest = body.partition(b"\0")
        if kind != b"iTXt" or key != KEY.encode() or not nul or rest[:4] != b"\1\0\0\0":
            continue
        unpacking = zlib.decompressobj()
        try:
            text = unpacking.decompress(rest[4:], MAX_BYTES)
            if unpacking.unconsumed_tail or not unpacking.eof:
                raise zlib.error
            return text.decode("utf-8")
        except (zlib.error, UnicodeDecodeError):
            raise ProjectError(
                path.name,
                "",
                "a picture with a whole project in it",
                "one whose project is damaged or too large",
                "Export the picture again.",
            ) from None
    return None


def _in_svg(data: bytes) -> str | None:
    try:
        found = _SVG_TEXT.search(data.decode("utf-8"))
    except UnicodeDecodeError:
        return None
    return None if found is None else html.unescape(found.group(1))
