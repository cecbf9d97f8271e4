"""Answers that no single list of the service has."""
