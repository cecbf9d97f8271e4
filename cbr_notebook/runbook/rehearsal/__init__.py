"""Rehearsals: a real estate read into a simulated cloud, and a restore carried out there first."""
