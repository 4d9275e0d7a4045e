"""Messy tables: how they are written, what is found in them with counts, and what is proposed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.document.proposal import Decision, Proposal, proposal_of
from nnstudio.document.tabular import EMPTY, empty_words
from nnstudio.engine.csv_checking import as_numbers
from nnstudio.engine.csv_guessing import describe_csv
from nnstudio.engine.csv_proposing import propose
from nnstudio.engine.csv_reading import Form
from nnstudio.engine.data import csv, parquet
from nnstudio.engine.parts import prediction, tables

Tables = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Tables:
    """Writes a file."""

    def make(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "orders.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return make


def looked(path: Path) -> Proposal:
    return proposal_of(propose(path))


NONE = "none"
FORMS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "German": ("a;b\n1.234.567,5;1\n2,5;0\n", "utf-8", {"decimal": ",", "thousands": "."}),
    "English": ('a,b\n"1,234.5",1\n"2.5",0\n', "utf-8", {"decimal": ".", "thousands": ","}),
    "three figures": ('a,b\n"1,234",1\n7,0\n', "utf-8", {"decimal": ".", "thousands": ","}),
    "two figures": ('a,b\n"1,5",1\n"2,25",0\n', "utf-8", {"decimal": ",", "thousands": NONE}),
    "Swiss": ("a;b\n1'234.5;1\n12;0\n", "utf-8", {"decimal": ".", "thousands": "'"}),
    "French": ("a;b\n1\u202f234,5;1\n12;0\n", "utf-8", {"decimal": ",", "thousands": " "}),
    "Windows": ("Stadt;b\nKöln;1\nUlm;0\n", "cp1252", {"encoding": "cp1252"}),
    "two bytes": ("Stadt\tb\nKöln\t1\nUlm\t0\n", "utf-16", {"encoding": "utf-16"}),
    "dollars": ('a,b\n"$1,234.50",1\n-$7,0\n', "utf-8", {"signs": True, "thousands": ","}),
    "euros": ("a;b\n1.234,50 €;1\n7,00 €;0\n", "utf-8", {"signs": True, "decimal": ","}),
    "percent": ("a,b\n12.5%,1\n3 %,0\n", "utf-8", {"signs": True, "decimal": "."}),
    "bars": ("a|b\n1.5|1\n2|0\n", "utf-8", {"separator": "|", "thousands": NONE}),
}


@pytest.mark.parametrize("case", FORMS)
def test_how_a_file_is_written_is_found_out(written: Tables, case: str) -> None:
    lines, encoding, wanted = FORMS[case]
    head, first, second = lines.splitlines(keepends=True)
    text = head + (first + second) * 20
    found = describe_csv(written(text, encoding))
    assert found["problem"] == ""
    assert {name: found["options"][name] for name in wanted} == wanted
    types = [column["type"] for column in found["columns"]]
    assert types == (["category"] * 2 if "Stadt" in text else ["number", "category"])


@pytest.mark.parametrize(
    ("cells", "form", "parts"),
    [
        (["2024-01-31", "2023-02-03"], "%Y-%m-%d", ["year", "month", "day", "weekday"]),
        (["31.01.2024 10:30", "31.01.2024 11:00"], "%d.%m.%Y %H:%M", ["seconds"]),
        (["01/31/2024", "02/01/2024"], "%m/%d/%Y", ["month", "day", "weekday"]),
        (["03/01/2024", "02/01/2024"], "%d/%m/%Y", ["day", "weekday"]),
    ],
)
def test_dates_are_known_by_their_form(
    written: Tables, cells: list[str], form: str, parts: list[str]
) -> None:
    found = describe_csv(written("when,y\n" + "".join(f"{c},1\n{c},0\n" for c in cells * 10)))
    assert found["options"]["columns"][0] == ["when", "feature", "date", [form, *parts]]


def messy(rows: int = 600) -> str:
    """A table with one of everything."""
    draw = np.random.default_rng(0)
    lines = ["order_id;country;currency;price;price_copy;town;when;refund;note;gone;returned"]
    for n in range(rows):
        gone = n % 5 == 0
        price = f"{draw.normal(50, 9):.2f}".replace(".", ",")
        town = draw.choice(["Köln", "Bonn", "Ulm"]) if n % 100 else f"Weiler {n}"
        lines.append(
            f"{10_000 + 7 * n};DE;EUR;{price};{price};{town};{n % 28 + 1:02}.{n % 12 + 1:02}.2024;"
            f"{'17,5' if gone else '0'};{draw.random()};{'' if n % 60 else 3};"
            f"{'yes' if gone else 'no'}"
        )
    return "\n".join(lines) + "\n"


def test_everything_that_stands_in_the_way_is_named_with_its_count(written: Tables) -> None:
    proposal = looked(written(messy()))
    found = {(one.kind, one.column): (one.finding, one.decision) for one in proposal.decisions}
    assert proposal.problem == ""
    assert found["form", ""] in {
        ("cells between semicolons", "read so"),
        ("numbers with a decimal comma", "read so"),
    }
    assert found["identifier", "order_id"] == (
        "a different number in each of 600 rows",
        "ignored",
    )
    assert found["constant", "country"] == ("“DE” in all 600 rows", "ignored")
    assert found["constant", "currency"] == ("“EUR” in all 600 rows", "ignored")
    assert found["constant", "gone"] == ("“3” in 10 rows, else empty", "ignored")
    assert found["duplicate", "price_copy"] == ("the same as price in every row", "ignored")
    assert found["rare", "town"] == (
        "6 of 9 words stand in fewer than 6 rows each",
        "count as “other”",
    )
    assert found["date", "when"] == (
        "dates as day.month.year",
        "numbers: month, day, weekday",
    )
    assert found["leak", "refund"] == (
        "alone tells in 300 of 300 rows the right returned",
        "ignored",
    )
    assert proposal.preparation == {"rare": 6}
    assert (proposal.target, proposal.task, proposal.classes) == (("returned",), "class", 2)
    assert "price" in proposal.features
    assert "refund" not in proposal.features


def test_the_proposal_reads_as_a_page(written: Tables) -> None:
    text = "x,z,kind\n" + "".join(f"{n % 13},{n * n % 17},{'ab'[n % 2]}\n" for n in range(400))
    proposal = looked(written(text))
    assert proposal.text() == (
        "File:     orders.csv: 400 rows, 3 columns\n"
        "Target:   kind\n"
        "Task:     tell 2 classes apart\n"
        "Features: x, z\n"
        "Network:  multilayer perceptron, in the sizes that the table needs\n"
        "Plan:     supervised learning, loss cross_entropy, epochs 200, batch size 32"
    )


def test_rows_of_a_rare_class_are_drawn_more_often(written: Tables) -> None:
    draw = np.random.default_rng(3)
    rows = [
        f"{draw.random():.3f},{draw.random():.3f},{'good' if n % 30 else 'bad'}" for n in range(900)
    ]
    proposal = looked(written("a,b,state\n" + "\n".join(rows) + "\n"))
    assert proposal.preparation == {"balanced": True}
    assert proposal.decisions == (
        Decision(
            "imbalance",
            "state",
            "“bad” in 30 rows only (3.3%)",
            "its rows are drawn more often",
        ),
    )


def test_numbers_too_large_for_a_weight_are_named(written: Tables) -> None:
    rows = "".join(f"{number % 7},{number % 5},{number % 2}\n" for number in range(60))
    for cell, expected in (("1e300", "a number below 3.4e38"), ("inf", "a finite number")):
        found = propose(written(f"x,z,y\n{cell},1,0\n{rows}"))
        assert found["problem"] == (
            f'orders.csv, row 2, column "x": expected {expected}, got "{cell}". '
            "Mend the cell, or ignore the column."
        )


def test_the_only_column_is_no_leak(written: Tables) -> None:
    proposal = looked(written("x,y\n" + "".join(f"{n / 7:.3f},{2 * n}\n" for n in range(300))))
    assert proposal.decisions == ()
    assert proposal.features == ("x",)
    assert proposal.task == "value"


def test_numbers_that_follow_from_one_column_are_a_leak(written: Tables) -> None:
    draw = np.random.default_rng(0)
    rows = [(draw.normal(), draw.normal()) for _ in range(2000)]
    text = "a,b,sum,tax\n" + "".join(
        f"{a:.4f},{b:.4f},{a + b:.4f},{(a + b) * 0.19:.5f}\n" for a, b in rows
    )
    proposal = looked(written(text))
    assert [(one.kind, one.column) for one in proposal.decisions] == [("leak", "sum")]
    assert proposal.decisions[0].finding.startswith("alone explains 9")


def test_iris_has_no_leak(tmp_path: Path) -> None:
    from sklearn.datasets import load_iris

    iris = load_iris()
    rows = [
        ",".join(map(str, row)) + f",{iris.target_names[kind]}"
        for row, kind in zip(iris.data, iris.target, strict=True)
    ]
    path = tmp_path / "iris.csv"
    path.write_text("a,b,c,d,species\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert looked(path).decisions == ()


def test_an_answer_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match=r"^The file could not be understood"):
        proposal_of({"name": "x"})


def test_of_many_words_the_frequent_ones_are_kept(written: Tables) -> None:
    draw = np.random.default_rng(0)
    towns = [f"town{int(draw.integers(0, 80) ** 2 / 80)}" for _ in range(3000)]
    rows = [f"{town},{draw.random():.3f},{'yn'[n % 2]}\n" for n, town in enumerate(towns)]
    path = written("town,x,kind\n" + "".join(rows))
    proposal = looked(path)
    assert proposal.problem == ""
    assert len(proposal.options["columns"][0][3]) == 50
    assert proposal.preparation == {"rare": 10}
    assert [one.kind for one in proposal.decisions] == ["rare"]
    assert describe_csv(path)["problem"] == ""


@given(cell=st.text("+-$€£¥% 0123456789.,'", min_size=1, max_size=12))
@pytest.mark.parametrize(("decimal", "thousands"), [(".", "none"), (".", ","), (",", ".")])
def test_what_counts_as_a_number_with_a_sign_is_read_as_that_number(
    cell: str, decimal: str, thousands: str
) -> None:
    form = Form(decimal=decimal, thousands=thousands, signs=True)
    (number,) = as_numbers(pd.Series([cell]), form)
    if not np.isnan(number):
        with pytest.MonkeyPatch.context() as patch:
            for name in ("decimal", "thousands", "signs"):
                patch.setattr(tables, name.upper(), getattr(form, name))
            assert tables.numbers(pd.Series([cell], name="price"))[0] == number


@pytest.mark.parametrize(
    ("cell", "number"),
    [("$5", 5), ("-$5", -5), ("$-5", -5), ("5 €", 5), ("12.5%", 12.5), (" £ 1.5 ", 1.5), ("7", 7)],
)
def test_a_sign_before_or_behind_a_number_is_left_away(cell: str, number: float) -> None:
    assert as_numbers(pd.Series([cell]), Form(signs=True))[0] == number


@pytest.mark.parametrize("cell", ["5$3", "$5%", "$$5", "5%%", "$", "5 kg"])
def test_a_sign_elsewhere_makes_no_number(cell: str) -> None:
    assert np.isnan(as_numbers(pd.Series([cell]), Form(signs=True))[0])


def test_why_no_column_can_be_learned_from_is_told(written: Tables) -> None:
    rows = [f"review number {n} of many,{10**18 + n},{'yn'[n % 2]}" for n in range(40)]
    proposal = looked(written("text,account,label\n" + "\n".join(rows) + "\n"))
    assert proposal.problem == (
        "data.columns: expected at least one feature, got none. Make a column a feature."
    )
    assert [(one.column, one.finding, one.decision) for one in proposal.decisions] == [
        ("text", "a different word in each of 40 rows", "ignored"),
        ("account", "a different number in each of 40 rows", "ignored"),
    ]


def test_long_numbers_in_another_order_name_rows_and_large_measurements_do_not(
    written: Tables,
) -> None:
    draw = np.random.default_rng(0)
    rows = [
        f"{10**18 + 7 * int(n)},{draw.random() * 1e21:.4e},{'yn'[n % 2]}"
        for n in draw.permutation(60)
    ]
    proposal = looked(written("x,atoms,label\n" + "\n".join(rows) + "\n"))
    assert proposal.features == ("atoms",)


def test_a_class_of_one_row_is_told_and_stands_in_no_ones_way(written: Tables) -> None:
    draw = np.random.default_rng(0)
    kinds = ["rare", *("yn"[n % 2] for n in range(99))]
    rows = [f"{draw.random():.3f},{kind}" for kind in kinds]
    proposal = looked(written("x,kind\n" + "\n".join(rows) + "\n"))
    assert proposal.problem == ""
    assert [(one.column, one.finding) for one in proposal.decisions] == [
        ("kind", "“rare” in 1 row only (1.0%)")
    ]


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("2024-01-31T10:30:00Z", "%Y-%m-%dT%H:%M:%SZ"),
        ("2024-01-31T10:30:00.125Z", "%Y-%m-%dT%H:%M:%S.%fZ"),
        ("31 January 2024", "%d %B %Y"),
    ],
)
def test_moments_of_other_programs_are_known(written: Tables, cell: str, form: str) -> None:
    other = cell.replace("31", "30", 1)
    found = describe_csv(written("when,y\n" + f"{cell},1\n{other},0\n" * 10))
    assert found["options"]["columns"][0][2:] == ["date", [form, "day", "weekday"]]


def prices(odd: dict[int, str], rows: int = 400) -> str:
    """A table whose sizes and prices are numbers but for some cells of `size`."""
    draw = np.random.default_rng(2)
    lines = ["size,place,price"]
    for n in range(rows):
        size = f"{draw.uniform(30, 200):.1f}"
        price = f"{draw.uniform(100, 900):.2f}"
        lines.append(f"{odd.get(n, size)},{draw.choice(['by the sea', 'inland'])},{price}")
    return "\n".join(lines) + "\n"


def column(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["columns"] if one["name"] == name)


def test_a_word_among_numbers_counts_as_an_empty_cell_and_is_named(written: Tables) -> None:
    path = written(prices({7: "unknown", 90: "unknown", 300: "tbd"}))
    found = describe_csv(path)
    assert found["problem"] == ""
    assert found["options"]["blanks"] == "unknown; tbd"
    assert found["options"]["missing"] == "fill"
    assert (column(found, "size")["type"], column(found, "size")["missing"]) == ("number", 3)
    said = [(o.column, o.finding, o.decision) for o in looked(path).decisions]
    counts = "counts as an empty cell"
    assert ("size", "“unknown” among numbers in 2 rows", counts) in said
    assert ("size", "“tbd” among numbers in 1 row", counts) in said
    assert ("size", "3 rows without a value", "filled with the mean") in said


def test_a_word_among_dates_counts_as_an_empty_cell_too(written: Tables) -> None:
    days = [f"2024-03-{n % 28 + 1:02}" for n in range(90)]
    days[50] = "soon"
    rows = "".join(f"{day},{n % 2}\n" for n, day in enumerate(days))
    proposal = looked(written("when,y\n" + rows))
    assert proposal.features == ("when",)
    said = [(one.column, one.finding) for one in proposal.decisions]
    assert ("when", "“soon” among dates in 1 row") in said
    assert ("when", "1 row without a value") in said


def test_spellings_of_one_word_are_named_and_kept_apart(written: Tables) -> None:
    answers = ("Yes", "yes", "No", "yes ")
    rows = "".join(f"{n * 0.7},{answers[n % 4]}\n" for n in range(130))
    proposal = looked(written("n,paid\n" + rows))
    assert proposal.classes == 4
    told = [one for one in proposal.decisions if one.column == "paid"]
    text = "“Yes” (33), “yes” (33) and “yes ” (32) differ in capitals or spaces alone"
    assert [(one.finding, one.decision) for one in told] == [
        (text, "kept apart; mend the file if they are one")
    ]


def test_a_word_in_the_target_leaves_its_row_out(written: Tables) -> None:
    text = prices({}).splitlines()
    text[40] = text[40].rpartition(",")[0] + ",sold"
    proposal = looked(written("\n".join(text)))
    assert proposal.task == "value"
    said = [(one.column, one.decision) for one in proposal.decisions]
    assert ("price", "such rows are left out") in said


def test_a_word_among_amounts_of_money_is_one_too(written: Tables) -> None:
    rows = "".join(f"{'call us' if n == 30 else f'${n}.50'},{n % 2}\n" for n in range(100))
    found = describe_csv(written("price,y\n" + rows))
    assert (found["options"]["signs"], found["options"]["blanks"]) == (True, "call us")
    assert column(found, "price")["type"] == "number"


@pytest.mark.parametrize(
    "odd",
    [
        dict.fromkeys(range(0, 400, 20), "unknown"),  # more than a few
        {n: f"{n} m²" for n in range(10, 17)},  # numbers that are written in another way
        {5: "a;b"},  # cannot be named among others
    ],
)
def test_more_than_a_few_words_are_no_empty_cells(written: Tables, odd: dict[int, str]) -> None:
    found = describe_csv(written(prices(odd)))
    assert found["options"]["blanks"] == ""
    assert column(found, "size")["type"] == "category"


def test_a_letter_among_few_numbers_is_a_category(written: Tables) -> None:
    rows = "".join(f"{'X' if n == 9 else n % 6},{n % 2}\n" for n in range(200))
    found = describe_csv(written("room,y\n" + rows))
    assert found["options"]["blanks"] == ""
    assert column(found, "room")["type"] == "category"


def test_words_for_empty_cells_are_what_a_person_says(written: Tables) -> None:
    path = written(prices({7: "unknown"}))
    columns = [["size", "feature", "number", []]]
    said = describe_csv(path, {"blanks": "", "columns": columns})
    assert said["options"]["blanks"] == ""
    assert 'row 9, column "size": expected a number, got "unknown"' in said["problem"]
    sea = describe_csv(path, {"blanks": "unknown; inland"})
    assert column(sea, "place")["role"] == "ignore"
    assert column(sea, "place")["missing"] > 100


def test_the_product_and_its_scripts_know_the_same_empty_words() -> None:
    texts = (csv, parquet, prediction)
    assert [tuple(one.EMPTY) for one in texts] == [EMPTY] * len(texts)
    assert empty_words("a; b b ;;") == [*EMPTY, "a", "b b"]
