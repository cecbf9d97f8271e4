"""What people see: forms and notebooks in a real JupyterLab, in a real browser."""
