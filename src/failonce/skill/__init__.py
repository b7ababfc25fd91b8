"""What is in force: which lessons concern a call, and what they decide."""
