"""Name the system libraries that Qt misses here, with the command that installs them.

In CI as root the command is run; elsewhere it is only printed: installing is the owner's choice.
"""

from __future__ import annotations

import os
import subprocess
import sys

from nnstudio.doctor import install_command, missing_libraries


def main() -> int:
    """Exit status 0 when nothing is missing (any more)."""
    missing = missing_libraries()
    if not missing:
        return 0
    command = install_command(missing)
    print(f"Qt misses on this system: {', '.join(missing)}.", file=sys.stderr)
    if not command:
        print("Install them with the system's package manager.", file=sys.stderr)
        return 1
    if os.environ.get("CI") and hasattr(os, "geteuid") and os.geteuid() == 0:
        print(f"Running: {command}", file=sys.stderr)
        subprocess.run("apt-get update -qq", shell=True, check=False)
        subprocess.run(command.removeprefix("sudo "), shell=True, check=True)
        return 1 if missing_libraries() else 0
    print(f"Install them with: {command}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
