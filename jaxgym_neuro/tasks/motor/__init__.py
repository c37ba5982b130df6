"""Reaching movements."""
