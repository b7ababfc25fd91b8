"""Ways in and out: parse, call the loop, format."""
