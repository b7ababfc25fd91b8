"""What others send, read without a server."""
