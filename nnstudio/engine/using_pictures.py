"""Pictures that people give, brought to the size and look of the data; and pictures to be shown.

Owns how a drawing is cut out, centred and reduced as the data's own pictures were, and the form in
which a picture goes to the window: `size` (height, width, channels) and `bytes` (base64).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy.ndimage import gaussian_filter
from torch.nn import functional as F

from nnstudio.engine.parts.pictures import FORMATS, MOST_PIXELS, as_seen
from nnstudio.engine.using_run import CannotUse, InUse

Numbers = NDArray[Any]
LARGEST = 512
SHOWN = 256
"""Pixels along a side of a picture that is shown; of larger ones every second, third, …"""
INK = 0.15
"""What is darker than this share of the darkest is ground."""
DIGITS = tuple("0123456789")
SLIM, COVERED, STROKE = 0.4, 0.28, 0.25
"""Width against height below which a digit is a mere stroke; what digits and strokes cover."""
ROOM = 20 / 28
"""Share of an MNIST picture that its digit fills."""


def picture_given(one: InUse, given: dict[str, Any], notes: list[str]) -> Numbers:
    """The picture of an input in the unit of the data, from 0 to 1 (channels, height, width)."""
    frames = frames_of(one)
    per_frame = one.facts.shape[0] // frames
    files = given.get("files")
    if isinstance(files, list) and files:
        if len(files) != frames:
            raise CannotUse(
                f"pictures: expected {frames} of them, one for each moment, got {len(files)}. "
                f"Give {frames}."
                if frames > 1
                else f"pictures: expected one, got {len(files)}. Give one."
            )
        made = [_fitting(one, _read(str(file)), per_frame, notes) for file in files]
        return np.concatenate(made)
    if frames > 1:
        raise CannotUse(
            f"picture: expected {frames} pictures, one for each moment, got a drawing. "
            f"Choose {frames} files, or take an example."
        )
    entry = given.get("picture")
    if not isinstance(entry, dict):
        raise CannotUse("picture: expected a drawing or a file, got none. Draw, or choose a file.")
    pixels = _of_entry(entry)
    if given.get("drawn") and pixels.max() == 0:
        raise CannotUse("picture: expected a drawing, got an empty one. Draw something.")
    return _fitting(one, pixels, per_frame, notes, drawn=bool(given.get("drawn")))


def frames_of(one: InUse) -> int:
    """How many moments a picture of the data holds, one behind the other in its channels."""
    frames = one.options.get("frames", 1)
    return frames if isinstance(frames, int) and frames > 0 else 1


def are_digits(one: InUse) -> bool:
    """Whether the data are single digits, light on dark."""
    return one.facts.shape[0] == 1 and one.facts.classes == DIGITS


def _fitting(
    one: InUse, pixels: Numbers, channels: int, notes: list[str], drawn: bool = False
) -> Numbers:
    """Pixels (height, width, 1 or 3) from 0 to 1 as the data hold them."""
    height, width = one.facts.shape[1:]
    same = pixels.shape[:2] == (height, width)
    if channels == 1:
        grey = pixels.mean(2) if pixels.shape[2] == 1 else pixels @ np.array([0.299, 0.587, 0.114])
        if are_digits(one) or _is_dark(one):
            grey = _light_on_dark(grey, notes)
        if are_digits(one) and (drawn or not same):
            return _digit(one, grey)[None]
        return _resized(grey[None], height, width, one)
    coloured = pixels if pixels.shape[2] == 3 else pixels.repeat(3, 2)
    return _resized(coloured.transpose(2, 0, 1), height, width, one)


def _is_dark(one: InUse) -> bool:
    """Whether the data show light things on a dark ground, as the idx files do."""
    return one.facts.name in ("digits", "idx") and one.facts.shape[0] == 1


def _light_on_dark(grey: Numbers, notes: list[str]) -> Numbers:
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if np.median(border) <= 0.5:
        return grey
    notes.append("Dark on light was turned into light on dark, as the data are.")
    return 1 - grey


def _digit(one: InUse, grey: Numbers) -> Numbers:
    """A digit cut out, centred and reduced as those of the data were."""
    height, width = one.facts.shape[1:]
    low, high = float(np.median(grey)), float(grey.max())
    grey = np.clip((grey - low) / max(high - low, 1e-9), 0, 1)
    lines, columns = np.nonzero(grey > INK)
    cut = grey[lines.min() : lines.max() + 1, columns.min() : columns.max() + 1]
    if one.facts.name == "digits":
        counted = _counted(cut)
        if (height, width) == (8, 8):
            return counted
        tiny = torch.from_numpy(counted)[None, None].float()
        made = F.interpolate(tiny, (height, width), mode="bilinear", antialias=True)
        resized: Numbers = made[0, 0].numpy()
        return resized
    # MNIST: the longer side fills 20 of 28 points, and the centre of mass is the middle.
    share = ROOM * min(height, width) / max(cut.shape)
    inner = [max(1, round(side * share)) for side in cut.shape]
    small = _averaged(cut, inner[0], inner[1])
    mass = small.sum()
    centre = [
        float((np.arange(n) * small.sum(1 - axis)).sum() / mass) for axis, n in enumerate(inner)
    ]
    starts = [
        int(np.clip(round((whole - 1) / 2 - middle), 0, whole - n))
        for whole, middle, n in zip((height, width), centre, inner, strict=True)
    ]
    made = np.zeros((height, width))
    made[starts[0] : starts[0] + inner[0], starts[1] : starts[1] + inner[1]] = small
    return made


def _counted(cut: Numbers) -> Numbers:
    """A digit as the 8×8 pictures of scikit-learn show it, from 0 to 1 (8, 8).

    There a digit is 32 points high and, unless it is a mere stroke, 21 wide; its strokes are so
    thick that they cover two sevenths of the picture; and each 4×4 points are counted.
    """
    high, wide = cut.shape
    slim = wide < SLIM * high
    across = max(6, round(32 * wide / high)) if slim else 21
    bitmap = np.zeros((32, 32))
    left = (32 - across) // 2
    bitmap[:, left : left + across] = _averaged(cut, 32, across)
    near = gaussian_filter(bitmap, 1.6)
    least = np.quantile(near, 1 - (STROKE if slim else COVERED))
    return _averaged((near > max(least, 0.02)).astype(float), 8, 8)


def _averaged(values: Numbers, height: int, width: int) -> Numbers:
    """The values at another size, each the mean of what it covers."""
    image = Image.fromarray(values.astype(np.float32), "F")
    return np.asarray(image.resize((width, height), Image.Resampling.BOX), np.float64)


def _resized(picture: Numbers, height: int, width: int, one: InUse) -> Numbers:
    """A picture (channels, height, width) at the size of the data, cut or pressed as they are."""
    if picture.shape[1:] == (height, width):
        return picture
    fit = str(one.options.get("fit", "crop"))
    made = []
    for channel in picture:
        image = Image.fromarray(channel.astype(np.float32), "F")
        if fit == "stretch":
            shown = image.resize((width, height), Image.Resampling.BICUBIC)
        else:
            shown = ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
        made.append(np.clip(np.asarray(shown, np.float64), 0, 1))
    return np.stack(made)


def _read(path: str) -> Numbers:
    """The picture in a file, from 0 to 1 (height, width, 3); raises `CannotUse`."""
    place = Path(path).name
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise CannotUse(
                    f"{place}: expected at most {MOST_PIXELS:,} pixels, got more. Shrink it."
                )
            return np.asarray(as_seen(image).convert("RGB"), np.float64) / 255
    except FileNotFoundError:
        raise CannotUse(f"{place}: expected a picture, got no such file. Check the name.") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, CannotUse):
            raise
        raise CannotUse(
            f"{place}: expected a PNG, JPEG, BMP, GIF, WebP or TIFF picture, got another file. "
            "Choose a picture."
        ) from error


def _of_entry(entry: dict[str, Any]) -> Numbers:
    """The pixels that the window sent, from 0 to 1 (height, width, channels)."""
    size, text = entry.get("size"), entry.get("bytes")
    wrong = CannotUse("picture: expected its size and bytes, got something else. Draw it anew.")
    if not isinstance(size, list) or len(size) != 3 or not isinstance(text, str):
        raise wrong
    if any(type(n) is not int or not 0 < n <= LARGEST for n in size) or size[2] not in (1, 3):
        raise wrong
    try:
        data = b64decode(text, validate=True)
    except (Error, ValueError):
        raise wrong from None
    if len(data) != size[0] * size[1] * size[2]:
        raise wrong
    return np.frombuffer(data, np.uint8).reshape(size).astype(np.float64) / 255


def shown(values: Numbers, title: str = "") -> dict[str, Any]:
    """A picture (channels, height, width) from 0 to 1, of several moments the last."""
    values = np.asarray(values, np.float64)
    channels = 3 if len(values) % 3 == 0 else 1
    step = -(-max(values.shape[1:]) // SHOWN)
    picture = np.clip(np.nan_to_num(values[-channels:, ::step, ::step]), 0, 1).transpose(1, 2, 0)
    return {
        "title": title,
        "size": list(picture.shape),
        "bytes": _bytes((255 * picture).round().astype(np.uint8)),
    }


def shown_classes(mask: Numbers, count: int, title: str = "") -> dict[str, Any]:
    """A picture with a grey for each class of a mask (height, width)."""
    return shown(mask[None] / max(1, count - 1), title)


def _bytes(values: Numbers) -> str:
    return b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
