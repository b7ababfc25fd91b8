"""Checks of the gate, one question each."""
