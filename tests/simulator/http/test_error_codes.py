"""Every documented error code can be met: by its natural cause, or on request."""

from __future__ import annotations

from typing import Any

import pytest

from cbr_notebook import catalogue
from cbr_notebook.errors import CBRError
from cbr_notebook.simulator.cloud import Cloud
from tests.simulator.builders import CloudBuilder, TaskEnded
from tests.simulator.error_scenarios import CAUSES
from tests.simulator.http_client import Client, Refused

DOCUMENTED = {
    entry.code.removeprefix("BackupService."): entry
    for entry in catalogue.entries()
    if entry.documented
}
INJECTED = sorted(set(DOCUMENTED) - set(CAUSES))


@pytest.mark.parametrize("code", sorted(CAUSES))
def test_a_code_comes_about_by_itself(code: str, cloud: Cloud) -> None:
    entry = DOCUMENTED[code]
    with pytest.raises((Refused, TaskEnded, CBRError)) as caught:
        CAUSES[code](CloudBuilder(cloud))
    problem: Any = caught.value  # each of them has a code and a message
    assert (problem.code or "").removeprefix("BackupService.") == code
    assert problem.message.startswith(entry.message.rstrip("."))
    if isinstance(problem, Refused):
        assert problem.status == entry.http_status


@pytest.mark.parametrize("code", INJECTED)
def test_a_code_comes_about_on_request(code: str, cloud: Cloud) -> None:
    ask = Client(cloud)
    cloud.fail("list_vault", f"BackupService.{code}")
    with pytest.raises(Refused) as caught:
        ask("GET", "vaults")
    entry = DOCUMENTED[code]
    problem: Any = caught.value  # each of them has a code and a message
    assert (problem.code, problem.message) == (code, entry.message)
    assert problem.status == entry.http_status
    assert ask("GET", "vaults")["count"] == 0


def test_all_182_codes_are_met_and_100_of_them_by_themselves() -> None:
    assert len(DOCUMENTED) == 182
    assert set(CAUSES) <= set(DOCUMENTED)
    assert len(CAUSES) >= 100
