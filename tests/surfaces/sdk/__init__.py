"""Advice for somebody else's loop."""
