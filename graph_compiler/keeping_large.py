"""What layers that are made of many operations keep: attention, transformers, recurrence, capsules.

Owns a formula for each, as PyTorch has it on the CPU. Attention without dropout runs in one piece
there and keeps no links; with dropout it keeps every link three times. Of what a library lays out
as it likes (the LSTM's workspace, experts by who is asked) the bulk is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from graph_compiler.keeping_facts import FLOAT, INT, Kept, KeptFacts
from graph_compiler.tensors import TensorType


class _Attended(NamedTuple):
    """Numbers of queries and of what is looked at, of links, and of queries in all heads."""

    asking: int
    seen: int
    links: int
    heads: int
    same: bool
    """Whether queries and keys come from the same place."""


def _attention(sizes: _Attended, dropout: float) -> int:
    """Numbers that multi-head attention keeps without giving its links out.

    Operands of the projections, what they make, what is mixed; and the links with dropout.
    """
    asking, seen = sizes.asking, sizes.seen
    operands = asking if sizes.same else asking + seen
    projected = 3 * asking if sizes.same else 2 * seen
    mixed = asking
    if dropout:
        return operands + projected + mixed + asking + seen + 3 * sizes.links
    return operands + projected + mixed + sizes.heads + (0 if sizes.same else asking)


def _attended(facts: KeptFacts, query: TensorType, memory: TensorType, heads: int) -> _Attended:
    steps, places = query.shape[1], memory.shape[1]
    links = facts.counted((query.shape[0], heads, steps, places))
    lengths = facts.counted((query.shape[0], heads, steps))
    return _Attended(facts.n(query), facts.n(memory), links, lengths, query is memory)


def _sequences(facts: KeptFacts) -> list[TensorType]:
    """Inputs that are sequences of features; masks have one axis less."""
    return [x for x in facts.inputs if x.rank == 3]


def _masks(facts: KeptFacts, x: TensorType, heads: int) -> int:
    """Numbers of the masks as attention in one piece reads them: of examples for each head."""
    masks = [one for one in facts.inputs if one.rank == 2]
    padding = [facts.n(one) * heads for one in masks if one.shape[0] == x.shape[0]]
    square = [facts.n(one) for one in masks if one.shape[0] != x.shape[0]]
    if len(padding) == 1 and len(square) == 1:
        return padding[0] * int(x.shape[1])
    return sum(padding) + sum(square)


def _multihead(facts: KeptFacts) -> Kept:
    given, params = _sequences(facts), facts.params
    query = given[0]
    keys = given[1] if len(given) > 1 else query
    values = given[2] if len(given) > 2 else keys
    more = int(params.add_bias_kv) + int(params.add_zero_attn)
    sizes = _attended(facts, query, keys, params.num_heads)
    plain = not (params.need_weights or more or len(given) > 2 or params.dropout)
    if plain:
        masks = _masks(facts, query, params.num_heads)
        return Kept(more=(_attention(sizes, 0.0) + masks) * FLOAT)
    if not (params.need_weights or more or len(given) > 2):
        return Kept(more=_attention(sizes, params.dropout) * FLOAT)
    # links are worked out one by one: scaled queries, keys, values, and links for each way on
    places = facts.counted((query.shape[0], keys.shape[1])) + more * facts.rows(1)
    seen = places * int(query.last)
    links = sizes.links + more * sizes.heads
    operands = sizes.asking + (0 if sizes.same else sizes.seen)
    operands += facts.n(values) if len(given) > 2 else 0
    times = 3 if params.dropout else 1
    return Kept(more=(operands + 2 * sizes.asking + 2 * seen + times * links) * FLOAT)


def _scaled(facts: KeptFacts) -> Kept:
    """In one piece without dropout: inputs, mixture, and one number for each query and head."""
    query, key, value = facts.inputs[:3]
    heads = facts.counted(tuple(query.shape[:3]))
    if not facts.params.dropout_p and value.last == query.last:
        mask = 0
        if len(facts.inputs) > 3:
            mask = facts.n(facts.inputs[3])
        return Kept((0, 1, 2), output=True, more=(heads + mask) * FLOAT)
    links = heads * int(key.shape[2])
    shared = int(query.shape[1]) // int(key.shape[1])
    times = 3 if facts.params.dropout_p else 1
    own = facts.size + shared * facts.n(key)
    if shared > 1:
        return Kept(more=(own + shared * facts.n(value) + times * links) * FLOAT)
    numbers = own + times * links
    return Kept(copies=(2,), more=numbers * FLOAT, briefly=links * FLOAT)


def _encoder(facts: KeptFacts, x: TensorType) -> int:
    """Numbers of one encoder layer; its input is not among them where norms come last."""
    params = facts.params
    attention = _attention(_attended(facts, x, x, params.nhead), params.dropout)
    if not params.dropout:
        attention += _masks(facts, x, params.nhead)
    return attention + _residual(facts, x, 1) + _forward(facts, x)


def _decoder(facts: KeptFacts, x: TensorType, memory: TensorType) -> int:
    params = facts.params
    own = _attention(_attended(facts, x, x, params.nhead), params.dropout)
    other = _attention(
        _attended(facts, x, memory, params.nhead)._replace(same=False), params.dropout
    )
    return own + other + _residual(facts, x, 2) + _forward(facts, x)


def _residual(facts: KeptFacts, x: TensorType, attentions: int) -> int:
    """Norms behind or before each attention, and what dropout kept before the sums."""
    size, rows = facts.n(x), facts.n(x) // int(x.last)
    dropout = size if facts.params.dropout else 0
    return attentions * (size + 2 * rows + dropout)


def _forward(facts: KeptFacts, x: TensorType) -> int:
    """Two dense layers with a function between, their norm, and their dropout."""
    params, size = facts.params, facts.n(x)
    rows = size // int(x.last)
    hidden = rows * int(params.dim_feedforward)
    inside = 3 if params.dropout else 1 if params.activation == "relu" else 2
    return 2 * size + 2 * rows + inside * hidden + (size if params.dropout else 0)


def _stack(facts: KeptFacts, one: int, x: TensorType, layers: int) -> Kept:
    """Equal layers on top of each other; norms that come first read what the layer is given."""
    if facts.params.norm_first:  # the sums that each layer but the first begins with
        return Kept((0,), more=(layers * one - facts.n(x)) * FLOAT)
    return Kept(more=layers * one * FLOAT)


def _encoders(facts: KeptFacts) -> Kept:
    layers = int(getattr(facts.params, "num_layers", 1))
    return _stack(facts, _encoder(facts, facts.x), facts.x, layers)


def _decoders(facts: KeptFacts) -> Kept:
    x, memory = _sequences(facts)[:2]
    layers = int(getattr(facts.params, "num_layers", 1))
    return _stack(facts, _decoder(facts, x, memory), x, layers)


def _translator(facts: KeptFacts) -> Kept:
    """Encoder and decoder, each with a norm at its end."""
    source, target = _sequences(facts)[:2]
    params = facts.params
    numbers = params.num_encoder_layers * _encoder(facts, source)
    numbers += params.num_decoder_layers * _decoder(facts, target, source)
    inputs: tuple[int, ...] = (0, 1) if params.norm_first else ()
    for x in (source, target):
        numbers += facts.n(x) + 2 * facts.n(x) // int(x.last)
        if params.norm_first:
            numbers -= facts.n(x)
    return Kept(inputs, more=numbers * FLOAT)


class _Recurrent(NamedTuple):
    """Numbers that all recurrent layers have in common."""

    unit: int
    """States of one step, of one layer and direction."""
    steps: int
    layers: int
    ends: int
    """Directions."""
    given: int
    between: int
    """What layers behind the first read, with the factors of a dropout."""

    @property
    def all(self) -> int:
        return self.layers * self.ends


def _recurrent(facts: KeptFacts) -> _Recurrent:
    params, x = facts.params, facts.x
    ends = 2 if params.bidirectional else 1
    unit = facts.rows(1) * int(getattr(params, "proj_size", 0) or params.hidden_size)
    steps, layers = int(x.shape[1]), int(params.num_layers)
    between = (layers - 1) * steps * ends * unit * (2 if params.dropout else 1)
    return _Recurrent(unit, steps, layers, ends, facts.size, between)


def _rnn(facts: KeptFacts) -> Kept:
    """Each step's state; the input once for each direction, turned so that time comes first."""
    r = _recurrent(facts)
    numbers = r.ends * r.given + r.between + r.all * (r.steps + 1) * r.unit
    return Kept(more=numbers * FLOAT)


