"""One script per revision; a published one never changes."""
