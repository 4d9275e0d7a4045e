"""Requests: numbered once, taken in order, checked on both sides."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnstudio.runs import requests
from nnstudio.runs.requests import Request

ROOT = Path(__file__).parents[3]
SENDER = """
import sys
from nnstudio.runs.requests import send
print(*(send(sys.argv[1], "step") for _ in range(40)))
"""


def test_requests_are_taken_in_order_and_once(make_run):
    run = make_run()
    assert requests.latest(run) == 0
    assert requests.send(run, "pause") == 1
    assert requests.send(run, "speed", steps_per_second=2.0) == 2
    assert requests.send(run, "speed", steps_per_second=None) == 3
    assert requests.send(run, "epochs", epochs=7) == 4
    assert requests.take(run, 1) == [
        Request(2, "speed", {"steps_per_second": 2.0}),
        Request(3, "speed", {"steps_per_second": None}),
        Request(4, "epochs", {"epochs": 7}),
    ]
    assert requests.take(run, 4) == []
    assert requests.latest(run) == 4


def test_senders_at_once_never_share_a_number(make_run):
    run = make_run()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    senders = [
        subprocess.Popen(
            [sys.executable, "-c", SENDER, str(run)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(3)
    ]
    given = [int(n) for sender in senders for n in sender.communicate()[0].split()]
    assert len(given) == 120
    assert len(set(given)) == 120
    assert [r.id for r in requests.take(run, 0)] == sorted(given)


def test_number_claimed_by_a_dead_sender_is_passed_over(make_run):
    run = make_run()
    (run / "requests" / "000001.new").write_bytes(b"")
    assert requests.send(run, "stop") == 2
    assert requests.take(run, 0) == [Request(2, "stop")]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b'{"id": 1}',
        b'{"id": 2, "do": "stop"}',
        b'{"id": 1, "do": "import os"}',
        b'{"id": 1, "do": "epochs"}',
        b'{"id": 1, "do": "epochs", "epochs": -1}',
        b'{"id": 1, "do": "epochs", "epochs": true}',
        b'{"id": 1, "do": "speed", "steps_per_second": "fast"}',
        b'{"id": 1, "do": "stop", "path": "/"}',
        b"[" * 5000,
        b'{"id": 1, "do": "' + b"x" * 10_000 + b'"}',
    ],
)
def test_hostile_requests_are_passed_over(make_run, text):
    run = make_run()
    (run / "requests" / "000001.json").write_bytes(text)
    assert requests.take(run, 0) == []


def test_links_are_no_requests(make_run, tmp_path):
    run = make_run()
    (tmp_path / "elsewhere").write_bytes(b'{"id": 1, "do": "stop"}')
    (run / "requests" / "000001.json").symlink_to(tmp_path / "elsewhere")
    assert requests.take(run, 0) == []


def test_nonsense_is_refused_when_sent(make_run):
    with pytest.raises(
        ValueError, match=r"^do: expected one of pause, continue, step, stop, speed"
    ):
        requests.send(make_run(), "explode")
    with pytest.raises(ValueError, match=r"^epochs: expected a whole number from 1 up$"):
        requests.send(make_run("b"), "epochs", epochs=0)
