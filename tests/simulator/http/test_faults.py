"""Troubles that wait for requests are a part of the cloud's state."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import CBRError


def test_what_is_left_of_a_trouble_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "cloud.state"
    first = cbr.simulate("empty", state=file)
    first.cloud.fail("list_vault", "BackupService.9910", times=3)
    first.cloud.fail("list_backups", 429, retry_after=1)
    with pytest.raises(CBRError, match=r"9910"):
        first.client.vaults.list()
    first.cloud.close()
    again = cbr.simulate(state=file)
    with closing(again.cloud) as cloud:
        for _ in range(2):
            with pytest.raises(CBRError, match=r"9910"):
                again.client.vaults.list()
        again.client.vaults.list()
        cloud.heal()
    third = cbr.simulate(state=file)
    with closing(third.cloud):
        third.client.backups.list()


def test_a_copy_has_none_and_a_reset_ends_them() -> None:
    session = cbr.simulate("empty")
    start = session.cloud.fingerprint()
    session.cloud.fail("*", 503, times=5)
    with closing(session.cloud.copy()) as copy:
        assert copy.fingerprint() == start
    session.cloud.reset()
    assert session.cloud.fingerprint() == start
    session.client.vaults.list()


def test_a_scenario_that_refuses_is_not_doubled_by_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "cloud.state"
    first = cbr.simulate("empty", state=file)
    first.cloud.scenario("maintenance")
    first.cloud.close()
    again = cbr.simulate(state=file)
    with closing(again.cloud) as cloud:
        cloud.undo_scenario("maintenance")
        again.client.vaults.list()
