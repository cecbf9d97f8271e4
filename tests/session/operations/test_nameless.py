"""What has no name is destroyed only by its ID."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import ConfirmationNeeded


@pytest.mark.parametrize("confirm", [None, "", "None"])
@pytest.mark.parametrize(
    ("find", "act", "which"),
    [
        ("find_vault", "delete_vault", "vault-web"),
        ("find_backup", "delete_backup", "autobk_b582"),
        ("find_policy", "delete_policy", "daily-0300"),
        ("find_resource", "restore", "autobk_b582"),
    ],
)
def test_nothing_that_has_no_name_goes_without_its_id(
    find: str, act: str, which: str, confirm: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cbr.simulate() as session:
        module = sys.modules[getattr(session, act).__module__]
        found = getattr(module, find)

        def nameless(*arguments: Any) -> Any:
            return msgspec.structs.replace(found(*arguments), name=None)

        monkeypatch.setattr(module, find, nameless)
        with pytest.raises(ConfirmationNeeded, match=r"confirm='[0-9a-f-]{36}'"):
            getattr(session, act)(which, confirm=confirm)
