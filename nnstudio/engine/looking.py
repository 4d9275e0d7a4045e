"""A look at folders and files of the user's: classes, rows, sizes, and what is wrong with them.

Owns what a preview finds out and the project keeps, and the same look before a training. Reads
with the very functions that become part of `train.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from nnstudio.engine.bad_data import BadData

SAMPLE = 40
"""Rows of a folder that a preview reads."""
MOST_FILES = 1_000_000
CLASSES = {
    "digits": tuple("0123456789"),
    "fashion": (
        "T-shirt",
        "trousers",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
    "ten": (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
}


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in the user's folder."""

    kept: Mapping[str, Any]
    """What the project keeps of it."""
    counts: tuple[tuple[str, int], ...]
    """Classes and how many rows each has; empty where that is not known without reading all."""
    read: Callable[[], tuple[np.ndarray, np.ndarray]]
    """Some rows, as the script would make them."""


def can_look_at(source: str) -> bool:
    """Whether this source is a folder of the user's."""
    return source in _LOOKS


def look_at(source: str, options: Mapping[str, Any]) -> Look:
    """What the folder of a source holds; raises `BadData` where nothing could be learned from."""
    path = str(options.get("path") or "")
    if not path:
        raise BadData("data.path", "a folder", "none", "Choose one in the Data panel.")
    folder = Path(path)
    if not folder.is_dir():
        got = "a file" if folder.exists() else "nothing there"
        raise BadData(path, "a folder", got, "Choose a folder that is there.")
    try:
        return _LOOKS[source](folder, options)
    except OSError as error:
        remedy = "Choose a folder that can be read."
        raise BadData(path, "a readable folder", str(error), remedy) from error
    except ValueError as error:
        if isinstance(error, BadData):
            raise
        raise BadData(*_words(str(error)), "Mend or remove the file.") from error


def check_again(source: str, options: Mapping[str, Any]) -> None:
    """Refuse a folder that is not as it was when it was looked at; raises `BadData`."""
    found = look_at(source, options).kept
    for name, value in found.items():
        before = options.get(name)
        if _plain(before) != _plain(value):
            raise BadData(
                str(options["path"]),
                f"{_shown(before)} as {name}, as when it was looked at",
                _shown(value),
                "Look at the folder anew in the Data panel.",
            )


@contextmanager
def with_constants(source: str, constants: Mapping[str, Any]) -> Iterator[ModuleType]:
    """The source's module with some of its constants, and of the parts it imports, set."""
    module = import_module(f"nnstudio.engine.data.{source}")
    modules = [module, *_parts(module)]
    before = [
        (one, name, getattr(one, name))
        for one in modules
        for name in constants
        if hasattr(one, name)
    ]
    try:
        for one, name, _ in before:
            setattr(one, name, constants[name])
        yield module
    finally:
        for one, name, value in before:
            setattr(one, name, value)


def _parts(module: ModuleType) -> list[ModuleType]:
    """The parts whose functions a source uses."""
    names = {getattr(one, "__module__", "") for one in vars(module).values()}
    return [import_module(n) for n in sorted(names) if n.startswith("nnstudio.engine.parts.")]


def _image_folder(folder: Path, options: Mapping[str, Any]) -> Look:
    from nnstudio.engine.parts.pictures import picture, pictures

    files = _by_class(folder, pictures, "pictures")
    size = int(options.get("size") or 64)
    return _files_look("image_folder", files, lambda file: picture(file, size), options)


def _wav_folder(folder: Path, options: Mapping[str, Any]) -> Look:
    from nnstudio.engine.data.wav_folder import sounds

    files = _by_class(folder, sounds, "WAV files")
    names = tuple(files)
    return Look(
        {"names": names, "rows": sum(map(len, files.values()))},
        tuple((name, len(files[name])) for name in names),
        lambda: _some_sounds(folder, files, options),
    )


