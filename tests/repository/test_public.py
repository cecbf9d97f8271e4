"""Everything public is documented, with an example, and every page is in the site.

That examples run, and that the site builds, is tested in ``tests/documentation``.
"""

from __future__ import annotations

import inspect
import re

from cbr_notebook import Session
from tests.documentation.public import PUBLIC, examples
from tests.repository.places import DOCS


def test_nothing_public_is_without_a_docstring_and_an_example() -> None:
    bare = [name for name, each in PUBLIC.items() if not (inspect.getdoc(each) or "").strip()]
    assert bare == []
    assert [name for name in PUBLIC if not examples(name).examples] == []
    assert len(PUBLIC) > 90


def test_every_helper_of_a_session_has_its_row() -> None:
    page = (DOCS / "helpers.md").read_text("utf-8")
    helpers = {
        name for name, each in inspect.getmembers(Session, callable) if not name.startswith("_")
    }
    missing = {name for name in helpers if not re.search(rf"\b{name}\(|`{name}`", page)}
    assert missing == {"close", "with_client"}, "A new helper has a row in docs/helpers.md."


def test_every_page_of_the_documentation_is_in_the_contents_of_the_site() -> None:
    contents = (DOCS / "site" / "contents.md").read_text("utf-8")
    listed = set(re.findall(r"^docs/([\w/]+)$", contents, re.M))
    pages = {
        each.relative_to(DOCS).with_suffix("").as_posix()
        for each in DOCS.rglob("*.md")
        if each.parent.name not in ("site", "decisions")
    }
    assert pages - listed == set()
    assert len(pages) > 20


def test_every_decision_is_in_the_list_of_decisions() -> None:
    decisions = DOCS / "decisions"
    listed = re.findall(r"\]\((.+?)\)", (decisions / "index.md").read_text("utf-8"))
    assert listed == sorted(each.name for each in decisions.glob("0*.md"))
