"""What to ask next; generators of probes, no I/O."""
