"""What the doctor finds and advises, on machines that are made up."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from nnstudio import doctor
from nnstudio.terminal.accelerators import (
    Card,
    Device,
    Machine,
    Torch,
    advice,
    cuda_wheels,
    look_at_machine,
    look_at_torch,
)

SMI = """\
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 570.86.15              Driver Version: 570.86.15      CUDA Version: 12.8     |
|-----------------------------------------+------------------------+----------------------+
"""
H200 = Card("NVIDIA", "NVIDIA H200", 143771 << 20, 9.0)
CPU_TORCH = Torch("2.13.0+cpu")


def machine_with(card: str, header: str = SMI):
    def run(command: list[str]) -> str | None:
        if command[0] != "nvidia-smi":
            return None
        return card if len(command) > 1 else header

    return run


def nothing(command: list[str]) -> str | None:
    return None


def pci(folder: Path, *devices: tuple[str, str]) -> Path:
    """A device tree with the given classes and vendors."""
    for number, (kind, vendor) in enumerate(devices):
        (folder / str(number)).mkdir()
        (folder / str(number) / "class").write_text(f"{kind}\n")
        (folder / str(number) / "vendor").write_text(f"{vendor}\n")
    return folder


def test_nvidia_card_is_described_by_its_driver(tmp_path):
    found = look_at_machine(machine_with("NVIDIA H200, 143771, 9.0\n"), tmp_path)
    assert found == Machine((H200,), (12, 8))


def test_cards_without_a_driver_are_found_in_the_device_tree(tmp_path):
    tree = pci(
        tmp_path,
        ("0x030000", "0x10de"),
        ("0x038000", "0x1002"),
        ("0x030000", "0x8086"),
        ("0x020000", "0x10de"),  # a network adapter
        ("0x030000", "0x1234"),
    )
    found = look_at_machine(nothing, tree)
    assert found.driver_missing
    assert [card.vendor for card in found.cards] == ["NVIDIA", "AMD", "Intel"]


def test_machine_without_anything(tmp_path):
    assert look_at_machine(nothing, tmp_path / "none") == Machine()
    assert advice(Machine(), CPU_TORCH) == []


@pytest.mark.parametrize("said", ["", "no devices were found", ", , ", "a, b, c\n\n,", "x"])
def test_strange_answers_of_nvidia_smi_are_survived(tmp_path, said):
    look_at_machine(machine_with(said, header="?"), tmp_path)


@pytest.mark.parametrize(
    ("driver", "capability", "wheels"),
    [
        ((13, 2), 9.0, "cu130"),
        ((13, 0), 12.0, "cu130"),
        ((13, 0), 6.1, "cu126"),  # Pascal: wheels for 13 no longer know it
        ((13, 0), 0.0, "cu130"),
        ((12, 8), 9.0, "cu126"),
        ((12, 8), 12.0, "cu128"),  # Blackwell: older wheels do not know it yet
        ((12, 4), 12.0, ""),
        ((12, 0), 7.0, "cu126"),
        ((11, 8), 8.6, "cu118"),
        ((11, 4), 8.6, ""),
    ],
)
def test_wheels_fit_driver_and_card(driver, capability, wheels):
    assert cuda_wheels(driver, capability) == wheels


def test_card_that_a_cpu_torch_cannot_use():
    assert advice(Machine((H200,), (12, 8)), CPU_TORCH, python="/v/bin/python") == [
        "NVIDIA H200: the torch 2.13.0+cpu here is built without CUDA, the driver knows CUDA 12.8. "
        "Install the right one: /v/bin/python -m pip install --upgrade --force-reinstall "
        '"torch>=2.6,<2.14" --index-url https://download.pytorch.org/whl/cu126'
    ]


def test_path_with_a_space_is_quoted():
    (line,) = advice(Machine((H200,), (13, 0)), CPU_TORCH, python="C:\\My Programs\\python.exe")
    assert '"C:\\My Programs\\python.exe" -m pip install' in line
    assert line.endswith("/whl/cu130")


def test_torch_built_for_a_newer_cuda_than_the_driver():
    (line,) = advice(Machine((H200,), (12, 4)), Torch("2.13.0+cu130", cuda="13.0"))
    assert line.startswith(
        "NVIDIA H200: the torch 2.13.0+cu130 here is built for CUDA 13.0, the driver knows "
        "CUDA 12.4. Install the right one: "
    )
    assert line.endswith("/whl/cu126")


def test_card_that_torch_uses_needs_no_advice():
    torch = Torch("2.13.0", cuda="13.0", devices=(Device("cuda", "NVIDIA H200", 1),))
    assert advice(Machine((H200,), (13, 0)), torch) == []


def test_driver_that_is_too_old():
    assert advice(Machine((H200,), (11, 4)), CPU_TORCH) == [
        "NVIDIA H200: its driver knows CUDA 11.4, too old for torch with this card. "
        "Update NVIDIA's driver and ask again."
    ]


def test_driver_that_is_missing():
    machine = Machine((Card("NVIDIA", "NVIDIA GPU"),), None, driver_missing=True)
    assert advice(machine, CPU_TORCH) == [
        "NVIDIA GPU: no driver answers for it. Install NVIDIA's driver, restart, and ask again."
    ]


def test_card_hidden_by_a_variable():
    torch = Torch("2.13.0", cuda="13.0")
    environment = {"CUDA_VISIBLE_DEVICES": ""}
    assert advice(Machine((H200,), (13, 0)), torch, environment=environment) == [
        "NVIDIA H200: CUDA_VISIBLE_DEVICES= hides it. Unset the variable."
    ]


def test_amd_on_linux_and_elsewhere():
    machine = Machine((Card("AMD", "AMD GPU"), Card("Intel", "Intel GPU")))
    (line,) = advice(machine, CPU_TORCH, system="linux", python="python")
    assert line == (
        "AMD GPU: the torch here is built without ROCm. Install the right one: python -m pip "
        'install --upgrade --force-reinstall "torch>=2.6,<2.14" '
        "--index-url https://download.pytorch.org/whl/rocm7.2"
    )
    assert advice(machine, CPU_TORCH, system="win32") == [
        "AMD GPU: torch can use it on Linux only."
    ]
    (line,) = advice(machine, Torch("2.13.0+rocm7.2", hip="7.2"), system="linux")
    assert line.endswith("and join its groups: sudo usermod -aG render,video $USER")


def test_intel_is_only_a_suggestion():
    (line,) = advice(Machine((Card("Intel", "Intel GPU"),)), CPU_TORCH, system="linux")
    assert line.startswith("Intel graphics are present. If they are an Arc card or a Core Ultra, ")
    assert line.endswith("/whl/xpu")
    assert advice(Machine((Card("Intel", "Intel GPU"),)), CPU_TORCH, system="darwin") == []


def test_torch_is_asked_in_a_process_of_its_own():
    def run(command: list[str]) -> str:
        assert command[0] == sys.executable
        return 'a warning\n{"version": "2.13.0", "cuda": null, "hip": null, "devices": []}\n'

    assert look_at_torch(run) == Torch("2.13.0")
    assert look_at_torch(nothing).error == (
        "torch could not be imported; see: python -c 'import torch'"
    )
    assert look_at_torch(lambda _: "[]").error == "torch gave an answer that could not be read"
    assert look_at_torch(lambda _: "").error == "torch gave an answer that could not be read"


def test_the_installed_torch_answers():
    assert look_at_torch().version


def test_missing_libraries_are_named_with_their_packages(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    missing = doctor.missing_libraries(window=True, loads=lambda name: "xcb" not in name)
    assert missing == ["libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-keysyms.so.1"]
    assert doctor.install_command(missing, "apt-get") == (
        "sudo apt-get install -y libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1"
    )
    assert doctor.missing_libraries(window=False, loads=lambda _: False) == [*doctor.DRAWING]
    everything = [*doctor.DRAWING, *doctor.X11]
    for manager in ("apt-get", "dnf", "zypper", "pacman"):
        command = doctor.install_command(everything, manager)
        assert command.startswith("sudo ")
        assert len(command.split()) > 8
    assert doctor.install_command(["libEGL.so.1", "libGL.so.1"], "pacman") == (
        "sudo pacman -S --needed libglvnd"
    )


def test_other_systems_need_no_libraries(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert doctor.missing_libraries(window=True, loads=lambda _: False) == []


@pytest.mark.parametrize(
    ("platform", "environment", "display"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, False),
        ("win32", {}, True),
        ("darwin", {}, True),
        ("darwin", {"QT_QPA_PLATFORM": "offscreen"}, False),
    ],
)
def test_display(monkeypatch, platform, environment, display):
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert doctor.has_display() is display


def test_folder_that_cannot_be_written_is_told(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path / "file" / "home"))
    runs, recovery = doctor.folders()
    assert runs.path == tmp_path / "file" / "home" / "runs"
    assert runs.trouble == f"{tmp_path / 'file'}: not a directory"
    assert recovery.trouble


def test_versions_come_without_imports():
    versions = doctor.versions()
    assert versions["numpy"][0].isdigit()
    assert set(doctor.PACKAGES) < set(versions)


def test_the_command(capsys):
    from nnstudio import cli

    assert cli.main(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {
        *("system", "python", "versions", "display", "devices", "gpus"),
        *("missing_libraries", "folders", "writable", "advice"),
    }
    assert told["writable"] == {"runs": True, "recovery": True}
    assert cli.main(["doctor"]) == 0
    assert "Python 3." in capsys.readouterr().out
