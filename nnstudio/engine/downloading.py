"""Fetching a set or a table while the worker answers other requests: begun by one, asked after by
others, given up by a third.

Owns the one fetch that may be under way. It belongs to this process and ends with it; what has not
come in full is not kept.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from nnstudio import web_tables
from nnstudio.downloads import SETS, DownloadError, Progress, download


@dataclass(slots=True)
class _State:
    """How far the fetch is."""

    number: int = 0
    """Of the fetch among those of this process, from 1 on."""
    name: str = ""
    """Of a set; a table has none."""
    address: str = ""
    file: str = ""
    come: int = 0
    total: int = 0
    folder: str = ""
    """Where the set lies, once it is there."""
    path: str = ""
    """Where the table lies, once it is there."""
    changed: bool = False
    """Whether the table is another than before."""
    lines: int = 0
    before: int = 0
    """The table's lines before this fetch; 0 where there was none, or nobody counted."""
    again: bool = False
    """Whether there was a table before."""
    error: str = ""
    cancelled: bool = False
    under_way: bool = False


class _Cancelled(DownloadError):
    """Nobody waits for it any more."""


_lock = threading.Lock()
_numbers = itertools.count(1)
_state = _State()


def begin(name: str, address: str = "") -> dict[str, Any]:
    """Begin to fetch a set; what is under way already is not begun again."""
    usual = SETS[name].address if name in SETS else ""

    def fetch(state: _State, tell: Progress) -> None:
        state.folder = str(download(name, tell, address=address))

    return _begun(_State(name=name, address=address or usual), fetch)


def begin_table(address: str) -> dict[str, Any]:
    """Begin to fetch the table of an address anew."""

    def fetch(state: _State, tell: Progress) -> None:
        before = web_tables.table_of(address)
        found, state.changed = web_tables.get(
            address, tell, web_tables.MOST_BYTES, lambda: not state.cancelled
        )
        state.again, state.lines = before is not None, found.lines
        state.before = before.lines if before is not None else 0
        state.path = str(found.path)

    if not web_tables.is_address(address):
        raise ValueError(
            f"{address[:200] or 'address'}: expected one that begins with https:// or http://, "
            f"got {'another kind' if address else 'none'}. Copy it from the browser."
        )
    return _begun(_State(address=address), fetch)


def state() -> dict[str, Any]:
    """How far it is, field by field of `_State`."""
    return asdict(_state)


def cancel() -> dict[str, Any]:
    """Give up the fetch that is under way: at once here, its thread with the next piece."""
    with _lock:
        if _state.under_way:
            _state.cancelled, _state.under_way = True, False
    return state()


def _begun(wanted: _State, fetch: Callable[[_State, Progress], None]) -> dict[str, Any]:
    global _state
    with _lock:
        same = (wanted.name, wanted.address) == (_state.name, _state.address)
        if _state.under_way and not same:
            raise ValueError(
                f"{wanted.address}: expected no other fetch under way, got {_state.address}. "
                "Wait for its end, or cancel it."
            )
        if not _state.under_way:
            wanted.number, wanted.under_way = next(_numbers), True
            _state = wanted
            threading.Thread(target=_fetch, args=(wanted, fetch), daemon=True).start()
        return state()


def _fetch(state: _State, fetch: Callable[[_State, Progress], None]) -> None:
    def tell(file: str, come: int, total: int) -> None:
        if state.cancelled:
            raise _Cancelled(f"{file}: expected to be wanted, got cancelled. Fetch it anew.")
        state.file, state.come, state.total = file, come, total

    try:
        fetch(state, tell)
    except DownloadError as error:
        state.error = "" if state.cancelled else str(error)
    except Exception as error:  # whoever waits for the fetch must hear of its end
        state.error = f"{state.address}: {type(error).__name__}: {error}"
    finally:
        state.under_way = False
