"""The parts of a form: how they reach a page, and what they say where there is none."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cbr_notebook import Session
from cbr_notebook.forms.testing import FormPage

_MOST = 100_000
"""Bytes of a whole form at the beginning: its script, its style and the state of all its parts."""


@pytest.mark.parametrize("name", ["create_vault", "restore"])
def test_one_script_and_one_style_serve_all_parts_of_a_form(session: Session, name: str) -> None:
    form = getattr(session.forms, name)()
    page = FormPage(form)
    page.wait_until_loaded()
    parts = page.saved()
    assert len(parts) > 10
    assert not [each for each in parts if "_esm" in each or "_css" in each or "layout" in each]
    sent = [form.get_state(), *parts]
    assert sum(len(json.dumps(each, default=str)) for each in sent) < _MOST


def test_a_box_tells_a_page_where_its_parts_are(session: Session) -> None:
    form = session.forms.create_vault()
    assert form.get_state()["children"] == [f"anywidget:{each.model_id}" for each in form.children]


def test_a_form_says_in_text_what_it_asks_and_how_to_answer(session: Session) -> None:
    said = session.forms.create_vault().as_text()
    assert said.startswith("Create a vault\n")
    assert "name          Vault name (required)" in said
    assert "protect_type  Purpose: Backup, Replication" in said
    assert "form = session.forms.create_vault(name=..., size_gb=...)" in said
    filled = session.forms.create_vault(name="v", size_gb=20).as_text()
    assert 'session.create_vault("v", size_gb=20' in filled


def test_a_terminal_shows_the_text_of_a_form() -> None:
    code = (
        "import cbr_notebook as cbr\n"
        "session = cbr.simulate('empty')\n"
        "form = session.forms.create_vault()\n"
        "get_ipython().display_formatter.format(form)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--quick", "-c", code],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "Vault name (required)" in done.stdout
    assert "session.forms.create_vault(name=..., size_gb=...)" in done.stdout
    assert "widget" not in done.stdout
