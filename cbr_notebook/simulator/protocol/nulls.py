"""Null in a body: it stands for what is left out."""

from __future__ import annotations

from typing import Any


def without_nulls(value: Any) -> Any:
    """Return a document without the members that are null, at any depth."""
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value
