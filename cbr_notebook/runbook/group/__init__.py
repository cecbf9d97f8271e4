"""Several restores as one."""
