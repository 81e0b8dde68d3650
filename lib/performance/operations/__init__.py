"""What is timed: one class an operation, each returns an Attempt."""
