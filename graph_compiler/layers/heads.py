"""Heads of attention: features split into parts that look apart, and put together again."""

from __future__ import annotations

from graph_compiler.heads import check_heads
from graph_compiler.layer import Int, Layer, Params, Port, example, explicit
from graph_compiler.limits import refuse_huge
from graph_compiler.symbols import divided
from graph_compiler.tensors import TensorType

_PAPER = "Vaswani et al., Attention is all you need, 2017"
_HEADS = (Port("input", rank=(4, 4), dtype="any", doc="as N×heads×steps×features"),)


def _split(p: Params, x: TensorType) -> TensorType:
    check_heads("heads", p.heads, x.last)
    return x.with_shape(x.shape[0], p.heads, x.shape[1], divided(x.last, p.heads))


SplitHeads = Layer(
    title="Split heads",
    family="attention",
    short="heads",
    formula="N×T×D → N×H×T×D/H",
    doc="Cuts the features of each place into heads, so that attention looks at each on its own.",
    paper=_PAPER,
    keywords=("multi-head", "transformer", "reshape", "view"),
    params=(Int("heads", 8, low=1, doc="parts that the features are cut into"),),
    inputs=(Port("input", rank=(3, 3), dtype="any", doc="as N×steps×features"),),
    output=_split,
    words=lambda p, y, x: (f"features: {x.last} / {p.heads} heads = {y.last}",),
    forward="{x}.unflatten(-1, ({heads}, -1)).transpose(1, 2)",
    view=True,
    examples=(example((7, 16), heads=4), example((5, 6), heads=1)),
)

MergeHeads = Layer(
    title="Merge heads",
    family="attention",
    short="merge",
    formula="N×H×T×D → N×T×H·D",
    doc="Puts the heads of attention side by side again.",
    paper=_PAPER,
    keywords=("multi-head", "transformer", "reshape", "concatenate"),
    inputs=_HEADS,
    output=lambda p, x: x.with_shape(x.shape[0], x.shape[2], x.shape[1] * x.last),
    words=lambda p, y, x: (f"features: {x.shape[1]} heads · {x.last} = {y.last}",),
    forward="{x}.transpose(1, 2).flatten(2)",
    examples=(example((4, 7, 4)), example((1, 5, 6))),
)


def _repeated(p: Params, x: TensorType) -> TensorType:
    y = x.with_shape(x.shape[0], x.shape[1] * p.repeats, *x.shape[2:])
    refuse_huge(y.numel, "input", "numbers in one example", "Repeat less often.")
    return y


RepeatKV = Layer(
    title="Repeat heads",
    family="attention",
    short="repeat",
    formula="y[h] = x[h // n]",
    doc="Repeats each head of keys or values, so that a group of queries shares it: grouped-query "
    "attention, written out.",
    paper="Ainslie et al., GQA: training generalized multi-query transformer models, 2023",
    keywords=("grouped-query", "gqa", "multi-query", "repeat_kv", "llama", "expand"),
    params=(explicit(Int("repeats", 4, low=1, label="times", doc="how often each head stands")),),
    inputs=_HEADS,
    output=_repeated,
    words=lambda p, y, x: (f"heads: {x.shape[1]} · {p.repeats} = {y.shape[1]}",),
    forward="{x}.repeat_interleave({repeats}, dim=1)",
    examples=(example((2, 7, 4)), example((3, 5, 6), repeats=2)),
)
