"""Did it help: what became of calls that a lesson touched."""
