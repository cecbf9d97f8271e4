"""The parts of a form: how they reach a page, and what they say where there is none."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from cbr_notebook import Session
from cbr_notebook.forms import kit
from cbr_notebook.forms.testing import FormPage

_WIDGET = "application/vnd.jupyter.widget-view+json"
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


def test_forms_that_open_each_other_share_one_script_and_one_style(session: Session) -> None:
    above = session.forms.create_vault(name="vault-new", size_gb=20)
    above.submit()
    above.open_below("back_up", vault="vault-new")
    above.opened[0].open_below("create_policy")
    below = [above.opened[0], above.opened[0].opened[0]]
    assert len(above.get_state()["_esm"]) > 30_000
    for each in below:
        assert not {"_esm", "_css", "layout"} & each.get_state().keys()
        assert each.get_state()["part"] == "form"


def test_a_form_of_below_that_is_shown_by_itself_is_drawn(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "IPython.display.publish_display_data", lambda data, **_: published.append(data)
    )
    above = session.forms.overview()
    above.open_below("create_vault")
    below = above.opened[0]
    below._ipython_display_()
    [shown] = [each[_WIDGET]["model_id"] for each in published if _WIDGET in each]
    page = _instances[shown]
    assert page.get_state()["_esm"] == above.get_state()["_esm"]
    assert page.get_state()["children"] == [f"anywidget:{below.model_id}"]


_LOADED_ELSEWHERE = re.compile(r"\bimport\b|\bfetch\(|@import|url\(\s*['\"]?http")


@pytest.mark.parametrize("name", ["create_vault", "restore", "vaults"])
def test_an_editor_finds_all_that_draws_a_form_on_this_computer(
    session: Session, name: str
) -> None:
    """VS Code loads the library of a widget from the kernel's environment, or from a CDN."""
    form = getattr(session.forms, name)()
    page = FormPage(form)
    page.wait_until_loaded()
    sent = [form.get_state(), *page.saved()]
    # The first is part of every editor that shows widgets.
    assert {each["_model_module"] for each in sent} == {"@jupyter-widgets/base", "anywidget"}
    script = Path(sys.prefix, "share", "jupyter", "nbextensions", "anywidget", "extension.js")
    assert script.is_file()
    for each in sent:
        assert not _LOADED_ELSEWHERE.findall(each.get("_esm", "") + each.get("_css", ""))


@pytest.mark.parametrize(("ending", "trait"), [("js", "_esm"), ("css", "_css")])
def test_a_page_has_every_script_and_style_sheet_of_the_kit(
    session: Session, ending: str, trait: str
) -> None:
    sent = session.forms.create_vault().get_state()[trait]
    files = [*(Path(kit.__file__).parent / "static").rglob(f"*.{ending}")]
    assert len(files) > 4
    assert [each.name for each in files if each.read_text(encoding="utf-8") not in sent] == []


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
