"""The command line called in this process: status, output, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from nnstudio import cli


class Said(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs `nnstudio` with arguments."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        try:
            status = cli.main([str(argument) for argument in arguments])
        except SystemExit as end:  # --help and --version
            status = int(end.code or 0)
        return Said(status, *capsys.readouterr())

    return run
