"""Forms driven without a browser: what they would send, what is wrong, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import CBRError, InvalidRequest


@pytest.fixture
def session() -> Iterator[cbr.Session]:
    with cbr.simulate() as opened:
        yield opened


def test_a_vault_is_created_as_the_form_says(session: cbr.Session) -> None:
    form = session.forms.create_vault()
    form.value = {"name": "my_vault", "size_gb": 200}
    assert form.problems == {}
    form.submit()
    assert form.result.name == "my_vault"
    assert session.find_vault("my_vault").billing.size == 200
    assert "session.create_vault(" in form.code
    assert "my_vault" in form.code


def test_what_is_missing_is_said_by_field_and_nothing_is_sent(session: cbr.Session) -> None:
    form = session.forms.create_vault()
    before = len(session.vaults())
    assert {"name", "size_gb"} <= form.problems.keys()
    form.value = {"name": "my vault!", "size_gb": 5}
    assert {"name", "size_gb"} <= form.problems.keys()
    with pytest.raises(InvalidRequest):
        form.submit()
    assert len(session.vaults()) == before


def test_a_refusal_of_the_service_reaches_the_form(session: cbr.Session) -> None:
    form = session.forms.create_vault()
    form.value = {"name": "my_vault", "size_gb": 200}
    session.cloud.fail("create_vault", "BackupService.6133")
    with pytest.raises(CBRError) as caught:
        form.submit()
    assert caught.value.code == "BackupService.6133"
    assert form.result is None


def test_a_backup_is_made_by_the_form(session: cbr.Session) -> None:
    before = len(session.backups(resource_name="web-01"))
    form = session.forms.back_up(vault="vault-web")
    form.submit()
    form.result.wait(progress=False)
    assert len(session.backups(resource_name="web-01")) == before + 1
    assert "session.back_up(" in form.code


def test_a_form_run_again_keeps_what_was_typed(session: cbr.Session) -> None:
    session.forms.create_vault().value = {"name": "half_done"}
    assert session.forms.create_vault().value["name"] == "half_done"


def test_signing_in_to_the_simulated_cloud_gives_a_session() -> None:
    form = cbr.forms.sign_in()
    assert form.problems
    form.value = {"how": "simulated", "estate": "empty"}
    form.submit()
    assert form.result.simulated
    assert form.result.vaults().empty
    form.result.close()
