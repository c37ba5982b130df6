"""Several tasks in one."""