def _gru(facts: KeptFacts) -> Kept:
    """Of each step three gates, the state before, and three products of them."""
    r = _recurrent(facts)
    numbers = r.ends * r.given + r.between + 7 * r.steps * r.all * r.unit
    return Kept(more=numbers * FLOAT)


def _lstm(facts: KeptFacts) -> Kept:
    """States and cells, what comes out, and a workspace in which a library keeps its gates."""
    r, params = _recurrent(facts), facts.params
    cells = facts.rows(1) * int(params.hidden_size)
    if params.proj_size:  # step by step: gates, cells before and behind, states
        numbers = r.all * (r.steps * (7 * cells + r.unit) + 2 * cells)
        return Kept(more=(r.ends * r.given + r.between + numbers) * FLOAT)
    wide, states = _room(int(params.hidden_size)), facts.rows(1) * (r.steps + 1)
    numbers = r.given + r.between + r.all * (r.steps + 4) * r.unit
    for layer in range(r.layers):
        reads = int(facts.x.last) if not layer else r.ends * int(params.hidden_size)
        gates = facts.rows(2) * (_room(4 * int(params.hidden_size)) + wide)
        slopes = 6 * states * max(wide, _room(reads))
        numbers += r.ends * (gates + 4 * states * wide + slopes)
    return Kept(more=numbers * FLOAT, briefly=4 * r.steps * cells * FLOAT)


