"""Lessons tried on calls."""
