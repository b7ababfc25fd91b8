"""failonce inside frameworks that run agents."""
