"""The package stays easy to find one's way in: short files, small folders, nothing unfinished."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.repository.places import PACKAGE, REPOSITORY, committed_files

LONGEST_FILE = 500
MOST_FILES = 16


def test_no_file_of_the_package_or_of_its_tests_is_longer_than_five_hundred_lines() -> None:
    """Code of whatever kind; what was recorded is as long as it came."""
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for path in committed_files()
        if path.relative_to(REPOSITORY).parts[0] in ("cbr_notebook", "tests")
        and path.suffix in (".py", ".js", ".css", ".html")
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


@pytest.mark.parametrize("top", ["cbr_notebook", "tests"])
def test_no_folder_has_more_than_sixteen_files_whatever_they_are(top: str) -> None:
    """What belongs together moves into a room of its own; its name says what that is."""
    parents = (path.parent.relative_to(REPOSITORY) for path in committed_files())
    numbers = Counter(parent for parent in parents if parent.parts[:1] == (top,))
    assert len(numbers) > 10
    assert {str(folder): many for folder, many in numbers.items() if many > MOST_FILES} == {}


def test_every_folder_of_the_package_is_a_package() -> None:
    """A folder without an ``__init__.py`` escapes the type checker and the floors."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


SHARED_NAMES = {
    # things of the service, one file a floor
    "agents", "backups", "features", "members", "migrations", "organization_policies", "orders",
    "policies", "projects", "protectables", "replication", "resources", "restore_points", "tags",
    "tasks", "usage", "vault_resources", "vaults", "account", "retention", "credentials",
    # one idea, seen by several rooms
    "capacity", "changes", "growth", "lists", "memory", "openapi", "overview", "restores",
    "session", "tag_filters", "tutorials", "way_back",
    # an address of callers, which stays
    "vault_bodies",
}  # fmt: skip


def test_files_of_one_name_are_about_one_thing() -> None:
    """Another meaning wants another name; the same thing on another floor is named above."""
    names = Counter(path.stem for path in PACKAGE.rglob("*.py") if not path.name.startswith("__"))
    assert {name for name, number in names.items() if number > 1} == SHARED_NAMES


def test_nothing_is_left_to_be_done_in_the_package() -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
    found = [
        f"{path.relative_to(REPOSITORY)}:{number}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if unfinished.search(line)
    ]
    assert found == []


def test_the_project_knows_nothing_of_the_place_where_it_was_written() -> None:
    """Paths of one machine mean nothing on another; only tests look beside the clone."""
    elsewhere = re.compile(r"/work/|\.library|\.\./shared|/tmp/team")
    found = []
    for path in committed_files():
        if path.parent == REPOSITORY / "tests" / "repository":
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{path.relative_to(REPOSITORY)}: {word}" for word in elsewhere.findall(text)]
    assert found == []
