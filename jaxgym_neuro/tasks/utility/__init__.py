"""Tasks that serve as a baseline or a test."""
