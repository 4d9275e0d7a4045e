"""Folders and files of the user's: what is read of them, and what is refused."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from graph_compiler.model import DataSource
from nnstudio.document.sources import DataError, facts
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.looking import check_again, look_at
from nnstudio.engine.preview import examples, preview

Idx = Callable[[np.ndarray], bytes]


def looked(source: str, folder: Path, **options: Any) -> DataSource:
    """The description after a look at the folder."""
    found = preview({"source": source, "options": {"path": str(folder), **options}}, {})
    return DataSource(source, found["options"])


def refusal(source: str, folder: Path, **options: Any) -> str:
    """Why a folder is refused, with its place as `HERE`."""
    with pytest.raises(ValueError) as caught:
        look_at(source, {"path": str(folder), **options}).read()
    return str(caught.value).replace(str(folder), "HERE")


def test_pictures_come_by_class_in_one_size(pictures: Path) -> None:
    data = looked("image_folder", pictures, size=8)
    known = facts(data, {})
    assert known.classes == ("blue", "green", "red")
    assert (known.rows, known.shape, known.target) == (36, (3, 8, 8), "class")
    images, classes = examples(data, {})
    assert images.shape == (36, 3, 8, 8)
    strongest = images.mean((2, 3)).argmax(1)
    assert np.array_equal(strongest, np.array([2, 1, 0])[classes])
    assert images.min() >= 0
    assert images.max() <= 1


@pytest.mark.parametrize("name", ["deep.png", "deep.tif", "deep.pgm", "clear.png", "palette.png"])
def test_pictures_of_other_depths_and_with_clear_parts_are_read_as_they_are_seen(
    tmp_path: Path, name: str
) -> None:
    grey = np.tile(np.linspace(0, 255, 8).astype(np.uint8), (8, 1))
    if name.startswith("deep"):
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    elif name == "clear.png":
        image = Image.fromarray(np.dstack([*[np.zeros_like(grey)] * 3, 255 - grey]))
    else:
        image = Image.fromarray(grey).convert("P")
    (tmp_path / "a").mkdir()
    image.save(tmp_path / "a" / name)
    (read,) = examples(looked("image_folder", tmp_path, size=8), {})[0]
    assert np.allclose(read, grey[None] / 255, atol=1e-6)


def test_pictures_of_more_than_16_bits_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Image.fromarray(np.ones((8, 8), np.float32)).save(tmp_path / "a" / "f.tif")
    assert refusal("image_folder", tmp_path) == (
        "HERE/a/f.tif: expected a whole picture, got more than 16 bits a colour."
    )


def test_grey_and_stretched_pictures(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, 15:25] = 255
    for number in range(2):
        Image.fromarray(wide).save(tmp_path / "a" / f"{number}.png")
    cut = examples(looked("image_folder", tmp_path, size=10, colour=False), {})[0]
    whole = examples(looked("image_folder", tmp_path, size=10, colour=False, fit="stretch"), {})[0]
    assert cut.shape == whole.shape == (2, 1, 10, 10)
    assert cut.min() == 1.0, "the middle"
    assert whole[0, 0].mean() == pytest.approx(0.25, abs=0.03), "all of it"


def test_pictures_in_one_folder_have_no_class(film: Path) -> None:
    known = facts(looked("image_folder", film), {})
    assert (known.target, known.classes, known.rows) == ("none", (), 30)


def test_pictures_stand_upright_as_the_camera_says(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    upper = np.zeros((8, 8, 3), np.uint8)
    upper[:4] = 255
    turned = Image.Exif()
    turned[0x0112] = 3  # upside down
    for number in range(4):
        Image.fromarray(upper).save(tmp_path / "a" / f"{number}.png", exif=turned)
    images, _ = examples(looked("image_folder", tmp_path, size=8), {})
    assert images[:, :, :4].max() == 0
    assert images[:, :, 4:].min() == 1


def test_idx_files_are_read_plain_and_packed(mnist: Path) -> None:
    data = looked("idx", mnist)
    known = facts(data, {})
    assert (known.rows, known.shape, known.classes) == (60, (1, 28, 28), tuple("0123456789"))
    images, labels = examples(data, {})
    assert images.shape == (60, 1, 28, 28)
    assert labels.tolist() == [*(n % 10 for n in range(40)), *(n % 10 for n in range(20))]
    assert (images[np.arange(60), 0, labels] == 1.0).all()
    assert facts(looked("idx", mnist, take="test files"), {}).rows == 20
    assert len(examples(looked("idx", mnist, take="training files"), {})[0]) == 40


def test_cifar_files_are_records_of_label_red_green_blue(cifar: Path) -> None:
    data = looked("cifar", cifar)
    known = facts(data, {})
    assert (known.rows, known.shape, known.classes[:2]) == (
        30,
        (3, 32, 32),
        ("airplane", "automobile"),
    )
    images, labels = examples(data, {})
    assert labels.tolist() == list(range(10)) * 3
    assert images[0, :, 0, 0] * 255 == pytest.approx([200, 0, 7])
    assert images[29, :, 31, 31] * 255 == pytest.approx([202, 0, 7])


def test_cifar_100_has_coarse_and_fine_labels(tmp_path: Path) -> None:
    rows = np.zeros((40, 3074), np.uint8)
    rows[:, 0], rows[:, 1] = np.arange(40) % 20, np.arange(40)
    (tmp_path / "train.bin").write_bytes(rows.tobytes())
    names = [f"thing {n}" for n in range(100)]
    (tmp_path / "fine_label_names.txt").write_text("\n".join(names) + "\n")
    fine = looked("cifar", tmp_path, level="fine")
    assert facts(fine, {}).classes == tuple(names)
    assert examples(fine, {})[1].tolist() == list(range(40))
    coarse = looked("cifar", tmp_path, level="coarse")
    assert facts(coarse, {}).outputs == 20
    assert examples(coarse, {})[1].max() == 19


def test_frames_follow_their_numbers(film: Path) -> None:
    data = looked("frames", film, size=16, colour=False)
    known = facts(data, {})
    assert (known.shape, known.target, known.outputs) == ((2, 16, 16), "value", 1)
    assert (known.places, known.rows) == ((16, 16), 28)
    before, after = examples(data, {})
    bright = before.mean(3).argmax(2)
    assert bright[:, 0].tolist() == [n % 16 for n in range(28)], "9 before 10"
    assert after.shape == (28, 1, 16, 16)
    assert after.mean(3).argmax(2)[:, 0].tolist() == [(n + 2) % 16 for n in range(28)]


def test_sounds_of_every_width_are_heard(sounds: Path) -> None:
    data = looked("wav_folder", sounds, hear="wave", rate=8000, length=1000)
    known = facts(data, {})
    assert (known.shape, known.classes, known.rows) == ((1, 8000), ("high", "low"), 16)
    waves, labels = examples(data, {})
    assert waves.shape == (16, 1, 8000)
    heard = waves[:, 0, :4000]
    assert np.abs(heard).max(1) == pytest.approx(np.full(16, 0.5), abs=0.01)
    loudest = np.abs(np.fft.rfft(heard)).argmax(1) * 2
    assert np.abs(loudest - np.array([880, 220])[labels]).max() <= 2
    assert waves[:, 0, 4400:].max() == 0, "short sounds end in silence"
    shape = facts(looked("wav_folder", sounds), {}).shape
    assert examples(looked("wav_folder", sounds), {})[0].shape[1:] == shape


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("image_folder", "HERE: expected folders with pictures in it, got none. "),
        ("wav_folder", "HERE: expected folders with WAV files in it, got none. "),
        ("frames", "HERE: expected at least 6 pictures with a number in their name, got 0. "),
        ("idx", "HERE: expected train-images-idx3-ubyte and train-labels-idx1-ubyte, or "),
        ("cifar", "HERE: expected data_batch_1.bin and so on, got none of them. "),
    ],
)
def test_folders_without_any_of_it(source: str, expected: str, tmp_path: Path) -> None:
    assert refusal(source, tmp_path).startswith(expected)
    gone = tmp_path / "gone"
    assert refusal(source, gone) == (
        "HERE: expected a folder, got nothing there. Choose a folder that is there."
    )
    with pytest.raises(BadData) as caught:
        look_at(source, {})
    assert (
        str(caught.value) == "data.path: expected a folder, got none. Choose one in the Data panel."
    )


def test_pictures_that_are_none_are_named(pictures: Path) -> None:
    whole = (pictures / "red" / "0.png").read_bytes()
    (pictures / "red" / "0.png").write_bytes(whole[: len(whole) // 2])
    text = refusal("image_folder", pictures)
    assert text.startswith(f"HERE{os.sep}red{os.sep}0.png: expected a whole picture, got ")
    (pictures / "red" / "0.png").write_bytes(b"GIF89a no")
    assert refusal("image_folder", pictures) == (
        f"HERE{os.sep}red{os.sep}0.png: expected a whole picture, got another kind of file."
    )
    (pictures / "red" / "0.png").write_bytes(b"")
    assert "0.png: expected a whole picture" in refusal("image_folder", pictures)


def test_a_picture_of_another_format_under_a_known_ending(pictures: Path) -> None:
    """Only named formats are read, whatever a file calls itself."""
    (pictures / "red" / "0.png").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n"
    )
    assert "0.png: expected a whole picture" in refusal("image_folder", pictures)


def test_a_picture_that_would_fill_the_memory(pictures: Path) -> None:
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )
    (pictures / "blue" / "0.png").write_bytes(bomb)
    text = refusal("image_folder", pictures)
    assert "0.png: expected" in text
    assert "pixels" in text


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        (b"", "expected bytes along 3 axes, got another file."),
        (b"\0\0\x0d\x03" + bytes(12), "expected bytes along 3 axes, got another file."),
        (b"\0\0\x08\x01" + bytes(12), "expected bytes along 3 axes, got another file."),
        (b"\0\0\x08\x03" + b"\xff" * 12, "expected at most 2147483648 bytes, got "),
        (
            b"\0\0\x08\x03" + struct.pack(">3I", 40, 28, 28) + bytes(100),
            "expected 31360 bytes of values, got another number.",
        ),
        (
            b"\0\0\x08\x03" + struct.pack(">3I", 1, 2, 2) + bytes(5),
            "expected 4 bytes of values, got another number.",
        ),
    ],
)
def test_broken_idx_files_are_refused(broken: bytes, text: str, mnist: Path) -> None:
    (mnist / "train-images-idx3-ubyte").write_bytes(broken)
    assert refusal("idx", mnist).startswith(f"train-images-idx3-ubyte: {text}")


def test_a_packed_file_that_would_fill_the_memory(mnist: Path, write_idx: Idx) -> None:
    small = struct.pack(">BBBB3I", 0, 0, 8, 3, 1, 2, 2)
    packed = gzip.compress(small + bytes(200_000_000), 1)
    (mnist / "t10k-images-idx3-ubyte.gz").write_bytes(packed)
    assert refusal("idx", mnist).endswith(
        "expected 4 bytes of values, got another number. Mend or remove the file."
    )
    (mnist / "t10k-images-idx3-ubyte.gz").write_bytes(b"\x1f\x8b no gzip at all")
    assert refusal("idx", mnist) == (
        "t10k-images-idx3-ubyte: expected a whole file, got Unknown compression method. "
        "Mend or remove the file."
    )


def test_labels_that_are_too_few(mnist: Path, write_idx: Idx) -> None:
    (mnist / "train-labels-idx1-ubyte").write_bytes(write_idx(np.zeros(39)))
    assert refusal("idx", mnist) == (
        "train-labels-idx1-ubyte: expected 40 labels, got 39. Mend or remove the file."
    )
    (mnist / "train-labels-idx1-ubyte").unlink()
    assert refusal("idx", mnist) == (
        "HERE: expected train-labels-idx1-ubyte, got no such file. Put it beside the other one."
    )


def test_cifar_files_of_another_size(cifar: Path) -> None:
    (cifar / "data_batch_2.bin").write_bytes(bytes(3073 * 2 + 1))
    assert refusal("cifar", cifar) == (
        "data_batch_2.bin: expected records of 3073 bytes, got another file. "
        "Mend or remove the file."
    )


def test_sounds_as_other_programs_write_them(tmp_path: Path) -> None:
    """Floats, headers of the long kind, other chunks before the sound, a size not known."""
    tone = 0.5 * np.sin(np.arange(800) / 5)
    whole = (tone * 2**23).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    long = struct.pack("<HHI", 22, 24, 4) + struct.pack("<H", 1) + bytes(14)
    for number, (kind, bits, rest, data, size) in enumerate(
        (
            (3, 32, b"", tone.astype("<f4").tobytes(), 3200),
            (3, 64, b"", tone.astype("<f8").tobytes(), 6400),
            (0xFFFE, 24, long, whole, 2400),
            (3, 32, b"", tone.astype("<f4").tobytes(), 0xFFFFFFFF),
        )
    ):
        form = struct.pack("<HHIIHH", kind, 1, 8000, 8000 * bits // 8, bits // 8, bits) + rest
        text = b"RIFF" + bytes(4) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
        text += b"LIST" + struct.pack("<I", 3) + b"abc\0data" + struct.pack("<I", size) + data
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / "a" / f"{number}.wav").write_bytes(text)
    data = looked("wav_folder", tmp_path, hear="wave", rate=8000, length=100)
    waves = examples(data, {})[0]
    assert waves.shape == (4, 1, 800)
    assert np.allclose(waves, tone, atol=1e-6)
    (tmp_path / "a" / "0.wav").write_bytes(text.replace(b"\x03\0\x01\0", b"\x55\0\x01\0", 1))
    assert refusal("wav_folder", tmp_path, hear="wave") == (
        f"HERE{os.sep}a{os.sep}0.wav: expected whole numbers or floats, got kind 85 with 32 bits a "
        "number."
    )


def test_sounds_that_are_none_are_named(sounds: Path) -> None:
    (sounds / "low" / "0.wav").write_bytes(b"RIFF no sound")
    text = refusal("wav_folder", sounds)
    assert text.startswith(f"HERE{os.sep}low{os.sep}0.wav: expected a WAV file, got something")


def test_what_changed_since_the_look_is_told(pictures: Path) -> None:
    data = looked("image_folder", pictures)
    check_again("image_folder", data.options)
    (pictures / "red" / "1.jpg").unlink()
    with pytest.raises(BadData) as caught:
        check_again("image_folder", data.options)
    assert str(caught.value) == (
        f"{pictures}: expected 36 as rows, as when it was looked at, got 35. "
        "Look at the folder anew in the Data panel."
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "data.names: expected what the data hold, got nothing. Look at the data first."),
        (
            {"names": "ab", "rows": 5},
            "data.names: expected what the data hold, got something else. Look at the data first.",
        ),
        (
            {"names": ("a", "a"), "rows": 5},
            "data.names: expected what the data hold, got something else. Look at the data first.",
        ),
        (
            {"names": ("a", "b"), "rows": -5},
            "data.rows: expected what the data hold, got something else. Look at the data first.",
        ),
    ],
)
def test_descriptions_that_no_look_made_are_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(DataError) as caught:
        facts(DataSource("image_folder", options), {})
    assert str(caught.value) == text
