"""Checks beyond shapes, a file each; `graph_compiler.checking` finds every `Check` in here."""
