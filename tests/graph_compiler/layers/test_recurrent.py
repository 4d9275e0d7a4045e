"""Recurrent layers are those of torch; their cost is that of the same network drawn by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graph_compiler.layer import Mismatch, Params
from graph_compiler.registry import layers
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

unhurried = settings(deadline=None)
few = st.integers(1, 6)
options = st.fixed_dictionaries(
    {
        "hidden_size": few,
        "num_layers": st.integers(1, 3),
        "bias": st.booleans(),
        "dropout": st.sampled_from([0.0, 0.3]),
        "bidirectional": st.booleans(),
    }
)


def _with_defaults(type: str, **params: Any) -> Params:
    return Params({param.name: param.default for param in layers()[type].params} | params)


@pytest.mark.filterwarnings("ignore:dropout option adds dropout")
@unhurried
@given(
    kind=st.sampled_from(["RNN", "GRU"]), given_=options, features=few, steps=few, start=st.data()
)
def test_layers_with_one_state(
    agree: Any, kind: str, given_: dict[str, Any], features: int, steps: int, start: st.DataObject
) -> None:
    if kind == "RNN":
        given_ = given_ | {"nonlinearity": start.draw(st.sampled_from(["tanh", "relu"]))}
    rows = given_["num_layers"] * (2 if given_["bidirectional"] else 1)
    rows += start.draw(st.sampled_from([0, 0, 0, 1]))
    state = TensorType((rows, N, given_["hidden_size"]))
    h0 = start.draw(st.none() | st.just(state))
    agree(
        kind,
        given_,
        [TensorType((N, steps, features)), h0],
        lambda: getattr(nn, kind)(features, batch_first=True, **given_),
    )


@pytest.mark.filterwarnings("ignore:dropout option adds dropout")
@unhurried
@given(given_=options, projected=st.integers(0, 6), features=few, steps=few, wired=st.booleans())
def test_lstm(
    agree: Any,
    given_: dict[str, Any],
    projected: int,
    features: int,
    steps: int,
    wired: bool,
) -> None:
    given_ = given_ | {"proj_size": projected}
    rows = given_["num_layers"] * (2 if given_["bidirectional"] else 1)
    units = given_["hidden_size"]
    h0 = TensorType((rows, N, projected or units)) if wired else None
    c0 = TensorType((rows, N, units)) if wired else None

    def call(module: nn.Module, x: torch.Tensor, h: Any, c: Any) -> tuple[torch.Tensor, ...]:
        output, (hidden, cell) = module(x, None if h is None else (h, c))
        return output, hidden, cell

    fits = agree(
        "LSTM",
        given_,
        [TensorType((N, steps, features)), h0, c0],
        lambda: nn.LSTM(features, batch_first=True, **given_),
        call,
    )
    assert fits == (projected < units)


@unhurried
@given(
    kind=st.sampled_from(["RNNCell", "GRUCell", "LSTMCell"]),
    units=few,
    features=few,
    bias=st.booleans(),
    wired=st.booleans(),
)
def test_cells(agree: Any, kind: str, units: int, features: int, bias: bool, wired: bool) -> None:
    state = TensorType((N, units)) if wired else None
    inputs = [TensorType((N, features)), *[state] * (2 if kind == "LSTMCell" else 1)]

    def call(module: nn.Module, x: torch.Tensor, *states: Any) -> Any:
        if kind == "LSTMCell":
            return module(x, states if wired else None)
        return module(x, states[0])

    assert agree(
        kind,
        {"hidden_size": units, "bias": bias},
        inputs,
        lambda: getattr(nn, kind)(features, units, bias=bias),
        call,
    )


def test_a_layer_costs_what_its_cell_costs_at_each_step() -> None:
    x, step = TensorType((N, 9, 5)), TensorType((N, 5))
    for kind in ("RNN", "GRU", "LSTM"):
        states = (None, None) if kind == "LSTM" else (None,)
        whole = layers()[kind].macs(_with_defaults(kind, hidden_size=6), x, x, *states)
        cell = f"{kind}Cell"
        once = layers()[cell].macs(_with_defaults(cell, hidden_size=6), step, step, *states)
        assert whole == 9 * once


def test_an_lstm_is_its_cell_unrolled() -> None:
    torch.manual_seed(0)
    whole, cell = nn.LSTM(5, 6, batch_first=True).double(), nn.LSTMCell(5, 6).double()
    names = dict(whole.named_parameters())
    cell.load_state_dict({name.removesuffix("_l0"): weight for name, weight in names.items()})
    x = torch.randn(3, 7, 5, dtype=torch.float64)
    output, (hidden, memory) = whole(x)
    h = c = torch.zeros(3, 6, dtype=torch.float64)
    for step in range(7):
        h, c = cell(x[:, step], (h, c))
        assert torch.allclose(output[:, step], h, rtol=0, atol=1e-14)
    assert torch.allclose(hidden[0], h, rtol=0, atol=1e-14)
    assert torch.allclose(memory[0], c, rtol=0, atol=1e-14)


def test_the_last_step_is_the_last_state_of_both_directions() -> None:
    """As the layer writes it."""
    torch.manual_seed(0)
    lstm = nn.LSTM(5, 3, batch_first=True, bidirectional=True)
    x, (hidden, _) = lstm(torch.randn(2, 7, 5))
    both = torch.cat((x[:, -1].chunk(2, -1)[0], x[:, 0].chunk(2, -1)[1]), dim=-1)
    assert torch.equal(both, torch.cat((hidden[-2], hidden[-1]), dim=-1))


def _refusal(type: str, params: dict[str, Any], *inputs: TensorType | None) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        layers()[type].output(_with_defaults(type, **params), *inputs)
    return caught.value


X = TensorType((N, 7, 5))


def test_a_projection_shrinks() -> None:
    refusal = _refusal("LSTM", {"hidden_size": 4, "proj_size": 4}, X, None, None)
    assert str(refusal) == (
        "proj_size: expected fewer than 4 features, those of the cell, got 4. "
        "Project to fewer features, or to none."
    )


def test_states_come_in_pairs() -> None:
    state = TensorType((1, N, 128))
    assert str(_refusal("LSTM", {}, X, state, None)) == (
        "c0: expected a wire, as on h0, got none. Wire both states, or neither to start at 0."
    )
    assert str(_refusal("LSTMCell", {}, TensorType((N, 5)), None, TensorType((N, 128)))) == (
        "hidden: expected a wire, as on cell, got none. Wire both states, or neither to start at 0."
    )


def test_states_have_their_layers_in_front() -> None:
    refusal = _refusal("GRU", {"num_layers": 2}, X, TensorType((N, 2, 128)))
    assert str(refusal) == (
        "h0: expected 2×N×128, layers and directions before the batch, got N×2×128. "
        "Feed it the state of a layer of the same size, or nothing to start at 0."
    )


def test_a_cell_offers_to_be_as_wide_as_its_state() -> None:
    refusal = _refusal("GRUCell", {}, TensorType((N, 5)), TensorType((N, 6)))
    assert str(refusal) == (
        "hidden: expected N×128, got N×6. Give the cell as many units as its state has features."
    )
    assert [fix.label for fix in refusal.fixes] == ["Have 6 units"]


def test_weights_that_no_memory_holds_are_refused() -> None:
    refusal = _refusal("LSTM", {"hidden_size": 10**6}, X, None, None)
    assert refusal.code == "too_large"
    assert "got 8,000,020,000,000. Use fewer units or layers." in str(refusal)
