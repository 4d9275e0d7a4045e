"""Whether nodes can become a block is told before, in the words of the refusal itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        (("n1", "n2"), ""),
        (("n2",), ""),
        (
            ("n1", "n3"),
            "n1 feeds n3 through n2, which would stay outside. "
            "Select n2 as well, or leave one of the two out.",
        ),
        (
            ("n0",),
            "There is nothing to group: inputs and outputs stay outside. Select some layers first.",
        ),
        (("gone",), "There is no node “gone”."),
    ],
)
def test_the_reason_is_that_of_the_step(
    chain: Callable[..., Document], nodes: tuple[str, ...], words: str
) -> None:
    document = chain("Linear", "ReLU", "Linear")
    state = document.state
    assert steps.why_not_group(document, "main", nodes) == words
    assert document.state is state
    if words:
        with pytest.raises(Refused) as refused:
            steps.group(document, "main", nodes)
        assert refused.value.reason == words
    else:
        document.do(steps.group(document, "main", nodes))
