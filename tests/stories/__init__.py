"""Stories: what somebody lives through, with real processes, a real store and a real server."""
