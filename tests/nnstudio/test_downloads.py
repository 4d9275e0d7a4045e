"""Fetching sets from a server of our own: real formats, checksums, caps, and what stays behind."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import io
import json
import struct
import tarfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnstudio import cli, downloads
from nnstudio.downloads import SETS, DownloadError, File, download
from nnstudio.engine import downloading
from nnstudio.engine.preview import preview

LABELS = np.arange(20, dtype=np.uint8) % 10


def idx(values: np.ndarray) -> bytes:
    head = struct.pack(">BBBB", 0, 0, 8, values.ndim)
    return gzip.compress(head + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes())


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """The folder that the server shows, with MNIST's and CIFAR's files in small."""
    folder = tmp_path / "served"
    folder.mkdir()
    images = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(idx(images))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(idx(LABELS))
    records = np.zeros((10, 3073), np.uint8)
    records[:, 0] = np.arange(10)
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for name in SETS["cifar-10"].inside:
            add(archive, f"cifar-10-batches-bin/{name}", records.tobytes())
        add(archive, "../../escaped.bin", b"never written")
        add(archive, "cifar-10-batches-bin/readme.html", b"not asked for")
    return folder


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


@pytest.fixture
def server(served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server's address; the sets expect the checksums of the files that it shows."""
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path / "home"))
    handler = functools.partial(Quiet, directory=str(served))
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    for name in ("mnist", "cifar-10"):
        files = tuple(
            File(f.name, hashlib.md5((served / f.name).read_bytes()).hexdigest(), f.size)
            for f in SETS[name].files
        )
        monkeypatch.setitem(SETS, name, replace(SETS[name], files=files))
    yield f"http://127.0.0.1:{made.server_port}/"
    made.shutdown()
    thread.join()
    made.server_close()


def silent(file: str, come: int, total: int) -> None:
    pass


def test_mnist_comes_with_progress_and_can_be_learned_from(server: str) -> None:
    told: list[tuple[str, int, int]] = []
    assert not downloads.is_there("mnist")
    folder = download("mnist", lambda *step: told.append(step), address=server)
    assert folder == downloads.folder_of("mnist")
    names = [file.name for file in SETS["mnist"].files]
    assert [name for name, come, total in told if come == total] == names
    assert sorted(file.name for file in folder.iterdir()) == sorted(names)
    found = preview({"source": "idx", "options": {"path": str(folder)}}, {})
    assert found["rows"] == 40
    assert found["classes"] == [[str(n), 4] for n in range(10)]
    (one,) = downloads.kept()
    assert (one.name, one.size) == ("mnist", sum(f.stat().st_size for f in folder.iterdir()))
    downloads.forget("mnist")
    assert downloads.kept() == ()


def test_of_an_archive_only_what_is_expected_is_written(server: str, tmp_path: Path) -> None:
    folder = download("cifar-10", silent, address=server)
    assert sorted(f.name for f in folder.iterdir()) == sorted(SETS["cifar-10"].inside)
    assert not list(tmp_path.rglob("escaped.bin"))
    assert not list(tmp_path.rglob("readme.html"))
    found = preview({"source": "cifar", "options": {"path": str(folder)}}, {})
    assert found["rows"] == 60


def test_a_wrong_checksum_leaves_what_was_there(server: str, served: Path) -> None:
    folder = download("mnist", silent, address=server)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    changed = served / "t10k-labels-idx1-ubyte.gz"
    changed.write_bytes(b"something else")
    with pytest.raises(DownloadError) as caught:
        download("mnist", silent, address=server)
    wanted = SETS["mnist"].files[3].md5
    assert str(caught.value) == (
        f"{server}t10k-labels-idx1-ubyte.gz: expected the checksum {wanted}, got "
        f"{hashlib.md5(b'something else').hexdigest()}. The file is not the one its authors made: "
        "try again, or another address."
    )
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert [one.name for one in folder.parent.iterdir()] == ["mnist"], "no half is left"


def test_a_missing_file_and_a_server_that_is_none(server: str, served: Path) -> None:
    (served / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DownloadError) as caught:
        download("mnist", silent, address=server)
    assert str(caught.value) == (
        f"{server}train-labels-idx1-ubyte.gz: expected the file, got 404 File not found. "
        "Check the connection, or use another address."
    )
    with pytest.raises(DownloadError, match=r"got .*refused"):
        download("mnist", silent, address="http://127.0.0.1:9/")
    with pytest.raises(DownloadError, match="expected http or https, got another kind"):
        download("mnist", silent, address=served.as_uri())


def test_a_file_that_does_not_end_is_cut_off(server: str, served: Path, tmp_path: Path) -> None:
    (served / "long.bin").write_bytes(bytes(300_000))
    with pytest.raises(DownloadError, match="expected at most 100,000 bytes, got more"):
        downloads.fetch(f"{server}long.bin", tmp_path / "long.bin", silent, most=100_000)
    assert not (tmp_path / "long.bin").exists()


def test_an_archive_without_the_files(
    server: str, served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = served / "cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    file = replace(SETS["cifar-10"].files[0], md5=md5)
    monkeypatch.setitem(SETS, "cifar-10", replace(SETS["cifar-10"], files=(file,)))
    with pytest.raises(
        DownloadError, match=r"data_batch_1\.bin, .*, test_batch\.bin in it, got others"
    ):
        download("cifar-10", silent, address=server)
    assert not downloads.is_there("cifar-10")


def test_the_worker_fetches_while_it_answers(server: str) -> None:
    begun = downloading.begin("mnist", server)
    assert begun["address"] == server
    end = time.monotonic() + 20
    while (state := downloading.state())["under_way"] and time.monotonic() < end:
        time.sleep(0.01)
    assert state["error"] == ""
    assert state["folder"] == str(downloads.folder_of("mnist"))
    assert state["come"] == state["total"] > 0
    downloading.begin("nothing")
    while (state := downloading.state())["under_way"] and time.monotonic() < end:
        time.sleep(0.01)
    assert state["error"] == (
        "nothing: expected one of mnist, fashion-mnist, cifar-10, cifar-100. Choose one of them."
    )


def test_the_terminal_tells_the_address_before_it_fetches(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["data", "get", "mnist", "--from", server]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"From {server}, about 11 MB"
    assert lines[1:5] == [file.name for file in SETS["mnist"].files]
    assert lines[5] == str(downloads.folder_of("mnist"))
    assert cli.main(["data", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["sets"]
    assert found["mnist"]["folder"] == str(downloads.folder_of("mnist"))
    assert found["cifar-10"]["folder"] is None
    assert cli.main(["data", "forget", "mnist"]) == 0
    assert not downloads.is_there("mnist")
    assert cli.main(["data", "get", "imagenet"]) == 2
    assert capsys.readouterr().err == (
        "nnstudio data get: expected one of mnist, fashion-mnist, cifar-10, cifar-100, "
        "got 'imagenet'. Choose one of them.\n"
    )
