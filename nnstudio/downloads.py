"""Sets that are fetched when a person asks for them: addresses, checksums, the folder they go to.

Nothing here runs by itself: opening and looking never connect. What came is measured and compared
with its checksum before it gets its name; an archive gives only the files that are expected of it.
Standard library only.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from nnstudio import places

Progress = Callable[[str, int, int], None]
"""The file, the bytes that have come, and how many there will be (0 where nobody knows)."""
BLOCK = 1 << 16
TIMEOUT = 30
"""Seconds without an answer after which a fetch is given up."""
ABANDONED = 3600
"""Seconds without a written byte after which the half of a fetch belongs to nobody."""
MOST_BYTES = 2 << 30
"""Of one file, fetched or taken out of an archive."""


class DownloadError(Exception):
    """Why nothing was fetched: `<address>: expected …, got …. <remedy>.`"""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a set: its name, its MD5 as its authors tell it, its size in bytes or so."""

    name: str
    md5: str
    size: int


@dataclass(frozen=True, slots=True)
class Set:
    """A set: where its files lie, and what of an archive is wanted."""

    name: str
    title: str
    address: str
    """The folder in the web that holds the files."""
    files: tuple[File, ...]
    inside: tuple[str, ...] = ()
    """The files to be taken out of the archive, which is thrown away after that."""


