"""The usual training loop: DataLoader, Adam, `.item()` at every step, validation each epoch.

Run as a script in a process of its own; prints the seconds of a step.
"""

from __future__ import annotations

import sys
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def perceptron(hidden: int) -> tuple[nn.Module, torch.Tensor, torch.Tensor, float]:
    """A perceptron with two hidden layers over two moons."""
    from sklearn.datasets import make_moons

    x, y = make_moons(1000, noise=0.2, random_state=0)
    model = nn.Sequential(
        nn.Linear(2, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2)
    )
    return model, torch.tensor(x, dtype=torch.float32), torch.tensor(y), 0.01


def lenet(hidden: int) -> tuple[nn.Module, torch.Tensor, torch.Tensor, float]:
    """LeNet-5 for the 8×8 digits."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    model = nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, hidden),
        nn.ReLU(),
        nn.Linear(hidden, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    return model, images, torch.tensor(digits.target), 0.002


def main() -> None:
    """`hand_loop.py NAME HIDDEN EPOCHS BATCH`"""
    name, (hidden, epochs, batch) = sys.argv[1], map(int, sys.argv[2:])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model, x, y, rate = {"mlp": perceptron, "lenet5": lenet}[name](hidden)
    order = torch.randperm(len(x))
    first, second = int(len(x) * 0.6), int(len(x) * 0.75)
    train, val = order[:first], order[first:second]
    loader = DataLoader(TensorDataset(x[train], y[train]), batch_size=batch, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[val], y[val]), batch_size=batch)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    loss_of = nn.CrossEntropyLoss()
    steps = 0
    start = 0.0
    for epoch in range(epochs + 1):
        if epoch == 1:  # the first epoch warms up
            start, steps = time.perf_counter(), 0
        model.train()
        total, right = 0.0, 0
        for inputs, labels in loader:
            optimizer.zero_grad()
            logits = model(inputs)
            loss = loss_of(logits, labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
            right += (logits.argmax(1) == labels).sum().item()
            steps += 1
        model.eval()
        with torch.no_grad():
            for inputs, labels in val_loader:
                logits = model(inputs)
                total += loss_of(logits, labels).item()
                right += (logits.argmax(1) == labels).sum().item()
    print((time.perf_counter() - start) / steps)


if __name__ == "__main__":
    main()
