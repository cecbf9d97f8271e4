"""Sealed documents: signed by a key that each person has, so that an edit shows."""
