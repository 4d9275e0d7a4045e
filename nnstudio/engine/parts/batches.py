"""How many examples a step looks at, how long training goes on, and when it stops early.

Rows that recipes share, and their constants. It becomes part of `train.py`; it knows nothing of
NN Studio.
"""

from __future__ import annotations

SETTINGS = {
    "settings": (
        {
            "name": "batch_size",
            "kind": "int",
            "default": 32,
            "low": 1,
            "high": 1000000,
            "unit": "rows",
            "doc": "examples that one step looks at",
            "group": "Batches",
        },
        {
            "name": "accumulation",
            "kind": "int",
            "default": 1,
            "low": 1,
            "high": 100000,
            "unit": "batches",
            "doc": "batches whose gradients add up to one step, for the memory of one of them",
            "group": "Batches",
            "rare": True,
        },
        {
            "name": "epochs",
            "kind": "int",
            "default": 20,
            "low": 1,
            "high": 1000000,
            "doc": "passes over the training part",
            "group": "Batches",
            "when": "most_steps == 0",
        },
        {
            "name": "most_steps",
            "kind": "int",
            "default": 0,
            "low": 0,
            "high": 1000000000,
            "unit": "steps",
            "label": "steps",
            "doc": "end after so many steps, in the middle of an epoch if need be, instead of "
            "after the epochs; 0 is after the epochs",
            "group": "Batches",
            "rare": True,
        },
        {
            "name": "seed",
            "kind": "int",
            "default": 0,
            "low": 0,
            "high": 2147483647,
            "doc": "number from which first weights and the order of examples follow",
            "group": "Batches",
        },
        {
            "name": "deterministic",
            "kind": "bool",
            "default": False,
            "doc": "only algorithms that give the same numbers every time, also on accelerators; "
            "some are slower, and a layer that has none such ends the run",
            "group": "Precision",
            "rare": True,
        },
        {
            "name": "patience",
            "kind": "int",
            "default": 0,
            "low": 0,
            "high": 1000000,
            "unit": "epochs",
            "doc": "stop after so many without a better validation loss, at its best; 0 is never",
            "group": "Stopping",
        },
    ),
}

BATCH_SIZE = 32
ACCUMULATION = 1
MOST_STEPS = 0
DETERMINISTIC = False
PATIENCE = 0
