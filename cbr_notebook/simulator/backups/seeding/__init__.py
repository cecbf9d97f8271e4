"""Backups that an estate begins with: written at once rather than made one by one."""
