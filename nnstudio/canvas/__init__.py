"""The node editor: shows a network of the document and turns gestures into the document's steps."""

from nnstudio.canvas.view import CanvasView

__all__ = ["CanvasView"]
