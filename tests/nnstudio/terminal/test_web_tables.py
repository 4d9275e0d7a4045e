"""Tables from the web: fetched when asked for, capped, kept with their origin, never from files."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from graph_compiler.files import load_project
from nnstudio import web_tables
from nnstudio.downloads import DownloadError

CSV = "a,b,kind\n" + "".join(f"{n},{n % 7},{'xy'[n % 2]}\n" for n in range(60))
RECORDS = [{"a": n, "kind": "xy"[n % 2], "b": None if n == 3 else n / 2} for n in range(50)]


class Server(ThreadingHTTPServer):
    """Answers from a table of pages and counts what was asked."""

    pages: dict[str, bytes]
    asked: list[str]


class Answers(BaseHTTPRequestHandler):
    """One page, or a way to another place."""

    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        page = self.server.pages.get(self.path)
        self.send_response(200 if page is not None else 404)
        self.send_header("Content-Length", str(len(page or b"")))
        self.end_headers()
        self.wfile.write(page or b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path / "home"))
    made = Server(("127.0.0.1", 0), Answers)
    made.pages, made.asked = {"/orders.csv": CSV.encode()}, []
    made.pages["/list.json"] = json.dumps({"rows": RECORDS}).encode()
    made.pages["/deep.json"] = json.dumps([{"a": [1, 2]}]).encode()
    made.pages["/page.csv"] = b"\n<!DOCTYPE html><html><body>Sign in</body></html>"
    made.pages["/zip.csv"], made.pages["/empty.csv"] = b"PK\3\4\0\0", b" \n"
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def address(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def quiet(*_: object) -> None:
    """No progress."""


def test_a_table_is_kept_with_its_origin(server: Server) -> None:
    found, changed = web_tables.get(address(server, "/orders.csv"), quiet)
    assert found.path.read_text(encoding="utf-8") == CSV
    assert (found.size, changed) == (len(CSV), False)
    assert found.sha256 == hashlib.sha256(CSV.encode()).hexdigest()
    assert web_tables.kept() == (found,)
    assert web_tables.table_of(address(server, "/orders.csv")) == found
    assert server.asked == ["/orders.csv"], "looking at what is kept never connects"


def test_another_table_at_the_same_address_is_told(server: Server) -> None:
    web_tables.get(address(server, "/orders.csv"), quiet)
    assert web_tables.get(address(server, "/orders.csv"), quiet)[1] is False
    server.pages["/orders.csv"] = b"a,b\n1,2\n"
    assert web_tables.get(address(server, "/orders.csv"), quiet)[1] is True


def test_records_become_a_table(server: Server) -> None:
    found, _ = web_tables.get(address(server, "/list.json"), quiet)
    lines = found.path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["a,kind,b", "0,x,0.0"]
    assert lines[4] == "3,y,"
    assert found.file == "list.csv"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/none.csv", "expected the file, got 404 Not Found"),
        ("/to/file:///secret.csv", "Redirection to url 'file:///secret.csv' is not allowed"),
        ("/to/ftp://127.0.0.1/secret.csv", "expected the file, got a way to ftp"),
        (
            "/page.csv",
            "expected a table (CSV or JSON), got a web page. Use the address of the file",
        ),
        ("/zip.csv", "expected a table (CSV or JSON), got a file that is no text"),
        ("/empty.csv", "expected a table (CSV or JSON), got nothing"),
        ("/deep.json", "record 1, 'a': expected a text or a number, got several"),
    ],
)
def test_what_is_no_table_is_refused(server: Server, path: str, text: str) -> None:
    with pytest.raises(DownloadError) as caught:
        web_tables.get(address(server, path), quiet)
    assert text in str(caught.value)
    assert web_tables.kept() == ()


def test_a_table_beyond_the_cap_is_refused_and_the_old_one_stays(server: Server) -> None:
    before, _ = web_tables.get(address(server, "/orders.csv"), quiet)
    with pytest.raises(DownloadError, match="expected at most 100 bytes, got more"):
        web_tables.get(address(server, "/orders.csv"), quiet, most=100)
    assert web_tables.kept() == (before,)


@pytest.mark.parametrize(
    "text", ["file:///a.csv", "ftp://a/b.csv", "a.csv", "C:\\a.csv", "http://", "http://[a/b.csv"]
)
def test_only_the_web_is_an_address(text: str) -> None:
    assert not web_tables.is_address(text)


def test_what_is_no_longer_wanted_leaves_the_old_table(server: Server) -> None:
    before, _ = web_tables.get(address(server, "/orders.csv"), quiet)
    server.pages["/orders.csv"] = b"a,b\n1,2\n"
    with pytest.raises(DownloadError, match="got cancelled"):
        web_tables.get(address(server, "/orders.csv"), quiet, wanted=lambda: False)
    assert web_tables.kept() == (before,)
    assert len(list(before.path.parent.parent.iterdir())) == 1, "nothing half-made is left"


def test_a_table_is_known_by_its_place(server: Server, tmp_path: Path) -> None:
    found, _ = web_tables.get(address(server, "/orders.csv"), quiet)
    assert found.lines == 61
    assert web_tables.table_at(str(found.path)) == found
    assert web_tables.table_at(found.path.with_name("about.json")) is None
    assert web_tables.table_at(tmp_path / "orders.csv") is None


def test_an_address_in_no_form_is_refused_in_words() -> None:
    with pytest.raises(DownloadError, match="expected the file, got "):
        web_tables.get("http://127.0.0.1:1/a b\u20ac.csv", quiet)


def test_the_terminal_tells_how_another_table_differs(
    server: Server, terminal: Callable[..., Any]
) -> None:
    place = address(server, "/orders.csv")
    terminal("data", "get", place)
    server.pages["/orders.csv"] = b"a,b\n1,2\n"
    told = terminal("data", "get", place).out
    assert told.rstrip().endswith(", another than before: 61 lines then, 2 now")
    assert json.loads(terminal("data", "get", place, "--json").out)["changed"] is False


def test_the_terminal_fetches_lists_and_deletes(
    server: Server, terminal: Callable[..., Any], tmp_path: Path
) -> None:
    place = address(server, "/orders.csv")
    assert terminal("data", "get", place).status == 0
    listed = json.loads(terminal("data", "--json").out)["tables"]
    assert [one["address"] for one in listed] == [place]
    assert place in terminal("data").out
    assert terminal("new", place, "-o", tmp_path / "p.nns").status == 0
    assert server.asked == ["/orders.csv"], "what is kept is not fetched again"
    project = load_project(tmp_path / "p.nns")
    path = tmp_path / str(project.data.options["path"])
    assert path == web_tables.kept()[0].path
    assert terminal("data", "forget", place).status == 0
    assert web_tables.kept() == ()
    again = terminal("data", "forget", place)
    assert again.status == 2
    assert "expected a table that is kept, got none" in again.err
