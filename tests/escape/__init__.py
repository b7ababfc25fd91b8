"""Code that tries to get out of the sandbox, and the proof that each piece really tries.

Every attack runs twice inside an outer namespace (`outer`): bare, where it must reach what was
laid out for it, and in the sandbox, where it must reach nothing.
"""
