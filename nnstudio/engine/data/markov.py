"""Markov chain: tokens of which each depends on the one before; its entropy rate is known.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np

SOURCE = {
    "title": "Markov chain",
    "doc": "Tokens drawn by a table of odds that looks at the token before. No model of the next "
    "token can have a smaller loss than the chain's entropy rate, which is known.",
    "kind": "text",
    "group": "generated",
    "form": "tokens",
    "dtype": "int",
    "target": "none",
    "shape": "(context,)",
    "outputs": "states",
    "rows": "tokens // context",
    "classes": (),
    "columns": (),
    "options": (
        {
            "name": "states",
            "kind": "int",
            "default": 8,
            "low": 2,
            "high": 1000,
            "doc": "how many different tokens there are",
        },
        {
            "name": "tokens",
            "kind": "int",
            "default": 20000,
            "low": 100,
            "high": 10000000,
            "doc": "how many tokens are drawn",
        },
        {
            "name": "surprise",
            "kind": "float",
            "default": 0.3,
            "low": 0.001,
            "high": 100.0,
            "doc": "how even the odds of the next token are: little is predictable, much is not",
        },
        {
            "name": "context",
            "kind": "int",
            "default": 16,
            "low": 1,
            "high": 1000000,
            "unit": "tokens",
            "doc": "tokens that the network reads at once",
        },
    ),
}

STATES = 8
TOKENS = 20000
SURPRISE = 0.3
DATA_SEED = 0


def examples() -> tuple[np.ndarray]:
    """The tokens (tokens,)."""
    random = np.random.default_rng(DATA_SEED)
    odds = chain(STATES, SURPRISE, random)
    ends = odds.cumsum(1)
    drawn = np.empty(TOKENS, np.int32)
    state = 0
    for place, number in enumerate(random.random(TOKENS).tolist()):
        state = min(int(ends[state].searchsorted(number)), STATES - 1)
        drawn[place] = state
    return (drawn,)


def chain(states: int, surprise: float, random: np.random.Generator) -> np.ndarray:
    """The odds of the next token, a row for each token before (states, states)."""
    odds = random.dirichlet(np.full(states, surprise), states)
    return (odds + 1e-3) / (1 + states * 1e-3)


def entropy_rate(odds: np.ndarray) -> float:
    """What each token says that nobody can foretell, in nats."""
    values, vectors = np.linalg.eig(odds.T)
    lasting = np.abs(np.real(vectors[:, np.argmin(np.abs(values - 1))]))
    lasting /= lasting.sum()
    return float(-(lasting[:, None] * odds * np.log(odds)).sum())
