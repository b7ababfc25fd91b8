"""Skill files on a real disk."""
