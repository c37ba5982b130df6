"""Analyses of the dynamics of recurrent networks."""
