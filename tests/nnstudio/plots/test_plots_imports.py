"""What loading the plots costs, and what it must not bring along."""

from __future__ import annotations

import subprocess
import sys


def loaded(code: str) -> set[str]:
    made = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(made.stdout.split())


def test_the_package_alone_loads_no_plotting_library() -> None:
    modules = loaded("import nnstudio.plots, nnstudio.theme")
    assert not {"pyqtgraph", "numpy", "torch"} & modules


def test_the_plots_load_no_torch() -> None:
    modules = loaded("import nnstudio.plots.training, nnstudio.plots.gap, nnstudio.plots.graph")
    assert not {"torch", "sklearn", "pandas", "scipy", "matplotlib"} & modules


def test_the_data_half_loads_no_qt() -> None:
    modules = loaded(
        "from nnstudio.plotdata import curves, history, opgraph, oplayout, series, verdict"
    )
    assert not {"PySide6", "pyqtgraph", "torch", "graph_compiler"} & modules
