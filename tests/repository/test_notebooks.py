"""Notebooks were run from top to bottom, are compared by nbval, and hold no secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.repository.places import REPOSITORY

NOTEBOOKS = sorted(
    path
    for path in (REPOSITORY / "notebooks").rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)

# A secret of any kind: the header of a token, a key given as text, a private key.
SECRET = re.compile(
    r"""X-Subject-Token|X-Auth-Token["']?\s*[:=]\s*["']|BEGIN [A-Z ]*PRIVATE KEY"""
    r"""|(?:secret_key|password|security_token|token)\s*=\s*["'][^"'{]"""
    r"""|"(?:secret_key|password|security_token)"\s*:\s*"[^"{]""",
    re.IGNORECASE,
)


def code_cells(notebook: Path) -> Iterator[tuple[int, Any]]:
    """Yield the code cells of a notebook that hold something, with their position."""
    cells = nbformat.read(notebook, as_version=4).cells
    for position, cell in enumerate(cells):
        if cell.cell_type == "code" and cell.source.strip():
            yield position, cell


def strings(node: Any) -> Iterator[str]:
    """Yield every text in a document, names of members included, however deep."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for name, value in node.items():
            yield name
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)


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
