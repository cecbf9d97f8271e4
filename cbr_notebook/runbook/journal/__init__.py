"""What a restore leaves behind: its journal, what that proves, and the report."""
