"""What happened: redacted, judged, given an identity and a time."""