SETS = {
    one.name: one
    for one in (
        Set(
            "mnist",
            "MNIST: 70,000 handwritten digits",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            (
                File("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
                File("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", 28_881),
                File("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", 1_648_877),
                File("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", 4_542),
            ),
        ),
        Set(
            "fashion-mnist",
            "Fashion-MNIST: 70,000 pictures of clothes",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            (
                File("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
                File("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe", 29_515),
                File("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79", 4_422_102),
                File("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310", 5_148),
            ),
        ),
        Set(
            "cifar-10",
            "CIFAR-10: 60,000 colour pictures of ten kinds",
            "https://www.cs.toronto.edu/~kriz/",
            (File("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", 170_052_171),),
            (*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"),
        ),
        Set(
            "cifar-100",
            "CIFAR-100: 60,000 colour pictures of a hundred kinds",
            "https://www.cs.toronto.edu/~kriz/",
            (File("cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8", 168_513_733),),
            ("train.bin", "test.bin", "coarse_label_names.txt", "fine_label_names.txt"),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A set that lies in the user's folder."""

    name: str
    folder: Path
    size: int
    fetched: float
    """Seconds since 1970."""


def folder_of(name: str) -> Path:
    """Where a set lies once it was fetched."""
    return places.home() / "data" / name


def is_there(name: str) -> bool:
    """Whether every file of a set lies in its folder."""
    wanted = SETS[name].inside or tuple(file.name for file in SETS[name].files)
    return all((folder_of(name) / file).is_file() for file in wanted)


def kept() -> tuple[Kept, ...]:
    """The sets that were fetched, by name."""
    found = []
    for name in sorted(SETS):
        if is_there(name):
            files = [file.stat() for file in folder_of(name).iterdir() if file.is_file()]
            newest = max(file.st_mtime for file in files)
            found.append(Kept(name, folder_of(name), sum(f.st_size for f in files), newest))
    return tuple(found)


def forget(name: str) -> None:
    """Delete a set that was fetched."""
    if name in SETS and folder_of(name).is_dir():
        shutil.rmtree(folder_of(name))


def clear_halves(folder: Path) -> None:
    """Delete what fetches left that were ended with their process, as by a power cut."""
    for half in folder.glob(".*/"):
        with suppress(OSError):
            touched = max(one.stat().st_mtime for one in (half, *half.iterdir()))
            if time.time() - touched > ABANDONED:
                shutil.rmtree(half, ignore_errors=True)


def download(name: str, progress: Progress, *, address: str = "") -> Path:
    """Fetch a set into its folder, which is returned; raises `DownloadError`.

    `address` is a folder in the web that holds the same files, in place of the usual one. What was
    there before stays until all that came has passed its checks.
    """
    wanted = SETS.get(name)
    if wanted is None:
        raise DownloadError(f"{name}: expected one of {', '.join(SETS)}. Choose one of them.")
    base = (address or wanted.address).rstrip("/") + "/"
    final = folder_of(name)
    half = final.with_name(f".{name}-{os.getpid()}-{time.monotonic_ns()}")
    clear_halves(final.parent)
    try:
        half.mkdir(parents=True)
        for file in wanted.files:
            fetch(base + file.name, half / file.name, progress, file.md5)
        if wanted.inside:
            archive = half / wanted.files[0].name
            _take_out(archive, wanted.inside, half)
            archive.unlink()
        if final.exists():
            shutil.rmtree(final)
        half.rename(final)
    except OSError as error:
        raise DownloadError(
            f"{final}: expected room to write, got {error.strerror or error}. "
            "Check path, permission and free space."
        ) from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return final


_UNREACHED = (
    urllib.error.URLError,
    http.client.HTTPException,
    TimeoutError,
    ConnectionError,
    ValueError,
)
"""What a fetch fails with where this computer is not to blame; also for an address in no form."""


class _OnlyWeb(urllib.request.HTTPRedirectHandler):
    """Follows to other places in the web alone, never to files or other servers."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise urllib.error.URLError(f"a way to {urlsplit(newurl).scheme}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(
    address: str, target: Path, progress: Progress, md5: str = "", most: int = MOST_BYTES
) -> None:
    """One file from an address, checked before it gets its name; raises `DownloadError`."""
    if urlsplit(address).scheme not in ("http", "https"):
        raise DownloadError(f"{address}: expected http or https, got another kind. Mend it.")
    part = target.with_name(target.name + ".part")
    try:
        opener = urllib.request.build_opener(_OnlyWeb)
        with opener.open(address, timeout=TIMEOUT) as answer, open(part, "wb") as file:
            found = _copied(answer, file, address, progress, most)
    except urllib.error.HTTPError as error:
        raise _failed(address, f"{error.code} {error.reason}") from error
    except _UNREACHED as error:
        raise _failed(address, str(getattr(error, "reason", error))) from error
    if md5 and found != md5:
        part.unlink()
        raise DownloadError(
            f"{address}: expected the checksum {md5}, got {found}. "
            "The file is not the one its authors made: try again, or another address."
        )
    part.replace(target)


def _copied(
    answer: http.client.HTTPResponse, file: BinaryIO, address: str, progress: Progress, most: int
) -> str:
    """Write what comes, block by block; its MD5."""
    length = answer.headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else 0
    digest, come, name = hashlib.md5(usedforsecurity=False), 0, address.rsplit("/", 1)[-1]
    while block := answer.read(BLOCK):
        come += len(block)
        if come > most:
            raise DownloadError(
                f"{address}: expected at most {most:,} bytes, got more. Fetch it by hand."
            )
        digest.update(block)
        file.write(block)
        progress(name, come, total)
    if come < total:
        raise _failed(address, f"only {come:,} of {total:,} bytes")
    return digest.hexdigest()


def _failed(address: str, got: str) -> DownloadError:
    return DownloadError(
        f"{address}: expected the file, got {got}. Check the connection, or use another address."
    )


def _take_out(archive: Path, names: tuple[str, ...], folder: Path) -> None:
    """The files with these names, wherever in the archive; nothing else is written."""
    missing = set(names)
    try:
        with tarfile.open(archive, "r:gz") as opened:
            for member in opened:
                name = member.name.rsplit("/", 1)[-1]
                if name not in missing or not member.isfile() or member.size > MOST_BYTES:
                    continue
                source = opened.extractfile(member)
                assert source is not None
                with source, open(folder / name, "wb") as target:
                    shutil.copyfileobj(source, target)
                missing.discard(name)
    except (tarfile.TarError, EOFError) as error:
        raise DownloadError(
            f"{archive.name}: expected an archive, got {error}. Try again, or another address."
        ) from error
    if missing:
        raise DownloadError(
            f"{archive.name}: expected {', '.join(sorted(missing))} in it, got others. "
            "Try another address."
        )
