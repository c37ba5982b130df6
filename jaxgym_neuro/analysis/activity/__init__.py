"""Analyses of activity that was kept of every step, one a file."""
