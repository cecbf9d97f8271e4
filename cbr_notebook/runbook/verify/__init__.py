"""Looking whether a restore did what it should."""
