"""`nnstudio`: opens the window or runs a command of the terminal, and decides the exit status.

Standard library only until a command needs more; Qt is imported to open the window and for nothing
else.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress

from nnstudio.terminal import outcome, parser
from nnstudio.terminal.outcome import Failure


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _prepare_streams()
    try:
        return _run(words)
    except Failure as failure:
        return _failed(failure)
    except KeyboardInterrupt:
        return outcome.INTERRUPTED
    except BrokenPipeError:  # the reader of our output has had enough
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return outcome.GOOD
    except Exception as error:
        return _failed(_told(error))


def _prepare_streams() -> None:
    """Closed ones lead nowhere; signs that a stream's encoding lacks are replaced."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for good
        with suppress(AttributeError, ValueError):
            getattr(sys, name).reconfigure(errors="replace")


def _run(words: list[str]) -> int:
    commands = parser.build()
    if words and words[0] not in commands.names and not words[0].startswith("-"):
        return _open(words, commands)
    if not words:
        return _open(words, commands)
    parsed = commands.parser.parse_args(words)
    return int(parsed.action(parsed))


def _open(words: list[str], commands: parser.Commands) -> int:
    """`nnstudio [FILE …]`"""
    from nnstudio.terminal import window

    strange = [word for word in words if not window.names_something(word)]
    if strange:
        word = strange[0]
        meant = commands.meant(word)
        advice = f"Did you mean {meant}?" if meant else "See: nnstudio --help"
        raise Failure(
            outcome.WRONG_USE, f"nnstudio: expected a command or a FILE, got {word!r}. {advice}"
        )
    return window.open_window(*words)


def _failed(failure: Failure) -> int:
    from nnstudio.terminal.output import complain

    with suppress(OSError):  # nobody hears it, but the status still tells
        for line in failure.lines:
            complain(line)
    return failure.status


def _told(error: Exception) -> Failure:
    """What a command did not foresee: errors of the product's own kinds in their own words."""
    from graph_compiler.files import ProjectError
    from graph_compiler.safe_io import ReadError, SaveError
    from nnstudio.runs.create import RunRefused
    from nnstudio.runs.layout import RunError
    from nnstudio.runs.trust import TrustNeeded
    from nnstudio.terminal.targets import refused

    if isinstance(error, RunRefused):
        return refused(error)
    if isinstance(error, ProjectError):
        return Failure(outcome.PROJECT_ERRORS, str(error))
    if isinstance(error, TrustNeeded):
        return Failure(outcome.TRUST_NEEDED, f"{error} In the terminal: --trust.")
    if isinstance(error, RunError | SaveError | ReadError):
        return Failure(outcome.WRONG_USE, str(error))
    if isinstance(error, OSError) and error.strerror:
        place = "nnstudio" if error.filename is None else error.filename
        return Failure(
            outcome.WRONG_USE,
            f"{place}: {error.strerror.lower()}. Check path, permission and free space.",
        )
    return Failure(outcome.RUN_FAILED, f"nnstudio: {type(error).__name__}: {error}. {_kept(error)}")


def _kept(error: Exception) -> str:
    """Where the details of an unforeseen error were written to."""
    from nnstudio import places

    target = places.home() / "last-error.txt"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return "The details could not be written down."
    return f"The details are in {target}"


if __name__ == "__main__":
    sys.exit(main())
