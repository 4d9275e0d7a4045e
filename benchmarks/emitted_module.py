"""The emitted LeNet-5 against the same network typed by hand: forward, forward + backward."""

from __future__ import annotations

from benchmarks.ratio import Row, alternate, median


def rows() -> list[Row]:
    """Medians of alternating rounds on one thread."""
    import torch
    from torch import nn
    from torch.nn import functional

    import graph_compiler
    from nnstudio import places

    class LeNet5(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(
                nn.Conv2d(1, 6, 5, padding=2),
                nn.ReLU(),
                nn.MaxPool2d(2),
                nn.Conv2d(6, 16, 5),
                nn.ReLU(),
                nn.MaxPool2d(2),
            )
            self.classifier = nn.Sequential(
                nn.Flatten(),
                nn.Linear(400, 120),
                nn.ReLU(),
                nn.Linear(120, 84),
                nn.ReLU(),
                nn.Linear(84, 10),
            )

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            x = self.features(image)
            return self.classifier(x)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    project = graph_compiler.load_project(places.templates() / "lenet5.nns")
    emitted = graph_compiler.compile_graph(project.graph("main"))
    typed = LeNet5()
    typed.load_state_dict(emitted.state_dict())
    images = torch.randn(8, 1, 28, 28)
    labels = torch.randint(0, 10, (8,))

    def forward(model: nn.Module) -> None:
        with torch.no_grad():
            for _ in range(20):
                model(images)

    def train(model: nn.Module) -> None:
        for _ in range(10):
            functional.cross_entropy(model(images), labels).backward()

    results = []
    for area, job, goal in (
        ("emitted LeNet-5, forward", forward, 1.02),
        ("emitted LeNet-5, forward + backward", train, 1.01),
    ):
        mine, theirs = alternate(lambda job=job: job(emitted), lambda job=job: job(typed), 61)
        ours, hand = median(mine) * 1e3, median(theirs) * 1e3
        results.append(Row(area, ours, hand, "ms", f"≤ {goal} ×", ours <= goal * hand, "by hand"))
    torch.set_num_threads(threads)
    return results
