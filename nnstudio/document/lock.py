"""The file that keeps others away from a project, and the process that holds it.

Standard library, and psutil where a process must be looked up.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MAX_LOCK = 4096
_CLEARING_SECONDS = 5.0
_TRIES = 50


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that holds something; ids are used again, so start and boot count as well."""

    host: str
    boot: str
    pid: int
    started: float

    @classmethod
    def me(cls) -> Owner:
        """This process."""
        import psutil

        return cls(_host(), _boot(), os.getpid(), psutil.Process().create_time())

    @classmethod
    def read(cls, raw: Any) -> Owner | None:
        """The owner that a file names; None where it names none."""
        match raw:
            case {
                "host": str(host),
                "boot": str(boot),
                "pid": int(pid),
                "started": int(started) | float(started),
            }:
                return cls(host, boot, pid, float(started))
        return None

    def as_json(self) -> dict[str, Any]:
        """The form in files."""
        return {"host": self.host, "boot": self.boot, "pid": self.pid, "started": self.started}

    @property
    def alive(self) -> bool:
        """Whether the process still runs; one on another machine counts as running."""
        import psutil

        if self.host != _host():
            return True
        if self.boot != _boot():
            return False
        try:
            started = float(psutil.Process(self.pid).create_time())
        except psutil.Error:
            return False
        return abs(started - self.started) < 2


class Lock:
    """The lock file `.NAME.lock` beside a project; it asks others to keep away, it forces nobody.

    A lock whose process is gone is taken over. In a folder that cannot be written to there is no
    lock, and no need of one.
    """

    def __init__(self, path: Path) -> None:
        self.file = path.with_name(f".{path.name}.lock")
        self._token = secrets.token_hex(8)
        self.held = False
        self.holder: Owner | None = None
        """Who else holds it, after `acquire` has returned False."""
        self.since = 0.0
        """Since when, in seconds since 1970; 0 where that is unknown."""

    def acquire(self) -> bool:
        """Take the lock; False where another window holds it."""
        for _ in range(_TRIES):
            if self._create():
                return True
            found = _content(self.file)
            owner = Owner.read(found.get("owner"))
            if found and found.get("token") == self._token:
                self.held = True
                return True
            if owner is not None and owner.alive:
                self.holder = owner
                since = found.get("since")
                self.since = float(since) if isinstance(since, int | float) else 0.0
                return False
            self._clear(found)
        return False

    @property
    def lost(self) -> bool:
        """Whether somebody else has taken the lock that was held here."""
        return self.held and _content(self.file).get("token") not in (self._token, None)

    @property
    def holder_words(self) -> str:
        """Who else holds it, in words: the process, and the machine if it is another one."""
        if self.holder is None:
            return ""
        where = "" if self.holder.host == _host() else f" on {self.holder.host}"
        return f"process {self.holder.pid}{where}"

    def release(self) -> None:
        """Let go of the lock; one that was taken by somebody else meanwhile stays."""
        if self.held and _content(self.file).get("token") == self._token:
            with contextlib.suppress(OSError):
                self.file.unlink()
        self.held = False

    def take(self) -> None:
        """Hold the lock whoever held it before, after the user has said so."""
        with contextlib.suppress(OSError):
            self.file.unlink()
        self.acquire()

    def _create(self) -> bool:
        content = {"owner": Owner.me().as_json(), "token": self._token, "since": time.time()}
        try:
            # Made whole under another name first, so that nobody ever reads half a lock.
            spare = self.file.with_name(f"{self.file.name}.{self._token}")
            spare.write_text(json.dumps(content), encoding="utf-8")
        except OSError:
            self.held = False
            return True
        try:
            os.link(spare, self.file)
            self.held = True
        except FileExistsError:
            self.held = False
        except OSError:
            self.held = self._create_exclusively(content)
        finally:
            with contextlib.suppress(OSError):
                spare.unlink()
        return self.held

    def _create_exclusively(self, content: dict[str, Any]) -> bool:
        """For file systems without links."""
        try:
            with open(self.file, "x", encoding="utf-8") as file:
                json.dump(content, file)
        except OSError:
            return False
        return True

    def _clear(self, stale: dict[str, Any]) -> None:
        """Take a dead lock away; one process at a time, so that nobody takes a live one away."""
        guard = self.file.with_name(f"{self.file.name}.clearing")
        try:
            guard.touch(exist_ok=False)
        except OSError:
            # Somebody else is clearing; one who died over it is not waited for.
            with contextlib.suppress(OSError):
                if time.time() - guard.stat().st_mtime > _CLEARING_SECONDS:
                    guard.unlink()
            time.sleep(0.01)
            return
        try:
            # Read again: only who holds the guard replaces a lock that exists.
            if self.file.exists() and _content(self.file) == stale:
                self.file.unlink(missing_ok=True)
        except OSError:
            pass
        finally:
            guard.unlink(missing_ok=True)


def _content(file: Path) -> dict[str, Any]:
    """What a lock file says; nothing where it is broken or gone."""
    try:
        with open(file, "rb") as opened:
            raw = json.loads(opened.read(_MAX_LOCK))
    except (OSError, ValueError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _host() -> str:
    return socket.gethostname()


def _boot() -> str:
    """What differs between two starts of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        import psutil

        # The clock may be set meanwhile; a few minutes more or less are the same start.
        return str(round(psutil.boot_time() / 600))
