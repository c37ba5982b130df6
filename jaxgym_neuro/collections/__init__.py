"""Tasks from studies: tasks in wrappers, and families of tasks."""
