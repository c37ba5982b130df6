"""Decisions that depend on a context or a rule."""
