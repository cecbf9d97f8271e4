"""Lists of any length, page by page."""
