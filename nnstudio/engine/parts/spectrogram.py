"""From a wave to how loud each pitch is over time.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
import torch


def spectrogram(waves: np.ndarray, window: int) -> np.ndarray:
    """How loud each pitch is at each time (rows, 1, pitches, times), of waves (rows, 1, n)."""
    found = torch.stft(
        torch.from_numpy(waves[:, 0]),
        n_fft=window,
        hop_length=window // 2,
        window=torch.hann_window(window),
        return_complex=True,
    )
    return found.abs().log1p()[:, None].numpy()
