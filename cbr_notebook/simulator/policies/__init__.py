"""Policies: when backups are made, and how long they are kept."""
