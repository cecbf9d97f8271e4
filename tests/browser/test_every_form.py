"""Every form at once: whole at any width and with any name, and as the documentation shows it.

``CBR_WRITE_DOCS=1 python -m pytest tests/browser/test_every_form.py`` takes the documentation's
pictures anew.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.repository.test_docs import FORMS, LARGEST, PICTURES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.drivers.notebook import Notebook

COLOURS = 48  # of a picture in the documentation
TALL = 2600  # pixels of a window that shows the longest form whole

DEMO = """import cbr_notebook as cbr
session = cbr.simulate()
vault, server, unprotected = "vault-web", "web-01", "legacy-01"
project = session.in_project("eu-west-0_staging").identity.project_id
session.set_tags(vault, {"env": "prod", "team": "web"})
"""
LONG_NAMES = """import cbr_notebook as cbr
session = cbr.simulate("empty")
server = vault = ("a-very-long-name-that-nobody-would-choose-but-somebody-has-" * 2)[:64]
unprotected = server[::-1]
for each in (server, unprotected):
    session.cloud.create_server(each)
session.create_vault(vault, size_gb=100, resources=[server])
session.create_policy(vault, days="daily", times="23:00", retention_days=30)
session.set_tags(vault, {vault[:36]: vault[:43]})
session.back_up(vault, name=vault).wait()
session.cloud.fail("create_checkpoint", "BackupService.6113")
project = session.cloud.create_project("eu-west-0_" + vault[:40])
"""
FILLED_IN = {
    "sign_in": "cbr.forms.sign_in()",
    "overview": "session.forms.overview()",
    "create_vault": "session.forms.create_vault(\n"
    "    name='vault_new', resources=[unprotected], size_gb=100)",
    "edit_vault": "session.forms.edit_vault(vault=vault, size_gb=500)",
    "back_up": "session.forms.back_up(vault=vault)",
    "create_policy": "session.forms.create_policy(\n"
    "    name='nightly', timezone='Europe/Paris', keep='periods', vaults=[vault])",
    "edit_policy": "session.forms.edit_policy(runs='off')",
    "restore": "session.forms.restore(resource=server)",
    "share": "session.forms.share(\n"
    "    backup=session.backups(resource=server).iloc[0]['id'], projects=project)",
    "tags": "session.forms.tags(vault=vault)",
    "tasks": "session.forms.tasks()",
    "vaults": "session.forms.vaults(row=session.vaults(name=vault)['id'].iloc[0])",
    "backups": "session.forms.backups()",
    "policies": "session.forms.policies()",
    "fleet_overview": "cbr.fleet(\n"
    "    {'name': 'lab', 'session': session}, projects='all').forms.overview()",
}
"""A cell for every form."""


def too_wide(opened: Notebook) -> list[str]:
    """Return what sticks out of the forms to the right, unless one can scroll to it."""
    found: list[str] = opened.page.evaluate(
        """() => [...document.querySelectorAll('.cbr-form')].flatMap(form => {
            const edge = form.getBoundingClientRect().right + 1;
            const reached = each => {
                for (let at = each.parentElement; at !== form; at = at.parentElement)
                    if (['auto', 'scroll'].includes(getComputedStyle(at).overflowX) &&
                        at.getBoundingClientRect().right <= edge) return true;
                return false;
            };
            return [...form.querySelectorAll('*')]
                .filter(each => each.getBoundingClientRect().right > edge && !reached(each))
                .map(each => `${each.tagName} ${each.className} ${each.textContent}`.slice(0, 120));
        })"""
    )
    return found


@pytest.fixture
def every_form(notebook: Callable[..., Notebook]) -> Callable[..., Notebook]:
    """A function that opens every form in one notebook, each in a cell after the first."""

    def open_every_form(estate: str, **look: Any) -> Notebook:
        return notebook(estate, *(FILLED_IN[name] for name in FORMS), height=TALL, **look)

    return open_every_form


WORDS = """form => {
    // What a picture shows of a list is one line of it.
    const lists = [...form.querySelectorAll('select')];
    lists.forEach(each => { each.style.display = 'none'; });
    const words = form.innerText;
    lists.forEach(each => { each.style.display = ''; });
    return words;
}"""
REACHED = """form => {
    // Of radio buttons that belong together the Tab key reaches one.
    const groups = new Set();
    const one = each => each.type !== 'radio' || (!groups.has(each.name) && groups.add(each.name));
    const there = each => each.tabIndex >= 0 && !each.disabled && each.checkVisibility();
    return [...form.querySelectorAll('*')].filter(there).filter(one);
}"""
FOCUSED = f"""form => {{
    const at = document.activeElement;
    if (!form.contains(at)) return null;
    const shown = getComputedStyle(at);
    const same = each => each === at || (at.type === 'radio' && each.name === at.name);
    const seen = shown.outlineStyle !== 'none' || shown.boxShadow !== 'none';
    const what = `${{at.tagName}} ${{at.ariaLabel ?? at.textContent}}`.slice(0, 80);
    return {{place: ({REACHED})(form).findIndex(same), seen, what}};
}}"""


def reached_by_tab(opened: Notebook) -> None:
    """Check that the Tab key alone reaches all of every form, in order, and one sees where."""
    for number, name in enumerate(FORMS, 1):
        form = opened.output(number).locator(".cbr-form")
        count = len(form.evaluate(REACHED))
        form.locator("h3").first.focus()
        places, unseen = [], []
        for _ in range(count + 2):
            opened.page.keyboard.press("Tab")
            at = form.evaluate(FOCUSED)
            if at is None:
                break
            places.append(at["place"])
            unseen += [] if at["seen"] else [at["what"]]
        assert places == list(range(count)), name
        assert unseen == [], name


@pytest.mark.parametrize(
    ("estate", "width", "theme"),
    [(DEMO, 400, "dark"), (LONG_NAMES, 400, "light"), (LONG_NAMES, 900, "dark")],
    ids=["demo_400", "long_names_400", "long_names_900"],
)
def test_every_form_fits(
    every_form: Callable[..., Notebook],
    estate: str,
    width: int,
    theme: str,
    request: pytest.FixtureRequest,
) -> None:
    opened = every_form(estate, width=width, theme=theme)
    for number, name in enumerate(FORMS, 1):
        opened.screenshot(f"{name}_{request.node.callspec.id}", of=opened.output(number))
    assert too_wide(opened) == []
    assert opened.violations() == []
    assert opened.errors() == []


def test_every_form_fits_is_reached_by_tab_shown_in_docs_and_says_when_its_kernel_is_gone(
    every_form: Callable[..., Notebook], tmp_path: Path
) -> None:
    opened = every_form(DEMO, width=900)
    shown = ""
    for number, name in enumerate(FORMS, 1):
        form = opened.output(number).locator(".cbr-form")
        shown += f"== {name}\n{form.evaluate(WORDS)}\n\n"
        taken = Image.open(opened.screenshot(f"{name}_documentation", of=form)).convert("RGB")
        small = tmp_path / f"{name}.png"
        taken.quantize(COLOURS).save(small, optimize=True)
        assert small.stat().st_size <= LARGEST
        if os.environ.get("CBR_WRITE_DOCS"):
            PICTURES.mkdir(exist_ok=True)
            small.replace(PICTURES / small.name)
    words = PICTURES / "words.txt"
    if os.environ.get("CBR_WRITE_DOCS"):
        words.write_text(shown, encoding="utf-8")
    assert shown == words.read_text(encoding="utf-8"), "Take the pictures anew: nox -s docs"
    assert too_wide(opened) == []
    assert opened.violations() == []
    assert opened.errors() == []
    reached_by_tab(opened)
    gone = [
        opened.output(number).get_by_text("The kernel of this form is gone")
        for number in range(1, len(FORMS) + 1)
    ]
    for note in gone:
        expect(note).to_be_hidden()
    opened.restart_kernel()
    for note in gone:
        expect(note).to_be_visible()
