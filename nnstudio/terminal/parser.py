"""The commands and their arguments as argparse knows them; each group adds its own.

A mistake is told in one line with the command that explains. Standard library only: this runs
before anything else.
"""

from __future__ import annotations

import argparse
import difflib
import textwrap
from collections.abc import Callable
from typing import NoReturn

from nnstudio import __version__
from nnstudio.terminal.outcome import WRONG_USE, Failure

Action = Callable[[argparse.Namespace], int]

_DESCRIPTION = """\
Draw a neural network, train it, see how it learns, and leave with its PyTorch code.

  nnstudio [FILE …]      open a window on each FILE, or the start page without one
  nnstudio COMMAND …     do the same jobs in the terminal, without a window"""

_EPILOG = """\
FILE is a path or template:ID, either with @VARIANT (template:ID alone is template:ID@demo).
RUN is a run's id, the beginning of its id, or its folder.

examples:
  nnstudio templates
  nnstudio new template:lenet5 -o digits.nns
  nnstudio check digits.nns
  nnstudio train digits.nns --epochs 20 --seed 1
  nnstudio export digits.nns --to script -o exported

exit status: 0 good · 1 the project has errors · 2 wrong use · 3 the run failed · 4 trust needed ·
130 interrupted (after 3 and 130 the run can be resumed)"""


class Parser(argparse.ArgumentParser):
    """argparse with one-line errors."""

    def error(self, message: str) -> NoReturn:
        raise Failure(WRONG_USE, f"{self.prog}: {message}. See: {self.prog} --help")


class Commands:
    """Where the groups put their commands."""

    def __init__(self) -> None:
        self.parser = Parser(
            prog="nnstudio",
            usage="nnstudio [FILE …] | nnstudio COMMAND …",
            description=_DESCRIPTION,
            epilog=_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.parser.add_argument("--version", action="version", version=f"nnstudio {__version__}")
        self._group = self.parser.add_subparsers(
            title="commands", metavar="COMMAND", prog="nnstudio", parser_class=Parser
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The commands there are."""
        return tuple(self._group.choices)

    def add(
        self, name: str, action: Action, summary: str, text: str = "", examples: str = ""
    ) -> Parser:
        """A command with its one-line summary, what else there is to say, and examples."""
        parser: Parser = self._group.add_parser(
            name,
            help=summary,
            description=textwrap.fill(f"{summary[0].upper()}{summary[1:]}. {text}".strip(), 80),
            epilog=f"examples:\n{examples}" if examples else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.set_defaults(action=action)
        return parser

    def meant(self, word: str) -> str:
        """The command that a misspelt word is nearest to, or nothing."""
        return next(iter(difflib.get_close_matches(word, self.names, n=1, cutoff=0.7)), "")


def build() -> Commands:
    """All commands of the terminal."""
    from nnstudio.terminal import (
        checkpoints,
        compare,
        control,
        data,
        demo,
        evaluate,
        examine,
        forecast,
        plots,
        predict,
        projects,
        queue,
        runs,
        training,
    )
    from nnstudio.terminal import summary as costs

    commands = Commands()
    groups = (
        projects,
        costs,
        compare,
        forecast,
        training,
        runs,
        checkpoints,
        queue,
        control,
        predict,
        evaluate,
        plots,
        data,
        examine,
        demo,
    )
    for group in groups:
        group.add_to(commands)
    return commands
