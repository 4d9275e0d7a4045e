"""How a command ends: exit statuses, and failures told in one line on standard error."""

from __future__ import annotations

GOOD = 0
PROJECT_ERRORS = 1
WRONG_USE = 2
RUN_FAILED = 3
TRUST_NEEDED = 4
INTERRUPTED = 130


class Failure(Exception):
    """Ends the command with `status`; each of `lines` stands on standard error."""

    def __init__(self, status: int, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.status, self.lines = status, lines
