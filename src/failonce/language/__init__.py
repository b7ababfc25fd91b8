"""What lessons are written in: predicates, transforms, categories, patterns."""
