"""What went wrong in a run, in words: reason, node, one line for people, details for a report.

Owns the translation of exceptions. Texts have the form `<place>: expected …, got …. <remedy>.`
"""

from __future__ import annotations

import errno
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.whereabouts import Whereabouts
from nnstudio.runs.layout import RunError

_OUR_WORDS = re.compile(r"[^\n]+: expected [^\n]+, got [^\n]+\.")
"""What a data source of a script says of a file."""
_WANTED = re.compile(r"[Tt]ried to allocate ([\d.]+ ?\w+)|you tried to allocate (\d+) bytes")


@dataclass(frozen=True, slots=True)
class Failure:
    """The fields of a `failed` event."""

    reason: str
    """`data`, `out_of_memory`, `disk`, `device`, `not_finite` or `exception`."""
    text: str
    node: str = ""
    detail: str = ""


class RunFailed(Exception):
    """Ends a run with a failure that is already in words."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


def explained(
    error: BaseException,
    nodes: NodeMap,
    networks: Mapping[str, nn.Module],
    device: str = "",
    doing: str = "a step",
) -> Failure:
    """The failure behind an exception that stopped the preparation of a run or a step."""
    if isinstance(error, RunFailed):
        return error.failure
    detail = "".join(traceback.format_exception(error))
    node = Whereabouts(nodes, networks).of_error(error)
    place = node or "run"
    words = str(error).strip().splitlines()
    first = words[0] if words else type(error).__name__
    if isinstance(error, RunError):
        return Failure("exception", str(error), "", detail)
    if type(error) is ValueError and _OUR_WORDS.fullmatch(str(error)):
        return Failure("data", f"{error} Mend or remove it.", "", detail)
    if is_out_of_memory(error):
        text = (
            f"{place}: expected {_wanted(error)} of memory{' on ' + device if device else ''}, "
            "got none left. Make the batch or the network smaller."
        )
        return Failure("out_of_memory", text, node, detail)
    if is_disk_full(error):
        text = (
            "run: expected room on its disk, got none left. Free some space, then resume the run."
        )
        return Failure("disk", text, "", detail)
    if is_device_error(error):
        text = (
            f"{place}: expected a working device{', ' + device if device else ''}, "
            f"got: {_short(first)}. Resume the run, on another device if it happens again."
        )
        return Failure("device", text, node, detail)
    if isinstance(error, ModuleNotFoundError):
        text = f"run: expected {error.name} to be installed, got nothing. Install {error.name}."
        return Failure("exception", text, node, detail)
    if "does not require grad" in first:
        text = (
            "run: expected a loss that weights can change, got one that no weight has a way to: "
            "each passes a layer without a slope, such as Detach, Step or ArgMax. Remove it."
        )
        return Failure("exception", text, "", detail)
    text = (
        f"{place}: expected {doing} without an error, got {type(error).__name__}: "
        f"{_short(first)}. See the details."
    )
    return Failure("exception", text, node, detail)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device or the machine has no memory left."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text or "not enough memory" in text
    )


def is_disk_full(error: BaseException) -> bool:
    """Whether something could not be written for want of room."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    # Libraries that write files by themselves tell it in their own types.
    return any(sign in str(error) for sign in ("No space left on device", "not enough space on"))


def is_device_error(error: BaseException) -> bool:
    """Whether the accelerator itself failed; the process cannot go on using it."""
    known = getattr(torch, "AcceleratorError", None)
    if known is not None and isinstance(error, known):
        return True
    text = str(error)
    signs = ("CUDA error", "CUDNN", "cuDNN error", "cuBLAS", "device-side assert", "HIP error")
    return isinstance(error, RuntimeError) and any(sign in text for sign in signs)


def _wanted(error: BaseException) -> str:
    match = _WANTED.search(str(error))
    if match is None:
        return "enough"
    if match[2]:
        return f"{int(match[2]) / 2**20:.0f} MiB"
    return match[1]


def _short(text: str) -> str:
    return text[:300].rstrip(". ")
