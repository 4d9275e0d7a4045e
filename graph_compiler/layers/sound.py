"""Sounds: from a wave to a picture of its pitches."""

from __future__ import annotations

from graph_compiler.layer import Choice, Int, Layer, Mismatch, Params, Port, example
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType


def _pitches(p: Params, x: TensorType) -> TensorType:
    length = x.last
    if length <= p.size // 2:
        raise Mismatch(
            "kernel_too_large",
            "size",
            expected=f"a window shorter than twice the {length} values of the sound",
            got=f"{p.size}",
            remedy="Use a shorter window, or longer sounds.",
            fixes=(Fix("Set the window to 2", (SetParam("", "size", 2),)),),
        )
    times = (length - p.size % 2) // p.hop + 1  # the sound is mirrored by half a window at its ends
    y = x.with_shape(x.shape[0], x.shape[1], p.size // 2 + 1, times)
    refuse_huge(y.numel, "input", "numbers in one example", "Use a larger hop.")
    return y


Spectrogram = Layer(
    title="Spectrogram",
    family="operation",
    short="spectrum",
    formula="y[k, t] = log(1 + |Σ_n w[n]·x[t·hop + n]·e^{−2πikn/size}|)",
    doc="Turns a wave into a picture: how loud each pitch is, from low to high, at each time.",
    keywords=("stft", "fourier", "audio", "sound", "frequency", "wave", "pitch", "fft"),
    params=(
        Int(
            "size",
            256,
            low=2,
            high=65536,
            label="window",
            doc="values that are looked at together; more tell pitches apart, fewer times",
        ),
        Int("hop", 128, low=1, high=65536, doc="values from one time to the next"),
        Choice(
            "scale",
            "log",
            ("log", "amplitude", "power"),
            doc="logarithm of 1 + loudness, loudness, or its square",
        ),
    ),
    inputs=(Port("input", rank=(3, 3), doc="waves, one a channel"),),
    output=_pitches,
    module="Spectrogram({size}, hop={hop}, scale={scale})",
    source="spectrogram",
    examples=(example((1, 1600)), example((2, 90), size=16, hop=5, scale="power")),
)
