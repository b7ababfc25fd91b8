"""A scripted agent, the real tools it uses, and the recording of its work."""
