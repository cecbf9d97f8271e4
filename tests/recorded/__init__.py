"""Answers of the real service, in shape: read by tests of the client and of the simulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


def operations() -> list[str]:
    """Return the IDs of the operations of which answers were recorded."""
    return sorted(path.stem for path in _FOLDER.glob("*.json") if path.stem != "another_operator")


def exchanges(operation: str) -> list[dict[str, Any]]:
    """Return the recorded exchanges of an operation, each with its request and its answer."""
    found: list[dict[str, Any]] = json.loads((_FOLDER / f"{operation}.json").read_text())
    return found


def of_another_operator() -> dict[str, list[Any]]:
    """Return the sample answers of another operator of the service, by operation."""
    found: dict[str, list[Any]] = json.loads((_FOLDER / "another_operator.json").read_text())
    return found
