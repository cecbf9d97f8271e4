"""Whatever is given for an argument of a session: it is understood, or refused by a typed error."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import CBRError

VALUES = ("x", "", 5, 3.5, True, b"x", ["x"], [None], [["x"]], {"a": 1}, {1: None}, object())
NOT_ASKED = {"close"}
"""What ends the session that all others are asked of."""


def methods() -> list[str]:
    return sorted(
        name
        for name, value in inspect.getmembers(Session, inspect.isfunction)
        if not name.startswith("_") and name not in NOT_ASKED
    )


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with cbr.simulate() as opened:
        yield opened


@pytest.mark.parametrize("name", methods())
def test_a_strange_value_is_understood_or_a_typed_error(
    session: Session, name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    method = getattr(session, name)
    parameters = [
        each
        for each in inspect.signature(method).parameters.values()
        if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    required = [each.name for each in parameters if each.default is each.empty]
    raw = []
    for asked in parameters:
        for value in VALUES:
            given = dict.fromkeys(required, "x") | {asked.name: value}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    method(**given)
                except CBRError:
                    continue
                except Exception as problem:
                    raw.append(f"{asked.name}={value!r:.40}: {problem!r:.120}")
    assert raw == []
