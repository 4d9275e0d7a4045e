"""Ratios that hold on any machine: ours against the floor or the usual way, in one run each."""
