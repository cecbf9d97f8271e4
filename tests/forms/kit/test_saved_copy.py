"""What a saved notebook keeps of a form."""

from __future__ import annotations

from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import AuthenticationError
from cbr_notebook.forms.testing import FormPage
from tests.forms.pages import ready


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], bool]]:
    """What is published to a notebook: by MIME type, and whether it replaces what was there."""
    kept: list[tuple[dict[str, Any], bool]] = []

    def publish(data: dict[str, Any], *, update: bool = False, **_: Any) -> None:
        kept.append((data, update))

    monkeypatch.setattr("IPython.display.publish_display_data", publish)
    return kept


def test_what_came_of_a_form_is_kept_as_html_and_text(
    session: Session, published: list[tuple[dict[str, Any], bool]]
) -> None:
    form = session.forms.create_vault(name="v", size_gb=20)
    page = FormPage(form)
    page.press()
    assert published == [], "a form that is in no notebook leaves nothing in one"
    form._ipython_display_()
    form.again()
    page.fill("name", "<b>")
    (widget, _), (copy, _), *_ = published
    assert "application/vnd.jupyter.widget-view+json" in widget
    assert f"Vault ID: {form.result.id}" in copy["text/plain"]
    assert 'session.create_vault("v", size_gb=20' in copy["text/plain"]
    assert "Create another" not in copy["text/html"]
    page.fill("name", "w")
    page.press()
    replaced, update = published[-1]
    assert update
    assert "Vault w is there" in replaced["text/html"]


def test_what_went_wrong_is_kept_and_no_secret(
    published: list[tuple[dict[str, Any], bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A sign-in form lives as long as its process, beyond any session; each test begins without.
    monkeypatch.setattr(cbr.forms, "_signing_in", {})
    form = cbr.forms.sign_in(access_key="AK", endpoint="http://127.0.0.1:9", project="0" * 32)
    form._ipython_display_()
    form.value = {"secret_key": "open-sesame"}
    monkeypatch.setattr(
        form.definition, "act", lambda _: (_ for _ in ()).throw(AuthenticationError("Wrong key."))
    )
    FormPage(form).press()
    assert "Wrong key." in published[-1][0]["text/plain"]
    assert not any("open-sesame" in str(data) for data, _ in published)


def test_the_overview_and_what_was_opened_from_it_are_kept(
    session: Session, published: list[tuple[dict[str, Any], bool]]
) -> None:
    form = session.forms.overview()
    page = ready(form)
    form._ipython_display_()
    _, (first, renewed), (kept, update) = published
    assert not renewed and "Nothing has come of it." in first["text/plain"]
    assert update and "3 resources not protected" in kept["text/plain"]
    assert "<button" not in kept["text/html"]
    page.click("Switch it on")
    (opened,) = page.opened()
    opened.press()
    kept, update = published[-1]
    assert update
    assert "3 resources not protected" in kept["text/plain"]
    assert "enabled=True" in kept["text/plain"], "what was done below the overview"


def test_nothing_is_said_to_have_come_of_a_form_that_did_nothing(
    session: Session, published: list[tuple[dict[str, Any], bool]]
) -> None:
    session.forms.tags()._ipython_display_()
    assert "Nothing has come of it." in published[-1][0]["text/plain"]


@pytest.mark.parametrize("name", ["vaults", "backups", "policies"])
def test_a_list_in_which_nothing_was_done_leaves_the_list(
    session: Session, published: list[tuple[dict[str, Any], bool]], name: str
) -> None:
    form = getattr(session.forms, name)()
    page = FormPage(form)
    form._ipython_display_()
    page.wait()
    kept, update = published[-1]
    assert update
    assert "Nothing has come of it" not in kept["text/plain"]
    table = getattr(session, name)()
    shown = table[table["parent_id"].isna()] if name == "backups" else table
    assert all(each in kept["text/plain"] for each in shown["name"].head(50))
    assert ("and 1 more" in kept["text/plain"]) == (len(shown) == 101)
    lines = kept["text/plain"].splitlines()
    assert len(lines) >= min(100, len(shown)) + 3
