"""The kinds of lesson, one file each, and what they say of a call."""
