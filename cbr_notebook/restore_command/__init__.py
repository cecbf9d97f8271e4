"""Restores in a terminal: ``cbr-notebook runbook``, ``restores``, ``resume`` and so on."""
