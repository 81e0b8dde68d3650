"""What is said in a session before it counts as granted: presets and free forms as scripts, and who is granted what; no I/O."""
