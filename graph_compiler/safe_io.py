"""The one way files are written and the one way strangers' files are read.

`safe_write` never leaves a half-written file where a whole one stood; `read_file` opens regular
files only, and reads no more of them than allowed. Standard library only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
from pathlib import Path


class SaveError(OSError):
    """A file could not be written; the text names path, reason, free space and remedy."""

    def __init__(self, path: Path, reason: str, remedy: str) -> None:
        super().__init__(f"{path}: {reason}. {remedy}")
        self.path, self.reason, self.remedy = path, reason, remedy


class ReadError(OSError):
    """A file could not be read; the text names the path, the reason and the remedy."""

    def __init__(self, path: Path, expected: str, got: str, remedy: str) -> None:
        super().__init__(f"{path}: expected {expected}, got {got}. {remedy}")
        self.path, self.expected, self.got, self.remedy = path, expected, got, remedy


def read_file(path: str | os.PathLike[str], limit: int) -> bytes:
    """The bytes of a regular file, at most `limit`; pipes and devices are refused at once."""
    place = Path(path)
    try:
        _refuse_irregular(place, os.stat(place))
        # O_NONBLOCK: should a pipe take the file's place between the calls, opening must not hang.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(place, flags), "rb") as file:
            _refuse_irregular(place, os.fstat(file.fileno()))
            data = file.read(limit + 1)
    except ReadError:
        raise
    except ValueError:
        raise ReadError(
            place, "the path of a file", "a path with a null character", "Choose another file."
        ) from None
    except OSError as error:
        raise _unreadable(place, error) from error
    if len(data) > limit:
        raise ReadError(
            place,
            f"a file of at most {_size(limit)}",
            f"one of {_size(place.stat().st_size)}",
            "Check that this is the right file.",
        )
    return data


def safe_write(path: str | os.PathLike[str], data: bytes | str, *, backup: bool = True) -> None:
    """Puts `data` (text as UTF-8) at `path`, wholly or not at all; the old file is kept as `NAME~`.

    Links are followed to their target, permissions are kept. Raises `SaveError`, the old file
    being intact.
    """
    asked = Path(path)
    content = data.encode("utf-8") if isinstance(data, str) else data
    temporary: str | None = None
    try:
        target = Path(os.path.realpath(asked))
        old = _status(target)
        if old is not None and not stat.S_ISREG(old.st_mode):
            raise SaveError(asked, "this is not a regular file", "Choose another name.")
        if old is not None and not os.access(target, os.W_OK):
            raise SaveError(asked, "the file is read-only", "Save under another name.")
        temporary = _beside(target, "tmp")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with open(os.open(temporary, flags, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if old is not None:
            os.chmod(temporary, stat.S_IMODE(old.st_mode))
        if backup and old is not None:
            _keep_backup(target)
        os.replace(temporary, target)
        temporary = None
        _sync_folder(target.parent)
    except SaveError:
        raise
    except (OSError, ValueError) as error:
        raise _unwritable(asked, error, len(content)) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def backup_of(path: str | os.PathLike[str]) -> Path:
    """Where `safe_write` keeps the previous version of `path`."""
    target = Path(os.path.realpath(path))
    return target.with_name(target.name + "~")


def _keep_backup(target: Path) -> None:
    """The old version under its backup name, made beside it and renamed, so that it too is whole.

    A hard link costs nothing and leaves the file in place; where the system has none, it is copied.
    """
    backup = backup_of(target)
    spare = _beside(target, "old")
    try:
        try:
            os.link(target, spare)
        except OSError:
            shutil.copy2(target, spare)
        os.replace(spare, backup)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(spare)
        raise


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _beside(target: Path, ending: str) -> str:
    """A name in the target's folder that nobody else uses, short however long the target's is."""
    return str(target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.{ending}"))


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself durable; Windows has no handle of a folder to sync."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network drives cannot
            raise
    finally:
        os.close(handle)


def _refuse_irregular(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise ReadError(path, "a file", "a folder", "Choose a file inside it.")
    if not stat.S_ISREG(status.st_mode):
        raise ReadError(path, "a regular file", "a pipe, socket or device", "Choose another file.")


def _unreadable(path: Path, error: OSError) -> ReadError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return ReadError(path, "a file", "nothing under this name", "Check the path.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return ReadError(
            path, "a readable file", "one without read permission", "Ask its owner for permission."
        )
    if error.errno == errno.ENAMETOOLONG:
        return ReadError(path, "the path of a file", "a name that is too long", "Check the path.")
    reason = (error.strerror or type(error).__name__).lower()
    return ReadError(path, "a readable file", reason, "Check the disk and try again.")


def _unwritable(path: Path, error: OSError | ValueError, need: int) -> SaveError:
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return SaveError(
            path,
            f"the disk is full: {_size(need)} needed, {_free(path)} free",
            "Free some space, or save elsewhere.",
        )
    if code == errno.EROFS:
        return SaveError(path, "the disk is read-only", "Save elsewhere.")
    if code in (errno.EACCES, errno.EPERM):
        return SaveError(path, "no permission to write here", "Save elsewhere.")
    if code in (errno.ENOENT, errno.ENOTDIR):
        return SaveError(path, "the folder does not exist", "Make the folder, or save elsewhere.")
    if code == errno.ENAMETOOLONG:
        return SaveError(path, "the name is too long", "Choose a shorter name.")
    if isinstance(error, ValueError):
        return SaveError(
            path, "the name holds a character that no file name may", "Choose another name."
        )
    reason = (error.strerror or type(error).__name__).lower()
    return SaveError(path, f"{reason}, {_free(path)} free", "Save elsewhere and check the disk.")


def _free(path: Path) -> str:
    try:
        return _size(shutil.disk_usage(path.parent).free)
    except (OSError, ValueError):
        return "an unknown amount"


def _size(count: int) -> str:
    for unit, power in (("GB", 30), ("MB", 20), ("kB", 10)):
        if count >= 1 << power:
            return f"{count / (1 << power):.3g} {unit}"
    return f"{count} bytes"
