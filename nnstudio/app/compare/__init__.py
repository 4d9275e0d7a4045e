"""Two versions, or two runs, of a project beside each other and as one merged picture."""
