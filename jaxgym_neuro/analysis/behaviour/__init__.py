"""Analyses of what subjects did, one a file."""
