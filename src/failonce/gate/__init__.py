"""May it live: every check, the replay on held-out history, one ruling."""