def _room(numbers: int) -> int:
    """Numbers in whole lines of a processor's memory."""
    return -(-numbers // 16) * 16


def _cell(units: int, states: int, output: bool = False) -> Callable[[KeptFacts], Kept]:
    """A single step: units beside its inputs; states that start at 0 are numbers as well."""

    def rule(facts: KeptFacts) -> Kept:
        unit = facts.ends
        start = 0 if len(facts.inputs) > 1 else states
        return Kept(facts.every, output, (units + start) * unit * FLOAT)

    return rule


def _squash(facts: KeptFacts) -> Kept:
    return Kept(facts.every, more=_squashed(facts.size, int(facts.x.last)) * FLOAT)


def _squashed(size: int, dim: int) -> int:
    """Lengths, one and their squares, and vectors times their lengths."""
    return size + 2 * size // dim


def _primary(facts: KeptFacts) -> Kept:
    size = facts.ends
    return Kept(facts.every, more=(size + _squashed(size, int(facts.params.dim))) * FLOAT)


def _routed(facts: KeptFacts) -> Kept:
    """Rounds of couplings; the predictions are kept once, from the second round on."""
    params, rounds = facts.params, int(facts.params.iterations)
    couplings = facts.rows(2) * int(params.capsules)
    above = facts.ends
    once = couplings + above + _squashed(above, int(params.dim))
    numbers = rounds * once
    predicted = couplings * int(params.dim)
    if rounds > 1:
        numbers += predicted + (rounds - 1) * (couplings + above)
    return Kept(facts.every, more=numbers * FLOAT, briefly=2 * predicted * FLOAT)


def _lengths(facts: KeptFacts) -> Kept:
    return Kept(facts.every, more=facts.ends * FLOAT)


def _capsule_mask(facts: KeptFacts) -> Kept:
    """Which capsule stays; without a class to say so, the lengths are compared."""
    count = facts.rows(2)
    if len(facts.inputs) > 1:
        return Kept(more=count * FLOAT)
    return Kept((0,), more=2 * count * FLOAT)


def _experts(facts: KeptFacts) -> Kept:
    """What each asked expert reads, makes and gives, and the shares of all."""
    params = facts.params
    rows = facts.size // int(facts.x.last)
    asked = rows * int(params.top_k)
    each = 3 * int(facts.x.last) + 2 * int(params.hidden_features) + 1
    more = (asked * each + rows * int(params.experts)) * FLOAT + 3 * asked * INT
    return Kept(facts.every, more=more)


def _bilinear_tensor(facts: KeptFacts) -> Kept:
    """Both vectors side by side, and their product with each slice of the tensor."""
    dim = int(facts.outputs[0].last)
    rows = facts.ends // dim
    return Kept(more=rows * (2 * dim + 2 * dim * dim + dim) * FLOAT)


def _tree(facts: KeptFacts) -> Kept:
    """A tensor's product at every node that has children."""
    dim = int(facts.outputs[0].last)
    rows = facts.ends // dim
    return Kept(facts.every, more=rows * (2 * dim + 2 * dim * dim + dim) * FLOAT)


def _polynomial(facts: KeptFacts) -> Kept:
    return Kept(more=facts.ends * (int(facts.params.degree) + 1) * FLOAT)


def _similar(facts: KeptFacts) -> Kept:
    """Both inputs, both as directions, and their lengths."""
    return Kept(facts.every, more=(2 * facts.size + 4 * facts.ends) * FLOAT)


def _machine(facts: KeptFacts) -> Kept:
    return Kept(facts.every, output=True)


def _spectrogram(facts: KeptFacts) -> Kept:
    """Windows of the sound, their waves as pairs of numbers, and their strengths."""
    return Kept(facts.every, more=5 * facts.ends * FLOAT)


LARGE: dict[str, Callable[[KeptFacts], Kept]] = {
    "CapsuleLength": _lengths,
    "CapsuleMask": _capsule_mask,
    "CosineSimilarity": _similar,
    "GRU": _gru,
    "GRUCell": _cell(6, 1),
    "LSTM": _lstm,
    "LSTMCell": _cell(5, 1),
    "MixtureOfExperts": _experts,
    "MultiheadAttention": _multihead,
    "NeuralTensor": _bilinear_tensor,
    "PairwiseDistance": lambda facts: Kept(more=(facts.size + facts.ends) * FLOAT),
    "PolynomialFeatures": _polynomial,
    "PrimaryCapsules": _primary,
    "RNN": _rnn,
    "RNNCell": _cell(0, 1, output=True),
    "RestrictedBoltzmannMachine": _machine,
    "RoutedCapsules": _routed,
    "ScaledDotProductAttention": _scaled,
    "Spectrogram": _spectrogram,
    "Squash": _squash,
    "Transformer": _translator,
    "TransformerDecoder": _decoders,
    "TransformerDecoderLayer": _decoders,
    "TransformerEncoder": _encoders,
    "TransformerEncoderLayer": _encoders,
    "TreeEncoder": _tree,
}
