"""Ways of stepping a task from Python: by look-ups in tables, or by compiled calls."""
