"""Everything public is documented, with an example, and every page is in the site.

That examples run, and that the site builds, is tested in ``tests/documentation``.
"""

from __future__ import annotations

import inspect
import re

from tests.documentation.public import PUBLIC, examples
from tests.repository.places import DOCS


def test_nothing_public_is_without_a_docstring_and_an_example() -> None:
    bare = [name for name, each in PUBLIC.items() if not (inspect.getdoc(each) or "").strip()]
    assert bare == []
    assert [name for name in PUBLIC if not examples(name).examples] == []
    assert len(PUBLIC) > 90


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
