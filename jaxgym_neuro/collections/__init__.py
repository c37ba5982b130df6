"""Tasks from studies: tasks in wrappers."""
