"""Tools that are installed, upgraded and rolled back while the process that does it is killed."""
