"""Withholding or redirecting a response."""
