"""Projects with blocks in the terminal: what `check` lists, what `summary` adds up, exports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

PROJECTS = Path(__file__).parents[2] / "projects"

CHECK = """\
Shared: 2,026 parameters, 2,720 MACs
NODE      LAYER    OUTPUT   PARAMETERS  MACS
image     Input    N×1×8×8
flatten   Flatten  N×64
enter     Linear   N×16     1,040       1,024
tanh1     Tanh     N×16
again     Mix      N×16                 512
  x       Input    N×16
  wide    Linear   N×16     272         256
  relu    ReLU     N×16
  narrow  Linear   N×16     272         256
  sum     Add      N×16
  y       Output   N×16
turn2     Linear   N×16                 256
relu      ReLU     N×16
mix       Mix      N×16     544         512
  x       Input    N×16
  wide    Linear   N×16     272         256
  relu    ReLU     N×16
  narrow  Linear   N×16     272         256
  sum     Add      N×16
  y       Output   N×16
turn      Linear   N×16     272         256
tanh2     Tanh     N×16
drop      Dropout  N×16
fc        Linear   N×10     170         160
logits    Output   N×10
No errors: ready to train.
"""


def test_nodes_in_blocks_are_indented(terminal):
    said = terminal("check", PROJECTS / "shared.nns")
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines() == CHECK.splitlines()


def test_turns_that_are_alike_are_listed_once(terminal):
    said = terminal("check", PROJECTS / "blocks.nns")
    turns = [line.split()[0] for line in said.out.splitlines() if line.startswith("  [")]
    assert turns == ["[0]", "[1]", "[2]"], "of other sizes, or chosen otherwise"
    said = terminal("check", "template:gpt3@175b")
    (turns,) = [line for line in said.out.splitlines() if line.startswith("  [")]
    assert turns.split("  ")[1] == "[0] … [95]"
    assert len(said.out.splitlines()) < 40


def test_check_as_json_has_every_path(terminal):
    report = json.loads(terminal("check", PROJECTS / "blocks.nns", "--json").out)
    nodes = report["networks"]["main"]["nodes"]
    assert nodes["stage[2]/unit1/conv"] == {
        "type": "Conv2d",
        "output": [["N", 8, 4, 4]],
        "parameters": 576,
        "macs": 9216,
    }
    assert "stage[2]/project" not in nodes, "what is not chosen sleeps"


def test_a_problem_in_a_block_is_told_by_its_path(terminal, tmp_path):
    content = (PROJECTS / "blocks.nns").read_text()
    before = '"unit2": {"type": "Unit", "params": {"channels": "channels"'
    assert before in content
    content = content.replace(before, before.replace(': "channels"', ': "channels + 1"'))
    (tmp_path / "wrong.nns").write_text(content)
    said = terminal("check", tmp_path / "wrong.nns")
    assert said.status == 1
    assert "stage[0]/sum.input" in said.err
    assert "Traceback" not in said.err


def test_summary_adds_up_without_running(terminal):
    said = terminal("summary", PROJECTS / "scan.nns", "--batch", 4)
    assert (said.status, said.err) == (0, "")
    head, table = said.out.split("\n\n")
    assert head.splitlines()[0] == "Scan, a batch of 4"
    told = dict(line.strip().split("  ", 1) for line in head.splitlines()[1:])
    assert told["parameters"].strip() == "634"
    assert told["multiply-accumulates"].strip() == f"{4 * (8 * 2 * 20 * 12 + 120):,}"
    assert told["depth"].strip() == "2 × T, unbounded"
    assert [line.split()[0] for line in table.splitlines()] == [
        *("NODE", "image", "rows", "cell", "fc", "logits"),
    ]
    inside = terminal("summary", PROJECTS / "scan.nns", "--inside").out
    assert "\n  gate   Linear       N×12 " in inside


def test_summary_as_json(terminal):
    said = terminal("summary", "template:resnet@50", "--json")
    main = json.loads(said.out)["networks"]["main"]
    assert main["parameters"] == 25_557_032
    assert main["depth"] == 50
    assert main["over_time"] is False
    assert main["receptive_field"] == [224, 224]
    node = main["nodes"]["stage1/bottlenecks[0]/conv1"]
    assert node["type"] == "Conv2d"
    assert node["output"] == [["N", 64, 56, 56]]


def test_summary_of_one_network_of_two(terminal):
    said = terminal("summary", PROJECTS / "two-networks.nns", "--network", "judge")
    assert said.out.startswith("Two networks, judge, one example\n  parameters            910\n")
    assert "noise" not in said.out
    wrong = terminal("summary", PROJECTS / "two-networks.nns", "--network", "Dense")
    assert wrong == (2, "", "--network Dense: expected one of judge, main. Choose one.\n")
    wrong = terminal("summary", PROJECTS / "scan.nns", "--batch", "0")
    assert wrong.err == (
        "nnstudio summary: argument --batch: expected a whole number from 1 to 1,000,000,000, "
        "got '0'. See: nnstudio summary --help\n"
    )


@pytest.mark.parametrize("name", ["blocks", "scan", "shared", "tied", "two-networks"])
def test_exports_of_structured_projects_are_python(terminal, tmp_path, name):
    for kind, target in (("model", tmp_path / "model.py"), ("script", tmp_path / "script")):
        said = terminal("export", PROJECTS / f"{name}.nns", "--to", kind, "-o", target)
        assert (said.status, said.err) == (0, "")
    text = (tmp_path / "model.py").read_text()
    compile(text, "model.py", "exec")
    assert (tmp_path / "script" / "train.py").exists()


def test_a_model_of_several_networks_holds_them_all_and_a_script_the_trained_one(
    terminal, tmp_path
):
    target = PROJECTS / "two-networks.nns"
    said = terminal("export", target, "--to", "model", "-o", tmp_path / "nets.py")
    assert said.out == f"{tmp_path / 'nets.py'}: class Judge\n"
    text = (tmp_path / "nets.py").read_text()
    assert '__all__ = ["Judge", "TwoNetworks"]' in text
    assert text.count("class Dense(") == 1, "the block that both use"
    terminal("export", target, "--to", "script", "-o", tmp_path / "script")
    text = (tmp_path / "script" / "model.py").read_text()
    assert '__all__ = ["Judge"]' in text
    assert "from model import Judge" in (tmp_path / "script" / "train.py").read_text()


def test_an_error_in_another_network_is_in_nobodys_way(terminal, tmp_path):
    target, output = tmp_path / "two.nns", tmp_path / "nets.py"
    text = (PROJECTS / "two-networks.nns").read_text()
    target.write_text(text.replace('"type": "Unflatten"', '"type": "Unfaltten"'))
    assert terminal("check", target).status == 1
    said = terminal("export", target, "--to", "model", "-o", output)
    assert said == (
        0,
        f"{output}: class Judge\n",
        f"main has errors and is left out. See: nnstudio check {target}\n",
    )
    assert '__all__ = ["Judge"]' in output.read_text()
    assert terminal("export", target, "--to", "script", "-o", tmp_path / "script").status == 0
    again = ("export", target, "--to", "model", "-o", output, "--force", "--network")
    assert terminal(*again, "judge") == (0, f"{output}: class Judge\n", "")
    assert terminal(*again, "main").status == 1
    assert terminal(*again, "Dense").err == (
        "--network Dense: expected one of judge, main. Choose one.\n"
    )
    wrong = terminal("export", target, "--to", "script", "-o", output, "--network", "judge")
    assert wrong.err == "--network: expected --to model beside it. Leave it away.\n"


@pytest.mark.parametrize(
    ("name", "setting", "text"),
    [
        (
            "blocks",
            "plan.network=Residual",
            "--set plan.network=Residual: Blocks: plan.network: expected a network of this project "
            "(main), got 'Residual'. Give it such a value.",
        ),
        (
            "blocks",
            "depth=1e999",
            "error: stage.repeat: expected a number of turns from 1 to 10000, got inf. "
            "Set repeat to such a number.",
        ),
        (
            "blocks",
            "Residual/unit1.channels=0",
            "error: stage[0]/unit1/conv.out_channels: expected a whole number of at least 1, got "
            "0. Set out_channels to such a number.",
        ),
        (
            "blocks",
            "smooth_end=7",
            "error: smooth.pick: expected a branch from 0 to 1, got 7. Set pick to a branch that "
            "is wired.",
        ),
        (
            "scan",
            "units=0",
            "error: cell.h: expected a shape to begin with, at most 8 whole numbers, each of at "
            "least 1, got 0. Set shape to the sizes of one example.",
        ),
    ],
)
def test_wild_settings_are_told_in_one_line_before_a_run_is_made(
    terminal, tmp_path, name, setting, text
):
    runs = tmp_path / "runs"
    said = terminal("train", PROJECTS / f"{name}.nns", "--set", setting, "--runs", runs)
    assert (said.status in (1, 2), said.out) == (True, "")
    assert said.err.splitlines()[0] == text
    assert not runs.exists()
