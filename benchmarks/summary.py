"""The whole summary of a large network, against running it on torch's meta device."""

from __future__ import annotations

from benchmarks.ratio import Row, alternate, best, median


def rows() -> list[Row]:
    """ResNet-50 as drawn: parameters and multiply-accumulates, from the drawing and from torch."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    import graph_compiler
    from graph_compiler.checker import Checker
    from graph_compiler.graphs import read_blocks, read_networkx
    from nnstudio.document.templates import load_target

    graph = load_target("template:resnet@50").graph()
    with torch.device("meta"):
        model = graph_compiler.compile_graph(graph).eval()
        image = torch.empty(1, 3, 224, 224)
    network, variables, _ = read_networkx(graph)
    checker = Checker(network, variables, None, read_blocks(graph)[0])
    checker.report()
    totals: list[tuple[int, int]] = []

    def fresh() -> object:
        return graph_compiler.summarize(graph)

    def kept() -> None:
        report = checker.report()
        totals.append((report.parameters, report.macs))

    def by_torch() -> None:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(image)
        parameters = sum(weight.numel() for weight in model.parameters())
        totals.append((parameters, counter.get_total_flops() // 2))

    live, meta = alternate(kept, by_torch, 9)
    scratch, _ = alternate(fresh, lambda: None, 9)
    if len(set(totals)) != 1:
        raise AssertionError(f"the totals differ: {sorted(set(totals))}")
    return [
        Row(
            "ResNet-50: totals of the open drawing",
            median(live) * 1e3,
            best(meta) * 1e3,
            "ms",
            "≤ 0.01 × the meta device",
            median(live) <= 0.01 * best(meta),
            "meta device",
        ),
        Row(
            "ResNet-50: whole summary from the graph",
            median(scratch) * 1e3,
            best(meta) * 1e3,
            "ms",
            "less than the meta device",
            median(scratch) <= best(meta),
            "meta device",
        ),
    ]
