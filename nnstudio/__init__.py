"""NN Studio: draw a neural network, train it, see how it learns, leave with its PyTorch code."""

__version__ = "0.1.0"
