"""What a release is made of: a README for an index page, and licences that do not surprise."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

from tests.documentation.licences import licence, needed
from tests.repository.places import README, REPOSITORY

COPYLEFT = re.compile(r"GPL|General Public|EUPL|CC-BY-SA", re.I)
AT = "https://example.org/owner/name/blob/v1"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The build's own module, which is not part of the package."""
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("index_page", REPOSITORY / "docs/index_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_link_of_the_readme_is_relative_on_an_index_page(hook: ModuleType) -> None:
    readme = README.read_text("utf-8")
    shown = hook.absolute(readme, AT)
    targets = re.findall(r"\]\(([^)\s]+)\)", shown)
    assert [each for each in targets if not re.match("[a-z]+:", each)] == []
    assert "![The restore form" in shown
    assert "https://example.org/owner/name/raw/v1/docs/pictures/restore.png" in targets
    for each in targets:
        if each.startswith("https://example.org/"):
            path = re.sub(r"^https://example.org/owner/name/(blob|raw)/v1/", "", each)
            assert (REPOSITORY / path.partition("#")[0]).exists(), each


def test_no_dependency_of_the_package_alone_is_copyleft() -> None:
    """MPL is not meant: it asks for changes of its own files, and nothing of ours."""
    core = {name: package for name, package in needed().items() if package is not None}
    told = {name: licence(package) for name, package in core.items()}
    free = {name: each for name, each in told.items() if re.search(r"\b(OR|or)\b", each)}
    assert {
        name: each for name, each in told.items() if COPYLEFT.search(each) and name not in free
    } == {}
    assert [name for name, each in told.items() if each == "not told"] == []
    assert len(told) > 10
