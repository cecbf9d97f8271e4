"""Backups: made, listed, restored, shared, replicated."""
