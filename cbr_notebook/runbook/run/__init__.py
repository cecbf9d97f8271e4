"""Carrying a restore out: submitted once, watched to its end, resumed."""
