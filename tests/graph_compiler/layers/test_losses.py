"""Every loss against torch's own class, and what torch lacks against sums written out."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Normal, kl_divergence
from torch.utils.flop_counter import FlopCounterMode

from graph_compiler import check_graph, emit
from graph_compiler.build import module_class
from graph_compiler.layer import Mismatch
from graph_compiler.modules.gradient_penalty import BetweenExamples, GradientPenalty
from graph_compiler.modules.linear_cross_entropy_loss import LinearCrossEntropyLoss
from graph_compiler.registry import layer, layers
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

Computed = Callable[..., torch.Tensor]
R = torch.Generator().manual_seed(0)


def real(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=R, dtype=torch.float64)


def share(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=R, dtype=torch.float64) * 0.9 + 0.05


def sign(*shape: int) -> torch.Tensor:
    return torch.randint(2, shape, generator=R).double() * 2 - 1


def number(high: int, *shape: int) -> torch.Tensor:
    return torch.randint(high, shape, generator=R)


THREE = (0.5, 2.0, 1.5)
WEIGHT = torch.tensor(THREE, dtype=torch.float64)

CASES: list[tuple[str, tuple[torch.Tensor, ...], dict[str, Any], dict[str, Any]]] = [
    ("L1Loss", (real(4, 3), real(4, 3)), {}, {}),
    ("MSELoss", (real(4, 3), real(4, 3)), {}, {}),
    ("SmoothL1Loss", (real(4, 3), real(4, 3)), {"beta": 0.3}, {"beta": 0.3}),
    ("HuberLoss", (real(4, 3), real(4, 3)), {"delta": 0.4}, {"delta": 0.4}),
    ("PoissonNLLLoss", (real(4, 3), number(5, 4, 3).double()), {}, {}),
    (
        "PoissonNLLLoss",
        (share(4, 3), number(5, 4, 3).double()),
        {"log_input": False, "full": True},
        {"log_input": False, "full": True},
    ),
    ("GaussianNLLLoss", (real(4, 3), real(4, 3), share(4, 3)), {"full": True}, {"full": True}),
    ("GaussianNLLLoss", (real(4, 3), real(4, 3), share(4, 1)), {}, {}),
    ("CrossEntropyLoss", (real(5, 3), number(3, 5)), {}, {}),
    ("CrossEntropyLoss", (real(5, 3), share(5, 3)), {}, {}),
    ("CrossEntropyLoss", (real(5, 3, 4), number(3, 5, 4)), {"weight": THREE}, {"weight": WEIGHT}),
    (
        "CrossEntropyLoss",
        (real(5, 3, 2, 2), number(3, 5, 2, 2)),
        {"ignore_index": 1, "label_smoothing": 0.2},
        {"ignore_index": 1, "label_smoothing": 0.2},
    ),
    ("NLLLoss", (real(5, 3), number(3, 5)), {"weight": THREE}, {"weight": WEIGHT}),
    ("NLLLoss", (real(5, 3, 4), number(3, 5, 4)), {"ignore_index": 2}, {"ignore_index": 2}),
    ("BCELoss", (share(4, 3), share(4, 3)), {"weight": THREE}, {"weight": WEIGHT}),
    ("BCEWithLogitsLoss", (real(4, 3), share(4, 3)), {}, {}),
    (
        "BCEWithLogitsLoss",
        (real(4, 3), share(4, 3)),
        {"weight": THREE, "pos_weight": THREE[::-1]},
        {"weight": WEIGHT, "pos_weight": WEIGHT.flip(0)},
    ),
    ("KLDivLoss", (real(4, 3), share(4, 3)), {}, {"reduction": "batchmean"}),
    (
        "KLDivLoss",
        (real(4, 3), real(4, 3)),
        {"log_target": True},
        {"log_target": True, "reduction": "batchmean"},
    ),
    ("MarginRankingLoss", (real(4), real(4), sign(4)), {"margin": 0.5}, {"margin": 0.5}),
    ("HingeEmbeddingLoss", (share(4, 3), sign(4, 3)), {"margin": 0.5}, {"margin": 0.5}),
    ("SoftMarginLoss", (real(4, 3), sign(4, 3)), {}, {}),
    ("MultiMarginLoss", (real(4, 3), number(3, 4)), {}, {}),
    (
        "MultiMarginLoss",
        (real(4, 3), number(3, 4)),
        {"p": 2, "margin": 0.5, "weight": THREE},
        {"p": 2, "margin": 0.5, "weight": WEIGHT},
    ),
    ("MultiLabelMarginLoss", (real(2, 3), torch.tensor([[2, 0, -1], [1, -1, 0]])), {}, {}),
    ("MultiLabelSoftMarginLoss", (real(4, 3), share(4, 3)), {"weight": THREE}, {"weight": WEIGHT}),
    ("CosineEmbeddingLoss", (real(4, 3), real(4, 3), sign(4)), {"margin": 0.1}, {"margin": 0.1}),
    ("TripletMarginLoss", (real(4, 3), real(4, 3), real(4, 3)), {}, {}),
    (
        "TripletMarginLoss",
        (real(4, 3), real(4, 3), real(4, 3)),
        {"margin": 0.3, "p": 1.0, "swap": True},
        {"margin": 0.3, "p": 1.0, "swap": True},
    ),
    (
        "TripletMarginWithDistanceLoss",
        (real(4, 3), real(4, 3), real(4, 3)),
        {},
        {"distance_function": lambda a, b: 1 - F.cosine_similarity(a, b)},
    ),
    (
        "TripletMarginWithDistanceLoss",
        (real(4, 3), real(4, 3), real(4, 3)),
        {"distance": "squared_distance", "swap": True},
        {"distance_function": lambda a, b: F.pairwise_distance(a, b, eps=0) ** 2, "swap": True},
    ),
]


@pytest.mark.parametrize("reduction", [None, "sum", "none"])
@pytest.mark.parametrize("case", CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
def test_torchs_losses(
    computed: Computed,
    case: tuple[str, tuple[torch.Tensor, ...], dict[str, Any], dict[str, Any]],
    reduction: str | None,
) -> None:
    type, tensors, ours, theirs = case
    chosen = {} if reduction is None else {"reduction": reduction}
    expected = getattr(nn, type)(**{**theirs, **chosen})(*tensors)
    found = computed(type, *tensors, **ours, **chosen)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=1e-12)


def test_every_loss_of_torch_is_there() -> None:
    given = {name for name in nn.modules.loss.__all__ if name.endswith("Loss")}
    fused = {"LinearCrossEntropyLoss"}  # a Linear and a CrossEntropyLoss
    assert given - fused <= {name for name, one in layers().items() if one.family == "loss"}


@pytest.mark.parametrize(
    "name", sorted(n for n, one in layers().items() if one.family == "loss" and one.forward)
)
def test_defaults_are_those_of_torchs_functions(name: str) -> None:
    """What equals our default is left out of the call, so the function must mean the same."""
    spec = layer(name)
    match = re.match(r"F\.(\w+)\(", spec.forward)
    if not match:
        return
    theirs = inspect.signature(getattr(F, match[1])).parameters
    for param in spec.params:
        keyword = re.search(rf"(\w+)={{{param.name}(:\w+)?}}", spec.forward)
        if keyword and not param.explicit:
            assert theirs[keyword[1]].default == param.default


@pytest.mark.parametrize("lengths", [False, True])
def test_ctc(computed: Computed, lengths: bool) -> None:
    logs = real(3, 9, 5).log_softmax(-1)
    target = number(4, 3, 3) + 1
    times = torch.tensor([9, 7, 8]) if lengths else torch.full((3,), 9)
    symbols = torch.tensor([3, 2, 1]) if lengths else torch.full((3,), 3)
    expected = nn.CTCLoss()(logs.transpose(0, 1), target, times, symbols)
    given = (times, symbols) if lengths else (None, None)
    assert torch.allclose(computed("CTCLoss", logs, target, *given), expected, atol=1e-12)


def test_ctc_of_two_moments_by_hand(computed: Computed) -> None:
    chances = torch.tensor([[[0.5, 0.3, 0.2], [0.4, 0.1, 0.5]]], dtype=torch.float64)
    spelled = 0.3 * 0.4 + 0.5 * 0.1 + 0.3 * 0.1  # a-, -a, aa
    found = computed("CTCLoss", chances.log(), torch.tensor([[1]]), reduction="none")
    assert found.item() == pytest.approx(-math.log(spelled))


def test_classes_on_the_last_axis(computed: Computed) -> None:
    scores, target = real(4, 6, 3), number(3, 4, 6)
    expected = F.cross_entropy(scores.reshape(-1, 3), target.reshape(-1))
    assert torch.allclose(computed("CrossEntropyLoss", scores, target, dim=-1), expected)
    each = computed("CrossEntropyLoss", scores, target, dim=2, reduction="none")
    assert each.shape == (4, 6)
    assert torch.allclose(each.mean(), expected)
    logs = scores.log_softmax(-1)
    assert torch.allclose(computed("NLLLoss", logs, target, dim=-1), expected)
    chances = F.one_hot(target, 3).double()
    assert torch.allclose(computed("CrossEntropyLoss", scores, chances, dim=-1), expected)


def test_the_capsules_margin_loss_by_hand(computed: Computed) -> None:
    lengths = torch.tensor([[0.95, 0.3, 0.05], [0.5, 0.2, 0.0]], dtype=torch.float64)
    target = torch.tensor([0, 1])
    first = 0.5 * 0.2**2
    second = 0.7**2 + 0.5 * 0.4**2
    each = computed("CapsuleMarginLoss", lengths, target, reduction="none")
    assert each.tolist() == pytest.approx([first, second])
    mean = computed("CapsuleMarginLoss", lengths, target)
    assert mean.item() == pytest.approx((first + second) / 2)


def test_the_divergence_is_that_of_torchs_distributions(computed: Computed) -> None:
    mean, logvar = real(5, 3), real(5, 3)
    each = kl_divergence(Normal(mean, (0.5 * logvar).exp()), Normal(0.0, 1.0))
    for reduction, expected in (
        ("batchmean", each.sum(1).mean()),
        ("mean", each.mean()),
        ("sum", each.sum()),
        ("none", each),
    ):
        found = computed("GaussianKLLoss", mean, logvar, reduction=reduction)
        assert torch.allclose(found, expected, atol=1e-12)


JUDGES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "original": lambda r, f: -(r.sigmoid().log().mean() + (1 - f.sigmoid()).log().mean()),
    "least_squares": lambda r, f: 0.5 * ((r - 1) ** 2).mean() + 0.5 * (f**2).mean(),
    "wasserstein": lambda r, f: f.mean() - r.mean(),
    "hinge": lambda r, f: (1 - r).clamp(min=0).mean() + (1 + f).clamp(min=0).mean(),
}
MAKERS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "original": lambda f: (1 - f.sigmoid()).log().mean(),
    "non_saturating": lambda f: -f.sigmoid().log().mean(),
    "least_squares": lambda f: 0.5 * ((f - 1) ** 2).mean(),
    "wasserstein": lambda f: -f.mean(),
}


@pytest.mark.parametrize("kind", layer("DiscriminatorLoss").params[0].choices)
def test_judges(computed: Computed, kind: str) -> None:
    scores, made = real(6, 1), real(6, 1)
    found = computed("DiscriminatorLoss", scores, made, kind=kind)
    assert torch.allclose(found, JUDGES[kind](scores, made), atol=1e-12)


@pytest.mark.parametrize("kind", layer("GeneratorLoss").params[0].choices)
def test_makers(computed: Computed, kind: str) -> None:
    made = real(6, 1)
    found = computed("GeneratorLoss", made, kind=kind)
    assert torch.allclose(found, MAKERS[kind](made), atol=1e-12)


def test_the_original_makers_gradient_fades_where_the_judge_is_sure(computed: Computed) -> None:
    made = torch.full((1, 1), -20.0, dtype=torch.float64, requires_grad=True)
    slopes = [
        torch.autograd.grad(computed("GeneratorLoss", made, kind=kind), made)[0].item()
        for kind in ("original", "non_saturating")
    ]
    assert slopes[0] == pytest.approx(0, abs=1e-8)
    assert slopes[1] == pytest.approx(-1)


def test_the_penalty_of_a_linear_critic_is_known() -> None:
    critic = nn.Linear(3, 1).double()
    with torch.no_grad():
        critic.weight.copy_(torch.tensor([[1.0, 2.0, 2.0]]))
    points = BetweenExamples()(real(5, 3), real(5, 3))
    penalty = GradientPenalty()(critic(points), points)
    assert penalty.item() == pytest.approx((3 - 1) ** 2)
    penalty.backward()
    assert torch.allclose(critic.weight.grad, 2 * 2 * critic.weight / 3)


def test_the_penalty_is_taken_between_real_and_made() -> None:
    points = BetweenExamples()(torch.zeros(50, 1, 2, 2), torch.ones(50, 1, 2, 2))
    shares = points.detach().flatten(1)
    assert (shares == shares[:, :1]).all()
    assert 0 <= shares.min() < 0.2
    assert 0.8 < shares.max() <= 1


def test_no_slope_is_asked_for_where_nothing_is_trained() -> None:
    critic = nn.Linear(3, 1)
    with torch.no_grad():
        points = BetweenExamples()(torch.zeros(2, 3), torch.ones(2, 3))
        assert GradientPenalty()(critic(points), points).item() == 0


def test_a_critic_with_its_penalty_can_be_drawn() -> None:
    """Real, made and mixed examples pass one critic; its loss and the penalty train it."""
    graph = nx.MultiDiGraph(name="Critic")
    for name in ("real", "fake"):
        graph.add_node(name, type="Input", params={"shape": (4,)})
    graph.add_node("between", type="BetweenExamples")
    judges = {"real": "critic", "fake": "critic_fake", "between": "critic_between"}
    for source, name in judges.items():
        graph.add_node(name, type="Linear", params={"out_features": 1})
        if name != "critic":
            graph.nodes[name]["shares"] = "critic"
        graph.add_edge(source, name)
    graph.add_edge("real", "between", target_port="real")
    graph.add_edge("fake", "between", target_port="fake")
    graph.add_node("loss", type="DiscriminatorLoss", params={"kind": "wasserstein"})
    graph.add_edge("critic", "loss", target_port="real")
    graph.add_edge("critic_fake", "loss", target_port="fake")
    graph.add_node("penalty", type="GradientPenalty")
    graph.add_edge("critic_between", "penalty", target_port="scores")
    graph.add_edge("between", "penalty", target_port="points")
    for number, source in enumerate(("loss", "penalty"), 1):
        graph.add_node(f"y{number}", type="Output")
        graph.add_edge(source, f"y{number}")
    assert check_graph(graph).problems == ()
    model = module_class(emit(graph))()
    with torch.no_grad():
        model.critic.weight.copy_(torch.tensor([[0.0, 3.0, 0.0, 4.0]]))
    loss, penalty = model(real=torch.zeros(6, 4), fake=torch.ones(6, 4))
    assert loss.item() == pytest.approx(7, abs=1e-5)
    assert penalty.item() == pytest.approx((5 - 1) ** 2, abs=1e-4)
    (loss + 10 * penalty).backward()
    assert torch.allclose(
        model.critic.weight.grad,
        torch.ones(4) + 10 * 2 * 4 * torch.tensor([[0.0, 0.6, 0.0, 0.8]]),
    )


def test_linear_and_cross_entropy_in_one_equal_the_two() -> None:
    theirs = LinearCrossEntropyLoss(5, 4, out_features=(3,), bias=True).double()
    x, target = real(6, 5), number(4, 6, 3)
    linear = theirs.linear
    scores = F.linear(x, linear.weight, linear.bias).unflatten(1, (4, 3))
    assert torch.allclose(theirs(x, target), F.cross_entropy(scores, target), atol=1e-12)
    shares = share(6, 4, 3)
    assert torch.allclose(theirs(x, shares), F.cross_entropy(scores, shares), atol=1e-12)


@pytest.mark.parametrize("target", range(12))
def test_the_work_of_adaptive_softmax_is_that_of_the_dearest_class(target: int) -> None:
    params = {"n_classes": 12, "cutoffs": (3, 7), "div_value": 2.0, "head_bias": True}
    resolved, _ = resolve(params, layer("AdaptiveLogSoftmaxWithLoss"), {})
    x, y = TensorType((N, 8)), TensorType((N,), "int")
    rules = layer("AdaptiveLogSoftmaxWithLoss")
    promised = rules.macs(resolved, TensorType((N,)), x, y)
    module = nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], div_value=2.0, head_bias=True)
    sizes = {name: tuple(w.shape) for name, w in module.named_parameters()}
    assert rules.weights(resolved, x, y) == sizes
    with FlopCounterMode(display=False) as counter:
        module(torch.randn(2, 8), torch.tensor([target, target]))
    work = counter.get_total_flops() // 2 // 2
    assert work <= promised
    assert (work == promised) == (3 <= target < 7)


def refused(type: str, *inputs: TensorType | None, **params: Any) -> Mismatch:
    resolved, faults = resolve(params, layer(type), {})
    assert faults == ()
    with pytest.raises(Mismatch) as caught:
        layer(type).output(resolved, *inputs)
    return caught.value


def test_nothing_is_broadcast_by_accident() -> None:
    found = refused("MSELoss", TensorType((N, 1)), TensorType((N,)))
    assert str(found) == (
        "target: expected N×1, as on input, got N. Give input and target the same shape."
    )


def test_classes_on_another_axis_are_pointed_at() -> None:
    found = refused("CrossEntropyLoss", TensorType((N, 12, 50)), TensorType((N, 12), "int"))
    assert str(found) == (
        "target: expected N×50, the input without its axis of classes, got N×12. "
        "Set dim to the axis of the classes."
    )
    assert [fix.label for fix in found.fixes] == ["Take the last axis for the classes"]


def test_as_many_weights_as_classes() -> None:
    found = refused(
        "CrossEntropyLoss", TensorType((N, 4)), TensorType((N,), "int"), weight=(1.0, 2.0)
    )
    assert str(found) == (
        "weight: expected 4 weights, one for each class, got 2. "
        "Set weight to as many numbers, or leave it empty."
    )


def test_one_target_an_example() -> None:
    found = refused("MultiMarginLoss", TensorType((N, 4)), TensorType((5,), "int"))
    assert str(found) == (
        "target: expected N, one value for each example, got 5. Feed it one value for each example."
    )


def test_a_blank_that_is_no_symbol() -> None:
    found = refused(
        "CTCLoss", TensorType((N, 9, 5)), TensorType((N, 3), "int"), None, None, blank=5
    )
    assert str(found) == (
        "blank: expected the number of a symbol, at most 4, got 5. "
        "Set blank to the symbol that stands for nothing."
    )
