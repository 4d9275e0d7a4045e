"""Picture files: read by name of format, bounded in size, brought to one square.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

COLOUR = True
FIT = "crop"
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
MOST_PIXELS = 50_000_000


def pictures(folder: Path) -> list[Path]:
    """The pictures in a folder, by name."""
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in ENDINGS)


def picture(file: Path, size: int) -> np.ndarray:
    """The picture in a file, from 0 to 1 (channels, size, size)."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"{file}: expected at most {MOST_PIXELS} pixels, got more.")
            upright = as_seen(image).convert("RGB" if COLOUR else "L")
    except UnidentifiedImageError as error:
        raise ValueError(f"{file}: expected a whole picture, got another kind of file.") from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file}: expected a whole picture, got {error}.") from error
    if FIT == "crop":
        square = ImageOps.fit(upright, (size, size))
    if FIT == "stretch":
        square = upright.resize((size, size))
    pixels = np.asarray(square, np.float32) / 255
    return pixels.reshape(size, size, -1).transpose(2, 0, 1)


def as_seen(image: Image.Image) -> Image.Image:
    """The picture upright, with 8 bits a colour, and white where it is transparent."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode[0] in "IF":
        values = np.asarray(upright)
        if upright.mode == "F" or values.min() < 0 or values.max() > 65535:
            raise OSError("more than 16 bits a colour")
        # Bringing it to 8 bits in the usual way would only cut off what is above 255.
        return Image.fromarray((values // 257).astype(np.uint8))
    if "A" in upright.getbands() or "transparency" in upright.info:
        clear = upright.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, (255, 255, 255, 255)), clear)
    return upright
