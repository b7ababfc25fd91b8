"""Tools that are watched."""
