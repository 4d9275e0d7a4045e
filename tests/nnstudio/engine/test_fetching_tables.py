"""The worker's fetch of a table: how far it is, what it was before, given up, one at a time."""

from __future__ import annotations

import io
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from nnstudio import web_tables
from nnstudio.engine import downloading
from nnstudio.engine.service import Service
from tests.nnstudio.terminal.test_web_tables import CSV, Server, address, quiet
from tests.nnstudio.terminal.test_web_tables import server as server  # a fixture

PIECE = b"1,2\n" * 20_000


class Slow(Server):
    """Sends a piece, then waits for leave to go on."""

    go_on: threading.Event


class Pieces(BaseHTTPRequestHandler):
    """A table that comes in two pieces."""

    server: Slow

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(2 * len(PIECE)))
        self.end_headers()
        self.wfile.write(PIECE)
        self.wfile.flush()
        self.server.go_on.wait(20)
        self.wfile.write(PIECE)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def slow(server: Server) -> Iterator[Slow]:
    made = Slow(("127.0.0.1", 0), Pieces)
    made.go_on = threading.Event()
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.go_on.set()
    made.shutdown()
    thread.join()
    made.server_close()


def until(what: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """The state once it is so."""
    end = time.monotonic() + 20
    while not what(state := downloading.state()):
        assert time.monotonic() < end, state
        time.sleep(0.01)
    return state


def done(state: dict[str, Any]) -> bool:
    return not state["under_way"]


def test_a_table_comes_and_is_compared(server: Server) -> None:
    place = address(server, "/orders.csv")
    begun = downloading.begin_table(place)
    first = until(done)
    assert first["number"] == begun["number"]
    assert (first["path"], first["error"]) == (str(web_tables.kept()[0].path), "")
    assert (first["again"], first["changed"], first["lines"]) == (False, False, 61)
    server.pages["/orders.csv"] = CSV.encode() + b"1,2,x\n"
    downloading.begin_table(place)
    second = until(done)
    assert (second["again"], second["changed"]) == (True, True)
    assert (second["before"], second["lines"]) == (61, 62)
    assert second["number"] == first["number"] + 1


def test_what_is_refused_is_told(server: Server) -> None:
    downloading.begin_table(address(server, "/page.csv"))
    assert "got a web page" in until(done)["error"]
    downloading.begin_table("http://127.0.0.1:9/a.csv")
    assert "expected the file, got " in until(done)["error"]
    with pytest.raises(ValueError, match=r"^ftp://a: expected one that begins with https://"):
        downloading.begin_table("ftp://a")
    with pytest.raises(ValueError, match=r"^address: expected .* got none"):
        downloading.begin_table("")


def test_a_fetch_is_given_up_and_leaves_what_was_there(slow: Slow) -> None:
    place = f"http://127.0.0.1:{slow.server_port}/large.csv"
    downloading.begin_table(place)
    under_way = until(lambda state: state["come"] > 0)
    assert under_way["total"] == 2 * len(PIECE)
    assert downloading.begin_table(place)["number"] == under_way["number"], "it is begun once"
    with pytest.raises(ValueError, match="expected no other fetch under way"):
        downloading.begin_table(place + "2")
    told = downloading.cancel()
    assert (told["cancelled"], told["under_way"], told["error"]) == (True, False, "")
    slow.go_on.set()
    end = time.monotonic() + 20
    folder = web_tables.folder_of(place).parent
    while list(folder.iterdir()) and time.monotonic() < end:
        time.sleep(0.01)
    assert list(folder.iterdir()) == []
    downloading.begin_table(place)
    assert until(done)["lines"] == 40_000, "it can be fetched after all"


def test_a_process_that_is_put_to_a_run_gives_its_fetch_up(slow: Slow, tmp_path: Path) -> None:
    place = f"http://127.0.0.1:{slow.server_port}/large.csv"
    frames = io.BytesIO()
    for frame in (
        {"id": 1, "do": "download", "table": place},
        {"id": 2, "do": "train", "run": str(tmp_path)},
    ):
        frames.write(json.dumps(frame).encode() + b"\n")
    frames.seek(0)
    answers = io.BytesIO()
    order = Service(frames, answers).answer_all()
    assert order is not None
    (answer,) = answers.getvalue().splitlines()
    assert json.loads(answer)["result"]["address"] == place
    assert (downloading.state()["cancelled"], downloading.state()["under_way"]) == (True, False)


def test_the_half_of_a_fetch_that_was_killed_is_cleared_away(server: Server) -> None:
    folder = web_tables.folder_of(address(server, "/orders.csv")).parent
    old, young = folder / ".old.1", folder / ".young.2"
    for half in (old, young):
        half.mkdir(parents=True)
        (half / "a.csv.part").write_bytes(b"1")
    hours_ago = time.time() - 7200
    for path in (old / "a.csv.part", old):
        os.utime(path, (hours_ago, hours_ago))
    web_tables.get(address(server, "/orders.csv"), quiet)
    assert not old.exists()
    assert young.exists(), "another process may be writing it"
