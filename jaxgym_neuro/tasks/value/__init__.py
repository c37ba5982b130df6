"""Choices between options of different worth."""
