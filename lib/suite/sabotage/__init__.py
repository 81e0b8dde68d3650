"""The suite again with its target replaced."""
