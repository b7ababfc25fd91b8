"""Functions that are watched."""
