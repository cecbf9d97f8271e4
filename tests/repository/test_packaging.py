"""Each dependency has its reason, and CI runs what the README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.repository.places import PACKAGE, README, REPOSITORY


def dependencies() -> list[str]:
    """Return every requirement of pyproject.toml, as it is written there."""
    document = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    project = document["project"]
    extras = project["optional-dependencies"].values()
    return [*project["dependencies"], *(wanted for extra in extras for wanted in extra)]


@pytest.mark.parametrize("dependency", sorted(set(dependencies())))
def test_a_dependency_has_its_reason_beside_it(dependency: str) -> None:
    lines = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    declared = [line for line in lines if f'"{dependency}"' in line]
    assert declared
    for line in declared:
        reason = line.partition("# ")[2]
        assert len(reason.split()) >= 2, f"{line.strip()} says nothing about why"


def test_the_vendors_client_is_never_needed_at_run_time() -> None:
    document = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert [name for name in document["project"]["dependencies"] if "huawei" in name] == []
    importing = [
        str(path.relative_to(REPOSITORY))
        for path in PACKAGE.rglob("*.py")
        if re.search(r"^\s*(from|import) huaweicloudsdk", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert importing == []


def test_ci_runs_the_test_command_of_the_readme() -> None:
    """``.ci/run`` takes the command from between these markers, so it has to be there, once."""
    readme = README.read_text(encoding="utf-8")
    found = re.findall(
        r"<!-- test command -->\n```sh\n(.+)\n```\n<!-- end of test command -->", readme
    )
    assert len(found) == 1
    assert "--nbval" in found[0]
    assert "tests notebooks" in found[0]


def test_tasks_run_in_the_environment_of_nox_also_where_it_is_not_activated() -> None:
    """The shells of contributors, and of cron, have another Python on their path, or none."""
    pytest.importorskip("nox")
    said = subprocess.run(
        [sys.executable, "-c", "import noxfile, shutil; print(shutil.which('python'))"],
        cwd=REPOSITORY, env={**os.environ, "PATH": "/nowhere"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert Path(said.stdout.strip()).parent == Path(sys.executable).parent
