"""The service's small groups of operations."""
