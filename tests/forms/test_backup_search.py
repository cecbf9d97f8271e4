"""Every backup can be found: by the filters of the service, beyond the newest that are listed."""

from __future__ import annotations

import pytest

from cbr_notebook import Session
from cbr_notebook.forms import listing, lists, share
from tests.forms.pages import ready


def test_backups_are_searched_for_in_all_by_the_filters_of_the_service(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (listing, lists, share):
        monkeypatch.setattr(each, "MOST_ROWS", 20)
    form = session.forms.backups()
    page = ready(form)
    assert len(page.labels("row")) == 21
    assert "There may be older ones" in page.panel("searched")
    wanted = session.backups(resource="web-02", vault="vault-web", until="12d")
    newest = set(session.backups(limit=20)["id"])
    assert 0 < len(wanted) < 20
    assert not newest & set(wanted["id"]), "none of them is among the newest"
    page.fill("resource", "web-02")
    page.fill("vault", "vault-web")
    page.fill("until", "12d")
    asked = session.client.transport.requests
    assert len(page.labels("row")) == 21, "nothing is asked while somebody types"
    assert session.client.transport.requests == asked
    page.click("Search in all", within="searched")
    page.wait()
    assert set(page.labels("row")[1:]) == set(wanted["name"])
    assert f"{len(wanted)} found for resource web-02, vault vault-web" in page.panel("searched")
    page.select_row(len(wanted) - 1)
    assert form.value["row"] == wanted["id"].iloc[-1]
    page.fill("status", "error")
    page.click("Search in all", within="searched")
    page.wait()
    assert "0 found for" in page.panel("searched")
    page.click("List the newest again", within="searched")
    page.wait()
    assert len(page.labels("row")) == 21
    assert form.value["resource"] == form.value["status"] == ""


def test_a_search_for_what_there_is_not_says_so_and_is_corrected(session: Session) -> None:
    page = ready(session.forms.backups())
    page.fill("resource", "web01")
    page.click("Search in all", within="searched")
    page.wait()
    assert "Did you mean" in page.panel("load_error")
    assert "web-01" in page.panel("load_error")
    page.fill("resource", "web-01")
    page.click("Try again", within="load_error")
    page.wait()
    assert page.panel("load_error") == ""
    assert len(page.labels("row")) == len(session.backups(resource="web-01")) + 1
    page.fill("since", "yesterday")
    page.click("Search in all", within="searched")
    page.wait()
    assert "yesterday" in page.panel("load_error")


def test_a_program_searches_and_finds_an_old_backup_by_its_id(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_ROWS", 5)
    oldest = session.backups(sort="created_at:asc").iloc[0]
    form = session.forms.backups(row=oldest["id"])
    assert form.value["row"] == oldest["id"]
    assert form.problems == {"act": "Choose what to do with it."}
    page = ready(session.forms.backups(resource="db-02", status="available", since="7d"))
    wanted = session.backups(resource="db-02", status="available", since="7d")
    assert len(page.labels("row")) - 1 == min(5, len(wanted))


def test_every_backup_of_a_resource_can_be_chosen_for_a_restore(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_ROWS", 5)
    form = session.forms.restore(resource="web-01")
    ready(form)
    every = session.backups(resource="web-01")
    assert {each["value"] for each in form.fields["backup"].options} == set(every["id"])
