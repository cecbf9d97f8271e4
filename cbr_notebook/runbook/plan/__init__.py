"""What a restore would do, and the checks of whether it can."""
