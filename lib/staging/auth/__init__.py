"""The auth service, and how a token is checked."""
