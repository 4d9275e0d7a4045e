"""`data`: sets that can be fetched, those that are there, fetching and forgetting them."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict

from nnstudio.terminal.outcome import GOOD, WRONG_USE, Failure
from nnstudio.terminal.output import fancy, say, say_json, size, table
from nnstudio.terminal.parser import Commands

_EXAMPLES = """\
  nnstudio data
  nnstudio data get mnist
  nnstudio data get cifar-10 --from https://example.org/mirror/
  nnstudio data get https://example.org/orders.csv
  nnstudio data forget mnist
  nnstudio data forget 0123456789abcdef"""


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "data",
        manage,
        "list data from the web and what is kept of it, fetch some, or delete some",
        "Nothing is fetched unless asked for with get; the address is told before. A table (CSV "
        "or JSON) is named by its address, and fetched anew by get. Rows of a large table that "
        "were packed for training are named by their folder; the next run packs them again. "
        "What a run at work or in the queue reads is not deleted.",
        _EXAMPLES,
    )
    parser.add_argument(
        "what",
        nargs="?",
        choices=("list", "get", "forget"),
        default="list",
        metavar="WHAT",
        help="list (the default), get or forget",
    )
    parser.add_argument(
        "name", nargs="?", default="", metavar="NAME", help="the set, address or folder"
    )
    parser.add_argument(
        "--from",
        dest="address",
        default="",
        metavar="ADDRESS",
        help="a folder in the web that holds the same files",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def manage(arguments: argparse.Namespace) -> int:
    """`nnstudio data`"""
    from nnstudio import downloads, web_tables

    if arguments.what == "list":
        return _list(arguments.json)
    if arguments.what == "forget":
        return _forget(arguments.name)
    if web_tables.is_address(arguments.name):
        return _table(arguments.name, arguments.json)
    if arguments.name not in downloads.SETS:
        raise Failure(
            WRONG_USE,
            f"nnstudio data {arguments.what}: expected one of {', '.join(downloads.SETS)}, "
            f"got {arguments.name!a}. Choose one of them.",
        )
    return _get(arguments.name, arguments.address, arguments.json)


def _forget(name: str) -> int:
    """Delete what is kept under a name, unless a run reads it."""
    from nnstudio import downloads, web_tables
    from nnstudio.runs.kept_data import InUse, forget, named

    one = named(name)
    if one is None and name in downloads.SETS:
        downloads.forget(name)  # what is left where it did not come in full
        return GOOD
    if one is None:
        kind = "a table" if web_tables.is_address(name) else "a set, a table or packed rows"
        raise Failure(
            WRONG_USE,
            f"{name or 'name'}: expected {kind} that is kept, got none. "
            "Choose one that `nnstudio data` lists.",
        )
    try:
        forget(one)
    except InUse as refused:
        raise Failure(WRONG_USE, str(refused)) from refused
    return GOOD


def _table(address: str, as_json: bool) -> int:
    """Fetch a table."""
    from nnstudio import downloads, web_tables

    if not as_json:
        say(f"From {address}")
    before = web_tables.table_of(address)
    try:
        found, changed = web_tables.get(address, _progress(not as_json))
    except downloads.DownloadError as error:
        raise Failure(WRONG_USE, str(error)) from error
    if as_json:
        say_json({**asdict(found), "path": str(found.path), "changed": changed})
        return GOOD
    told = ""
    if changed and before is not None:
        then = f": {before.lines:,} lines then, {found.lines:,} now" if before.lines else ""
        told = f", another than before{then}"
    say(f"{found.path}: {size(found.size)}{told}")
    return GOOD


def _age(when: float) -> str:
    hours = max(0, (time.time() - when) / 3600)
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def _list(as_json: bool) -> int:
    from nnstudio import downloads, web_tables
    from nnstudio.runs.kept_data import packed

    there = {one.name: one for one in downloads.kept()}
    if as_json:
        sets = {
            name: {
                "title": one.title,
                "address": one.address,
                "folder": str(downloads.folder_of(name)) if name in there else None,
                "bytes": there[name].size if name in there else None,
                "fetched": there[name].fetched if name in there else None,
            }
            for name, one in downloads.SETS.items()
        }
        tables = [{**asdict(one), "path": str(one.path)} for one in web_tables.kept()]
        rows_kept = [
            {"folder": str(one.place), "bytes": one.size, "made": one.when, "of": one.source}
            for one in packed()
        ]
        say_json({"sets": sets, "tables": tables, "packed": rows_kept})
        return GOOD
    rows = [
        (
            name,
            one.title,
            size(there[name].size) if name in there else "to be fetched",
            time.strftime("%Y-%m-%d", time.localtime(there[name].fetched)) if name in there else "",
            str(there[name].folder) if name in there else one.address,
        )
        for name, one in downloads.SETS.items()
    ]
    table(("NAME", "WHAT", "SIZE", "FETCHED", "PLACE"), rows)
    if fetched := web_tables.kept():
        found = [(one.address, size(one.size), _age(one.fetched), str(one.path)) for one in fetched]
        table(("TABLE", "SIZE", "AGE", "PLACE"), found)
    if large := packed():
        table(
            ("PACKED ROWS", "OF", "SIZE", "AGE"),
            [(str(one.place), one.source, size(one.size), _age(one.when)) for one in large],
        )
    return GOOD


def _get(name: str, address: str, as_json: bool) -> int:
    from nnstudio import downloads

    wanted = downloads.SETS[name]
    total = sum(file.size for file in wanted.files)
    if not as_json:
        say(f"From {address or wanted.address}, about {size(total)}")
    try:
        folder = downloads.download(name, _progress(not as_json), address=address)
    except downloads.DownloadError as error:
        raise Failure(WRONG_USE, str(error)) from error
    if as_json:
        say_json({"name": name, "folder": str(folder)})
    else:
        say(str(folder))
    return GOOD


def _progress(shown: bool) -> Callable[[str, int, int], None]:
    """Tells how far a file is: in place for people, a line a file for programs."""
    told: set[str] = set()

    def tell(file: str, come: int, total: int) -> None:
        if shown and fancy():
            share = f"{come / total:4.0%} of " if total else ""
            end = "\n" if come == total else ""
            sys.stdout.write(f"\r{file}  {share}{size(total or come)}   {end}")
            sys.stdout.flush()
        elif shown and file not in told:
            told.add(file)
            say(file)

    return tell
