"""What `bench/server.py` is made of: who sends, who serves, who looks."""
