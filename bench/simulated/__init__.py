"""The multi-turn simulators of a public benchmark as an environment to re-execute calls in."""
