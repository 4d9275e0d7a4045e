"""Recovery files: written in time, beside the file, kept until a save succeeds, found again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from graph_compiler.files import load_project, project_text
from graph_compiler.model import Network, Project
from nnstudio import places
from nnstudio.document import steps
from nnstudio.document.autosave import Autosave, beside, find_recoveries, recovery_of
from nnstudio.document.document import Document
from nnstudio.document.lock import Owner


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Stands at zero."""
    return Clock()


def gone() -> dict[str, object]:
    """A process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return {**Owner.me().as_json(), "pid": ended.pid}


def crash(autosave: Autosave) -> None:
    """What is left of a window that was killed: files, and notes of a process that is gone."""
    autosave.wait()
    autosave.close()
    for note in places.recovery().glob("*.json"):
        raw = json.loads(note.read_text())
        note.write_text(json.dumps({**raw, "owner": gone()}))


def edit(document: Document, name: str) -> None:
    """Any edit that shows in the file."""
    document.do(steps.set_name(document, name))


def test_due_a_second_after_the_first_edit(mlp: Document, clock: Clock) -> None:
    autosave = Autosave(mlp, clock=clock)
    assert not autosave.due()
    edit(mlp, "One")
    clock.now = 0.9
    edit(mlp, "Two")
    assert not autosave.due()
    clock.now = 1.0
    assert autosave.due()
    autosave.write()
    assert not autosave.due()
    autosave.close(discard=True)


def test_beside_the_file_never_over_it(mlp: Document, tmp_path: Path) -> None:
    path = tmp_path / "mine.nns"
    mlp.save(path)
    saved = path.read_bytes()
    autosave = Autosave(mlp)
    edit(mlp, "Changed")
    autosave.write()
    autosave.wait()
    assert beside(path) == tmp_path / ".mine.nns.autosave"
    assert load_project(beside(path)).name == "Changed"
    assert path.read_bytes() == saved
    mlp.save()
    autosave.wait()
    assert not beside(path).exists()
    assert list(places.recovery().iterdir()) == []
    autosave.close()


def test_without_a_file_it_lies_in_the_users_folder(mlp: Document) -> None:
    autosave = Autosave(mlp)
    edit(mlp, "Nameless")
    autosave.write()
    crash(autosave)
    (found,) = find_recoveries()
    assert (found.name, found.path) == ("Nameless", None)
    assert found.autosave.parent == places.recovery()
    assert project_text(load_project(found.autosave)) == project_text(mlp.project)


def test_undoing_to_the_saved_state_leaves_nothing_to_recover(mlp: Document) -> None:
    autosave = Autosave(mlp)
    edit(mlp, "Changed")
    autosave.write()
    mlp.undo()
    autosave.close()
    assert find_recoveries() == ()


def test_a_recovery_survives_a_second_crash(tmp_path: Path, mlp: Document) -> None:
    path = tmp_path / "mine.nns"
    mlp.save(path)
    first = Autosave(mlp)
    edit(mlp, "Before the crash")
    first.write()
    crash(first)

    found = recovery_of(path)
    assert found is not None
    assert found in find_recoveries()
    second = Document(load_project(found.autosave), path)
    second.mark_unsaved()
    again = Autosave(second, adopted=found)
    crash(again)

    found = recovery_of(path)
    assert found is not None
    assert load_project(found.autosave).name == "Before the crash"
    third = Document(load_project(found.autosave), path)
    third.mark_unsaved()
    last = Autosave(third, adopted=found)
    third.save()
    last.close()
    assert recovery_of(path) is None
    assert load_project(path).name == "Before the crash"


def test_the_recovery_of_a_window_that_lives_is_not_offered(mlp: Document, tmp_path: Path) -> None:
    mlp.save(tmp_path / "mine.nns")
    autosave = Autosave(mlp)
    edit(mlp, "Changed")
    autosave.write()
    autosave.wait()
    assert find_recoveries() == ()
    assert recovery_of(tmp_path / "mine.nns") is None
    autosave.close(discard=True)
    assert not beside(tmp_path / "mine.nns").exists()


def test_closing_without_saving_writes_what_is_newest(mlp: Document) -> None:
    autosave = Autosave(mlp)
    edit(mlp, "Last words")
    crash(autosave)
    (found,) = find_recoveries()
    assert load_project(found.autosave).name == "Last words"
    found.discard()
    assert find_recoveries() == ()
    assert not found.autosave.exists()


def test_a_folder_that_cannot_be_written_to(
    mlp: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.nns"
    mlp.save(path)
    autosave = Autosave(mlp)
    # A folder in the way stands for a disk that refuses; the tests may run as root.
    beside(path).mkdir()
    edit(mlp, "Elsewhere")
    autosave.write()
    autosave.wait()
    assert autosave.error == ""
    crash(autosave)
    found = recovery_of(path)
    assert found is not None
    assert found.autosave.parent == places.recovery()
    assert load_project(found.autosave).name == "Elsewhere"


def test_a_failure_is_told_and_tried_again(mlp: Document, own_home: Path, tmp_path: Path) -> None:
    autosave = Autosave(mlp)
    places.recovery().parent.mkdir(exist_ok=True)
    places.recovery().write_text("in the way")
    edit(mlp, "Changed")
    autosave.write()
    autosave.wait()
    assert autosave.error
    places.recovery().unlink()
    edit(mlp, "Changed again")
    autosave.write()
    autosave.wait()
    assert autosave.error == ""
    autosave.close(discard=True)


def test_it_writes_on_another_thread_and_the_state_of_the_moment(
    mlp: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    import graph_compiler.safe_io as safe_io

    threads: list[str] = []
    go = threading.Event()
    real = safe_io.safe_write

    def slow(path: Path, data: str, *, backup: bool = True) -> None:
        threads.append(threading.current_thread().name)
        go.wait(10)
        real(path, data, backup=backup)

    monkeypatch.setattr(safe_io, "safe_write", slow)
    autosave = Autosave(mlp)
    edit(mlp, "Then")
    autosave.write()
    mlp.do(steps.delete(mlp, "main", list(mlp.network().nodes)))
    go.set()
    autosave.wait()
    (file,) = places.recovery().glob("*.nns")
    assert load_project(file).name == "Then"
    assert "fc1" in load_project(file).networks["main"].nodes
    assert set(threads) == {"autosave"}
    autosave.close(discard=True)


def test_the_newest_of_several_states_is_what_lies_there(mlp: Document) -> None:
    autosave = Autosave(mlp)
    for number in range(20):
        edit(mlp, f"State {number}")
        autosave.write()
    autosave.wait()
    (file,) = places.recovery().glob("*.nns")
    assert load_project(file).name == "State 19"
    autosave.close(discard=True)


def test_saving_under_another_name_moves_the_recovery(mlp: Document, tmp_path: Path) -> None:
    autosave = Autosave(mlp)
    edit(mlp, "Nameless")
    autosave.write()
    mlp.save(tmp_path / "named.nns")
    edit(mlp, "Named")
    autosave.write()
    autosave.wait()
    assert not list(places.recovery().glob("*.nns"))
    assert load_project(tmp_path / ".named.nns.autosave").name == "Named"
    autosave.close(discard=True)


def test_notes_that_are_no_notes_are_passed_over() -> None:
    places.recovery().mkdir(parents=True)
    for index, text in enumerate(["", "[]", "{", '{"name": 3}', "[" * 90_000]):
        (places.recovery() / f"{index}.json").write_text(text)
    assert find_recoveries() == ()


def test_a_killed_window_loses_two_seconds_at_most(tmp_path: Path, own_home: Path) -> None:
    """A process that edits and autosaves by its clock is killed; what it told of is recoverable."""
    path = tmp_path / "mine.nns"
    Document(Project("Start", networks={"main": Network("main")})).save(path)
    script = f"""
import os, sys, time
from pathlib import Path
from nnstudio.document import steps
from nnstudio.document.autosave import Autosave
from nnstudio.document.document import Document
document = Document.open(Path({str(path)!r}))
autosave = Autosave(document)
for number in range(10**6):
    document.do(steps.set_name(document, f"{{time.time()}}"))
    if autosave.due():
        autosave.write()
        autosave.wait()
        print("written", flush=True)
    time.sleep(0.05)
"""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.kill()
    process.wait()
    process.stdout.close()
    assert load_project(path).name == "Start"
    found = recovery_of(path)
    assert found is not None
    assert float(load_project(found.autosave).name) > 0
    assert found.time - float(load_project(found.autosave).name) < 2
