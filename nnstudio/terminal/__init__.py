"""The jobs of the product from a terminal; one file for each group of commands, Qt only to open the
window."""
