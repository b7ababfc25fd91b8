"""failonce over MCP: its own server, as real clients of the SDK meet it."""
