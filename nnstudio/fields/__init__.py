"""Fields for parameters: numbers with expressions, switches, choices; used by forms and on nodes.

They know the description of a parameter and nothing of documents' steps, panels or the canvas.
"""
