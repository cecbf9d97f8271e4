"""``python -m cbr_notebook.cli``: the same as the command ``cbr-notebook``."""

from __future__ import annotations

import sys

from cbr_notebook.cli import main

sys.exit(main())
