"""What to do: miners that turn contrasts in recorded calls into proposals."""
