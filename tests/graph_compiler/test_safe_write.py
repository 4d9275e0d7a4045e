"""Writing a file: wholly or not at all, the old version kept, every failure in words."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from graph_compiler import safe_io
from graph_compiler.safe_io import ReadError, SaveError, backup_of, read_file, safe_write


def failing(code: int) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    return fail


def test_a_new_file_is_written_and_nothing_else(tmp_path: Path) -> None:
    safe_write(tmp_path / "a.txt", "Grüße\n")
    assert (tmp_path / "a.txt").read_bytes() == "Grüße\n".encode()
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_previous_version_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for version in (b"one", b"two", b"three"):
        safe_write(path, version)
    assert path.read_bytes() == b"three"
    assert backup_of(path) == tmp_path / "a.txt~"
    assert backup_of(path).read_bytes() == b"two"
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "a.txt~"]


def test_without_backup_nothing_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    safe_write(path, "one")
    safe_write(path, "two", backup=False)
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_backup_is_copied_where_links_do_not_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", failing(errno.ENOTSUP))
    path = tmp_path / "a.txt"
    safe_write(path, "one")
    safe_write(path, "two")
    assert (path.read_text(), backup_of(path).read_text()) == ("two", "one")


def test_permissions_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    safe_write(path, "one")
    os.chmod(path, 0o640)
    safe_write(path, "two")
    expected = 0o666 if sys.platform == "win32" else 0o640
    assert stat.S_IMODE(path.stat().st_mode) == expected


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    safe_write(tmp_path / "a.txt", "one")
    (tmp_path / "b.txt").write_text("one")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "a.txt", tmp_path / "link.txt"
    safe_write(target, "one")
    try:
        link.symlink_to(target)
    except OSError:
        return  # Windows lets only some accounts make links
    safe_write(link, "two")
    assert link.is_symlink()
    assert target.read_text() == "two"
    assert backup_of(link) == backup_of(target)
    assert backup_of(target).read_text() == "one"


@pytest.mark.parametrize("step", ["fsync", "replace", "link+copy"])
def test_a_failure_leaves_the_old_file_and_no_remains(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    safe_write(path, "one")
    if step == "link+copy":
        monkeypatch.setattr(os, "link", failing(errno.ENOTSUP))
        monkeypatch.setattr(shutil, "copy2", failing(errno.EIO))
    else:
        monkeypatch.setattr(os, step, failing(errno.EIO))
    with pytest.raises(SaveError):
        safe_write(path, "two")
    assert path.read_text() == "one"
    assert os.listdir(tmp_path) == ["a.txt"]


MESSAGES = {
    errno.EROFS: "the disk is read-only. Save elsewhere.",
    errno.EACCES: "no permission to write here. Save elsewhere.",
    errno.EPERM: "no permission to write here. Save elsewhere.",
    errno.ENAMETOOLONG: "the name is too long. Choose a shorter name.",
    errno.EIO: f"{os.strerror(errno.EIO).lower()}, 3 GB free. Save elsewhere and check the disk.",
    errno.ENOSPC: "the disk is full: 5 bytes needed, 3 GB free. "
    "Free some space, or save elsewhere.",
}


@pytest.mark.parametrize("code", MESSAGES)
def test_what_the_disk_refuses_is_said_in_words(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=3 * 2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(os, "fsync", failing(code))
    path = tmp_path / "a.txt"
    with pytest.raises(SaveError) as caught:
        safe_write(path, "three")
    assert str(caught.value) == f"{path}: {MESSAGES[code]}"
    assert isinstance(caught.value.__cause__, OSError)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "none" / "a.txt"
    with pytest.raises(SaveError) as caught:
        safe_write(path, "x")
    assert str(caught.value) == (
        f"{path}: the folder does not exist. Make the folder, or save elsewhere."
    )


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(SaveError) as caught:
        safe_write(tmp_path, "x")
    assert str(caught.value) == f"{tmp_path}: this is not a regular file. Choose another name."


def test_a_name_with_a_null_character() -> None:
    with pytest.raises(SaveError) as caught:
        safe_write("a\0b", "x")
    assert str(caught.value) == (
        "a\0b: the name holds a character that no file name may. Choose another name."
    )


def test_a_read_only_file_is_not_replaced_behind_its_owners_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    safe_write(path, "one")
    monkeypatch.setattr(os, "access", lambda *_: False)  # the superuser may write everywhere
    with pytest.raises(SaveError) as caught:
        safe_write(path, "two")
    assert str(caught.value) == f"{path}: the file is read-only. Save under another name."
    assert path.read_text() == "one"


def test_the_longest_name_that_a_disk_takes(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250)
    safe_write(path, "one")
    safe_write(path, "two")
    assert path.read_text() == "two"


def test_the_folder_is_made_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: list[bool] = []
    real = os.fsync

    def seen(handle: int) -> None:
        kinds.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        real(handle)

    monkeypatch.setattr(os, "fsync", seen)
    safe_write(tmp_path / "a.txt", "one")
    assert kinds == ([False] if sys.platform == "win32" else [False, True])


def test_a_folder_that_cannot_be_synced_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def picky(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "no")
        real(handle)

    monkeypatch.setattr(os, "fsync", picky)
    safe_write(tmp_path / "a.txt", "one")
    assert (tmp_path / "a.txt").read_text() == "one"


def test_reading_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    monkeypatch.setattr(safe_io.os, "open", failing(errno.EACCES))
    with pytest.raises(ReadError) as caught:
        read_file(path, 10)
    assert str(caught.value) == (
        f"{path}: expected a readable file, got one without read permission. "
        "Ask its owner for permission."
    )


def test_reading_stops_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 11)
    assert read_file(path, 11) == b"x" * 11
    with pytest.raises(ReadError) as caught:
        read_file(path, 10)
    assert str(caught.value) == (
        f"{path}: expected a file of at most 10 bytes, got one of 11 bytes. "
        "Check that this is the right file."
    )
