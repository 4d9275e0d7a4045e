"""The device in the bar: which there are, which one trains, which one the next run takes.

Also of how many processes the next run is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nnstudio.app.figures import size

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor


def named_devices(answer: Any) -> dict[str, str]:
    """Id and words of each device that the worker tells of."""
    found = answer.get("devices", answer) if isinstance(answer, dict) else answer
    devices = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    named = {str(one.get("id") or one.get("device") or ""): device_words(one) for one in devices}
    return {id: words for id, words in named.items() if id}


def device_words(device: dict[str, Any]) -> str:
    """Name and memory of a device."""
    name = str(device.get("name") or device.get("id") or "").strip()
    memory = device.get("memory") or device.get("total_memory")
    return f"{name} · {size(memory)}" if isinstance(memory, int | float) and memory else name


def process_counts(devices: Iterable[str], chosen: int) -> list[int]:
    """How many processes a run may be offered: one for each accelerator or core, and the chosen."""
    accelerators = sum(id.split(":")[0] in ("cuda", "xpu") for id in devices)
    most = max(accelerators, os.cpu_count() or 1)
    doubled = {2**power for power in range(most.bit_length())}
    return sorted({one for one in doubled if one <= most} | {most, chosen})


class DeviceChoice:
    """Shows and chooses the device of one editor's runs."""

    def __init__(self, editor: Editor) -> None:
        self._editor, self._run = editor, editor.run
        self._devices: list[dict[str, Any]] = []
        editor.bar.device_chosen.connect(self._chosen)
        editor.bar.processes_chosen.connect(self._choose_processes)

    def _chosen(self, id: str) -> None:
        self._run.device = id
        self.show()
        self._list()
        if self._run.live:
            self._editor.say("The next run uses that device.")

    def _choose_processes(self, count: int) -> None:
        self._run.processes = count
        self.show()
        self._list()
        if self._run.live:
            self._editor.say(f"The next run is shared by {count} processes." if count > 1 else
                             "The next run has one process.")  # fmt: skip

    def know(self, answer: Any) -> None:
        """Take in what the worker says of the machine's devices."""
        found = answer.get("devices", answer) if isinstance(answer, dict) else answer
        self._devices = [d for d in found if isinstance(d, dict)] if isinstance(found, list) else []
        self.show()
        self._list()

    @property
    def known(self) -> bool:
        """Whether the worker has told which devices there are."""
        return bool(self._devices)

    def refresh(self) -> None:
        """Another device was chosen elsewhere."""
        self.show()
        self._list()

    def _list(self) -> None:
        rows = [("auto", "Choose by itself", self._run.device == "auto")]
        for device in self._devices:
            id = str(device.get("id") or device.get("device") or "")
            rows.append((id, device_words(device), self._run.device == id))
        self._editor.bar.show_devices(rows)
        counts = process_counts([id for id, _, _ in rows], self._run.processes)
        self._editor.bar.show_processes(counts, self._run.processes)

    def show(self) -> None:
        """Name the device that trains, or that the next run would take."""
        state = self._run.state
        id = (state.device if state and state.device else "") or self._run.device
        named = {str(d.get("id") or d.get("device")): d for d in self._devices}
        if id == "auto":
            id = str(self._devices[0].get("id") or "") if self._devices else ""
        if not id:
            self._editor.bar.show_device("Device", "The devices are being looked up.", False)
            return
        threads = state.threads if state and state.threads else 0
        short = id.upper() if id.split(":")[0] in ("cpu", "mps", "xpu") else id
        if threads and id == "cpu":
            short += f", {threads} thread{'s' if threads > 1 else ''}"
        several = state.processes if state and self._run.live else self._run.processes
        if several > 1:
            short = f"{several} × {short}"
        hint = device_words(named[id]) if id in named else id
        if why := str(self._run.started_with.get("why") or ""):
            hint += f"\nChosen for this run: {why}"
        self._editor.bar.show_device(short, f"{hint}\nClick to choose another.")
