"""The only door to outputs/: redact, write atomically, seal, verify."""
