"""Try a wheel or a source archive in an empty environment, without any extra.

``python -m tests.documentation.clean_install dist/cbr_notebook-….whl``
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

LOOK = """
import sys, cbr_notebook as cbr
from pathlib import Path
from cbr_notebook.tutorials import notebooks_folder
session = cbr.simulate()
assert len(session.vaults()) == 7
assert sys.prefix in str(notebooks_folder()), notebooks_folder()
assert len(list(notebooks_folder().rglob("*.ipynb"))) > 10
site = Path(cbr.__file__).parent.parent
others = [each for each in site.glob("*.dist-info") if not each.name.startswith("pip-")]
size = sum(each.stat().st_size for each in site.rglob("*") if each.is_file()
           and each.relative_to(site).parts[0] != "pip")
print(f"{len(others)} distributions, {size / 1e6:.0f} MB (at most 300)")
assert size <= 300e6
print(f"cbr-notebook {cbr.__version__}: installed, asks, has its notebooks.")
"""


def main(file: Path) -> None:
    """Install it, and run what the README promises."""
    with tempfile.TemporaryDirectory(prefix="cbr-clean-") as folder:
        bin_ = Path(folder, "venv", "Scripts" if os.name == "nt" else "bin")
        outside = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}

        def run(*command: str | Path) -> None:
            subprocess.run(list(map(str, command)), cwd=folder, env=outside, check=True)

        run(sys.executable, "-m", "venv", Path(folder, "venv"))
        run(bin_ / "python", "-m", "pip", "install", "--quiet", file.resolve())
        run(bin_ / "python", "-m", "pip", "check")
        run(bin_ / "python", "-c", LOOK)
        run(bin_ / "cbr-notebook", "tour")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
