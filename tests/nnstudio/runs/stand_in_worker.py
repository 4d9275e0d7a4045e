"""A worker without torch: keeps to the run directory and the warm pipe, misbehaves on demand.

`STAND_IN` in the environment chooses how: words such as `slow` or `crash`, separated by commas.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from nnstudio.runs import requests
from nnstudio.runs.heartbeat import Pulse
from nnstudio.runs.info import read_info
from nnstudio.runs.writer import RunWriter

STEPS_PER_EPOCH = 4
MOOD = set(os.environ.get("STAND_IN", "").split(","))


def loss_at(step: int) -> float:
    return 1.0 / (1 + step)


class Training:
    def __init__(self, path: Path, resume: bool) -> None:
        self.path = path
        self.saved = path / "checkpoints" / "last.json"
        self.step = json.loads(self.saved.read_text()) if resume and self.saved.exists() else 0
        self.resumed = resume
        self.epochs = read_info(path).epochs
        self.pulse = Pulse(path)
        self.taken = self.pulse.after
        self.writer = RunWriter(path, self.step)
        self.paused = False
        self.single = 0
        self.stopping = False

    def run(self) -> None:
        self.writer.event(
            "started",
            device="cpu",
            threads=1,
            torch="none",
            pid=os.getpid(),
            steps_per_epoch=STEPS_PER_EPOCH,
            epochs=self.epochs,
            first_step=self.step,
            resumed=self.resumed,
        )
        self.answer()
        while self.step < self.epochs * STEPS_PER_EPOCH and not self.stopping:
            if self.paused and not self.single:
                time.sleep(0.01)
            else:
                self.one_step()
            self.answer()
        if self.stopping:
            self.save()
            self.writer.event("stopped", step=self.step, reason="asked")
        else:
            self.save()
            self.writer.event("done", metrics={"train_loss": loss_at(self.step), "test_loss": 0.5})
        self.writer.close()
        self.pulse.stop()

    def one_step(self) -> None:
        self.single = max(0, self.single - 1)
        self.writer.append("train_loss", [loss_at(self.step)])
        self.step += 1
        if "slow" in MOOD:
            self.writer.flush()
            time.sleep(0.05)
        if "crash" in MOOD and self.step == 6:
            self.writer.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        if "fail" in MOOD and self.step == 6:
            self.writer.event(
                "failed", reason="not finite", node="fc1", text="fc1: the loss is NaN."
            )
            sys.exit(1)
        if self.step % STEPS_PER_EPOCH == 0:
            epoch = self.step // STEPS_PER_EPOCH
            self.writer.append_at("val_loss", self.step, loss_at(self.step) + 0.1)
            self.writer.append_at("val_accuracy", self.step, 1 - loss_at(self.step))
            metrics = {"train_loss": loss_at(self.step), "val_loss": loss_at(self.step) + 0.1}
            self.writer.event("epoch", epoch=epoch, step=self.step, metrics=metrics)
            self.save()

    def save(self) -> None:
        self.saved.write_text(json.dumps(self.step))
        self.writer.event("checkpoint", step=self.step, file="checkpoints/last.json")

    def answer(self) -> None:
        for request in requests.take(self.path, self.taken):
            self.taken = request.id
            message = ""
            if request.do == "pause":
                self.paused = True
                self.writer.event("paused", step=self.step)
            elif request.do == "continue":
                self.paused = False
                self.writer.event("continued", step=self.step)
            elif request.do == "step":
                self.single += 1
            elif request.do == "stop":
                self.stopping = True
            elif request.do == "epochs":
                self.epochs = request.values["epochs"]
                self.writer.event("epochs", epochs=self.epochs)
            ok = "refuse" not in MOOD
            message = "" if ok else "not now."
            self.writer.event("answered", id=request.id, ok=ok, message=message)


def serve() -> None:
    """The warm pipe."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        frame = json.loads(line)
        kind, number = frame["do"], frame["id"]
        if kind == "train":
            out.close()
            Training(Path(frame["run"]), frame["resume"]).run()
            return
        if kind == "silence":
            continue
        if kind == "die":
            print("the reason of death", file=sys.stderr, flush=True)
            os._exit(7)
        if kind == "garbage":
            out.write(b"no json\n")
        elif kind == "huge":
            out.write(b"x" * (17 << 20))
        elif kind == "strays":
            out.write(b"".join(b'{"id": 99, "ok": true}\n' for _ in range(200)))
        elif kind == "refuse":
            reply = {"id": number, "ok": False, "error": {"text": "no such data", "detail": "why"}}
            out.write(json.dumps(reply).encode() + b"\n")
        else:
            print("a print of the user's")
            out.write(json.dumps({"id": number, "ok": True, "result": frame}).encode() + b"\n")


if __name__ == "__main__":
    if "silent" in MOOD:
        time.sleep(60)
    if "no-start" in MOOD:
        sys.exit("torch is broken")
    if "--warm" in sys.argv:
        serve()
    else:
        Training(Path(sys.argv[sys.argv.index("--run") + 1]), "--resume" in sys.argv).run()
