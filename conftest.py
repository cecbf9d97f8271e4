"""How the whole run is kept safe and in order, tests and notebooks alike."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples in every run, so that a run that fails fails again, and no clock decides: a
# machine at work may be slow. To look for new ones:
# ``python -m pytest --hypothesis-profile=default tests``.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

_ACCOUNT = ("HUAWEICLOUD_SDK_", "OS_", "CBR_ENDPOINT", "CBR_IAM_ENDPOINT")
_BROWSER = "tests/browser/"


def pytest_configure() -> None:
    """Forget the developer's own account and keys: no test, no notebook's kernel has them.

    What pytest, its workers, kernels and other processes build of estates is built once a run.
    """
    for name in [name for name in os.environ if name.startswith(_ACCOUNT)]:
        del os.environ[name]
    # Told not to keep what it compiled, each of the run's processes would compile all anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ["CBR_SIGNING_FOLDER"] = _folder("keys")
    if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker shares it with the others
        os.environ["CBR_ESTATE_FOLDER"] = _folder("estates")


def _folder(of: str) -> str:
    """Return a new temporary folder that goes when this process ends."""
    path = tempfile.mkdtemp(prefix=f"cbr-{of}-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser, for ``-m "not browser"``."""
    for item in items:
        if item.nodeid.startswith(_BROWSER):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Search for no garbage among what is loaded now, nor later: it stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before the first notebook, get kernels for all of them that need not import everything."""
    of_notebook = item.nodeid.partition("::")[0].endswith(".ipynb")
    if of_notebook and _KERNELS not in item.config.stash and hasattr(os, "fork"):
        from tests import kernels

        home = Path(_folder("jupyter"))
        os.environ["JUPYTER_PATH"] = str(home / "data")
        item.config.stash[_KERNELS] = stack = ExitStack()
        stack.enter_context(kernels.running(home / "data", os.environ))
        item.config.add_cleanup(stack.close)


_KERNELS = pytest.StashKey[ExitStack]()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep together what shares something, whatever ``--dist`` says.

    The cells of a notebook share a kernel, the tests of a file their fixtures, and all browser
    tests one JupyterLab. pytest-xdist's own ``loadgroup`` would do, but it has no effect under
    pytest 9.2, which no longer keeps a node's ID where pytest-xdist 3.8 writes the group's name.
    """
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _BROWSER if nodeid.startswith(_BROWSER) else nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # as collected: the browser, the longest, goes first
    return Together(config, log)