def _some_sounds(
    folder: Path, files: Mapping[str, list[Path]], options: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    chosen = _spread(files)

    def sounds(inside: Path) -> list[Path]:
        return [file for file, _ in chosen if file.parent == inside]

    constants = {**_capitals(options), "NAMES": list(files), "sounds": sounds}
    with with_constants("wav_folder", constants) as module:
        return module.examples()


def _files_look(
    source: str,
    files: Mapping[str, list[Path]],
    read: Callable[[Path], np.ndarray],
    options: Mapping[str, Any],
) -> Look:
    """Of one folder a class, each file one row."""
    chosen = _spread(files)

    def some() -> tuple[np.ndarray, np.ndarray]:
        with with_constants(source, _capitals(options)):
            rows = np.stack([read(file) for file, _ in chosen])
        return rows, np.array([number for _, number in chosen])

    counts = tuple((name, len(files[name])) for name in files)
    return Look({"names": tuple(files), "rows": sum(n for _, n in counts)}, counts, some)


def _frames(folder: Path, options: Mapping[str, Any]) -> Look:
    from nnstudio.engine.data.frames import numbered
    from nnstudio.engine.parts.pictures import picture

    files, before = numbered(folder), int(options.get("frames") or 2)
    if len(files) < before + 4:
        raise BadData(
            str(folder),
            f"at least {before + 4} pictures with a number in their name",
            str(len(files)),
            "Choose another folder, or fewer frames before.",
        )
    size = int(options.get("size") or 32)

    def some() -> tuple[np.ndarray, np.ndarray]:
        with with_constants("frames", _capitals(options)):
            film = np.stack([picture(file, size) for file in files[: SAMPLE + before]])
        rows = len(film) - before
        return np.concatenate([film[n : n + rows] for n in range(before)], 1), film[before:]

    return Look({"rows": len(files)}, (), some)


def _idx(folder: Path, options: Mapping[str, Any]) -> Look:
    with with_constants("idx", {"PATH": str(folder)}) as module:
        pairs = [_idx_pair(module, folder, names) for names in (module.TRAINING, module.TEST)]
    there = [pair for pair in pairs if pair is not None]
    if not there:
        raise BadData(
            str(folder),
            "train-images-idx3-ubyte and train-labels-idx1-ubyte, or the t10k files",
            "none of them",
            "Choose the folder that holds them, or download the set.",
        )
    for pair, name in zip(pairs, ("training files", "test files"), strict=True):
        if pair is None and options.get("take", "both") in ("both", name):
            raise BadData(str(folder), name, "only the others", "Take the others alone.")
    images, labels = (np.concatenate(values) for values in zip(*there, strict=True))
    classes = int(labels.max()) + 1
    fashion = "fashion" in folder.name.lower()
    names = CLASSES["fashion" if fashion else "digits"]
    if classes > len(names):
        names = tuple(str(number) for number in range(classes))
    counts = np.bincount(labels, minlength=len(names))
    parts = tuple(0 if pair is None else len(pair[1]) for pair in pairs)
    return Look(
        {"names": names, "parts": parts, "shape": tuple(images.shape[1:])},
        tuple(zip(names, counts.tolist(), strict=True)),
        lambda: (images[:SAMPLE, None] / np.float32(255), labels[:SAMPLE].astype(np.int64)),
    )


def _idx_pair(
    module: ModuleType, folder: Path, names: tuple[str, str]
) -> tuple[np.ndarray, np.ndarray] | None:
    there = [(folder / n).exists() or (folder / f"{n}.gz").exists() for n in names]
    if not any(there):
        return None
    if not all(there):
        name = names[there.index(False)]
        raise BadData(str(folder), name, "no such file", "Put it beside the other one.")
    return module.pair(names)


def _cifar(folder: Path, options: Mapping[str, Any]) -> Look:
    labels = str(options.get("level") or "ten")
    pattern = r"(data_batch_\d+|test_batch)\.bin" if labels == "ten" else r"(train|test)\.bin"
    files = sorted(f.name for f in folder.iterdir() if re.fullmatch(pattern, f.name))
    if not files:
        expected = "data_batch_1.bin and so on" if labels == "ten" else "train.bin and test.bin"
        remedy = "Choose the folder that holds them, other classes, or download the set."
        raise BadData(str(folder), expected, "none of them", remedy)
    constants = {**_capitals(options), "PATH": str(folder), "FILES": files, "LEVEL": labels}
    with with_constants("cifar", constants) as module:
        images, numbers = module.examples()
    names = _cifar_names(folder, labels)
    if int(numbers.max()) >= len(names):
        raise BadData(
            str(folder),
            f"labels below {len(names)}",
            str(int(numbers.max())),
            "Choose other classes.",
        )
    counts = np.bincount(numbers, minlength=len(names)).tolist()
    return Look(
        {"names": names, "files": tuple(files), "rows": len(numbers)},
        tuple(zip(names, counts, strict=True)),
        lambda: (images[:SAMPLE], numbers[:SAMPLE]),
    )


def _cifar_names(folder: Path, labels: str) -> tuple[str, ...]:
    """The classes as the file of names beside the pictures has them, else numbers."""
    if labels == "ten":
        return CLASSES["ten"]
    count = 20 if labels == "coarse" else 100
    try:
        text = (folder / f"{labels}_label_names.txt").read_text("utf-8")[:10_000]
    except (OSError, UnicodeDecodeError):
        text = ""
    names = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    return names if len(names) == count else tuple(str(number) for number in range(count))


def _by_class(
    folder: Path, files_in: Callable[[Path], list[Path]], what: str
) -> dict[str, list[Path]]:
    """Class to its files: one folder each, or the folder itself where it holds the files."""
    inner = sorted(one for one in folder.iterdir() if one.is_dir() and one.name[0] != ".")
    found = {one.name: files for one in inner if (files := files_in(one))}
    if not found and (files := files_in(folder)):
        found = {".": files}
    if not found:
        raise BadData(
            str(folder), f"folders with {what} in it", "none", f"Choose a folder with {what}."
        )
    if sum(map(len, found.values())) > MOST_FILES:
        raise BadData(str(folder), f"at most {MOST_FILES} files", "more", "Choose a smaller one.")
    return found


def _spread(files: Mapping[str, list[Path]]) -> list[tuple[Path, int]]:
    """Some files of every class with its number, spread over the whole."""
    each = max(1, SAMPLE // len(files))
    chosen = []
    for number, name in enumerate(list(files)[:SAMPLE]):
        step = max(1, len(files[name]) // each)
        chosen += [(file, number) for file in files[name][::step][:each]]
    return chosen


def _capitals(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name.upper(): value for name, value in options.items()}


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        shown = ", ".join(str(one) for one in value[:4])
        return f"{len(value)} ({shown}{', …' if len(value) > 4 else ''})"
    return str(value)


def _words(text: str) -> tuple[str, str, str]:
    """Place, expected and got of a text in our form."""
    match = re.fullmatch(r"(.+): expected (.+), got (.+?)\.?", text, re.DOTALL)
    return (match[1], match[2], match[3]) if match else ("data", "readable files", text)


_LOOKS: Mapping[str, Callable[[Path, Mapping[str, Any]], Look]] = {
    "image_folder": _image_folder,
    "wav_folder": _wav_folder,
    "frames": _frames,
    "idx": _idx,
    "cifar": _cifar,
}
