"""`python -m nnstudio`: the same as `nnstudio`."""

import sys

from nnstudio.cli import main

sys.exit(main())
