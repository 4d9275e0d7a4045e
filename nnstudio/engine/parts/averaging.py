"""A running average of a network's weights, beside the weights that learn.

It becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

SETTINGS = {
    "settings": (
        {
            "name": "ema_decay",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 0.999999,
            "label": "average of weights",
            "doc": "keep a running average of the weights that forgets this little a step, as "
            "0.999; it is what is measured and kept at the end; 0 is off",
            "group": "Regularization",
            "rare": True,
        },
    ),
}

EMA_DECAY = 0.0


def make_average(network: nn.Module) -> AveragedModel:
    """A copy of the network that follows its weights slowly; buffers are as they are."""
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(EMA_DECAY)).eval()
