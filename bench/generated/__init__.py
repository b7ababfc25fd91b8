"""Tools, lessons and recorded calls out of a seeded generator, shaped like real ones."""
