"""The documented tables and forms are those that the code has.

After a change of a schema or a form: ``CBR_WRITE_DOCS=1 python -m pytest tests/repository``;
the forms' pictures are taken by ``tests/browser/test_every_form.py`` in the same way.
"""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path

import pytest

from cbr_notebook.forms import Forms
from cbr_notebook.forms.fleet import FleetForms
from cbr_notebook.frames import SCHEMAS, Schema
from tests.repository.places import DOCS, PACKAGE, README, REPOSITORY

PICTURES = DOCS / "pictures"
PAGES = sorted([*REPOSITORY.glob("*.md"), *DOCS.rglob("*.md")])
LONGEST_README = 110  # lines
LARGEST = 44_000  # bytes of a picture
FLEET = "fleet_"
"""What begins the name of a form of a fleet here."""
SHOWN_WIDE = 380  # pixels of a picture in the page; a click shows all of them
FORMS = (
    "overview", "create_vault", "edit_vault", "back_up", "create_policy", "edit_policy", "restore",
    "share", "tags", "tasks", "vaults", "backups", "policies", "sign_in", "fleet_overview",
)  # fmt: skip


def row(schema: Schema) -> str:
    columns = ", ".join(
        f"`{column.name}`" + (f" ({column.unit})" if column.unit else "")
        for column in schema.columns
    )
    return f"| `{schema.name}` | {schema.row} | {columns} |"


def compare(page: Path, part: str, wanted: str) -> None:
    """Hold a part of a page, between two comments, against what the code says."""
    text = page.read_text(encoding="utf-8")
    found = re.compile(rf"(?<=<!-- {part}: from the code -->\n).*?(?=<!-- end of {part} -->)", re.S)
    if os.environ.get("CBR_WRITE_DOCS"):
        text = found.sub(lambda _: wanted, text)
        page.write_text(text, encoding="utf-8")
    assert found.findall(text) == [wanted]


def test_every_table_is_documented_with_its_columns() -> None:
    lines = ["| table | a row is | columns (unit) |", "|---|---|---|"]
    compare(
        DOCS / "tables.md",
        "tables",
        "\n".join([*lines, *(row(schema) for schema in SCHEMAS.values())]) + "\n",
    )


def cell(form: str) -> str:
    call, opens = f"session.forms.{form}", getattr(Forms, form, None)
    if form == "sign_in":
        call = "cbr.forms.sign_in"
    elif form.startswith(FLEET):
        name = form.removeprefix(FLEET)
        call, opens = f"fleet.forms.{name}", getattr(FleetForms, name)
    says = inspect.getdoc(opens) or ""
    says = re.sub(r"``(.+?)``", r"<code>\1</code>", says.replace("\n\n", " ").replace("\n", " "))
    picture = (PICTURES / f"{form}.png").relative_to(DOCS).as_posix()
    return (
        f'<td valign="top"><code>{call}()</code><br>{says}<br>'
        f'<a href="{picture}"><img src="{picture}" width="{SHOWN_WIDE}" '
        f'alt="The form {form}, filled in"></a></td>'
    )


def test_every_form_is_shown_with_its_picture() -> None:
    known = {name for name in vars(Forms) if not name.startswith("_")}
    known |= {f"{FLEET}{name}" for name in vars(FleetForms) if not name.startswith("_")}
    known -= {f"{FLEET}project"}  # the overview of a session
    assert set(FORMS) == known, (
        "A new form is named in FORMS here, filled in by tests/browser/test_every_form.py, "
        "and gets its row and its picture by: nox -s docs"
    )
    cells = [cell(each) for each in FORMS]
    pairs = ["\n".join(cells[at : at + 2]) for at in range(0, len(cells), 2)]
    rows = [f"<tr>\n{pair}\n</tr>\n" for pair in pairs]
    compare(DOCS / "forms.md", "forms", f"<table>\n{''.join(rows)}</table>\n")


@pytest.mark.parametrize("form", FORMS)
def test_the_picture_of_a_form_is_there_and_small(form: str) -> None:
    picture = (PICTURES / f"{form}.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert 1_000 < len(picture) <= LARGEST


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_link_inside_the_documentation_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(
        r'(?:href|src)="([^"#]+)"', text
    )
    inside = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in inside if not (page.parent / link).exists()] == []


def test_the_readme_stays_within_two_screens() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/words.md", "CONTRIBUTING.md"])
def test_every_file_that_is_named_is_there(page: str) -> None:
    """Named from the top, from the package, or from the room that the sentence is about."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:[\w-]+/)*[\w-]+\.(?:py|js|toml|md|ipynb)`", text))
    roots = [REPOSITORY, PACKAGE, PACKAGE / "simulator", PACKAGE / "forms"]
    missing = [
        name for name in named if not any((root / name.strip("`")).exists() for root in roots)
    ]
    assert len(named) > 10
    assert missing == []


def test_a_word_is_said_in_the_file_that_explains_it() -> None:
    page = (DOCS / "words.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?!word |---)([\w ]+) \| .* \| `(\S+)` \|$", page, re.M)
    assert len(rows) == len(re.findall(r"^\| (?!word |---)", page, re.M)) > 30
    silent = []
    for word, name in rows:
        path = next(root / name for root in (PACKAGE, REPOSITORY) if (root / name).exists())
        said = f"{name} {path.read_text(encoding='utf-8')}".replace("_", " ")
        silent += [word] if not re.search(rf"\b{word}", said, re.I) else []
    assert silent == []


def test_every_function_of_the_index_is_there() -> None:
    """Each row of "Where to look for it" names functions, tables and values of its files."""
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    index = text.partition("## Where to look for it")[2].partition("\n## ")[0]
    for line in index.splitlines():
        files = [PACKAGE / name for name in re.findall(r"`([\w/]+\.py)`", line)]
        sources = "".join(path.read_text(encoding="utf-8") for path in files)
        for name in re.findall(r"`([A-Za-z_]+)`", line):
            assert re.search(rf"\b{name}\b", sources), (name, line)
