"""The window's line to the warm worker and to background work; answers arrive on the Qt thread.

Owns the worker process and one small pool of threads. Never imports the engine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from nnstudio.runs.worker import WorkerProcess

Done = Callable[[Any], None]
Failed = Callable[[str], None]

PATIENCE = 120.0
"""Seconds after which a request counts as unanswered."""


class Link(QObject):
    """Requests to the worker and jobs for threads."""

    _answered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="nnstudio")
        self._worker: WorkerProcess | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._looks: dict[object, list[tuple[Callable[[], Any], Done, Callable[[Exception], None]]]]
        self._looks = {}
        self._answered.connect(self._deliver)

    def work(self, job: Callable[[], Any], done: Done, failed: Callable[[Exception], None]) -> None:
        """Run `job` in a thread; one of the two is called afterwards with its result or error."""
        if not self._closed:
            self._pass_on(self._pool.submit(job), done, failed)

    def look(
        self,
        about: object,
        job: Callable[[], Any],
        done: Done,
        failed: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        """As `work` for what is read again and again: one look at a time `about` the same.

        What is asked for while one is under way is looked at after it, the newest wish alone, so
        that what is shown last is what was so last.
        """
        if about in self._looks:
            self._looks[about][:] = [(job, done, failed)]
            return
        self._looks[about] = []

        def then(answer: Callable[[Any], None]) -> Callable[[Any], None]:
            def answered(found: Any) -> None:
                wished = self._looks.pop(about)
                for wish in wished:
                    self.look(about, *wish)
                answer(found)

            return answered

        self.work(job, then(done), then(failed))

    def warm_up(self) -> None:
        """Start the worker, so that the first Run answers at once; any thread may call."""
        if not self._closed:
            self._pool.submit(self._warm)

    def request(self, kind: str, payload: dict[str, Any], done: Done, failed: Failed) -> None:
        """Ask the worker; `failed` gets one sentence for people.

        No thread waits for the answer, so that files are read and written meanwhile.
        """

        def ask() -> Future[Any]:
            return self._warm().request(kind, payload, PATIENCE)

        def refused(error: Exception) -> None:
            failed(str(error) or type(error).__name__)

        self.work(ask, lambda answer: self._pass_on(answer, done, refused), refused)

    def train(
        self, run: Path, failed: Failed, *, resume: bool = False, after: int | None = None
    ) -> None:
        """Put the warm worker to a run; where it resumes, older requests are passed over.

        `after` is the newest request that is not for it, where that is known.
        """

        def start() -> None:
            from nnstudio.runs.requests import latest

            known = latest(run) if resume and after is None else after
            self._warm().train(run, resume=resume, after=known)

        self.work(start, lambda _: None, lambda error: failed(str(error) or type(error).__name__))

    def close(self) -> None:
        """End the warm worker, if it has no run, and the threads; a file being written is finished.

        The worker goes first: a thread that waits for its answer is then free.
        """
        with self._lock:
            self._closed = True
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _warm(self) -> WorkerProcess:
        from nnstudio.runs.worker import WorkerProcess

        with self._lock:
            if self._closed:
                raise RuntimeError("the window is closing")
            if self._worker is None:
                self._worker = WorkerProcess()
            self._worker.start()
            return self._worker

    def _pass_on(
        self, future: Future[Any], done: Done, failed: Callable[[Exception], None]
    ) -> None:
        def answered(finished: Future[Any]) -> None:
            if not self._closed:
                self._answered.emit((finished, done, failed))

        future.add_done_callback(answered)

    def _deliver(self, answer: tuple[Future[Any], Done, Callable[[Exception], None]]) -> None:
        future, done, failed = answer
        if self._closed:
            return
        if future.cancelled():
            failed(RuntimeError("The worker has taken up a run. Ask again."))
            return
        error = future.exception()
        if error is None:
            done(future.result())
        elif isinstance(error, Exception):
            failed(error)
