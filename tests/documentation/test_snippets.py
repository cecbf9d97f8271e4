"""Every code block of the documentation runs, or says in a comment before it why it does not.

Python runs page by page, one block after the other, with ``prod`` and ``dev`` as profiles of two
simulated clouds that are served on this computer. Commands are held against the parser of the
command line, YAML and ini against their grammar. ``<!-- skip: next "…" -->`` before a block is the
one way to leave it out, with the reason.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING
from unittest import SkipTest

import pytest

import cbr_notebook as cbr
from tests.documentation.snippets import LEFT_OUT, PROGRAM, check_words, page
from tests.repository.places import DOCS, README, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

PAGES_OF_DOCS = [each for each in DOCS.rglob("*.md") if "site" not in each.parts]
PAGES = sorted([README, REPOSITORY / "CONTRIBUTING.md", *PAGES_OF_DOCS])
WITH_BLOCKS = [each for each in PAGES if "```" in each.read_text("utf-8")]
ALL_BLOCKS = re.compile(r"^[ \t]*```[ \t]*(\S*)[^`\n]*$", re.M)
READ_ONLY = {"", "text", "mermaid", "console"}
"""Blocks of these languages are shown, and not run: diagrams, and what a program prints."""
UNTRIED = 8
"""So many blocks at most are left out, each with its reason."""


def name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("path", WITH_BLOCKS, ids=name)
def test_every_snippet_of_a_page_runs(path: Path, workplace: Path) -> None:
    document = page(path)
    with cbr.simulate() as session:
        document.namespace |= {"cbr": cbr, "session": session}
        for example in document.examples():
            with suppress(SkipTest):  # one that is left out, with its reason
                example.evaluate()


def test_no_block_is_of_a_language_that_nobody_checks() -> None:
    found = {
        (name(path), language)
        for path in WITH_BLOCKS
        for language in ALL_BLOCKS.findall(path.read_text("utf-8"))
        if language not in READ_ONLY | {"python", "bash", "sh", "yaml", "ini"}
    }
    assert found == set()


def test_few_blocks_are_left_out_and_each_says_why() -> None:
    left = [
        (name(path), reason)
        for path in PAGES
        for reason in re.findall(r"^<!-- skip: (.*) -->", path.read_text("utf-8"), re.M)
    ]
    assert len(left) <= UNTRIED, left
    assert [each for each in left if not re.fullmatch(r'next "(\w+ ){2,}.*"', each[1])] == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_command_in_a_sentence_has_the_options_that_it_shows(path: Path) -> None:
    for command in re.findall(rf"`({PROGRAM} [^`]+)`", path.read_text("utf-8")):
        words = re.sub(r"[\[\]|]", " ", command).split()
        check_words([word for word in words[1:] if word != LEFT_OUT])
