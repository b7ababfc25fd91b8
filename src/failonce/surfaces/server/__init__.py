"""The server: the dashboard, its API, and the ways in for errors."""
