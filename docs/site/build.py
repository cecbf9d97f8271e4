"""Build the documentation site: ``python docs/site/build.py build/site``.

The pages keep the places that they have in the repository, so that a link that leads somewhere on
the pages of a source-hosting service leads there in the site, too. The first page is the README.
Nothing is fetched, and no page asks another host for anything.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from reference import write_reference
from sphinx.cmd.build import build_main

SITE = Path(__file__).resolve().parent
REPOSITORY = SITE.parent.parent
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE")


def lay_out(source: Path) -> None:
    """Put together what Sphinx reads.

    Args:
        source: a new folder.
    """
    shutil.copytree(REPOSITORY / "docs", source / "docs", ignore=shutil.ignore_patterns("site"))
    shutil.copytree(
        REPOSITORY / "notebooks",
        source / "notebooks",
        ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"),
    )
    shutil.copytree(SITE / "static", source / "static")
    # Pictures that pages show in HTML of their own, which Sphinx does not read.
    shutil.copytree(REPOSITORY / "docs" / "pictures", source / "extra" / "docs" / "pictures")
    for page in PAGES:
        shutil.copy(REPOSITORY / page, source / page)
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    (source / "index.md").write_text(readme + (SITE / "contents.md").read_text("utf-8"), "utf-8")
    with (source / "docs" / "decisions" / "index.md").open("a", encoding="utf-8") as decisions:
        decisions.write("\n```{toctree}\n:hidden:\n:glob:\n\n0*\n```\n")
    write_reference(source / "reference")


def build(target: Path) -> int:
    """Build the site; return Sphinx's exit status: 1 after any warning.

    Args:
        target: the folder of the pages; what it had before goes.
    """
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="cbr-site-") as folder:
        source, doctrees = Path(folder, "source"), Path(folder, "doctrees")
        lay_out(source)
        options = ["-b", "html", "-W", "--keep-going", "-q", "-c", str(SITE), "-d", str(doctrees)]
        extra = f"-Dhtml_extra_path={source / 'extra'}"
        status: int = build_main([*options, extra, str(source), str(target)])
    return status


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1])))
