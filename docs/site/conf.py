"""How Sphinx builds the documentation site; ``build.py`` lays out what it builds from."""

from __future__ import annotations

from typing import Any

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from cbr_notebook import __version__

project = "cbr-notebook"
author = "The cbr_notebook authors"
project_copyright = author
version = release = __version__
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
templates_path: list[str] = []
exclude_patterns = ["extra"]
nitpicky = False  # docstrings name types in their own words

# The tests run the notebooks cell by cell; the site shows what they keep.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, Any] = {}  # a page without a kernel shows the form's HTML
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
nb_number_source_lines = False
myst_heading_anchors = 4
myst_enable_extensions: list[str] = []

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"cbr-notebook {__version__}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_show_sourcelink = False
html_copy_source = False
html_use_index = True
html_domain_indices = False
html_theme_options = {
    "footer_icons": [],
    "light_css_variables": {"color-brand-primary": "#0b5a9d", "color-brand-content": "#0b5a9d"},
    "dark_css_variables": {"color-brand-primary": "#7ab8f5", "color-brand-content": "#7ab8f5"},
}


def level_captions(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Add the level of heading that Sphinx leaves out to the captions of the list of pages."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace(
        'role="heading"', 'role="heading" aria-level="2"'
    )


def setup(app: Sphinx) -> None:
    """Show diagrams as their text: what draws them would come from a distant server."""
    app.add_lexer("mermaid", TextLexer)
    app.connect("html-page-context", level_captions, priority=900)  # after furo has made the tree
