"""The causes, data only."""
