"""What happened, how often, truly when."""
