"""Pieces of `train.py` that every script shares: preparing the data, running the program."""
