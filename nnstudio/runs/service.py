"""The warm worker's pipe: one JSON object a line, ids, deadlines, at most 16 MB a line.

What comes through it is data of another program: size, form and ids are checked, and a worker that
breaks the form or its deadline is ended. Owns the threads that write and read the pipe.
"""

from __future__ import annotations

import itertools
import json
import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnstudio.runs.launch import command, environment, own_session

MAX_FRAME = 16 << 20
MAX_STRAY = 100
"""Answers to nothing that was asked, after which the worker counts as broken."""
GRACE = 0.5
"""Seconds that the process gets to end by itself."""
MAX_ERROR_TEXT = 20_000


class WorkerError(Exception):
    """The warm worker gave no usable answer; `detail` holds what a report needs."""

    def __init__(self, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.detail = detail


@dataclass(slots=True)
class _Waiting:
    future: Future[Any]
    deadline: threading.Timer


class Service:
    """One warm process and what was asked of it."""

    def __init__(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `_finish`
        self.process = subprocess.Popen(
            command("--warm"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment(),
            **own_session(detach=False),
        )
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._broken = ""
        self._handed_over = False
        self._stray = 0
        self._threads = [
            threading.Thread(target=self._write, name="worker pipe out", daemon=True),
            threading.Thread(target=self._read, name="worker pipe in", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def usable(self) -> bool:
        """Whether it can be asked anything more."""
        return not self._broken and not self._handed_over and self.process.poll() is None

    def ask(self, kind: str, payload: Mapping[str, Any], timeout: float) -> Future[Any]:
        """Send a request; the future gets the answer or a `WorkerError`."""
        number = next(self._ids)
        future: Future[Any] = Future()
        frame = _frame({**payload, "id": number, "do": kind})
        if len(frame) > MAX_FRAME:
            future.set_exception(WorkerError(f"{kind}: the request is larger than 16 MB."))
            return future
        late = f"The worker gave no answer to {kind!r} within {timeout:.0f} seconds."
        deadline = threading.Timer(timeout, self._break, [late])
        deadline.daemon = True
        with self._lock:
            self._waiting[number] = _Waiting(future, deadline)
            deadline.start()
        self._outbox.put(frame)
        if self._broken:  # it broke between the look and the promise
            self._fail_all()
        return future

    def hand_over(self, run: Path, resume: bool) -> None:
        """Put the process to a run; the pipe is closed behind the last frame."""
        self._handed_over = True
        frame = {"id": next(self._ids), "do": "train", "run": str(run), "resume": resume}
        self._outbox.put(_frame(frame))
        self._outbox.put(None)

    def end(self) -> None:
        """End the process and the threads; what waits is cancelled."""
        self._broken = self._broken or "The worker was ended."
        self._outbox.put(None)
        if not self._handed_over:
            try:
                self.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(GRACE)

    def _write(self) -> None:
        pipe = self.process.stdin
        assert pipe is not None
        with suppress(OSError, ValueError):
            while (frame := self._outbox.get()) is not None:
                pipe.write(frame)
                pipe.flush()
        with suppress(OSError, ValueError):
            pipe.close()

    def _read(self) -> None:
        pipe = self.process.stdout
        assert pipe is not None
        with suppress(OSError, ValueError), pipe:
            while line := pipe.readline(MAX_FRAME + 1):
                if not line.endswith(b"\n"):
                    self._break("The worker's answer was cut off or larger than 16 MB.")
                    break
                if not self._answer(line):
                    break
        self._finish()

    def _answer(self, line: bytes) -> bool:
        """Take one answer in; False where the worker is no longer to be listened to."""
        try:
            number, outcome = _outcome(line)
        except ValueError as error:
            self._break(f"The worker's answer could not be read: {error}.")
            return False
        with self._lock:
            waiting = self._waiting.pop(number, None)
        if waiting is None:
            self._stray += 1
            if self._stray > MAX_STRAY:
                self._break("The worker answered what nobody had asked.")
            return self._stray <= MAX_STRAY
        waiting.deadline.cancel()
        if waiting.future.set_running_or_notify_cancel():
            if isinstance(outcome, WorkerError):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(outcome)
        return True

    def _break(self, reason: str) -> None:
        """End a worker that cannot be trusted to answer any more."""
        self._broken = self._broken or reason
        if not self._handed_over:
            self.process.kill()

    def _finish(self) -> None:
        """The pipe has ended: what still waits gets no answer any more."""
        if not self._handed_over:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(GRACE)
            status = self.process.poll()
            self._broken = self._broken or f"The worker ended by itself ({_ending(status)})."
        self._outbox.put(None)
        self._fail_all()
        self._log.close()

    def _fail_all(self) -> None:
        with self._lock:
            waiting = list(self._waiting.values())
            self._waiting.clear()
        detail = self._said()
        for item in waiting:
            item.deadline.cancel()
            if item.future.set_running_or_notify_cancel():
                item.future.set_exception(
                    WorkerError(self._broken or "The worker was put to a run.", detail)
                )

    def _said(self) -> str:
        """The end of what the process printed as errors."""
        with suppress(OSError, ValueError):
            size = self._log.seek(0, 2)
            self._log.seek(max(0, size - MAX_ERROR_TEXT))
            return self._log.read().decode("utf-8", "replace")
        return ""


def _frame(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def _outcome(line: bytes) -> tuple[int, Any]:
    """Number and result of an answer, or its error; `ValueError` for what is no answer."""
    try:
        answer = json.loads(line)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(answer, dict) or type(answer.get("id")) is not int:
        raise ValueError("it has no id")
    if answer.get("ok") is True:
        return answer["id"], answer.get("result")
    error = answer.get("error")
    if answer.get("ok") is not False or not isinstance(error, dict):
        raise ValueError("it is neither a result nor an error")
    text, detail = (str(error.get(k, ""))[:MAX_ERROR_TEXT] for k in ("text", "detail"))
    return answer["id"], WorkerError(text or "The worker refused without a reason.", detail)


def _ending(status: int | None) -> str:
    if status is None:
        return "it closed its pipe"
    return f"killed by signal {-status}" if status < 0 else f"status {status}"
