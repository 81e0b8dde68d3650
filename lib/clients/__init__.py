"""One request out, one Exchange back; never raises for a refusal."""
