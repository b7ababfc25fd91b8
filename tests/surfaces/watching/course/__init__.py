"""The course of a watched call."""
