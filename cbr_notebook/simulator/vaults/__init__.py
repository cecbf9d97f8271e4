"""Vaults: their resources, tags and orders."""
