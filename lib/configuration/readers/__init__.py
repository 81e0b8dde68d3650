"""One file a format: its text in, the one shape out; what it does not know is counted."""
