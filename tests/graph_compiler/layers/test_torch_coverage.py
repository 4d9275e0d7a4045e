"""Every computing module of the installed torch can be drawn, or stands in a list with a reason."""

from __future__ import annotations

import inspect
import re

import pytest
from torch import nn

from graph_compiler.registry import layers

SAME_AS = {
    "CrossMapLRN2d": ("LocalResponseNorm", {}),
    "NLLLoss2d": ("NLLLoss", {}),
    "SyncBatchNorm": ("BatchNorm2d", {}),
    "UpsamplingBilinear2d": ("Upsample", {"mode": "bilinear", "align_corners": True}),
    "UpsamplingNearest2d": ("Upsample", {"mode": "nearest"}),
}
"""Further names of what another layer computes: older ones, and one for several devices."""

NO_LAYER = {
    "Container": "holds modules: drawings do",
    "Sequential": "holds modules: chains are emitted as it",
    "ModuleList": "holds modules: repeats are emitted as it",
    "ModuleDict": "holds modules: drawings name theirs",
    "ParameterList": "holds weights: learnable tensors and ties stand for them",
    "ParameterDict": "holds weights: learnable tensors and ties stand for them",
    "Module": "the base of all others, computes nothing",
    "RNNBase": "the base of RNN, LSTM and GRU, computes nothing",
    "RNNCellBase": "the base of their cells, computes nothing",
    "DataParallel": "spreads training over devices, computes nothing of its own",
}
"""What computes nothing of its own."""


def computing() -> list[str]:
    found = [
        name
        for name, kind in vars(nn).items()
        if inspect.isclass(kind) and issubclass(kind, nn.Module)
    ]
    lazy = re.compile("Lazy[A-Z]")  # they wait for a size that a drawing knows at once
    return sorted(name for name in found if not lazy.match(name) and name not in NO_LAYER)


def test_the_list_is_that_of_a_whole_torch() -> None:
    assert len(computing()) > 130


@pytest.mark.parametrize("name", computing())
def test_every_computing_module_of_torch_has_a_layer(name: str) -> None:
    if name in SAME_AS:
        other, params = SAME_AS[name]
        known = {param.name: param for param in layers()[other].params}
        assert all(value in (*known[key].choices, True) for key, value in params.items())
    else:
        assert name in layers(), f"torch.nn.{name} cannot be drawn, and no reason is written down"


def constructed() -> list[tuple[str, str]]:
    """Layers and the class of torch that their text constructs."""
    found = []
    for name, layer in layers().items():
        match = re.match(r"nn\.(\w+)\(", layer.module)
        if match:
            found.append((name, match[1]))
    return found


OF_THE_RUN = {"self", "device", "dtype", "inplace", "size_average", "reduce", "args", "kwargs"}
"""Where and how it is computed, not what; the last of losses are deprecated."""

_YOUNG = {"bias": "younger than the oldest torch that projects may run on; affine sets both"}
_ONE_MODE = {"padding_mode": "torch takes zeros alone"}
_GIVEN = {"_weight": "a weight from outside: ties do that", "sparse": "how gradients are stored"}

NOT_DRAWN: dict[str, dict[str, str]] = {
    "Hardtanh": dict.fromkeys(("min_value", "max_value"), "deprecated names of the bounds"),
    **{f"ConvTranspose{axes}d": _ONE_MODE for axes in (1, 2, 3)},
    "Embedding": {**_GIVEN, "_freeze": "training's business"},
    "EmbeddingBag": {**_GIVEN, "include_last_offset": "bags are rows, which need no offsets"},
    **{f"{kind}Norm{axes}d": _YOUNG for kind in ("Batch", "Instance") for axes in (1, 2, 3)},
    "GroupNorm": _YOUNG,
    "Upsample": {
        "size": "the layer Resize",
        "scale_factor": "the layer Upsample",
        "recompute_scale_factor": "the factor is known, not worked out from sizes",
    },
    "TransformerEncoder": {
        "norm": "a LayerNorm drawn behind it",
        "mask_check": "checks the nested tensors that are off",
    },
    "TransformerDecoder": {"norm": "a LayerNorm drawn behind it"},
    "Transformer": {
        "custom_encoder": "an encoder drawn by itself",
        "custom_decoder": "a decoder drawn by itself",
    },
}
"""Arguments that a drawing says otherwise, each with its reason."""


@pytest.mark.parametrize(("name", "kind"), constructed())
def test_every_option_of_torchs_class_can_be_set(name: str, kind: str) -> None:
    """Each argument of the constructor is in the layer's text, or no choice of a drawing."""
    layer = layers()[name]
    signature = inspect.signature(getattr(nn, kind).__init__).parameters
    free = {
        word
        for word, parameter in signature.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    } - OF_THE_RUN
    words = set(re.findall(r"(\w+)=", layer.module))
    positional = len(re.findall(r"\{[^}]*\}", re.split(r"\w+=", layer.module)[0]))
    listed = [word for word in signature if word not in ("self", "args", "kwargs")]
    missing = free - words - set(listed[:positional])
    assert missing <= NOT_DRAWN.get(kind, {}).keys()
