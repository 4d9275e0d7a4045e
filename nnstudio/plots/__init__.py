"""Live pictures of a run: training curves, bias and variance, computational graph.

Importing a module of this package loads pyqtgraph, so the window does it only when it is asked for.
"""
