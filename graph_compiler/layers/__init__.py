"""Layer entries, a file each; `graph_compiler.registry` finds every `Name = Layer(...)` in here."""
