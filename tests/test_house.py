"""The rules of the house that no other tool checks."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "cbr_notebook"
NOTEBOOKS = sorted(
    path
    for path in (REPOSITORY / "notebooks").rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)
LONGEST_FILE = 500

# A secret of any kind: the header of a token, a key given as text, a private key.
SECRET = re.compile(
    r"""X-Subject-Token|X-Auth-Token["']?\s*[:=]\s*["']|BEGIN [A-Z ]*PRIVATE KEY"""
    r"""|(?:secret_key|password|security_token|token)\s*=\s*["'][^"'{]"""
    r"""|"(?:secret_key|password|security_token)"\s*:\s*"[^"{]""",
    re.IGNORECASE,
)


def code_cells(notebook: Path) -> Iterator[tuple[int, Any]]:
    """The code cells of a notebook that hold something, with their position."""
    cells = nbformat.read(notebook, as_version=4).cells
    for position, cell in enumerate(cells):
        if cell.cell_type == "code" and cell.source.strip():
            yield position, cell


def strings(node: Any) -> Iterator[str]:
    """Every text in a document, names of members included, however deep."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for name, value in node.items():
            yield name
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)


def committed_files() -> list[Path]:
    """What git knows of, or would if it were added now."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git clone")
    files = [REPOSITORY / line for line in listed.stdout.splitlines()]
    return [path for path in files if path.is_file()]


each_notebook = pytest.mark.parametrize(
    "notebook", NOTEBOOKS, ids=[str(path.relative_to(REPOSITORY)) for path in NOTEBOOKS]
)


@each_notebook
def test_every_code_cell_of_a_notebook_was_run(notebook: Path) -> None:
    """nbval does not check a cell that was never run, so such a cell would check nothing."""
    never_run = [at for at, cell in code_cells(notebook) if cell.execution_count is None]
    assert never_run == []


@each_notebook
def test_the_cells_of_a_notebook_were_run_once_from_top_to_bottom(notebook: Path) -> None:
    counts = [cell.execution_count for _, cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


@each_notebook
def test_a_notebook_names_its_kernel(notebook: Path) -> None:
    """Without it JupyterLab asks for one, in a dialog that swallows every click."""
    assert nbformat.read(notebook, as_version=4).metadata.get("kernelspec", {}).get("name") == (
        "python3"
    )


@each_notebook
def test_a_notebook_shows_an_error_only_where_it_says_so(notebook: Path) -> None:
    unannounced = [
        (at, output.ename)
        for at, cell in code_cells(notebook)
        for output in cell.outputs
        if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", [])
    ]
    assert unannounced == []


@each_notebook
def test_a_notebook_is_valid_and_begins_with_a_heading(notebook: Path) -> None:
    document = nbformat.read(notebook, as_version=4)
    nbformat.validate(document)
    assert document.cells[0].cell_type == "markdown"
    assert document.cells[0].source.startswith("# ")


@each_notebook
def test_a_notebook_holds_no_secret(notebook: Path) -> None:
    document = nbformat.read(notebook, as_version=4)
    assert [found for text in strings(document) for found in SECRET.findall(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "cbr.connect(access_key='A1', secret_key='s3cret')",
        'connect(user_name="me", password="s3cret")',
        '{"access_key": "A1", "secret_key": "s3cret"}',
        "X-Auth-Token: 'MIIabc'",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_would_be_seen(text: str) -> None:
    assert SECRET.search(text)


def test_a_secret_that_is_asked_for_or_left_out_is_none() -> None:
    assert not SECRET.search("connect(secret_key=getpass('Secret key: '), password=None)")


@each_notebook
def test_a_notebook_lets_nbval_compare_every_cell(notebook: Path) -> None:
    shunned = ("NBVAL_IGNORE_OUTPUT", "NBVAL_SKIP")
    ignored = [
        at
        for at, cell in code_cells(notebook)
        if any(word in cell.source for word in shunned)
        or any(word.lower().replace("_", "-") in cell.metadata.get("tags", []) for word in shunned)
    ]
    assert ignored == []


def test_no_file_of_the_package_is_longer_than_five_hundred_lines() -> None:
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_every_folder_of_the_package_is_a_package() -> None:
    """A folder without an ``__init__.py`` escapes the type checker and the floors."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


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
        if path == Path(__file__).resolve():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{path.relative_to(REPOSITORY)}: {word}" for word in elsewhere.findall(text)]
    assert found == []


def dependencies() -> list[str]:
    """Every requirement of pyproject.toml, as it is written there."""
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
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    found = re.findall(
        r"<!-- test command -->\n```sh\n(.+)\n```\n<!-- end of test command -->", readme
    )
    assert len(found) == 1
    assert "--nbval" in found[0]
    assert "tests notebooks" in found[0]
