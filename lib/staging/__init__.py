"""The embedded staging system: a program of its own, started as the child process `python -m lib.staging`."""
