"""Other interfaces to the tasks."""
