"""What others send to `failonce serve`, as recordings: bytes in, values out, no server."""
