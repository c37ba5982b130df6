"""How fast tasks run."""
