"""Thin doors to everything below: the terminal, and ``%cbr`` in a notebook."""

from cbr_notebook.cli.command_line import main as main
