"""`templates`, `new`, `check`, `export`, and what is said about wrong use."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from PIL import Image

from graph_compiler.files import load_project, project_text, save_project
from nnstudio.document.templates import assign, load_target, templates

COMMANDS = (
    *("templates", "new", "check", "summary", "diff", "export", "train", "watch", "runs"),
    *("pause", "step", "stop", "extend", "fork", "plot", "predict", "evaluate"),
    *("data", "doctor", "demo"),
)
TEMPLATES = ("lenet5", "mlp", "perceptron", "resnet")
KNOWN = ", ".join(sorted(info.id for info in templates()))


def wrong_project(folder: Path) -> Path:
    """LeNet-5 with a layer that does not fit."""
    project = assign(load_target("template:lenet5"), "main/fc2.in_features", 99)
    save_project(project, folder / "wrong.nns")
    return folder / "wrong.nns"


def test_templates_are_listed(terminal):
    said = terminal("templates")
    assert said.status == 0
    assert said.out.splitlines()[0].split() == ["FILE", "NAME", "VARIANTS", "ABOUT"]
    for name in TEMPLATES:
        assert f"template:{name} " in said.out


def test_templates_as_json(terminal):
    found = {row["id"]: row for row in json.loads(terminal("templates", "--json").out)["templates"]}
    assert set(TEMPLATES) <= set(found)
    assert found["lenet5"]["variants"] == ["demo", "paper"]
    assert set(found["lenet5"]) == {"id", "name", "about", "tags", "variants"}


def test_new_makes_a_project(terminal, tmp_path):
    target = tmp_path / "digits.nns"
    said = terminal("new", "template:lenet5@paper", "-o", target)
    assert said == (
        0,
        f"{target}: made from template:lenet5@paper. Next: nnstudio check {target}\n",
        "",
    )
    assert load_project(target) == load_target("template:lenet5@paper")


def test_new_looks_into_a_folder(terminal, tmp_path):
    for number, name in enumerate(("cat", "dog")):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for row in range(3 + number):
            Image.new("L", (8, 8), 50 * row).save(tmp_path / "pets" / name / f"{row}.png")
    made = tmp_path / "pets.nns"
    said = terminal("new", str(tmp_path / "pets"), "-o", str(made))
    assert said.status == 0, said.err
    assert "pets: 7 rows\n  cat: 3\n  dog: 4\n" in said.out
    project = load_project(made)
    assert project.data.options["path"] == "pets"
    assert project.networks["main"].nodes["fc3"].params["out_features"] == 2
    assert terminal("check", str(made)).status == 0
    (tmp_path / "empty").mkdir()
    refused = terminal("new", str(tmp_path / "empty"), "-o", str(tmp_path / "x.nns"))
    assert refused.status == 1
    assert "expected pictures or WAV files" in refused.err


def test_new_replaces_only_when_forced(terminal, tmp_path):
    target = tmp_path / "digits.nns"
    target.write_text("mine")
    said = terminal("new", "template:mlp", "-o", target)
    assert said == (
        2,
        "",
        f"{target}: expected a new name, got one that exists. Choose another, or add --force.\n",
    )
    assert target.read_text() == "mine"
    assert terminal("new", "template:mlp", "-o", target, "--force").status == 0
    assert load_project(target).name == load_target("template:mlp").name


def test_new_wants_the_right_ending(terminal, tmp_path):
    target = tmp_path / "digits.json"
    assert terminal("new", "template:mlp", "-o", target).err == (
        f"{target}: expected a name that ends in .nns. Write -o digits.nns\n"
    )


def test_check_of_the_paper_variant_counts_its_parameters(terminal):
    said = terminal("check", "template:lenet5@paper")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("LeNet-5: 61,706 parameters, ")
    assert said.out.endswith("No errors: ready to train.\n")
    assert "conv1    Conv2d     N×6×28×28   156 " in said.out


def test_check_as_json(terminal):
    said = terminal("check", "template:lenet5@paper", "--json")
    report = json.loads(said.out)
    assert said.status == 0
    assert report["problems"] == []
    main = report["networks"]["main"]
    assert (main["parameters"], main["frozen"]) == (61_706, 0)
    assert main["nodes"]["conv1"] == {
        "type": "Conv2d",
        "output": [["N", 6, 28, 28]],
        "parameters": 156,
        "macs": 117_600,
    }


def test_check_of_a_wrong_project(terminal, tmp_path):
    said = terminal("check", wrong_project(tmp_path))
    assert said.status == 1
    assert said.err == (
        "● error: fc2.input: expected 99 features, got 120. Set in_features to follow the input.\n"
    )
    assert "ready to train" not in said.out


def test_check_of_a_wrong_project_as_json(terminal, tmp_path):
    said = terminal("check", wrong_project(tmp_path), "--json")
    (problem,) = json.loads(said.out)["problems"]
    assert said.status == 1
    assert set(problem) >= {
        "code",
        "severity",
        "node",
        "port",
        "expected",
        "got",
        "remedy",
        "fixes",
    }
    assert (problem["node"], problem["severity"]) == ("fc2", "error")


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        (
            "plan.learning_rate",
            -1,
            "plan.learning_rate: expected ",
        ),
        ("plan.recipe", "magic", "plan.recipe: expected one of "),
        ("data.source", "nowhere", "data.source: expected one of "),
        ("data.size", "huge", "data.size: expected "),
    ],
)
def test_check_finds_what_is_wrong_with_plan_and_data(terminal, tmp_path, key, value, text):
    content = json.loads(project_text(load_target("template:lenet5")))
    part, _, field = key.partition(".")
    holder = content["plan"][0] if part == "plan" else content["data"]
    inner = "settings" if part == "plan" else "options"
    (holder if field in holder else holder[inner])[field] = value
    (tmp_path / "wrong.nns").write_text(json.dumps(content))
    said = terminal("check", tmp_path / "wrong.nns")
    assert said.status == 1
    assert any(line.startswith(f"● error: {text}") for line in said.err.splitlines()), said.err
    report = json.loads(terminal("check", tmp_path / "wrong.nns", "--json").out)
    assert key.split(".")[0] in {problem["node"] for problem in report["problems"]}


def test_file_that_is_no_project(terminal, tmp_path):
    path = tmp_path / "broken.nns"
    path.write_text('{"format": "nnstudio", "version": 1,')
    said = terminal("check", path, "--json")
    (problem,) = json.loads(said.out)["problems"]
    assert said.status == 1
    assert said.err.count("\n") == 1
    assert said.err.startswith("broken.nns: line 1: expected ")
    assert problem["severity"] == "error"
    assert problem["remedy"]


def test_export_of_the_model(terminal, tmp_path):
    target = tmp_path / "lenet.py"
    said = terminal("export", "template:lenet5", "--to", "model", "-o", target)
    assert said == (0, f"{target}: class LeNet5\n", "")
    tree = ast.parse(target.read_text())
    assert [node.name for node in tree.body if isinstance(node, ast.ClassDef)] == ["LeNet5"]
    said = terminal("export", "template:lenet5", "--to", "model", "-o", target)
    assert (said.status, said.out) == (2, "")


def test_export_of_the_script(terminal, tmp_path):
    target = tmp_path / "exported"
    said = terminal("export", "template:lenet5", "--to", "script", "-o", target)
    assert said.status == 0
    assert sorted(path.name for path in target.iterdir()) == ["model.py", "predict.py", "train.py"]
    assert "nnstudio" not in (target / "train.py").read_text()
    assert terminal("export", "template:lenet5", "--to", "script", "-o", target).status == 2
    forced = terminal("export", "template:lenet5", "--to", "script", "-o", target, "--force")
    assert forced.status == 0


def test_a_project_without_data_is_checked_and_its_model_exported(terminal, tmp_path):
    said = terminal("check", "template:gpt2@small")
    assert (said.status, said.err) == (0, "")
    assert said.out.endswith("\nNo errors. Choose data to train.\n")
    target = tmp_path / "gpt2.py"
    said = terminal("export", "template:gpt2@small", "--to", "model", "-o", target)
    assert said == (0, f"{target}: class GPT2\n", "")
    said = terminal("export", "template:gpt2@small", "--to", "script", "-o", tmp_path / "out")
    assert said == (
        1,
        "",
        "error: data.source: expected data to learn from, got none. Choose the data.\n",
    )
    assert not (tmp_path / "out").exists()


def test_export_refuses_a_wrong_project(terminal, tmp_path):
    wrong = wrong_project(tmp_path)
    said = terminal("export", wrong, "--to", "model", "-o", tmp_path / "model.py")
    assert said == (
        1,
        "",
        "error: fc2.input: expected 99 features, got 120. Set in_features to follow the input.\n",
    )
    assert not (tmp_path / "model.py").exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["chek"], "nnstudio: expected a command or a FILE, got 'chek'. Did you mean check?\n"),
        (
            ["frobnicate"],
            "nnstudio: expected a command or a FILE, got 'frobnicate'. See: nnstudio --help\n",
        ),
        (
            ["check"],
            "nnstudio check: the following arguments are required: FILE. "
            "See: nnstudio check --help\n",
        ),
        (
            ["export", "template:mlp", "--to", "wood", "-o", "x"],
            "nnstudio export: argument --to: invalid choice: 'wood' (choose from 'model', "
            "'script'). See: nnstudio export --help\n",
        ),
        (
            ["--nonsense"],
            "nnstudio: unrecognized arguments: --nonsense. See: nnstudio --help\n",
        ),
        (
            ["train", "template:mlp", "--epochs", "0"],
            "nnstudio train: argument --epochs: expected a whole number from 1 up, got '0'. "
            "See: nnstudio train --help\n",
        ),
        (
            ["train"],
            "nnstudio train: expected FILE or --resume RUN. See: nnstudio train --help\n",
        ),
        (
            ["check", "nothing.nns"],
            "nothing.nns: expected a file, got nothing under this name. Check the path.\n",
        ),
        (
            ["check", "template:lenet6"],
            f'template:lenet6: expected a template ({KNOWN}), got "lenet6". Did you mean lenet5?\n',
        ),
        (
            ["check", "template:lenet5@big"],
            'template:lenet5@big: expected a variant of this project (demo, paper), got "big". '
            "Choose one of them.\n",
        ),
        (
            ["train", "template:mlp", "--set", "hidden"],
            "--set hidden: expected NAME=VALUE, got no value. Write NAME=VALUE.\n",
        ),
        (
            ["watch", "nobody"],
            "nobody: expected a run's id or folder, got no such run. "
            "Choose one of `nnstudio runs`.\n",
        ),
        (
            ["plot", "nobody", "loss", "-o", "loss.gif"],
            "loss.gif: expected a name that ends in .png or .svg. Write -o loss.png\n",
        ),
    ],
)
def test_wrong_use_is_one_line_and_status_2(terminal, tmp_path, monkeypatch, arguments, text):
    monkeypatch.chdir(tmp_path)
    assert terminal(*arguments) == (2, "", text)


def test_unknown_setting_names_what_there_is(terminal):
    said = terminal("train", "template:lenet5", "--set", "hiden=3")
    assert said == (
        2,
        "",
        "--set hiden=3: LeNet-5: hiden: expected a variable of this project (hidden), "
        'got "hiden". Did you mean hidden?\n',
    )


def test_names_of_strangers_cannot_steer_the_terminal(terminal, tmp_path):
    project = load_target("template:mlp")
    project.name = "a\x1b[2Jb\nc\u202ed"
    path = tmp_path / "odd.nns"
    try:
        save_project(project, path)
    except Exception:
        path.write_text(
            '{"format": "nnstudio", "version": 1, "name": "a\\u001b[2Jb\\nc\\u202ed", "x": 1}'
        )
    said = terminal("check", path)
    assert not set("\x1b\u202e") & set(said.out + said.err)


def test_window_without_a_display(terminal, monkeypatch, tmp_path):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    text = (
        "nnstudio: there is no display here. Do the same jobs in the terminal (nnstudio --help), "
        "or bring a display along with ssh -X.\n"
    )
    assert terminal() == (2, "", text)
    assert terminal("template:lenet5") == (2, "", text)
    assert terminal(tmp_path / "digits.nns") == (
        2,
        "",
        f"{tmp_path / 'digits.nns'}: expected a project file, got nothing under this name. "
        "Check the path, or make one: nnstudio new template:lenet5 -o digits.nns\n",
    )


def test_help_names_every_command(terminal):
    said = terminal("--help")
    assert said.status == 0
    for command in COMMANDS:
        assert f"\n    {command}" in said.out
    assert "\n    study " not in said.out


def test_unforeseen_error_is_one_line_and_keeps_its_details(terminal, monkeypatch, own_home):
    def explode(arguments: object) -> int:
        raise ZeroDivisionError("no reason")

    monkeypatch.setattr("nnstudio.terminal.projects.templates", explode)
    details = own_home / "last-error.txt"
    assert terminal("templates") == (
        3,
        "",
        f"nnstudio: ZeroDivisionError: no reason. The details are in {details}\n",
    )
    assert "in explode" in details.read_text()
